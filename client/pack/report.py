"""Writes what packing has to say: as a table of lines, or as a workbook in which they can be counted and filtered."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from client.console import facts_table, table
from client.files import write_bytes, write_table
from client.pack.findings import SCHEMA, by_code
from client.pack.packed import Packed

_LINES = tuple(zip(SCHEMA.names[:-1], (30, 8, 10, 18, 22, 70, 70), strict=True))
_CODES = (("code", 10), ("effect", 18), ("lines", 10), ("to_do", 10), ("message", 70), ("remedy", 70))
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
    """A count per code, the lines to be put right, those that need nothing done, and the codes that are not known."""
    from shared.kernel.contract.sheets import new_workbook, write_sheet

    buffer = BytesIO()
    with new_workbook(buffer) as book:
        codes = [[line[name] for name, _ in _CODES] for line in by_code(packed.findings).to_pylist()]
        write_sheet(book, "Codes", _CODES, codes)
        lines = packed.findings.to_pylist()
        for name, to_do in (("To do", "yes"), ("Nothing to do", "no")):
            kept = [[line[field] for field, _ in _LINES] for line in lines if line["to_do"] == to_do]
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


def packed_text(packed: Packed, facts: dict[str, Any]) -> str:
    """What became of the rows, for people; `facts` as in the JSON answer."""
    dropped = facts["columns_dropped"]
    shown: dict[str, str | int | None] = {"read as": ", ".join(_read_as(facts["source"]))} if "source" in facts else {}
    shown |= {
        "files read": ", ".join(facts["files_read"]) if "files_read" in facts else None,
        "files not read": ", ".join(facts.get("files_not_read", [])) or None,
        "rows in": packed.rows_in,
        "packed": packed.rows_packed,
        "left out": packed.rows_left_out,
        "packed, but would be rejected": packed.rows_to_be_rejected,
        "rows written": packed.table.num_rows,
        "columns not packed": f"{len(dropped)}: {', '.join(dropped)}" if dropped else "none",
        "numbered columns not read": ", ".join(facts["columns_of_groups_not_read"]) or None,
        "file": facts["out"],
        "report, row by row": facts["report"],
    }
    lines = by_code(packed.findings).to_pylist()
    parts = [facts_table({name: value for name, value in shown.items() if value is not None})]
    for title, to_do in (("To do", "yes"), ("Nothing to be done", "no")):
        listed = [
            [x["code"], x["effect"], x["lines"], x["message"], *([x["remedy"]] if to_do == "yes" else [])]
            for x in lines
            if x["to_do"] == to_do
        ]
        headings = ["code", "effect", "lines", "what", *(["remedy"] if to_do == "yes" else [])]
        parts += [table(headings, listed, title)] if listed else []
    if packed.unknown_codes:
        parts.append(table(["column", "unknown code", "cells"], unknown_lines(packed), "Codes that are not known"))
    return "\n\n".join(parts)


def _read_as(source: dict[str, Any]) -> Iterator[str]:
    """How the file was read, for people."""
    yield source["kind"]
    if "sheet" in source:
        yield f"sheet {source['sheet']}"
    else:
        yield f"{source['encoding']}, separated by {source['separator']}"
    yield f"headings in line {source['headings_in']}"
    if "trailer" in source:
        yield f"a trailer that says {source['trailer']} rows"
