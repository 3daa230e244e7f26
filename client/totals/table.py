"""A released table as a reader has it: read back from a file, looked up by pair, and shown small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client.codes import invalid
from client.console import table as text_table
from client.files import read_parquet
from shared.agreements.origin_destination.words import COLUMNS, MEASURES, NAMES, SYMBOLS, TOTAL

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN_IN_TEXT = 12
"""Columns of the table on a screen."""

Pair = tuple[str, str]
"""Names of a residence and a school authority; `TOTAL` for all of them."""


@dataclass(frozen=True)
class Totals:
    """One release."""

    rows: pa.Table

    @property
    def period(self) -> str:
        """Its academic year; it has no other."""
        return str(self.rows.column("time_period")[0])

    @cached_property
    def cells(self) -> Mapping[str, Mapping[Pair, int | str]]:
        """By measure and pair the number, or the symbol that stands for it."""
        found: dict[str, dict[Pair, int | str]] = {measure: {} for measure in MEASURES}
        for row in self.rows.to_pylist():
            value = row["symbol"] if row["value"] is None else row["value"]
            found[row["measure"]][row["la_name"], row["school_la_name"]] = value
        return found

    @cached_property
    def codes(self) -> Mapping[str, str]:
        """The ONS code of every authority in it, by its name."""
        found = {}
        for row in self.rows.select([n for n in NAMES if n.endswith(("new_la_code", "la_name"))]).to_pylist():
            found[row["la_name"]] = row["new_la_code"]
            found[row["school_la_name"]] = row["school_new_la_code"]
        return found

    @property
    def residences(self) -> list[str]:
        """In their order, the total last."""
        return list(dict.fromkeys(self.rows.column("la_name").to_pylist()))

    @property
    def schools(self) -> list[str]:
        """In their order, the total last."""
        names = dict.fromkeys(self.rows.column("school_la_name").to_pylist())
        return sorted(names, key=lambda name: (name == TOTAL, name))

    @property
    def left_out(self) -> int:
        """How many numbers are left out."""
        return sum(value == "c" for cells in self.cells.values() for value in cells.values())

    def text(self, measure: str) -> str:
        """One measure as a table on a screen: residences down, school authorities across."""
        cells = self.cells[measure]
        schools = self.schools
        across = schools if len(schools) <= SHOWN_IN_TEXT else [TOTAL]
        rows = [[residence, *(cells.get((residence, s), 0) for s in across)] for residence in self.residences]
        legend = "; ".join(f"{symbol}: {meaning}" for symbol, meaning in SYMBOLS.items())
        return f"{text_table(['residence', *across], rows, MEASURES[measure])}\n\n{legend}"


def read_totals(path: Path) -> Totals:
    """Read a table that `exchange totals` wrote, as CSV or Parquet. Raises `InvalidInput` TOT-002."""
    if path.suffix.lower() == ".csv":
        return checked(_read_csv(path), path)
    return checked(read_parquet(path), path)


def checked(rows: pa.Table, path: Path | str) -> Totals:
    """The table, if it is one: its columns, measures and symbols, and each pair once. Raises TOT-002 that says why."""
    import pyarrow as pa

    if missing := [name for name in NAMES if name not in rows.column_names]:
        raise invalid("TOT-002", path=path, why=f"it has no column {', '.join(missing)}")
    schema = pa.schema([(c.name, pa.int64() if c.kind == "integer" else pa.string()) for c in COLUMNS])
    try:
        rows = rows.select(list(NAMES)).cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise invalid("TOT-002", path=path, why="a column is of another kind") from None
    if not rows.num_rows:
        raise invalid("TOT-002", path=path, why="it has no row")
    lines = rows.to_pylist()
    wrong = [line for line in lines if (line["value"] is None) != ((line["symbol"] or "") in SYMBOLS)]
    if wrong or any(line["measure"] not in MEASURES for line in lines):
        raise invalid("TOT-002", path=path, why="a row has a measure or a symbol that is none, or number and symbol")
    keys = {(line["measure"], line["la_name"], line["school_la_name"]) for line in lines}
    if len(keys) < len(lines) or len(set(rows.column("time_period").to_pylist())) > 1:
        raise invalid("TOT-002", path=path, why="a pair stands in it twice, or it has two periods")
    return Totals(rows)


def _read_csv(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    from client.disk import check_file

    check_file(path)
    # Every column as text: codes keep their zeros, and an empty cell is empty text but in `value`.
    types = {column.name: pa.int64() if column.kind == "integer" else pa.string() for column in COLUMNS}
    try:
        return csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types, null_values=[""]))
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        raise invalid("TOT-002", path=path, why="it cannot be read as CSV with a whole number in `value`") from None
