"""Empty files to fill in, each with its data dictionary: a workbook, or CSV."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

from shared.kernel.contract.columns import Column, Contract
from shared.kernel.contract.sheets import new_workbook

DICTIONARY_HEADER = ("column", "kind", "required", "codes", "description", "example", "source")
_LAST_SHEET_ROW = 1_048_575
# Excel turns an unformatted UPRN into 1E+11 and a year into a number; a text column is left alone.
_NUMBER_FORMATS = {"text": "@", "date": "yyyy-mm-dd", "integer": "0", "decimal": "0.00", "flag": "General"}


def template_xlsx(contract: Contract) -> bytes:
    """A workbook with an empty sheet named as the dataset and a sheet `data dictionary`; the same bytes every time."""
    buffer = BytesIO()
    with new_workbook(buffer) as workbook:
        _data_sheet(workbook, contract)
        _dictionary_sheet(workbook, contract)
    return buffer.getvalue()


def template_csv(contract: Contract) -> str:
    """The header line alone, ready for rows."""
    return _csv([tuple(column.name for column in contract.filled_in)])


def dictionary_csv(contract: Contract) -> str:
    """The data dictionary as CSV, one line per column."""
    return _csv([DICTIONARY_HEADER, *(dictionary_line(column) for column in contract.filled_in)])


def dictionary_line(column: Column) -> tuple[str, ...]:
    """A column as the data dictionary tells it, in the order of DICTIONARY_HEADER."""
    return (
        column.name,
        column.kind,
        "yes" if column.required else "no",
        " ".join(column.codes or ()),
        column.description,
        column.example,
        column.source,
    )


def _csv(lines: list[tuple[str, ...]]) -> str:
    out = StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue()


def _data_sheet(workbook: Any, contract: Contract) -> None:
    sheet = workbook.add_worksheet(contract.dataset)
    required = workbook.add_format({"bold": True, "bg_color": "#D9E8F5", "num_format": "@"})
    optional = workbook.add_format({"italic": True, "num_format": "@"})
    formats = {kind: workbook.add_format({"num_format": shown}) for kind, shown in _NUMBER_FORMATS.items()}
    for position, column in enumerate(contract.filled_in):
        sheet.set_column(position, position, max(12, len(column.name) + 2), formats[column.kind])
        sheet.write_string(0, position, column.name, required if column.required else optional)
        codes = ["TRUE", "FALSE"] if column.kind == "flag" else list(column.codes or ())
        if codes:
            sheet.data_validation(1, position, _LAST_SHEET_ROW, position, {"validate": "list", "source": codes})
    sheet.freeze_panes(1, 0)


def _dictionary_sheet(workbook: Any, contract: Contract) -> None:
    sheet = workbook.add_worksheet("data dictionary")
    bold = workbook.add_format({"bold": True})
    for position, (name, width) in enumerate(zip(DICTIONARY_HEADER, (22, 9, 9, 34, 70, 24, 36), strict=True)):
        sheet.set_column(position, position, width)
        sheet.write_string(0, position, name, bold)
    for line, column in enumerate(contract.filled_in, 1):
        for position, cell in enumerate(dictionary_line(column)):
            sheet.write_string(line, position, cell)
    sheet.freeze_panes(1, 0)
