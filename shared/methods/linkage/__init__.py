"""Pure linkage of persons: a left and a right table in, links out. No I/O, no clock. `link.link` is the way in.

`schema` declares which column says what, `policy` what is decided how. Then a row's way: `encode`, `block`, `compare`,
`guards`, `model`, `explain`. Nothing here knows an agreement: its package fills in schema and policy.
"""
