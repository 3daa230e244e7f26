"""JSON of any layout as records: one a line, over many lines, in arrays, in ``{"records": […]}``, in query answers.

Read in pieces, so that an array may be of any size; one record may have `MOST` characters.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.kernel.audit.logs.rows import TableRow, loads
from shared.kernel.audit.logs.unread import Why
from shared.kernel.json_once import Twice, once

MOST = 16 * 2**20
"""Characters of one record. Azure's are of a few thousand."""
_WRAPPERS = ("records", "tables", "value")
"""Names under which lists of records stand: of older exports and event hubs, of the query interface, of REST."""
_WRAPPED = re.compile(r'\{\s*"(?:records|tables|value)"\s*:\s*\[')
_BESIDE = frozenset({"count", "statistics", "render", "dataSources", "@odata.context", "@odata.count"})
"""What may stand beside a list of records and says nothing of them."""
_CUT = ("error", "nextLink", "@odata.nextLink")
"""What says that there are more."""
_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_NEXT_RECORD = re.compile(r"\n[ \t]*(?=\{)")
_DEEPEST = 4
_NEAR_THE_END = 16
"""A word or an escape that is cut off is seen so many characters before the end of what was read, or fewer."""

Found = tuple[int, "object | Why"]
"""Line in which it begins, and a record or why there is none."""


_STRICT = json.JSONDecoder(object_pairs_hook=once)
_PLAIN = json.JSONDecoder()


def values(pieces: Iterable[bytes]) -> Iterator[Found]:
    """The records of a text that is JSON. After what is none, it goes on where a line begins with an object."""
    text = _Text(iter(pieces))
    while char := text.next_char():
        if text.torn and char in ",]}":
            text.skip()  # the rest of what was torn, which is counted
        elif char == "[":
            yield from _elements(text)
        elif char == "{" and text.begins_with(_WRAPPED):
            yield from _members(text)
        else:
            yield from _value(text)


def expand(value: object, depth: int = 0) -> Iterator[object | Why]:
    """The records in a value: itself, those of a list or wrapper, those of a table, of JSON as text within JSON."""
    if depth > _DEEPEST:
        yield Why.NO_RECORD
    elif isinstance(value, str):
        inner = loads(value)
        yield from expand(inner, depth + 1) if isinstance(inner, dict | list) else [Why.NO_RECORD]
    elif isinstance(value, list):
        for element in value:
            yield from expand(element, depth + 1)
    elif isinstance(value, dict) and "columns" in value and "rows" in value:
        yield from _rows(value)
    elif isinstance(value, dict) and (wrapper := next((name for name in _WRAPPERS if name in value), "")):
        yield from expand(value[wrapper], depth + 1)
        yield from (why for name in value if name != wrapper and (why := _beside(name)))
    else:
        yield value


def _beside(name: str) -> Why | None:
    """What it says of a list of records that this stands beside it."""
    return Why.NOT_WHOLE if name in _CUT else None if name in _BESIDE else Why.FOREIGN_MEMBER


def _rows(table: Mapping[str, Any]) -> Iterator[object | Why]:
    """Rows of a table in an answer of the query interface."""
    columns, rows = table["columns"], table["rows"]
    if not isinstance(columns, list) or not isinstance(rows, list):
        yield Why.NO_RECORD
        return
    names = [str(column.get("name")) if isinstance(column, dict) else "" for column in columns]
    if len(set(names)) != len(names):
        yield Why.TWICE
        return
    yield from (Why.FOREIGN_MEMBER for name in table if name not in ("name", "columns", "rows"))
    for row in rows:
        if isinstance(row, list) and len(row) == len(names):
            yield TableRow(zip(names, row, strict=True))
        else:
            yield Why.CELLS


