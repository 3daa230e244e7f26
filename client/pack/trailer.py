"""The line at the end of an extract that says how many rows it has, as many suppliers' jobs write one.

Which line that is, and where in it the number stands, somebody states (`--trailer`, or `trailer` of a style); nothing
is guessed. Where it was stated, a file without it is half written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from client.codes import invalid

if TYPE_CHECKING:
    from client.pack.rows import Rows

ROWS, WORD = "{rows}", "{any}"
_SEPARATORS = str.maketrans(";|\t", ",,,", "\"'")


@dataclass(frozen=True)
class Trailer:
    """A stated trailer, such as ``TRAILER,{any},{rows}``."""

    stated: str
    _pattern: re.Pattern[str]

    @classmethod
    def of(cls, stated: str) -> Trailer:
        """Raises `InvalidInput` INP-122 when it does not say where the number stands."""
        if fault := fault_of(stated):
            raise invalid("INP-122", trailer=stated, reason=fault)
        pattern = re.escape(_plain(stated))
        for word, found in ((ROWS, "([0-9]+)"), (WORD, r"[^,\s]*")):
            pattern = pattern.replace(re.escape(word), found)
        return cls(stated, re.compile(pattern, re.IGNORECASE))

    def rows(self, path: Path, line: str) -> int:
        """The number that the line says. Raises `InvalidInput` INP-119 when it is no such line."""
        found = self._pattern.fullmatch(_plain(line))
        if not found:
            raise invalid("INP-119", path=path, trailer=self.stated)
        return int(found[1])


def fault_of(stated: str) -> str:
    """Why this states no trailer; empty when it does."""
    if stated.count(ROWS) != 1:
        return f"{ROWS} must stand in it once"
    if set(stated.replace(ROWS, "").replace(WORD, "")) & set("{}"):
        return f"{ROWS} and {WORD} alone may stand in braces"
    words = re.split(r"[,\s]", _plain(stated))
    return f"{WORD} must be a word of its own" if any(WORD in word and word != WORD for word in words) else ""


def without_trailer(path: Path, data: bytes, trailer: Trailer) -> tuple[bytes, int]:
    """UTF-8 text without its last line that is filled, which must be the trailer; and the number that it says."""
    rest = data
    while rest:
        body = rest.rstrip(b"\r\n")
        begin = max(body.rfind(b"\n"), body.rfind(b"\r")) + 1
        rest, line = body[:begin], _plain(body[begin:].decode("utf-8", "replace"))
        if line:
            return rest, trailer.rows(path, line)
    raise invalid("INP-119", path=path, trailer=trailer.stated)


def without_last_row(path: Path, rows: Rows, trailer: Trailer) -> Rows:
    """The same for a sheet, whose cells stand for those of a line."""
    for at in reversed(range(len(rows.line))):
        line = ",".join(column[at].as_py() or "" for column in rows.columns)
        if _plain(line):
            stated = trailer.rows(path, line)
            return replace(
                rows,
                columns=[column.slice(0, at) for column in rows.columns],
                line=rows.line[:at],
                dates={name: mask[:at] for name, mask in rows.dates.items()},
                hidden=None if rows.hidden is None else rows.hidden[:at],
                facts={**rows.facts, "trailer": stated},
            )
    raise invalid("INP-119", path=path, trailer=trailer.stated)


def _plain(line: str) -> str:
    """A line as it is compared: without quotation marks and empty cells at its ends, any separator as a comma."""
    cells = " ".join(line.translate(_SEPARATORS).split())
    return re.sub(r" ?, ?", ",", cells).strip(", ")
