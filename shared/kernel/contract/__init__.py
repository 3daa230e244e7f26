"""What a file must be: columns, types, code sets and row rules. Tables in, tables out; no I/O and no clock.

Import from the modules: `datasets` (columns), `identifiers` (check letters and normal forms), `validate` (the
validator), `report`, `template` and `catalogue` (what people read).
"""
