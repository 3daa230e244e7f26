"""Workbooks as a test needs them: written by XlsxWriter, or with a part of their XML put in by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter


def workbook(
    rows: Sequence[Sequence[Any]],
    *,
    sheet: str = "Sheet1",
    more: dict[str, Sequence[Sequence[Any]]] | None = None,
    change: Callable[[Any, dict[str, Any]], None] | None = None,
    date_1904: bool = False,
) -> bytes:
    """A workbook with `rows` on a sheet, and `more` sheets; `change` gets the book and its sheets by name."""
    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "date_1904": date_1904, **options})
    book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 - the same cells are the same bytes
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    sheets = {}
    for name, cells in {sheet: rows, **(more or {})}.items():
        sheets[name] = book.add_worksheet(name)
        for line, row in enumerate(cells):
            for place, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheets[name].write_datetime(line, place, cell, moment)
                elif isinstance(cell, date):
                    sheets[name].write_datetime(line, place, cell, day)
                elif isinstance(cell, str):
                    sheets[name].write_string(line, place, cell)
                else:
                    sheets[name].write(line, place, cell)
    if change:
        change(book, sheets)
    book.close()
    return buffer.getvalue()


def with_part(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook, with one part of it changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return buffer.getvalue()
