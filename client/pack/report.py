"""Writes what packing has to say: as a table of lines, or as a workbook in which they can be counted and filtered."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from client.files import write_bytes, write_table
from client.pack.findings import SCHEMA, by_code
from client.pack.packed import Packed

_LINES = tuple(zip(SCHEMA.names[:-1], (30, 8, 10, 18, 22, 70, 70), strict=True))
_CODES = (("code", 10), ("effect", 18), ("lines", 10), ("to_mend", 10), ("message", 70), ("mend", 70))
_UNKNOWN = (("column", 22), ("unknown code", 40), ("cells", 10))


def write_report(path: Path, packed: Packed) -> None:
    """Write the report as its ending says (CSV, JSON, Parquet: one table; XLSX: see `workbook`).

    Raises `InvalidInput` INP-015 for another ending.
    """
    if path.suffix.lower() == ".xlsx":
        write_bytes(path, workbook(packed))
    else:
        write_table(path, packed.findings)


def workbook(packed: Packed) -> bytes:
    """A count per code, the lines to be mended, those that need nothing done, and the codes that are not known."""
    from shared.contract.sheets import new_workbook, write_sheet

    buffer = BytesIO()
    with new_workbook(buffer) as book:
        codes = [[line[name] for name, _ in _CODES] for line in by_code(packed.findings).to_pylist()]
        write_sheet(book, "Codes", _CODES, codes)
        lines = packed.findings.to_pylist()
        for name, to_mend in (("To be mended", "yes"), ("Nothing to do", "no")):
            kept = [[line[field] for field, _ in _LINES] for line in lines if line["to_mend"] == to_mend]
            write_sheet(book, name, _LINES, kept)
        if packed.unknown_codes:
            write_sheet(book, "Unknown codes", _UNKNOWN, unknown_lines(packed))
    return buffer.getvalue()


def unknown_lines(packed: Packed) -> list[list[str | int]]:
    """For each code that is not known its column, itself and how many cells hold it; other text is only counted."""
    lines: list[list[str | int]] = []
    for known in packed.unknown_codes:
        lines += [[known.column, code, count] for code, count in known.codes.items()]
        if known.other_cells:
            lines.append([known.column, "(other text, not shown here)", known.other_cells])
    return lines
