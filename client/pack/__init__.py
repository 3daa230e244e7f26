"""Census tables, supplier extracts and spreadsheets become contract files, with every row accounted for."""
