"""Reads a text with separators or a spreadsheet as a table of text, and remembers which line each row stood on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from client.codes import invalid
from client.console import legible
from client.pack.codes import HEADINGS_AGAIN, NO_ROW, OTHER_KIND, OTHER_ORDER
from client.pack.headings import heading
from client.pack.kinds import TEXT, ZIPPED, Kind, kind_of
from client.pack.remarks import Remark
from client.pack.rows import Rows, Tidied, tidied, tidy
from client.pack.trailer import Trailer, without_last_row

__all__ = ["Source", "heading", "read", "tidy"]

_ANEW = "Export it again, as CSV or .xlsx."
_OTHER_THAN_TEXT = (
    *(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".zip"),
    *(".html", ".htm", ".xml", ".json", ".pdf", ".doc", ".docx", ".parquet"),
)


@dataclass(frozen=True, eq=False)
class Source:
    """One file, read as text.

    `table` has string columns under the names of the file's headings, tidied (see `heading`); an empty cell is null. A
    true date cell of a sheet is text too: `2015-11-03`, whatever the sheet shows.
    """

    name: str
    table: pa.Table
    line: np.ndarray
    """For each row the number of the line on which it begins, as an editor shows it; of a sheet the row's number."""
    unsplit: np.ndarray
    """Numbers of the lines that are rows, or may be, and are not in `table`; `remarks` says why of each."""
    remarks: tuple[Remark, ...] = ()
    """What was met while the file was read."""
    facts: Mapping[str, str | int] = field(default_factory=dict)
    """How it was read: `kind`, `headings_in`, and `encoding` and `separator`, or `sheet`; `trailer`, what it says."""
    dates: Mapping[str, np.ndarray] = field(default_factory=dict)
    """For columns of a sheet that have true dates: a mask of those cells."""
    hidden: np.ndarray | None = None
    """A mask of the rows that the sheet hides; None when the file can hide none."""

    @property
    def rows(self) -> int:
        """Rows that could be split into columns."""
        return int(self.table.num_rows)

    @property
    def rows_in(self) -> int:
        """Rows of the file: those that could be split and those that could not. Blank lines are no rows."""
        return self.rows + len(self.unsplit)

    @property
    def rows_counted(self) -> int:
        """Rows as whoever made the file counts them: without the lines of `unsplit` that are a total or headings."""
        others = (HEADINGS_AGAIN.code, OTHER_ORDER.code, NO_ROW.code)
        lines = [remark.lines for remark in self.remarks if remark.code.code in others and remark.lines is not None]
        return self.rows_in - sum(map(len, lines))

    def column(self, name: str) -> pa.Array:
        """One column as text; all null when the file does not have it."""
        if name not in self.table.column_names:
            return pa.nulls(self.rows, pa.string())
        return self.table.column(name).combine_chunks()


def read(
    path: Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    expected: Collection[str] = (),
    trailer: Trailer | None = None,
) -> Source:
    """Read the rows of a file: a text with separators, or one sheet of a workbook. What it is, its content says.

    `sheet` is needed where several have rows; `encoding` states what is otherwise assumed of lines that are no UTF-8;
    by the `expected` headings the row of headings is found, where titles stand above it. A stated `trailer` must be its
    last line, and is no row.

    Raises `InvalidInput` INP-001 (not there), 007 (a heading twice), 050 to 062 (what it is instead, and what to do),
    117 (the trailer says another number of rows), 119 (it is not there).
    """
    kind = kind_of(path, is_text=encoding is not None)
    if kind in (TEXT, ZIPPED):
        from client.pack.text import read_text

        rows = read_text(path, kind, encoding, expected, trailer)
    else:
        from client.pack.workbook import read_sheet

        rows = read_sheet(path, kind, sheet, expected)
        rows = without_last_row(path, rows, trailer) if trailer else rows
    source = _source(path, kind, rows)
    if trailer and source.facts["trailer"] != source.rows_counted:
        raise invalid("INP-117", path=path, rows=source.rows_counted, wanted=source.facts["trailer"])
    return source


def _source(path: Path, kind: Kind, rows: Rows) -> Source:
    found = tidied(path, rows)
    if _is_misnamed(path, kind):
        if len(rows.names) == 1:
            raise invalid(
                "INP-050", path=path, kind=f"{kind.title} in a single column, not what its name says", advice=_ANEW
            )
        found.remarks.append(Remark(OTHER_KIND.filled(kind=kind.title)))
    return Source(
        name=legible(path.name),
        table=found.table,
        line=found.line,
        unsplit=found.out,
        remarks=_of_rows(found),
        facts={"kind": kind.title, **rows.facts},
        dates={name: mask for name, mask in found.dates.items() if mask.any()},
        hidden=None if rows.hidden is None else found.hidden,
    )


def _of_rows(found: Tidied) -> tuple[Remark, ...]:
    """What was met, without what was met in lines that are no rows: those have one remark each, which says so."""
    remarks = []
    for remark in found.remarks:
        if remark.lines is None or remark.code.effect == "left out":
            remarks.append(remark)
        elif len(lines := np.setdiff1d(remark.lines, found.out)):
            remarks.append(replace(remark, lines=lines))
    return tuple(remarks)


def _is_misnamed(path: Path, kind: Kind) -> bool:
    """Whether the ending says another kind. An ending that says nothing (`.out`, `.001`) is not wrong for a text."""
    ending = path.suffix.lower()
    if kind is TEXT:
        return ending in _OTHER_THAN_TEXT
    return ending not in kind.endings
