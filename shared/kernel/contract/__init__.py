"""What a file must be: columns, types, code sets and row rules. Tables in, tables out; no I/O and no clock.

The engine alone: an agreement brings its contracts. Import from the modules: `columns` (what a contract is made of),
`rules` (what a row must hold), `identifiers` (check letters and normal forms), `validate` (the validator), `report`,
`template` and `catalogue` (what people read).
"""
