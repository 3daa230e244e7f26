"""Looks into a workbook's own XML before it is read: how far its cells reach, and what of a sheet is hidden.

The library that reads cells makes room for every cell up to the farthest, and unpacks whatever an archive holds. So the
parts that it needs are unpacked here under a limit and given to it in an archive of their own, and each sheet is looked
through once. No part may declare entities.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any
from xml.parsers import expat

from client.codes import invalid
from client.pack.kinds import XLSX, Kind, members, open_archive

MOST_UNPACKED = 256_000_000
"""Bytes of all parts together; a sheet of 20,000 claims with ten children each takes 80 million."""
_NEEDED = re.compile(
    r"\[Content_Types\]\.xml|.*\.rels|xl/(?:workbook|styles|sharedStrings|metadata)\.xml|xl/worksheets/[^/]+\.xml"
    r"|xl/sharedstrings\.xml|mimetype|content\.xml|styles\.xml|meta-inf/manifest\.xml",
    re.IGNORECASE,
)
_CHUNK = 1 << 20


@dataclass
class SheetParts:
    """One sheet, looked through; rows and columns count from 0."""

    last_row: int = -1
    last_column: int = -1
    filled: int = 0
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    without_result: list[tuple[int, int]] = field(default_factory=list)
    """Cells with a formula whose result was never stored."""
    merged: list[tuple[int, int]] = field(default_factory=list)
    """Cells that another one covers."""

    def fill(self, row: int, column: int, times: int = 1) -> None:
        """Count a cell that holds something."""
        self.filled += times
        self.last_row, self.last_column = max(self.last_row, row), max(self.last_column, column)


def safe_copy(path: Path, kind: Kind) -> bytes:
    """The parts of the workbook that are needed to read its cells, in an archive without compression.

    Raises `InvalidInput` INP-050 (damaged), 056 (they unpack to more than `MOST_UNPACKED`).
    """
    copy = BytesIO()
    with open_archive(path) as archive, zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as plain:
        needed = [part for part in members(archive) if _NEEDED.fullmatch(part.filename)]
        if sum(part.file_size for part in needed) > MOST_UNPACKED:
            raise invalid("INP-056", path=path, limit=MOST_UNPACKED // 1_000_000)
        for part in needed:
            try:
                # Not more than it says of itself, and the check sum must be that of so many bytes.
                plain.writestr(part.filename, archive.read(part))
            except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
                raise _damaged(path, kind) from None
    return copy.getvalue()


def parts_of_sheets(path: Path, kind: Kind, data: bytes) -> dict[str, SheetParts]:
    """Every sheet by its name. Raises `InvalidInput` INP-050 when a part is no good XML."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if kind is not XLSX:
                return _document_sheets(archive.read("content.xml"))
            return {
                name: _sheet(archive.read(part))
                for name, part in _sheet_names(archive).items()
                if part in archive.namelist()
            }
    except (KeyError, ValueError, expat.ExpatError):
        raise _damaged(path, kind) from None


