"""What packing has to say of each row, kept as arrays: positions and codes, never a cell but an unknown code."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.pack.codes import PackCode

if TYPE_CHECKING:
    from client.pack.source import Source

SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),  # as a spreadsheet numbers it: the header is row 1; null when it is about the whole file
        ("code", pa.string()),
        ("effect", pa.string()),
        ("field", pa.string()),
        ("message", pa.string()),
        ("remedy", pa.string()),
        ("to_do", pa.string()),  # yes; no where nobody has to do anything
    ]
)
REJECTING = "would be rejected"


@dataclass(frozen=True)
class _Part:
    source: Source
    rows: np.ndarray | None
    """0-based positions; null when it is about lines that are no rows, or about the whole file."""
    lines: np.ndarray | None
    code: PackCode
    field: str
    rejecting: np.ndarray | bool = False
    """For each of `rows` whether the exchange would reject it because this cell is now empty."""


@dataclass(frozen=True)
class UnknownCodes:
    """What stands in a column of codes and is none: codes with their counts, and how many cells hold other text."""

    column: str
    codes: dict[str, int]
    other_cells: int


@dataclass
class Findings:
    """Grows while a file is packed; `table()` lists it in the order of file, row, code, field."""

    unknown_codes: list[UnknownCodes] = field(default_factory=list)
    _parts: list[_Part] = field(default_factory=list)
    _tables: list[pa.Table] = field(default_factory=list)

    def say(self, code: PackCode, source: Source, rows: np.ndarray, column: str = "") -> None:
        """Record `code` for `rows` of `source`: a mask as long as the source, or 0-based positions."""
        positions = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        if len(positions):
            self._parts.append(_Part(source, positions, source.line[positions], code, column))

    def say_of_file(self, code: PackCode, source: Source, column: str) -> None:
        """Record `code` for a column of the whole file."""
        self._parts.append(_Part(source, None, None, code, column))

    def say_of_source(self, source: Source) -> None:
        """Record all that was met while `source` was read: lines that are out, and what was assumed."""
        for remark in source.remarks:
            self._parts.append(_Part(source, None, remark.lines, remark.code, remark.field))

    def add(self, findings: pa.Table) -> None:
        """Take over lines that are in `SCHEMA` already, such as those of the contract's rules."""
        self._tables.append(findings.cast(SCHEMA))

    def spoken(self, source: Source, column: str) -> np.ndarray:
        """A mask over the rows of `source`: where it is said why its cell in `column` cannot be used."""
        mask = np.zeros(source.rows, dtype=bool)
        for part in self._parts:
            if _is_about(part, source, column, "emptied", "left out"):
                mask[part.rows] = True
        return mask

    def reject(self, source: Source, column: str, rows: np.ndarray) -> None:
        """Say in the lines of emptied cells of `column` that the exchange would reject these rows for it.

        So a cell has one line, which names the true fault, and not a second one that it "is missing".
        """
        self._parts = [
            replace(part, rejecting=part.rejecting | rows[part.rows])
            if _is_about(part, source, column, "emptied")
            else part
            for part in self._parts
        ]

    def left_out(self, source: Source) -> np.ndarray:
        """A mask over the rows of `source`: which of them are not packed."""
        mask = np.zeros(source.rows, dtype=bool)
        for part in self._parts:
            if part.source is source and part.code.effect == "left out" and part.rows is not None:
                mask[part.rows] = True
        return mask

    def table(self) -> pa.Table:
        """Every line, in `SCHEMA`."""
        table = pa.concat_tables([SCHEMA.empty_table(), *map(_lines, self._parts), *self._tables])
        return table.sort_by([(name, "ascending") for name in ("file", "row", "code", "field")])


def by_code(findings: pa.Table) -> pa.Table:
    """One line per code and effect, with `lines` (how many there are), the message and whether there is anything to
    remedy, in the order of the codes."""
    keys = ["code", "effect", "message", "remedy", "to_do"]
    counted = findings.group_by(keys).aggregate([([], "count_all")])
    return counted.rename_columns([*keys, "lines"]).sort_by([("code", "ascending"), ("effect", "ascending")])


def count_by_code(findings: pa.Table, *, effect: str | None = None, to_do: str | None = None) -> dict[str, int]:
    """How many lines there are of each code (with that effect, to be put right or not), in the order of the codes."""
    counts: dict[str, int] = {}
    for line in by_code(findings).to_pylist():
        if effect in (None, line["effect"]) and to_do in (None, line["to_do"]):
            counts[line["code"]] = counts.get(line["code"], 0) + line["lines"]
    return counts


def _is_about(part: _Part, source: Source, column: str, *effects: str) -> bool:
    """Is it about cells of that column, with one of these effects?"""
    of_column = part.source is source and part.field == column
    return of_column and part.code.effect in effects and part.rows is not None


def _lines(part: _Part) -> pa.Table:
    lines = pa.array([None] if part.lines is None else part.lines, pa.int64())
    same = {
        "file": part.source.name,
        "code": part.code.code,
        "effect": part.code.effect,
        "field": part.field,
        "message": part.code.message,
        "remedy": part.code.remedy,
        "to_do": "yes" if part.code.to_do else "no",
    }
    columns = [lines if name == "row" else pa.repeat(pa.scalar(same[name]), len(lines)) for name in SCHEMA.names]
    table = pa.table(columns, schema=SCHEMA)
    if part.rejecting is False:
        return table
    effect = pc.if_else(pa.array(part.rejecting), REJECTING, part.code.effect)
    return table.set_column(SCHEMA.get_field_index("effect"), SCHEMA.field("effect"), effect)
