"""Reads one sheet of a workbook. Which one is never guessed, and what is hidden in it is said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.pack.codes import (
    CONTROL_CHARACTERS,
    HEADINGS_BELOW,
    HIDDEN_COLUMN,
    HIDDEN_ROW,
    MERGED,
    NO_RESULT,
    NOT_SEEN,
    OTHER_SHEETS,
)
from client.pack.headings import ROWS_SEARCHED, find_headings
from client.pack.kinds import ODS, XLS, Kind
from client.pack.remarks import Remark
from client.pack.rows import Rows
from client.pack.sheet_parts import SheetParts, cell_name, parts_of_sheets, safe_copy
from shared.kernel.contract.template import DICTIONARY_HEADER

MOST_CELLS = 12_000_000
"""A sheet of more takes more memory than an office computer spares; as CSV it is no trouble."""
_MOST_COLUMNS = 2_000
_SMALL = 500_000
_EMPTY_TO_FILLED = 20
"""So many empty cells to a filled one, and it is not a table but one with a cell far away from it."""

_CONTROL = r"[\x00-\x08\x0e-\x1f\x7f-\x{84}\x{86}-\x{9f}]"


@dataclass(frozen=True)
class _Sheet:
    name: str
    visible: bool
    parts: SheetParts | None
    """None where the format is not looked into."""


def read_sheet(path: Path, kind: Kind, sheet: str | None, expected: Collection[str]) -> Rows:
    """Read `sheet`, or the only visible one with rows.

    Raises `InvalidInput` INP-007 (a heading twice), 050 (damaged, or with a password), 051 (several sheets), 052 (no
    such sheet), 053 (none with rows), 055 and 062 (far too large), 056 (unpacks to too much).
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    if kind is XLS:
        data, parts = path.read_bytes(), {}
    else:
        data = safe_copy(path, kind)
        parts = parts_of_sheets(path, kind, data)
    if kind is ODS:  # of such a one every sheet is read as it is opened
        for name, found in parts.items():
            _check_size(path, name, found.last_row + 1, found.last_column + 1, found.filled)
    try:
        with CalamineWorkbook.from_filelike(BytesIO(data)) as workbook:
            known = _sheets(workbook, parts)
            chosen, cells = _named(path, workbook, known, sheet) if sheet else _only(path, workbook, known)
    except PasswordError:
        advice = "Open it, take the password off, and save it again; or save the sheet as CSV (UTF-8)."
        raise invalid("INP-050", path=path, kind="a workbook with a password", advice=advice) from None
    except (CalamineError, OSError, ValueError):
        advice = "Open it in a spreadsheet, save it as .xlsx, and pack that."
        raise invalid("INP-050", path=path, kind="a damaged workbook", advice=advice) from None
    return _rows(path, kind, chosen, cells, [sheet for sheet in known if sheet is not chosen], expected)


