"""Reads a text with separators: its lines, its headings, and the rows that fit under them."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from client.codes import invalid
from client.pack.codes import (
    CONTROL_CHARACTERS,
    ESCAPED,
    GLUED,
    HEADINGS_BELOW,
    NO_ROW,
    NOT_SPLIT,
    QUOTE_ASTRAY,
    SWALLOWED,
    PackCode,
)
from client.pack.delimited import Records, Walked, likely_separator, split, stated_separator, written
from client.pack.encodings import decode
from client.pack.headings import ROWS_SEARCHED, Headings, are_other_headings, find_headings, is_no_row
from client.pack.kinds import BROKEN_ARCHIVE, ZIPPED, Kind, kind_of, members, open_archive
from client.pack.lines import Lines, without_controls
from client.pack.remarks import Remark
from client.pack.rows import Rows
from client.pack.trailer import Trailer, without_trailer

_ENOUGH_TO_KNOW = 4
"""So many headings in a row are nobody's cells."""
_MOST_UNPACKED = 1_000_000_000
_SEPARATOR_NAMES = {b",": "commas", b";": "semicolons", b"\t": "tabs", b"|": "bars"}


def read_text(
    path: Path, kind: Kind, encoding: str | None, expected: Collection[str], trailer: Trailer | None = None
) -> Rows:
    """Read the text at `path`, or in the archive there.

    Raises `InvalidInput` INP-007 (a heading twice), 054 (quotation marks), 056 (too large), 057 and 058 (encoding), 059
    (other headings further down), 060 (nothing in it), 064 (no headings), 119 (a stated trailer is not there).
    """
    decoded = decode(_bytes(path, kind), path, encoding)
    data, controlled = without_controls(decoded.data)
    data, trailing = without_trailer(path, data, trailer) if trailer else (data, None)
    apart = _read_apart(path, data, expected)
    if glued := _without_line_end(apart):
        apart = _read_apart(path, glued, expected)
    records, found, begin = apart.records, apart.headings, apart.begin
    sieve = _sieve(path, records, found, begin)
    line = int(records.first[begin - 1]) + 1 if found.first == found.last else int(records.last[begin - 1]) + 1
    remarks = [*decoded.remarks, *sieve.remarks()]
    if len(controlled):
        remarks.append(Remark(CONTROL_CHARACTERS, controlled))
    if glued:
        remarks.append(Remark(GLUED))
    if found.first or found.first != found.last:
        remarks.append(Remark(HEADINGS_BELOW.filled(line=line)))
    facts: dict[str, str | int] = {
        "encoding": decoded.encoding,
        "separator": _SEPARATOR_NAMES.get(records.separator, records.separator.decode()),
        "headings_in": line,
        **({} if trailing is None else {"trailer": trailing}),
    }
    columns = _columns(sieve, records, found.names, begin)
    return Rows(found.names, columns, sieve.first_lines(), sieve.lines_out(), tuple(remarks), facts)


@dataclass(frozen=True, eq=False)
class _Apart:
    """A text read into records, and where its headings stand."""

    records: Records
    headings: Headings
    begin: int
    """The record behind the headings."""


def _read_apart(path: Path, data: bytes, expected: Collection[str]) -> _Apart:
    lines = Lines.of(data)
    stated = stated_separator(lines)
    records = split(path, lines, stated or likely_separator(lines))
    found, begin = _headings(path, records, expected, skip=1 if stated else 0)
    return _Apart(records, found, begin)


def _without_line_end(apart: _Apart) -> bytes:
    """The text with a line end before every line of headings that stands behind something else; empty: there is none.

    One extract was joined to another that ends without one (`copy /b`, `cat`), with or without a mark between them.
    """
    records, record = apart.records, apart.begin - 1
    line = records.lines.text(int(records.first[record]), int(records.last[record]))
    line = line.removeprefix(codecs.BOM_UTF8)
    if len(apart.headings.names) < _ENOUGH_TO_KNOW:
        return b""
    behind = re.compile(rb"(?<=[^\r\n])(?<!" + codecs.BOM_UTF8 + rb")(?:" + codecs.BOM_UTF8 + rb")?" + re.escape(line))
    text, times = behind.subn(b"\n" + line.replace(b"\\", b"\\\\"), records.lines.data)
    return text if times else b""


def lines_of(path: Path, numbers: Collection[int], encoding: str | None) -> list[tuple[int, str]]:
    """These lines of a text that was read, as they stand, each with its number."""
    data, _ = without_controls(decode(_bytes(path, kind_of(path, is_text=encoding is not None)), path, encoding).data)
    lines = Lines.of(data)
    return [(number, lines.text(number - 1, number - 1).decode(errors="replace")) for number in numbers]


