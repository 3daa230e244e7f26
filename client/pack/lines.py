"""The physical lines of a text: where each begins and ends, whatever ends a line (CR LF, LF, CR, or a mixture)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

_LF, _CR = 10, 13
_CONTROLS = bytes(code for code in (*range(32), 127) if code not in b"\t\n\v\f\r")
_CONTROL = re.compile(rb"[" + re.escape(_CONTROLS) + rb"]|\xc2[\x80-\x84\x86-\x9f]")
_C1 = re.compile(rb"\xc2[\x80-\x84\x86-\x9f]")
_BREAKS_IN_TEXT = (re.compile(rb"\xe2\x80[\xa8\xa9]"), re.compile(rb"\xc2\x85"))
_MARK = b"\xef\xbb\xbf"
_MARK_BEFORE_QUOTE = re.compile(rb"(?<=[\r\n])" + _MARK + rb'(?=")')
"""A file joined to another: its mark hides the quotation mark of a cell. Elsewhere a mark is an invisible character of
the cell, which is named with its row."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines by number from 0: bytes `start` to `end`, without what ends the line."""

    data: bytes
    start: np.ndarray
    end: np.ndarray

    @classmethod
    def of(cls, data: bytes) -> Lines:
        """The lines of `data`; nothing behind the last line end is no line."""
        octets = np.frombuffer(data, np.uint8)
        breaks = np.flatnonzero((octets == _LF) | (octets == _CR))
        if len(breaks):
            # The LF of CR LF ends nothing: its CR has done so.
            second = np.zeros(len(breaks), dtype=bool)
            second[1:] = (octets[breaks[1:]] == _LF) & (octets[breaks[:-1]] == _CR) & (np.diff(breaks) == 1)
            pair = np.r_[second[1:], False]
            end = breaks[~second]
            start = np.r_[0, end + 1 + pair[~second]]
        else:
            end, start = breaks, np.zeros(1, np.int64)
        end = np.r_[end, len(data)]
        if start[-1] >= len(data):
            start, end = start[:-1], end[:-1]
        return cls(data, start.astype(np.int64), end.astype(np.int64))

    def __len__(self) -> int:
        return len(self.start)

    def holding(self, places: np.ndarray) -> np.ndarray:
        """The line in which each of these bytes lies."""
        return np.searchsorted(self.start, places, side="right") - 1

    def text(self, first: int, last: int) -> bytes:
        """Lines `first` to `last` as they stand."""
        return self.data[self.start[first] : self.end[last]]


def without_controls(data: bytes) -> tuple[bytes, np.ndarray]:
    """UTF-8 text without control characters, and the numbers (from 1) of the lines that had any.

    Form feeds and the like are line breaks within a cell, hence blanks. The Ctrl-Z (and zeros) with which DOS ends a
    file are part of no line.
    """
    data = data.rstrip(b"\x1a\0").replace(b"\v", b" ").replace(b"\f", b" ")
    if not data.isascii():
        for found in _BREAKS_IN_TEXT:
            data = found.sub(b" ", data)
    marks = [found.start() for found in _MARK_BEFORE_QUOTE.finditer(data)] if _MARK in data else []
    if not marks and len(data.translate(None, _CONTROLS)) == len(data) and not _C1.search(data):
        return data, np.array([], np.int64)
    places = marks + [found.start() for found in _CONTROL.finditer(data)]
    lines = np.unique(Lines.of(data).holding(np.array(places))) + 1
    return _CONTROL.sub(b"", _MARK_BEFORE_QUOTE.sub(b"", data)), lines