def _sheets(workbook: Any, parts: dict[str, SheetParts]) -> list[_Sheet]:
    """The sheets of cells, hidden ones too; pages of charts and macros have none."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    return [
        _Sheet(about.name, about.visible == SheetVisibleEnum.Visible, parts.get(about.name))
        for about in workbook.sheets_metadata
        if about.typ == SheetTypeEnum.WorkSheet
    ]


def _named(path: Path, workbook: Any, known: list[_Sheet], wanted: str) -> tuple[_Sheet, list[list[Any]]]:
    """The sheet of that name, whatever its case, and its cells. Who names a hidden one means it."""
    by_name = {sheet.name.casefold().strip(): sheet for sheet in known}
    chosen = by_name.get(wanted.casefold().strip())
    if chosen is None:
        shown = ", ".join(sheet.name for sheet in known if sheet.visible)
        raise invalid("INP-052", path=path, sheet=wanted, known=shown or "none")
    cells = _cells(path, workbook, chosen)
    if not _is_table(cells):
        raise invalid("INP-053", path=path, advice=f"The sheet {chosen.name} has no rows; name another.")
    return chosen, cells


def _only(path: Path, workbook: Any, known: list[_Sheet]) -> tuple[_Sheet, list[list[Any]]]:
    """The only visible sheet that is a table, and its cells."""
    read = [(sheet, _cells(path, workbook, sheet)) for sheet in known if sheet.visible]
    tables = [(sheet, cells) for sheet, cells in read if _is_table(cells)]
    tables = [table for table in tables if _has_rows(table[1])] or tables
    if len(tables) > 1:
        raise invalid("INP-051", path=path, sheets=", ".join(sheet.name for sheet, _ in tables))
    if not tables:
        hidden = any(not sheet.visible for sheet in known)
        advice = "Unhide the sheet that holds the rows, and save it." if hidden else "Export it again, with its rows."
        raise invalid("INP-053", path=path, advice=advice)
    return tables[0]


def _is_table(cells: list[list[Any]]) -> bool:
    """Whether there is more than one filled cell in a row or a column; the dictionary of a template is no table."""
    filled = (row for row in cells for cell in row if _as_text(cell))
    first, second = next(filled, None), next(filled, None)
    return first is not None and second is not None and tuple(map(_as_text, first)) != DICTIONARY_HEADER


def _has_rows(cells: list[list[Any]]) -> bool:
    """Whether there is anything below the first row that is filled."""
    filled = (row for row in cells if any(map(_as_text, row)))
    return next(filled, None) is not None and next(filled, None) is not None


def _cells(path: Path, workbook: Any, sheet: _Sheet) -> list[list[Any]]:
    """Every cell of a sheet from A1 on, once it is known that they are not too many."""
    if (parts := sheet.parts) is not None:
        _check_size(path, sheet.name, parts.last_row + 1, parts.last_column + 1, parts.filled)
    found = workbook.get_sheet_by_name(sheet.name)
    _check_size(path, sheet.name, found.total_height, found.total_width, None)
    return list(found.to_python(skip_empty_area=False))


def _check_size(path: Path, name: str, rows: int, columns: int, filled: int | None) -> None:
    area = rows * columns
    is_far = filled is not None and area > _SMALL and area > filled * _EMPTY_TO_FILLED
    if columns > _MOST_COLUMNS or is_far:
        told = "few" if filled is None else filled
        raise invalid("INP-055", path=path, sheet=name, cell=cell_name(rows - 1, columns - 1), filled=told)
    if area > MOST_CELLS:
        raise invalid("INP-062", path=path, sheet=name, rows=rows, columns=columns, limit=MOST_CELLS)


def _rows(
    path: Path, kind: Kind, sheet: _Sheet, cells: list[list[Any]], others: list[_Sheet], expected: Collection[str]
) -> Rows:
    places = [place for place, row in enumerate(cells) if any(_as_text(cell) for cell in row)][:ROWS_SEARCHED]
    shown = [[_as_text(cell) or "" for cell in cells[place]] for place in places]
    found = find_headings(path, shown, [place + 1 for place in places], expected)
    begin = places[found.last] + 1
    below = cells[begin:]
    width = max((len(row) for row in cells), default=0)
    names = found.names + tuple(f"column_{place}" for place in range(len(found.names) + 1, width + 1))
    columns = [pa.array([_as_text(row[place]) for row in below], pa.string()) for place in range(width)]
    numbers = np.arange(begin + 1, begin + 1 + len(below))
    dates = {
        name: np.array([isinstance(row[place], date) for row in below], dtype=bool) for place, name in enumerate(names)
    }
    remarks = _remarks(sheet.parts, cells, begin, names) if sheet.parts else [Remark(NOT_SEEN.filled(kind=kind.title))]
    for place, name in enumerate(names):
        controlled = np.asarray(pc.fill_null(pc.match_substring_regex(columns[place], _CONTROL), False)).astype(bool)
        if controlled.any():
            columns[place] = pc.replace_substring_regex(columns[place], _CONTROL, "")
            remarks.append(Remark(CONTROL_CHARACTERS, numbers[controlled], name))
    if found.first or found.first != found.last:
        remarks.append(Remark(HEADINGS_BELOW.filled(line=begin)))
    if others:
        told = ", ".join(other.name if other.visible else f"{other.name} (hidden)" for other in others)
        remarks.append(Remark(OTHER_SHEETS.filled(sheet=sheet.name, others=told)))
    return Rows(
        names=names,
        columns=columns,
        line=numbers,
        out=np.array([], np.int64),
        remarks=tuple(remarks),
        facts={"sheet": sheet.name, "headings_in": begin},
        dates={name: mask for name, mask in dates.items() if mask.any()},
        hidden=None if sheet.parts is None else np.isin(np.arange(begin, len(cells)), sorted(sheet.parts.hidden_rows)),
    )


def _remarks(parts: SheetParts, cells: list[list[Any]], begin: int, names: Sequence[str]) -> list[Remark]:
    """What of the sheet people do not see, or see otherwise than it stands there; rows by their numbers."""
    remarks = []
    hidden = [row + 1 for row in sorted(parts.hidden_rows) if begin <= row <= parts.last_row]
    if hidden:
        remarks.append(Remark(HIDDEN_ROW, np.array(hidden, np.int64)))
    remarks += [Remark(HIDDEN_COLUMN, None, name) for place, name in enumerate(names) if place in parts.hidden_columns]
    for code, found in ((NO_RESULT, parts.without_result), (MERGED, parts.merged)):
        rows: dict[int, set[int]] = {}
        for row, place in found:
            if begin <= row < len(cells) and place < len(names) and not _as_text(cells[row][place]):
                rows.setdefault(place, set()).add(row + 1)
        remarks += [Remark(code, np.array(sorted(rows[place]), np.int64), names[place]) for place in sorted(rows)]
    return remarks


def _as_text(cell: Any) -> str | None:
    """A cell as text: a whole number without `.0`, a date as ISO (with its time, if it has one)."""
    if isinstance(cell, str) or cell is None:
        return cell or None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else format(cell, ".15g")
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