class _Text:
    """A text that is read on as it is needed."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self.text = ""
        self.at = 0
        self.line = 1
        self.torn = False
        """Whether something before this was no JSON."""

    def more(self) -> bool:
        """Read at least as much again as is left; false at the end."""
        left = self.text[self.at :]
        read: list[str] = []
        while sum(map(len, read)) <= len(left) and (piece := next(self._pieces, None)) is not None:
            read.append(self._decode(piece))
        if not read:
            return False
        self.text, self.at = left + "".join(read), 0
        return True

    def to(self, end: int) -> None:
        """Go on to that place in `text`."""
        self.line += self.text.count("\n", self.at, end)
        self.at = end

    def skip(self) -> None:
        """Go on by one character."""
        self.to(self.at + 1)

    def next_char(self) -> str:
        """The next that is no space; empty at the end."""
        while True:
            self.to(_SPACE.match(self.text, self.at).end())  # type: ignore[union-attr]  # it matches nothing, too
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def begins_with(self, pattern: re.Pattern[str]) -> bool:
        """Whether the text goes on like this."""
        while len(self.text) - self.at < 4096 and self.more():
            pass
        return pattern.match(self.text, self.at) is not None

    def value(self) -> object | Why:
        """The JSON value that stands here; the text goes on behind it, or after the next line's end if it is none."""
        while True:
            twice = False
            try:
                try:
                    found, end = _STRICT.raw_decode(self.text, self.at)
                except Twice:
                    twice, (found, end) = True, _PLAIN.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                if self._may_go_on(error) and len(self.text) - self.at <= MOST and self.more():
                    continue
                return self._tear(Why.TOO_LONG if len(self.text) - self.at > MOST else Why.NOT_JSON)
            except (ValueError, RecursionError):
                return self._tear(Why.NOT_JSON)
            if end - self.at > MOST:
                self.to(end)
                return Why.TOO_LONG
            if end == len(self.text) and self.text[end - 1] not in '"}]' and self.more():
                continue  # a number may go on
            self.to(end)
            return Why.TWICE if twice else found

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether the text may be wrong only because not all of it was read yet."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self.text) - _NEAR_THE_END

    def _tear(self, why: Why) -> Why:
        """What stands here is no JSON: go on where a line begins with an object, if one does."""
        self.torn = True
        while not (found := _NEXT_RECORD.search(self.text, self.at)):
            last = self.text.rfind("\n", self.at)
            self.to(len(self.text) if last < 0 else last)  # the last line may go on
            if not self.more():
                self.to(len(self.text))
                return why
        self.to(found.end())
        return why


def _value(text: _Text) -> Iterator[Found]:
    line = text.line
    found = text.value()
    yield from ((line, record) for record in (expand(found) if not isinstance(found, Why) else [found]))


def _elements(text: _Text) -> Iterator[Found]:
    """The elements of the array that begins here."""
    line = text.line
    text.skip()
    while char := text.next_char():
        if char == "]":
            text.skip()
            return
        yield from _value(text)
        if text.torn:
            return
        char = text.next_char()
        if char == ",":
            text.skip()
        elif char and char != "]":
            text.torn = True
            yield text.line, Why.NOT_JSON
            return
    text.torn = True
    yield line, Why.NOT_JSON


def _members(text: _Text) -> Iterator[Found]:
    """The records of the object that begins here and has a list of them; its other members are looked at, too."""
    line = text.line
    seen: set[object] = set()
    text.skip()
    while text.next_char() == '"':
        name = text.value()
        if name in seen:
            yield text.line, Why.TWICE
        seen.add(name)
        if text.torn or text.next_char() != ":":
            break
        text.skip()
        char, at = text.next_char(), text.line
        if char == "[" and name in _WRAPPERS:
            yield from _elements(text)
        elif (found := text.value()) and isinstance(found, Why):
            yield at, found
        if name not in _WRAPPERS and (why := _beside(str(name))):
            yield at, why
        if text.torn:
            return
        char = text.next_char()
        if char not in {",", "}"}:
            break
        text.skip()
        if char == "}":
            return
    text.torn = True
    yield line, Why.NOT_JSON
