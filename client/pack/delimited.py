"""Text with separators becomes rows of cells. Where a quotation mark leaves a doubt, the lines are out, and said.

A cell is quoted when a quotation mark is its first character; it then ends with one that a separator or the end of the
line follows, and a mark inside it is written twice. So says RFC 4180, and so reads Arrow. Lines that are whole in
themselves are counted by numpy together; only where a quoted cell runs over the end of its line, or a mark stands
astray, is a line read character by character.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from client.codes import invalid
from client.pack.lines import Lines

SEPARATORS = b",;\t|"
_QUOTE = 34
_SAMPLE_LINES = 200
_LINES_NAMED = 5
_STATED = re.compile(rb'"?sep=(?P<one>[^\w"\s]|\t)"?', re.IGNORECASE)


@dataclass(frozen=True)
class Walked:
    """One record, read character by character."""

    cells: tuple[str, ...]
    stop: int
    """The byte behind it."""
    sound: bool
    """No quotation mark stands astray."""
    breaks: int
    """Line ends within its quoted cells."""
    separators: int
    """Separators within the quoted cells that hold line ends."""


@dataclass(frozen=True, eq=False)
class Records:
    """Records of a text, by number from 0: each is one line, or several where a quoted cell runs over line ends."""

    lines: Lines
    separator: bytes
    first: np.ndarray
    last: np.ndarray
    cells: np.ndarray
    """How many each has."""
    walked: dict[int, Walked]
    """By first line: the records that were read character by character."""

    def row(self, record: int) -> tuple[str, ...]:
        """The cells of a record."""
        line = int(self.first[record])
        return (self.walked.get(line) or walk(self.lines.data, int(self.lines.start[line]), self.separator)).cells

    def is_blank(self, record: int) -> bool:
        """Whether it has nothing in it but blanks, separators and quotation marks."""
        text = self.lines.text(int(self.first[record]), int(self.last[record]))
        return not text.translate(None, b'"' + self.separator).strip()


def stated_separator(lines: Lines) -> bytes | None:
    """What the line `sep=;` says that a spreadsheet wrote first; None when there is no such line."""
    if not len(lines):
        return None
    first = lines.text(0, 0)
    found = _STATED.match(first)
    return found["one"] if found and not first[found.end() :].strip(b" ,;\t") else None


def likely_separator(lines: Lines) -> bytes:
    """The one of `SEPARATORS` that stands in most of the first lines equally often, and often; not within quotes."""
    sample = lines.text(0, min(len(lines), _SAMPLE_LINES) - 1) if len(lines) else b""
    counted = [line for line in re.split(rb"[\r\n]+", re.sub(rb'"[^"]*"', b"", sample)) if line.strip(b" ")]

    def weight(separator: int) -> float:
        counts = np.array([line.count(separator) for line in counted], np.int64)
        there = np.bincount(counts[counts > 0], minlength=1)
        return float(np.argmax(there) * np.max(there))

    return bytes([max(SEPARATORS, key=weight)])


def split(path: Path, lines: Lines, separator: bytes) -> Records:
    """The records of `lines`. Raises `InvalidInput` INP-054 when the number of quotation marks is odd."""
    octets = np.frombuffer(lines.data, np.uint8)
    quotes = np.flatnonzero(octets == _QUOTE)
    of_quote = lines.holding(quotes)
    per_line = np.bincount(of_quote, minlength=len(lines))
    whole = _whole(lines, octets, quotes, of_quote, separator)
    walked = dict(_walk_all(lines, np.flatnonzero(~whole), separator))
    if len(quotes) % 2:
        raise _odd(path, lines, per_line, walked, len(quotes))
    begins = np.ones(len(lines), dtype=bool)
    last = np.arange(len(lines))
    for line, record in walked.items():
        last[line] = lines.holding(np.array([max(record.stop - 1, lines.start[line])]))[0]
        begins[line + 1 : last[line] + 1] = False
    cells = 1 + _separators_outside(lines, octets, quotes, of_quote, separator)
    for line, record in walked.items():
        cells[line] = len(record.cells)
    return Records(lines, separator, np.flatnonzero(begins), last[begins], cells[begins], walked)


def _whole(lines: Lines, octets: np.ndarray, quotes: np.ndarray, of_quote: np.ndarray, separator: bytes) -> np.ndarray:
    """Which lines, read from their beginning outside of quotes, have all their quotation marks in their places."""
    padded = np.r_[octets, 0]
    at_start, at_end = quotes == lines.start[of_quote], quotes + 1 >= lines.end[of_quote]
    beside_before = np.r_[False, np.diff(quotes) == 1] if len(quotes) else np.zeros(0, dtype=bool)
    beside_after = np.r_[beside_before[1:], False] if len(quotes) else beside_before
    opens = _place_in_line(of_quote) % 2 == 0
    first = _place_in_line(of_quote) == 0
    before, after = padded[quotes - 1], padded[quotes + 1]
    opens_well = at_start | (before == separator[0]) | (beside_before & ~first)
    closes_well = at_end | (after == separator[0]) | beside_after
    whole = np.asarray(np.bincount(of_quote, minlength=len(lines)) % 2 == 0)
    whole[of_quote[np.where(opens, ~opens_well, ~closes_well)]] = False
    return whole


def _place_in_line(of_quote: np.ndarray) -> np.ndarray:
    """The number of each quotation mark in its line, from 0."""
    return np.asarray(np.arange(len(of_quote)) - np.searchsorted(of_quote, of_quote, side="left"))


def _separators_outside(
    lines: Lines, octets: np.ndarray, quotes: np.ndarray, of_quote: np.ndarray, separator: bytes
) -> np.ndarray:
    """For each line how many separators stand outside of quoted cells, if it is whole."""
    places = np.flatnonzero(octets == separator[0])
    of_place = lines.holding(places)
    if len(quotes):
        before = np.searchsorted(quotes, places) - np.searchsorted(of_quote, of_place, side="left")
        of_place = of_place[before % 2 == 0]
    return np.bincount(of_place, minlength=len(lines))


def _walk_all(lines: Lines, odd: np.ndarray, separator: bytes) -> Iterator[tuple[int, Walked]]:
    free = 0
    for line in odd.tolist():
        if lines.start[line] >= free:
            record = walk(lines.data, int(lines.start[line]), separator)
            free = record.stop
            yield line, record


def walk(data: bytes, at: int, separator: bytes) -> Walked:
    """Read the record that begins at byte `at`."""
    ends = re.compile(b"[\r\n" + re.escape(separator) + b"]")
    cells: list[str] = []
    sound, breaks, inner = True, 0, 0
    while True:
        cell, quoted = b"", data[at : at + 1] == b'"'
        if quoted:
            close = _close(data, at + 1)
            sound &= close < len(data)
            cell = data[at + 1 : close].replace(b'""', b'"')
            at = close + 1
            if broken := len(re.findall(rb"\r\n|\r|\n", cell)):
                breaks += broken
                inner += cell.count(separator)
        found = ends.search(data, at)
        stop = found.start() if found else max(at, len(data))
        sound &= stop == at or not quoted
        cells.append((cell + data[at:stop]).decode())
        if found is None or found[0] != separator:
            return Walked(tuple(cells), stop, sound, breaks, inner)
        at = stop + 1


def _close(data: bytes, at: int) -> int:
    """Where the quoted cell ends whose text begins at `at`; the end of the data, if it never does."""
    while True:
        found = data.find(b'"', at)
        if found < 0:
            return len(data)
        if data[found + 1 : found + 2] != b'"':
            return found
        at = found + 2


def _odd(path: Path, lines: Lines, per_line: np.ndarray, walked: dict[int, Walked], count: int) -> Exception:
    """The refusal, which names lines with an odd number of marks: those that no good quoted cell accounts for first."""
    odd = per_line % 2 == 1
    doubtful = odd.copy()
    for line, record in walked.items():
        last = int(lines.holding(np.array([record.stop - 1]))[0])
        if record.sound and per_line[line : last + 1].sum() % 2 == 0:
            doubtful[line : last + 1] = False
    named = np.flatnonzero(doubtful if doubtful.any() else odd)[:_LINES_NAMED] + 1
    return invalid("INP-054", path=path, count=count, lines=", ".join(map(str, named)))


def written(cells: list[str], separator: bytes) -> bytes:
    """Cells as a line of text with that separator, each in quotation marks: before Python 3.13 the writer leaves a line
    break bare that is not its own."""
    line = io.StringIO()
    csv.writer(line, delimiter=separator.decode(), lineterminator="", quoting=csv.QUOTE_ALL).writerow(cells)
    return line.getvalue().encode()
