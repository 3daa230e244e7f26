"""What packing has to say of each row, kept as arrays: positions and codes, never a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from client.codes import PackCode

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
        ("mend", pa.string()),
    ]
)


@dataclass(frozen=True)
class _Part:
    source: Source
    rows: np.ndarray | None
    """0-based positions; null when it is about lines that are no rows, or about the whole file."""
    lines: np.ndarray | None
    code: PackCode
    field: str


@dataclass
class Findings:
    """Grows while a file is packed; `table()` lists it in the order of file, row, code, field."""

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
    """One line per code and effect, with `lines` (how many there are) and the message, in the order of the codes."""
    counted = findings.group_by(["code", "effect", "message"]).aggregate([([], "count_all")])
    return counted.rename_columns(["code", "effect", "message", "lines"]).sort_by("code")


def count_by_code(findings: pa.Table, effect: str | None = None) -> dict[str, int]:
    """How many lines there are of each code (with that effect), in the order of the codes."""
    lines = by_code(findings).to_pylist()
    return {line["code"]: line["lines"] for line in lines if effect in (None, line["effect"])}


def _lines(part: _Part) -> pa.Table:
    lines = pa.array([None] if part.lines is None else part.lines, pa.int64())
    same = {
        "file": part.source.name,
        "code": part.code.code,
        "effect": part.code.effect,
        "field": part.field,
        "message": part.code.message,
        "mend": part.code.mend,
    }
    columns = [lines if name == "row" else pa.repeat(pa.scalar(same[name]), len(lines)) for name in SCHEMA.names]
    return pa.table(columns, schema=SCHEMA)
