"""The table as it is released: one row for each residence, school authority and measure, totals explicit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.origin_destination import words
from shared.agreements.origin_destination.tables import BY_SCHOOL, Counted, Table
from shared.agreements.origin_destination.words import EHC_PLANS, MEASURES, NEWLY_ENTITLED, PUPILS
from shared.methods.suppress import TOTAL, Cell

if TYPE_CHECKING:
    from shared.kernel.parties.model import Party

SCHEMA = pa.schema([(column.name, pa.int64() if column.kind == "integer" else pa.string()) for column in words.COLUMNS])
_TERMS = {"autumn": "Autumn Term", "spring": "Spring Term", "summer": "Summer Term"}


def tidy(table: Table, counted: Counted, collection: str, authorities: Iterable[Party]) -> pa.Table:
    """Every number of `table`, and a symbol where there is none, in `SCHEMA`.

    A pair without a row is 0 for every measure whose file has come.
    """
    named = {party.ons_code: party for party in authorities}
    period, identifier = time_period(collection)
    cells = sorted(_cells(table, counted), key=lambda cell: (cell[0] == TOTAL, cell[0], cell[1] == TOTAL, cell[1]))
    rows = []
    for residence, school in cells:
        for measure in MEASURES:
            value, symbol = _value(table, counted, measure, (residence, school))
            rows.append(
                {"time_period": period, "time_identifier": identifier, "measure": measure}
                | _place(named, residence, "")
                | _place(named, school, "school_")
                | {"value": value, "symbol": symbol}
            )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def concerning(rows: pa.Table, code: str) -> pa.Table:
    """The rows in which an authority is the residence or the school authority."""
    of_residence = pc.equal(rows.column("new_la_code"), code)
    return rows.filter(pc.or_(of_residence, pc.equal(rows.column("school_new_la_code"), code)))


def time_period(collection: str) -> tuple[str, str]:
    """The academic year and its term, as DfE writes them: 202627 and Autumn Term for ``2026-autumn``."""
    year, _, term = collection.partition("-")
    if term not in _TERMS:
        return f"{year}{term}", "Academic year"
    start = int(year) - (term != "autumn")
    return f"{start}{(start + 1) % 100:02d}", _TERMS[term]


def _cells(table: Table, counted: Counted) -> set[Cell]:
    """All pairs with a number, and all totals, those that cannot be given yet among them."""
    pairs = {cell for numbers in table.shown.values() for cell in numbers}
    expected = counted.sent[PUPILS].expected | set(counted.sent[PUPILS].drops)
    return (
        pairs
        | {(school, school) for school in counted.sent[PUPILS].drops}
        | {(TOTAL, school) for school in expected}
        | {(residence, TOTAL) for residence, _ in pairs}
        | {(TOTAL, TOTAL)}
    )


def _value(table: Table, counted: Counted, measure: str, cell: Cell) -> tuple[int | None, str]:
    """The number that is shown in a cell, or the symbol that says why there is none."""
    sent, (residence, school) = counted.sent[measure], cell
    line = school if measure in BY_SCHOOL else residence
    if line == TOTAL:
        there = sent.complete and bool(sent.drops)
    else:
        there = line in sent.drops
        if not there and line not in sent.expected:
            return None, words.NOT_APPLICABLE
    if measure == NEWLY_ENTITLED and school != TOTAL:
        there &= school in counted.sent[PUPILS].drops
    if measure == NEWLY_ENTITLED and school == TOTAL:
        there &= counted.sent[PUPILS].complete
    if residence == school != TOTAL and measure != EHC_PLANS and not counted.cells[PUPILS].get(cell, 0):
        there = False  # no authority has none of its own: they were left out of the file
    if not there:
        return None, words.UNAVAILABLE
    value = table.shown[measure].get(cell, 0)
    return (None, words.SUPPRESSED) if value is None else (value, "")


def _place(named: Mapping[str | None, Party], code: str, prefix: str) -> dict[str, Any]:
    party = named.get(code)
    name = words.TOTAL if code == TOTAL else party.name if party else words.PLACES[code]
    return {
        f"{prefix}old_la_code": (party.dfe_code if party else "") or "",
        f"{prefix}new_la_code": (party.ons_code if party else "") or "",
        f"{prefix}la_name": name,
    }
