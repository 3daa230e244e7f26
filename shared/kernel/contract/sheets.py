"""Workbooks in memory whose bytes depend only on what is written into them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

# XlsxWriter would stamp the present moment, and the same report would never be the same bytes twice.
_CREATED = datetime(2026, 1, 1)  # noqa: DTZ001 - a constant of the file format, which knows no time zone


@contextmanager
def new_workbook(buffer: BytesIO) -> Iterator[Any]:
    """An XlsxWriter workbook that is in `buffer` once the block ends. Cell text is text: never a formula or a link."""
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = xlsxwriter.Workbook(buffer, options)
    workbook.set_properties({"created": _CREATED, "author": "exchange"})
    yield workbook
    workbook.close()


def write_sheet(
    workbook: Any, name: str, header: Sequence[tuple[str, int]], rows: Sequence[Sequence[str | int | None]]
) -> None:
    """A sheet of rows under a header (titles and widths) that stays in sight and filters."""
    sheet = workbook.add_worksheet(name)
    bold = workbook.add_format({"bold": True})
    for column, (title, width) in enumerate(header):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, bold)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(header) - 1)
    for position, cells in enumerate(rows, 1):
        for column, cell in enumerate(cells):
            write = sheet.write_number if isinstance(cell, int) else sheet.write_string
            write(position, column, "" if cell is None else cell)
