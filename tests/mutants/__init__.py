"""Small faults put into the code on purpose, to see which of them no test notices: `make mutants`."""
