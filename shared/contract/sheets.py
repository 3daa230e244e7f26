"""Workbooks in memory whose bytes depend only on what is written into them."""

from __future__ import annotations

from collections.abc import Iterator
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
