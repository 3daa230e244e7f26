"""Reads a CSV or a spreadsheet as text, and remembers which line each row stood on."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid

_DELIMITERS = ",;\t|"
_SPREADSHEETS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
_TEXTS = {".csv", ".txt", ".tsv"}


@dataclass(frozen=True, eq=False)
class Source:
    """One file, read as text.

    `table` has string columns under the names of the file's header, tidied (see `heading`); an empty cell is null.
    """

    name: str
    table: pa.Table
    line: np.ndarray
    """For each row the number a spreadsheet shows beside it: the header is 1, the first row 2."""
    unsplit: np.ndarray
    """Numbers of the lines that have another count of columns than the header; they are not in `table`."""

    @property
    def rows(self) -> int:
        """Rows that could be split into columns."""
        return int(self.table.num_rows)

    @property
    def rows_in(self) -> int:
        """Rows of the file: those that could be split and those that could not. Blank lines are no rows."""
        return self.rows + len(self.unsplit)

    def column(self, name: str) -> pa.Array:
        """One column as text; all null when the file does not have it."""
        if name not in self.table.column_names:
            return pa.nulls(self.rows, pa.string())
        return self.table.column(name).combine_chunks()


def read(path: Path, *, sheet: str | None = None) -> Source:
    """Read a CSV (UTF-8 with or without mark, else Windows-1252) or a spreadsheet (its first sheet, or `sheet`).

    Raises `InvalidInput` INP-001 (not there), 002 (not what its name says), 007 (a column twice), 015 (another kind).
    """
    if not path.is_file():
        raise invalid("INP-001", path=path)
    if path.suffix.lower() in _SPREADSHEETS:
        return _read_spreadsheet(path, sheet)
    if path.suffix.lower() in _TEXTS:
        return _read_text(path)
    raise invalid("INP-015", path=path, known="CSV or XLSX")


def heading(text: str) -> str:
    """A column's name as it is compared: lower case, with one underscore for every run of anything else."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()
    return "_".join(words)


def _read_text(path: Path) -> Source:
    from pyarrow import csv as arrow_csv

    text = _decoded(path) + "\n"
    header = text[: text.find("\n") + 1]
    delimiter = max(_DELIMITERS, key=header.count)
    names = _headings(path, next(csv.reader(io.StringIO(header), delimiter=delimiter), []))
    unsplit: list[int] = []
    blank: list[int] = []

    def note(row: Any) -> str:
        (unsplit if row.text.strip() else blank).append(row.number)
        return "skip"

    try:
        table = arrow_csv.read_csv(
            io.BytesIO(text.encode()),
            read_options=arrow_csv.ReadOptions(use_threads=False, column_names=names, skip_rows=1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" not in str(error):
            raise invalid("INP-002", path=path, kind="CSV") from None
        table = pa.table({name: pa.array([], pa.string()) for name in names})
    numbers = np.arange(2, table.num_rows + len(unsplit) + len(blank) + 2)
    lines = np.setdiff1d(numbers, np.array(unsplit + blank, dtype=numbers.dtype), assume_unique=True)
    return _source(path, table, lines, np.array(unsplit, dtype=np.int64))


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise invalid("INP-002", path=path, kind="text (UTF-8 or Windows-1252)")


def _read_spreadsheet(path: Path, sheet: str | None) -> Source:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
        rows = workbook.get_sheet_by_name(sheet or workbook.sheet_names[0]).to_python(skip_empty_area=False)
    except (CalamineError, OSError, IndexError):
        raise invalid(
            "INP-002", path=path, kind="a spreadsheet" + (f" with a sheet {sheet}" if sheet else "")
        ) from None
    names = _headings(path, [_as_text(cell) or "" for cell in rows[0]] if rows else [])
    columns = zip(*rows[1:], strict=True) if len(rows) > 1 else ([] for _ in names)
    table = pa.table([pa.array(map(_as_text, cells), pa.string()) for cells in columns], names=names)
    return _source(path, table, np.arange(2, table.num_rows + 2), np.array([], dtype=np.int64))


def _as_text(cell: Any) -> str | None:
    """A spreadsheet's cell as it would stand in a CSV; a whole number without `.0`, a date as ISO."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


def _headings(path: Path, header: list[str]) -> list[str]:
    """Names for the columns. A column without a heading is called after its place; it can only be dropped."""
    names = [heading(cell) or f"column_{place}" for place, cell in enumerate(header, 1)]
    if not names:
        raise invalid("INP-002", path=path, kind="a table with a header")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise invalid("INP-007", path=path, columns=", ".join(twice))
    return names


def _source(path: Path, table: pa.Table, lines: np.ndarray, unsplit: np.ndarray) -> Source:
    """Drop rows without a single filled cell: they are no rows, but they keep the count of lines."""
    filled = np.zeros(table.num_rows, dtype=bool)
    columns = {}
    for name in table.column_names:
        columns[name] = tidy(table.column(name).combine_chunks())
        filled |= np.asarray(pc.is_valid(columns[name]))
    kept = pa.table(columns).filter(pa.array(filled)) if columns else table
    return Source(path.name, kept, lines[filled], unsplit)


def tidy(column: pa.Array) -> pa.Array:
    """Without space at the ends, with single spaces (of any kind) within; null when nothing is left."""
    spaced = pc.replace_substring_regex(column, r"[\s\x{A0}\x{2007}\x{202F}]+", " ")
    trimmed = pc.utf8_trim(spaced, " ")
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
