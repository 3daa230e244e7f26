"""The text of a file as UTF-8, piece by piece, whatever it is packed or encoded in: by its content, never by its name.

However much comes out of a small file, no more than a piece of it is in memory.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import BinaryIO

from shared.kernel.audit.logs.unread import Why

PIECE_BYTES = 4 * 2**20
GZIP = b"\x1f\x8b"
_GZIP_OR_NOTHING = 31
"""For zlib: a gzip header is asked for, and the greatest window."""
_PACKED_TIMES = 2
_HEAD = 64
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""In this order: the first two bytes of one are those of another."""
_BEGINNINGS = (
    (b"PK\x03\x04", Why.ZIP),
    (b"PK\x05\x06", Why.ZIP),
    (b"BZh", Why.PACKED),
    (b"\xfd7zXZ\0", Why.PACKED),
    (b"(\xb5/\xfd", Why.PACKED),
    (b"7z\xbc\xaf", Why.PACKED),
    (b"Rar!", Why.PACKED),
    (b"PAR1", Why.COLUMNAR),
    (b"Obj\x01", Why.COLUMNAR),
    (b"\0\0\0\x01Bud1", Why.FOREIGN),
    (b"\xd0\xcf\x11\xe0", Why.FOREIGN),
    (b"%PDF", Why.FOREIGN),
    (b"SQLite format 3", Why.FOREIGN),
)
"""What files begin with that hold no log, or hold it in a way that is not read: a zip, a ``.DS_Store`` …"""

Note = Callable[[Why], None]
"""Is told why the text ends before the file does."""


class Counted:
    """A file that knows how much was read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._read = 0

    def read(self, size: int) -> bytes:
        """The next bytes."""
        data = self._file.read(size)
        self._read += len(data)
        return data

    def since_then(self) -> int:
        """Bytes that were read since this was asked last."""
        read, self._read = self._read, 0
        return read


def text_of(file: Counted, note: Note) -> Iterator[bytes]:
    """The text, as UTF-8 without a mark at its beginning, as far as it can be had; `note` is told where it ends early.

    UTF-8 itself is not checked: a damaged byte costs the record that it is in, not the file.
    """
    pieces = _pieces(file, note)
    for _ in range(_PACKED_TIMES):
        head, pieces = _peeked(pieces)
        if not head.startswith(GZIP):
            break
        pieces = _gunzipped(pieces, note)
    head, pieces = _peeked(pieces)
    foreign = next((why for beginning, why in _BEGINNINGS if head.startswith(beginning)), None)
    if head.startswith(GZIP) or foreign:
        note(foreign or Why.PACKED_TWICE)
        return
    yield from _as_utf8(head, pieces, note)


def _pieces(file: Counted, note: Note) -> Iterator[bytes]:
    try:
        while piece := file.read(PIECE_BYTES):
            yield piece
    except OSError:
        note(Why.CANNOT_BE_OPENED)


def _peeked(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all pieces once more."""
    taken: list[bytes] = []
    while sum(map(len, taken)) < _HEAD and (piece := next(pieces, None)) is not None:
        taken.append(piece)
    first = b"".join(taken)
    return first[:_HEAD], chain([first], pieces)


def _gunzipped(pieces: Iterator[bytes], note: Note) -> Iterator[bytes]:
    """What is in a gzip file, of however many members."""
    member = zlib.decompressobj(_GZIP_OR_NOTHING)
    begun = False
    for piece in pieces:
        rest = piece
        while rest:
            if not begun:
                rest = rest.lstrip(b"\0")  # between members, and behind the last, gzip allows zeros
                begun = bool(rest)
            try:
                if unpacked := member.decompress(rest, PIECE_BYTES):
                    yield unpacked
            except zlib.error:
                note(Why.GZIP_DAMAGED)
                return
            rest = member.unconsumed_tail
            if member.eof:
                rest, member, begun = member.unused_data, zlib.decompressobj(_GZIP_OR_NOTHING), False
    if begun:
        note(Why.GZIP_CUT_OFF)


def _as_utf8(head: bytes, pieces: Iterator[bytes], note: Note) -> Iterator[bytes]:
    mark, encoding = next((found for found in _BOMS if head.startswith(found[0])), (b"", _guess(head)))
    first = next(pieces, b"").removeprefix(mark)
    if encoding == "utf-8":
        yield first
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in chain([first], pieces):
            yield decoder.decode(piece).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError:
        note(Why.ENCODING)


def _guess(head: bytes) -> str:
    """The encoding of a text without a mark: in UTF-16 every other byte of plain letters is zero."""
    even, odd = head[0:8:2], head[1:8:2]
    if len(head) >= 8 and not any(odd) and all(even):
        return "utf-16-le"
    return "utf-16-be" if len(head) >= 8 and not any(even) and all(odd) else "utf-8"
