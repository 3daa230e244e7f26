"""What was released of a collection, kept for the next release of it: numbers as they were shown, no exact one."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from shared.agreements.origin_destination.tables import BY_SCHOOL, Before, Counted, Table

SHOWN = "shown"
SCHEMA = pa.schema(
    [
        ("measure", pa.string()),
        ("residence", pa.string()),
        ("school", pa.string()),
        ("value", pa.int64()),
        ("drop", pa.string()),
    ]
)
"""`value` is null where the number was left out; `drop` is the file that the line came from, null for sums across."""


def to_remember(table: Table, counted: Counted) -> pa.Table:
    """The numbers of a table, in `SCHEMA`."""
    rows = [
        {"measure": measure, "residence": residence, "school": school, "value": value}
        | {"drop": counted.sent[measure].drops.get(school if measure in BY_SCHOOL else residence)}
        for measure, numbers in table.shown.items()
        for (residence, school), value in sorted(numbers.items())
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def remembered(tables: Iterable[pa.Table]) -> list[Before]:
    """Read them back, in their order."""
    return [_before(rows) for rows in tables]


def _before(rows: pa.Table) -> Before:
    shown: dict[str, dict[tuple[str, str], int | None]] = {}
    drops: dict[str, dict[str, str]] = {}
    for row in rows.to_pylist():
        measure, cell = row["measure"], (row["residence"], row["school"])
        shown.setdefault(measure, {})[cell] = row["value"]
        if row["drop"]:
            drops.setdefault(measure, {})[cell[1] if measure in BY_SCHOOL else cell[0]] = row["drop"]
    return Before(shown, drops)