def _bytes(path: Path, kind: Kind) -> bytes:
    if kind is not ZIPPED:
        return path.read_bytes()
    with open_archive(path) as archive:
        [only] = members(archive)
        if only.file_size > _MOST_UNPACKED:
            raise invalid("INP-056", path=path, limit=_MOST_UNPACKED // 1_000_000)
        try:
            return archive.read(only)
        except BROKEN_ARCHIVE:
            advice = "Copy or export it again."
            raise invalid("INP-050", path=path, kind="a damaged zip archive", advice=advice) from None


def _headings(path: Path, records: Records, expected: Collection[str], *, skip: int) -> tuple[Headings, int]:
    """The headings, and the record behind them."""
    places: list[int] = []
    for record in range(skip, len(records.first)):
        walked = records.walked.get(int(records.first[record]))
        if not records.is_blank(record) and (walked is None or walked.sound):
            places.append(record)
            if len(places) == ROWS_SEARCHED:
                break
    rows = [records.row(place) for place in places]
    found = find_headings(path, rows, [int(records.first[place]) + 1 for place in places], expected)
    return found, places[found.last] + 1


@dataclass
class _Sieve:
    """Which records are rows, which have to be written anew, and why the others are out."""

    records: Records
    good: np.ndarray
    """A mask over all records."""
    rewritten: dict[int, bytes] = field(default_factory=dict)
    escaped: list[int] = field(default_factory=list)
    """The line numbers of rows that were written with backslashes."""
    out: dict[PackCode, list[int]] = field(default_factory=dict)
    """The line numbers that are out, by why."""

    def leave_out(self, record: int, code: PackCode) -> None:
        """Every line of the record is out: who knows how many rows they were."""
        self.good[record] = False
        first, last = int(self.records.first[record]) + 1, int(self.records.last[record]) + 1
        lines = f"line {first}" if first == last else f"lines {first} to {last}"
        filled = code.filled(lines=lines) if "{lines}" in code.message else code
        self.out.setdefault(filled, []).extend(range(first, last + 1))

    def unescape(self, record: int, width: int) -> bool:
        """Whether the record has as many cells as there are headings once a backslash takes the meaning off a separator
        or quotation mark; then it is a row."""
        text = self.records.lines.text(int(self.records.first[record]), int(self.records.last[record])).decode()
        if "\\" not in text:
            return False
        separator = self.records.separator.decode()
        try:
            [cells] = csv.reader([text], delimiter=separator, escapechar="\\", doublequote=False, strict=True)
        except (csv.Error, ValueError):  # not one row either
            return False
        if len(cells) != width:
            return False
        self.rewritten[record] = written(cells, self.records.separator)
        self.escaped.append(int(self.records.first[record]) + 1)
        return True

    def remarks(self) -> list[Remark]:
        escaped = [Remark(ESCAPED, np.array(self.escaped, np.int64))] if self.escaped else []
        return [Remark(code, np.array(lines, np.int64)) for code, lines in self.out.items()] + escaped

    def lines_out(self) -> np.ndarray:
        return np.array(sorted(line for lines in self.out.values() for line in lines), np.int64)

    def first_lines(self) -> np.ndarray:
        """The line on which each row begins."""
        return np.asarray(self.records.first[self.good] + 1)


def _sieve(path: Path, records: Records, found: Headings, begin: int) -> _Sieve:
    good = np.zeros(len(records.first), dtype=bool)
    good[begin:] = True
    sieve, width = _Sieve(records, good), len(found.names)
    by_line = np.searchsorted(records.first, np.array(list(records.walked), np.int64))
    for record, walked in zip(by_line.tolist(), records.walked.values(), strict=True):
        if record < begin:
            continue
        if not walked.sound and not sieve.unescape(record, width):
            sieve.leave_out(record, QUOTE_ASTRAY)
        elif _swallows(walked, width):
            sieve.leave_out(record, SWALLOWED)
    for record in np.flatnonzero(sieve.good & (records.cells != width)).tolist():
        if record in sieve.rewritten:
            continue
        if records.is_blank(record):
            sieve.good[record] = False
            continue
        cells = records.row(record)
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            sieve.rewritten[record] = written(list(cells[:width]), records.separator)
        elif are_other_headings(cells, found.names):
            raise invalid("INP-059", path=path, line=int(records.first[record]) + 1)
        elif is_no_row(cells):
            sieve.leave_out(record, NO_ROW)
        elif not sieve.unescape(record, width):
            sieve.leave_out(record, NOT_SPLIT.filled(cells=len(cells), headings=width))
    return sieve


def _swallows(walked: Walked, width: int) -> bool:
    """Whether a quoted cell over several lines holds as many separators as the rows have that it would have swallowed.

    A mark left open in one row and closed in the same column of another leaves exactly so many in between; an address
    over several lines, even with commas, has fewer.
    """
    return walked.breaks > 0 and walked.separators >= max(1, walked.breaks * (width - 1))


def _columns(sieve: _Sieve, records: Records, names: Sequence[str], begin: int) -> list[pa.Array]:
    """The good records as columns of text; an empty cell is null."""
    from pyarrow import csv as arrow_csv

    places = [str(place) for place in range(len(names))]
    rows = int(sieve.good.sum())
    # The reader takes a byte order mark off what it is given: this one, not that of the first row's first cell.
    text = codecs.BOM_UTF8 + b"\n".join(_pieces(sieve, records)) + b"\n"
    if not rows:
        return [pa.array([], pa.string()) for _ in names]
    longest = int((records.lines.end[records.last] - records.lines.start[records.first]).max(initial=0))
    read: Any = arrow_csv.read_csv(
        io.BytesIO(text),
        read_options=arrow_csv.ReadOptions(
            use_threads=False, column_names=places, block_size=max(1 << 20, 4 * longest + 4096)
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=records.separator.decode(), newlines_in_values=True, ignore_empty_lines=False
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(places, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            null_values=[""],
        ),
    )
    return [column.combine_chunks() for column in read.columns]


def _pieces(sieve: _Sieve, records: Records) -> list[bytes]:
    """The text of the good records, in as few pieces as can be."""
    kept = np.flatnonzero(sieve.good)
    anew = np.isin(kept, np.fromiter(sieve.rewritten, np.int64, len(sieve.rewritten)))
    breaks = (np.diff(kept, prepend=-2) != 1) | anew | np.r_[False, anew[:-1]]
    starts = kept[breaks]
    ends = kept[np.r_[breaks[1:], True]] if len(kept) else kept
    lines = records.lines
    return [
        sieve.rewritten.get(first) or lines.text(int(records.first[first]), int(records.last[last]))
        for first, last in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
