"""Both tables as integer codes: standard forms of names, dates and places, and pairs of rows."""
