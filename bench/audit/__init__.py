"""The audit of a month of 33 boroughs, beside DuckDB reading the same JSON."""
