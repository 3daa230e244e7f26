"""A text in blocks of whole lines, of which none is held that is longer than a record may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from shared.kernel.audit.logs.unread import Unread, Why
from shared.kernel.audit.logs.values import MOST

BLOCK_BYTES = 24 * 2**20
_FIRST = re.compile(rb"[ \t\r\n]*([^\r\n]*)")
_SEEN = 2**20
"""So much is looked at to see the form. A longer first line may be one that holds the whole file."""


class Text:
    """A text, to be gone through once: by pieces, blocks or lines."""

    def __init__(self, pieces: Iterator[bytes], unread: Unread) -> None:
        """Lines that are too long are noted in `unread`."""
        self._pieces = pieces
        self._unread = unread
        self.head = b""
        """What was read of it to see its form."""
        self._line = 1
        self._gone_through = b""
        """The block that was taken last: its lines are counted if somebody asks."""

    def first(self) -> bytes:
        """The first line that is not empty, or its beginning; empty where there is none."""
        found = _FIRST.match(b"")
        while len(self.head) <= _SEEN and (piece := next(self._pieces, None)) is not None:
            self.head += piece
            found = _FIRST.match(self.head)
            if found and found.end() < len(self.head):
                break
        return found[1][:_SEEN].rstrip() if found else b""

    @property
    def line(self) -> int:
        """Number of the line up to which it was gone through."""
        done, self._gone_through = self._gone_through, b""
        self._line += done.count(b"\n")
        return self._line

    @line.setter
    def line(self, number: int) -> None:
        self._line, self._gone_through = number, b""

    def pieces(self) -> Iterator[bytes]:
        """All of it."""
        head, self.head = self.head, b""
        return chain([head], self._pieces)

    def blocks(self) -> Iterator[tuple[bytes, int]]:
        """Whole lines, about `BLOCK_BYTES` at a time, with the number of the first."""
        whole: list[bytes] = []
        last: list[bytes] = []
        size = of_last = 0
        passing = False
        for piece in self.pieces():
            if passing:  # what is left of a line that is too long; of it remains an empty one
                end = piece.find(b"\n")
                if end < 0:
                    continue
                piece, passing = piece[end:], False
            cut = piece.rfind(b"\n") + 1
            if cut:
                whole += [*last, piece[:cut] if cut < len(piece) else piece]
                size += of_last + cut
                last, of_last = ([piece[cut:]], len(piece) - cut) if cut < len(piece) else ([], 0)
            else:
                last.append(piece)
                of_last += len(piece)
                if of_last > MOST:
                    self._unread.add(self.line + sum(part.count(b"\n") for part in whole), Why.TOO_LONG)
                    last, of_last, passing = [], 0, True
            if size >= BLOCK_BYTES:
                yield self._joined(whole)
                whole, size = [], 0
        if any(whole + last):
            yield self._joined(whole + last)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Every line with its number, whatever ends it."""
        number = 0
        for block, _ in self.blocks():
            for line in block.splitlines():
                number += 1
                yield number, line

    def _joined(self, parts: list[bytes]) -> tuple[bytes, int]:
        block = parts[0] if len(parts) == 1 else b"".join(parts)
        first, self._gone_through = self.line, block
        return block, first
