"""Compares pupils by residence and school authority with DfE's cross-border table (explore education statistics).

DfE's table is wide: a row for each residence and breakdown, a column for each school authority. Rows whose breakdowns
are all `Total` count, and no row of a country or region.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from client.codes import invalid
from client.disk import check_file
from shared.agreements.origin_destination.words import PUPILS, TOTAL

if TYPE_CHECKING:
    from client.totals.table import Totals

PLACE = ("time_period", "geographic_level", "new_la_code", "la_name")
BREAKDOWNS = ("phase-type_grouping", "boarder", "ncyear")
KNOWN = frozenset(
    (*PLACE, *BREAKDOWNS, "time_identifier", "country_code", "country_name", "region_code", "region_name")
) | {"old_la_code", "resident_headcount", "school_in_la", "school_outside_la"}
LEVEL = "local authority"
SYMBOLS = frozenset({"c", "k", "low", "u", "x", "z"})
"""Confidential; rounds to 0 (twice); unreliable; not available; not applicable: none is a number to compare."""

NOBODY = (None, 0, "z")
"""What their table says of a pair without pupils."""

AGREES, DIFFERS, NOT_COMPARED = "agrees", "differs", "not compared"


@dataclass(frozen=True)
class Pair:
    """One residence and school authority, in both tables."""

    residence: str
    school: str
    ours: int | str
    """The number, or a symbol; 0 where we have no row."""
    theirs: int | str | None
    """The number, or a symbol; None where DfE's table has no such row or column."""

    @property
    def difference(self) -> int | None:
        """Ours less theirs, where both are numbers."""
        return self.ours - self.theirs if isinstance(self.ours, int) and isinstance(self.theirs, int) else None

    @property
    def outcome(self) -> str:
        """`AGREES`, `DIFFERS` or `NOT_COMPARED`."""
        return NOT_COMPARED if self.difference is None else AGREES if self.difference == 0 else DIFFERS

    @property
    def why(self) -> str:
        """Who has no number, where they cannot be compared."""
        sides = [("ours", self.ours), ("theirs", self.theirs)]
        return ", ".join(
            f"{side}: {'no such row' if value is None else value}"
            for side, value in sides
            if not isinstance(value, int)
        )


@dataclass(frozen=True)
class TheirTable:
    """DfE's numbers of one period: by name of residence and of school authority, written alike (`key`)."""

    cells: Mapping[tuple[str, str], int | str]
    rows_of_breakdowns: int
    """Rows that were passed over: countries, regions, other periods, and breakdowns that are not the total."""
    other_columns: tuple[str, ...]
    """Columns that are neither known nor a school authority of our table."""


def reconcile(ours: Totals, theirs: TheirTable) -> list[Pair]:
    """Every pair that either table has a number of, residences and school authorities of our table alone."""
    cells = ours.cells[PUPILS]
    schools = [name for name in ours.schools if name != TOTAL]
    pairs = []
    for residence in ours.residences:
        for school in schools:
            mine = cells.get((residence, school), 0)
            other = theirs.cells.get((key(residence), key(school)))
            if residence != TOTAL and (mine or other not in NOBODY):
                pairs.append(Pair(residence, school, mine, other))
    return pairs


def read_theirs(path: Path, ours: Totals, period: str) -> TheirTable:
    """Read DfE's table. Raises `InvalidInput`: INP-001 and 002, TOT-003 (columns), 004 (period), 005 (cell), 008."""
    check_file(path)
    cells: dict[tuple[str, str], int | str] = {}
    periods: set[str] = set()
    passed = 0
    others: tuple[str, ...] = ()
    for number, row in _rows(path):
        schools = {name: key(name) for name in row if name not in KNOWN}
        named = {key(school) for school in ours.schools}
        others = tuple(name for name, written in schools.items() if written not in named)
        periods.add(row["time_period"])
        if row["time_period"] != period or not _counts(row):
            passed += 1
            continue
        for name, written in schools.items():
            place = (key(row["la_name"]), written)
            if place in cells:
                raise invalid("TOT-008", path=path, row=number)
            cells[place] = _number(row[name], path, number, name)
    if period not in periods:
        raise invalid("TOT-004", path=path, period=period, known=", ".join(sorted(periods)) or "none")
    return TheirTable(cells, passed, others)


def key(name: str) -> str:
    """A name however it is written: `Kensington_and_Chelsea` and `Kensington and Chelsea` are one."""
    return re.sub(r"[^a-z0-9]", "", name.casefold().replace("&", "and"))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with the number of each, the heading being 1."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in (*PLACE, *BREAKDOWNS) if name not in (reader.fieldnames or ())]
            if missing:
                raise invalid("TOT-003", path=path, columns=", ".join(missing))
            for number, row in enumerate(reader, 2):
                if None in row or None in row.values():
                    raise invalid("INP-002", path=path, kind="CSV: a row has another number of cells than the heading")
                yield number, row
    except (UnicodeDecodeError, csv.Error):
        raise invalid("INP-002", path=path, kind="CSV in UTF-8") from None


def _counts(row: Mapping[str, str]) -> bool:
    """Whether the row is a local authority's, of all its pupils."""
    level = row["geographic_level"].casefold() == LEVEL and bool(row["new_la_code"])
    return level and all(row[name].casefold() == "total" for name in BREAKDOWNS)


def _number(cell: str, path: Path, row: int, column: str) -> int | str:
    text = cell.strip()
    if text.casefold() in SYMBOLS:
        return text.casefold()
    if re.fullmatch(r"\d+|\d{1,3}(,\d{3})+", text):
        return int(text.replace(",", ""))
    raise invalid("TOT-005", path=path, row=row, column=column, known=", ".join(sorted(SYMBOLS)))
