"""Methods: tables in, tables out. They know neither the exchange nor an agreement, do no I/O and read no clock."""