def cell_name(row: int, column: int) -> str:
    """`AB12`, as a spreadsheet names a cell."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def _damaged(path: Path, kind: Kind) -> Exception:
    advice = "Open it in a spreadsheet, save it as .xlsx, and pack that."
    return invalid("INP-050", path=path, kind=f"a damaged file: {kind.title}", advice=advice)


def _sheet_names(archive: zipfile.ZipFile) -> dict[str, str]:
    """Names of sheets and the parts that hold them."""
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def relation(name: str, given: dict[str, str]) -> None:
        if name == "Relationship":
            target = given["Target"]
            targets[given["Id"]] = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl", target))

    def sheet(name: str, given: dict[str, str]) -> None:
        if name == "sheet":
            sheets[given["name"]] = given["id"]

    _parse(archive.read("xl/_rels/workbook.xml.rels"), relation)
    _parse(archive.read("xl/workbook.xml"), sheet)
    return {name: targets[key] for name, key in sheets.items() if key in targets}


def _sheet(data: bytes) -> SheetParts:
    """One sheet of an Excel workbook."""
    parts = SheetParts()
    at = {"row": -1, "column": -1}
    formula: list[Any] = []

    def start(name: str, given: dict[str, str]) -> None:
        if name == "c":
            reference = given.get("r", "")
            at["column"] = _column(reference) if reference else at["column"] + 1
            formula[:] = [given.get("t")]
        elif name in ("v", "is"):
            formula.append(name)
            parts.fill(at["row"], at["column"])
        elif name == "f":
            formula.append(name)
        elif name == "row":
            at["row"], at["column"] = int(given.get("r", at["row"] + 2)) - 1, -1
            if given.get("hidden") in ("1", "true"):
                parts.hidden_rows.add(at["row"])
        elif name == "col" and given.get("hidden") in ("1", "true"):
            # A column's style reaches to the last column there is; what is far off is hidden from nobody.
            parts.hidden_columns.update(range(int(given["min"]) - 1, min(int(given["max"]), 16_384)))
        elif name == "mergeCell":
            parts.merged.extend(_covered(given["ref"]))

    def end(name: str, text: str) -> None:
        if name == "c" and "f" in formula and not ("v" in formula or "is" in formula):
            parts.without_result.append((at["row"], at["column"]))
        elif name == "v" and "f" in formula and not text and formula[0] != "str":
            formula.remove("v")

    _parse(data, start, end)
    return parts


def _column(reference: str) -> int:
    """The column of `AB12`, from 0."""
    number = 0
    for letter in reference:
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter.upper()) - 64
    if not 0 < number <= 16_384:
        raise ValueError("no such column")
    return number - 1


_MOST_COVERED = 100_000


def _covered(reference: str) -> list[tuple[int, int]]:
    """The cells of a merged range but the first; of a huge one those of its first rows."""
    first, _, last = reference.partition(":")
    top, left = int(first.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) - 1, _column(first)
    bottom, right = int(last.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) - 1, _column(last)
    bottom = min(bottom, top + _MOST_COVERED // (right - left + 1))
    cells = [(row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]
    return cells[1:]


def _document_sheets(data: bytes) -> dict[str, SheetParts]:
    """The sheets of an OpenDocument spreadsheet, which says of a row or cell how often it is repeated."""
    found: dict[str, SheetParts] = {}
    at = {"row": 0, "column": 0, "rows": 1}
    sheet = SheetParts()

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal sheet
        if name == "table":
            sheet = found.setdefault(given.get("name", ""), SheetParts())
            at["row"] = 0
        elif name == "table-row":
            at["rows"], at["column"] = int(given.get("number-rows-repeated", "1")), 0
            if given.get("visibility", "visible") != "visible" and at["rows"] < _MOST_COVERED:
                sheet.hidden_rows.update(range(at["row"], at["row"] + at["rows"]))
        elif name in ("table-cell", "covered-table-cell"):
            times = int(given.get("number-columns-repeated", "1"))
            if "value-type" in given:
                sheet.fill(at["row"] + at["rows"] - 1, at["column"] + times - 1, times * at["rows"])
            at["column"] += times

    def end(name: str, _: str) -> None:
        if name == "table-row":
            at["row"] += at["rows"]

    _parse(data, start, end)
    return found


def _parse(
    data: bytes, start: Callable[[str, dict[str, str]], None], end: Callable[[str, str], None] | None = None
) -> None:
    """Walk through XML, names without their namespaces. A document type, and so an entity, raises `ValueError`."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    text: list[str] = []

    def refuse(*_: Any) -> None:
        raise ValueError("a document type")

    def begins(name: str, given: dict[str, str]) -> None:
        text.clear()
        start(name.rpartition(" ")[2], {key.rpartition(" ")[2]: value for key, value in given.items()})

    def ends(name: str) -> None:
        if end is not None:
            end(name.rpartition(" ")[2], "".join(text))

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = begins
    if end is not None:
        parser.EndElementHandler = ends
        parser.CharacterDataHandler = text.append
    for place in range(0, len(data), _CHUNK):
        parser.Parse(data[place : place + _CHUNK], False)
    parser.Parse(b"", True)
