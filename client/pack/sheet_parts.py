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
from client.pack.kinds import DAMAGED, XLSX, Kind, members, open_archive

MOST_UNPACKED = 256_000_000
"""Bytes of all parts together; a sheet of 20,000 claims with ten children each takes 80 million."""
_NEEDED = re.compile(
    r"\[Content_Types\]\.xml|.*\.rels|xl/(?:workbook|styles|sharedStrings|metadata)\.xml|xl/worksheets/[^/]+\.xml"
    r"|xl/sharedstrings\.xml|mimetype|content\.xml|styles\.xml|meta-inf/manifest\.xml",
    re.IGNORECASE,
)
_CHUNK = 1 << 20
_MOST_COLUMNS = 16_384
_MOST_COVERED = 100_000
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


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
            except DAMAGED:
                raise _damaged(path, kind) from None
    return copy.getvalue()


def parts_of_sheets(path: Path, kind: Kind, data: bytes) -> dict[str, SheetParts]:
    """Every sheet by its name. Raises `InvalidInput` INP-050 when a part is no good XML."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if kind is not XLSX:
                return _document_sheets(archive.read("content.xml"))
            return {
                name: _Sheet().read(archive.read(part))
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


class _Sheet:
    """One sheet of an Excel workbook, being looked through. It has a million elements: little is done of each."""

    def __init__(self) -> None:
        self.parts = SheetParts()
        self._row = self._column = -1
        self._of_text = False
        """The cell is said to be text, which may be empty."""
        self._columns: dict[str, int] = {}
        self._parser = expat.ParserCreate()
        self._parser.ordered_attributes = True
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.StartElementHandler = self._start

    def read(self, data: bytes) -> SheetParts:
        _feed(self._parser, data)
        return self.parts

    def _start(self, name: str, given: list[str]) -> None:
        name = name.rpartition(":")[2]
        if name in ("v", "is"):
            self.parts.fill(self._row, self._column)
        elif name == "c":
            self._cell(dict(zip(given[::2], given[1::2], strict=True)))
        elif name == "f":
            self._formula()
        elif name in ("row", "col", "mergeCell"):
            self._other(name, dict(zip(given[::2], given[1::2], strict=True)))

    def _cell(self, given: dict[str, str]) -> None:
        letters = given.get("r", "").rstrip("0123456789")
        if letters not in self._columns:
            self._columns[letters] = _column(letters) if letters else -1
        self._column = self._columns[letters] if letters else self._column + 1
        self._of_text = given.get("t") == "str"

    def _formula(self) -> None:
        """Look for the result of this cell: it is without one if no text stands in its `v`."""
        texts: list[str] = []
        values: list[str] = []
        where, of_text = (self._row, self._column), self._of_text

        def end(name: str) -> None:
            name = name.rpartition(":")[2]
            if name in ("v", "t"):
                values.append("".join(texts))
            if name == "c":
                if not any(values) and not of_text:
                    self.parts.without_result.append(where)
                self._parser.EndElementHandler = self._parser.CharacterDataHandler = None
            texts.clear()

        self._parser.EndElementHandler, self._parser.CharacterDataHandler = end, texts.append

    def _other(self, name: str, given: dict[str, str]) -> None:
        if name == "mergeCell":
            self.parts.merged.extend(_covered(given["ref"]))
        elif name == "row":
            self._row, self._column = int(given.get("r", self._row + 2)) - 1, -1
            if given.get("hidden") in ("1", "true"):
                self.parts.hidden_rows.add(self._row)
        elif given.get("hidden") in ("1", "true"):
            # A style may reach to the last column there is.
            self.parts.hidden_columns.update(range(int(given["min"]) - 1, min(int(given["max"]), _MOST_COLUMNS)))


def _column(letters: str) -> int:
    """The column of `AB`, from 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    if not letters.isalpha() or not 0 < number <= _MOST_COLUMNS:
        raise ValueError("no such column")
    return number - 1


def _covered(reference: str) -> list[tuple[int, int]]:
    """The cells of a merged range but the first; of a huge one those of its first rows."""
    first, _, last = reference.partition(":")
    (top, left), (bottom, right) = (
        (int(corner.lstrip(_LETTERS)) - 1, _column(corner.rstrip("0123456789"))) for corner in (first, last or first)
    )
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

    def end(name: str) -> None:
        if name == "table-row":
            at["row"] += at["rows"]

    _parse(data, start, end)
    return found


def _parse(data: bytes, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None] | None = None) -> None:
    """Walk through XML, names without their namespaces."""
    parser = expat.ParserCreate(namespace_separator=" ")

    def begins(name: str, given: dict[str, str]) -> None:
        start(name.rpartition(" ")[2], {key.rpartition(" ")[2]: value for key, value in given.items()})

    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = begins
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(" ")[2])
    _feed(parser, data)


def _feed(parser: Any, data: bytes) -> None:
    for place in range(0, len(data), _CHUNK):
        parser.Parse(data[place : place + _CHUNK], False)
    parser.Parse(b"", True)


def _refuse(*_: Any) -> None:
    """A document type may declare entities; no workbook has one."""
    raise ValueError("a document type")
