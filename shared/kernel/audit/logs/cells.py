"""Tables of text as records: an export of the portal or of a query, with commas, semicolons, tabs or bars."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo

from shared.kernel.audit.logs.rows import TableRow
from shared.kernel.audit.logs.unread import Why

_SEPARATORS = ",;\t|"
_STATED = re.compile(r'"?sep=(?P<separator>.)"?')
_TIME = re.compile(r"TimeGenerated(?: \[(?P<zone>[^\]]*)\])?")
_NAME = re.compile(r"[\w$][\w$ .()\[\]-]*", re.ASCII)
_ZONED = re.compile(r" \[(?:UTC|Local Time)\]$")


@dataclass(frozen=True)
class Headings:
    """The first row of a table of logs."""

    names: tuple[str, ...]
    separator: str
    zone: tzinfo | None
    """Of the times, if the heading says it; ``[Local Time]`` does not say which."""


def headings_of(line: str, separator: str = "") -> Headings | None:
    """The headings that a line is; `None` when it lacks that of the time or of the operation, or one is no name."""
    for candidate in separator or _SEPARATORS:
        cells = [cell.strip() for cell in split(line, candidate) or ()]
        times = [found for cell in cells if (found := _TIME.fullmatch(cell))]
        while cells and not cells[-1]:
            cells.pop()
        names = tuple(_ZONED.sub("", cell) for cell in cells)
        if times and "OperationName" in names and all(map(_NAME.fullmatch, names)):
            return Headings(names, candidate, UTC if times[0]["zone"] == "UTC" else None)
    return None


def separator_of(line: str) -> str:
    """What a line says that the separator is, as spreadsheets have it (``sep=;``); empty when it says none."""
    found = _STATED.fullmatch(line.strip())
    return found["separator"] if found else ""


def split(line: str, separator: str) -> list[str] | None:
    """The cells of a line; `None` when a quote is not closed on it."""
    try:
        rows = list(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def records(headings: Headings, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, TableRow | Why]]:
    """Each line below the headings as a record. A line is a row: what goes over several lines is not read."""
    twice = len(set(headings.names)) != len(headings.names)
    for number, line in lines:
        if not line.strip():
            continue
        cells = split(line, headings.separator)
        if cells is None:
            yield number, Why.QUOTES
            continue
        while len(cells) > len(headings.names) and not cells[-1]:
            cells.pop()
        if len(cells) != len(headings.names):
            yield number, Why.CELLS
        elif twice:
            yield number, Why.TWICE
        else:
            row = TableRow(zip(headings.names, cells, strict=True))
            row.zone = headings.zone
            yield number, row
