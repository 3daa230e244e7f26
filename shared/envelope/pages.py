"""Looks at every page of a sealed file before the reader does, and weighs what it will expand to.

The reader believes page headers: one small page may claim two gigabytes, a small dictionary may hold one long text that
a million rows repeat, and a column that was never encrypted is read without a word. So each page header is decrypted
here first, which also proves that it is sealed with the data key, and every number in it is held against one that was
checked before. Nothing here runs once for each entry of a page.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.envelope.deltas import check_count
from shared.envelope.footer import NONCE_BYTES, Chunk, Footer
from shared.envelope.gates import EXPANDED, PAGES, ROW_COUNT, refuse
from shared.envelope.layouts import PAGE_HEADER
from shared.envelope.lock import Lock
from shared.envelope.thrift import Room, read_struct

# The kinds of sealed parts in the Parquet encryption format, and of pages.
_DATA, _DATA_HEADER, _DICTIONARY_HEADER = 2, 4, 5
_DATA_V1, _DICTIONARY, _DATA_V2 = 0, 2, 3
_ENCODING_AT = {_DATA_V1: (5, 2), _DICTIONARY: (7, 2), _DATA_V2: (8, 4)}

_ENCODINGS = frozenset({0, 2, 3, 5, 6, 8, 9})
"""Plain, dictionary, run length, delta of numbers and lengths, byte stream split. Not DELTA_BYTE_ARRAY (7): each text
may repeat the one before it, so that a page of a few bytes decodes to any size."""
_BY_DICTIONARY = frozenset({2, 8})
_BY_DELTA = frozenset({5, 6})
_RUN_LENGTH = 3

MOST_PAGES_OF_A_COLUMN = 32_767
"""In one row group: they are numbered with 16 bits in what authenticates them."""

MOST_PAGES = 65_536
"""In a file: each costs this walk some time. Two for every column that a footer may have."""

MOST_HEADER_BYTES = 65_536
"""Of one page: its lowest and highest value stand in it, cut short or not."""

_HEADER_ROOM = Room(structs=0, unknown=16)


@dataclass
class Weight:
    """What the pages of one column come to."""

    bytes: int = 0
    """Of all its pages, decompressed."""
    repeated: int = 0
    """What its rows may come to at most, if each is as long as a whole dictionary."""
    encodings: set[int] = field(default_factory=set)
    """Of its data pages."""


def weigh(data: bytes, footer: Footer, lock: Lock, data_key: bytes, *, limit: int) -> tuple[Weight, ...]:
    """Weigh every page of the file, by column.

    Raises `UntrustedDrop`: ENV-017 when a column's pages hold fewer or more rows than the footer says, ENV-018 for a
    page that is not sealed with the data key or not written as agreed, ENV-019 when the pages decompress to more than
    `limit` bytes.
    """
    walk = _Walk(data, footer, lock.file_id, AESGCM(data_key))
    weights = tuple(Weight() for _ in footer.columns)
    page_bytes = pages = 0
    for chunk in footer.chunks:
        weight = weights[chunk.column]
        rows = 0
        for page in walk.pages(chunk):
            page_bytes += page.size
            pages += 1
            if page_bytes > limit:
                raise refuse(EXPANDED, footer.place(chunk.column))
            if pages > MOST_PAGES:
                raise refuse(PAGES)
            weight.bytes += page.size
            if page.kind == _DICTIONARY:
                weight.repeated += chunk.rows * page.size
            else:
                weight.encodings.add(page.encoding)
                rows += page.values
                if page.encoding in _BY_DELTA:
                    walk.check_deltas(chunk, page)
        if rows != chunk.rows:
            raise refuse(ROW_COUNT)
    for column, weight in enumerate(weights):
        _check_mix(footer, column, weight)
    return weights


def _check_mix(footer: Footer, column: int, weight: Weight) -> None:
    """What is repeated out of a dictionary is read as one, which the reader can do of text, and of no other pages."""
    facts = footer.columns[column]
    if facts.is_text and weight.encodings & _BY_DICTIONARY and (facts.is_decimal or weight.encodings & _BY_DELTA):
        raise refuse(PAGES, footer.place(column))


@dataclass(frozen=True)
class _Page:
    kind: int
    encoding: int
    size: int
    """Of the body, decompressed."""
    values: int
    """Entries of a dictionary; rows of a data page, as no column is nested."""
    facts: dict[int, Any]
    """What the header says of this kind of page."""
    ordinal: int
    body: slice
    """Where the sealed body lies."""


class _Walk:
    """Steps through the pages of a chunk: a dictionary if it has one, then data. Each is a sealed header and body."""

    def __init__(self, data: bytes, footer: Footer, file_id: bytes, cipher: AESGCM) -> None:
        self._data, self._footer, self._file_id, self._cipher = data, footer, file_id, cipher

    def pages(self, chunk: Chunk) -> Iterator[_Page]:
        """Every page, its header decrypted and checked."""
        at, ordinal = chunk.start, -1 if chunk.has_dictionary else 0
        while at < chunk.end:
            if ordinal > MOST_PAGES_OF_A_COLUMN:
                raise refuse(PAGES)
            body_at = self._behind(at, chunk.end)
            if body_at - at > MOST_HEADER_BYTES:
                raise refuse(PAGES)
            behind = self._behind(body_at, chunk.end)
            try:
                header = self._header(chunk, self._data[at + 4 : body_at], ordinal)
                page = self._page(chunk, header, ordinal, slice(body_at + 4, behind))
            except (ValueError, KeyError, TypeError):
                raise refuse(PAGES) from None
            yield page
            at = behind
            ordinal += 1

    def _behind(self, at: int, end: int) -> int:
        """Where a sealed part ends that begins with its length in four bytes; nonce, ciphertext and tag follow."""
        behind = at + 4 + int.from_bytes(self._data[at : at + 4], "little")
        if behind > end:
            raise refuse(PAGES)
        return behind

    def check_deltas(self, chunk: Chunk, page: _Page) -> None:
        """Raise ENV-018 if a page says that it holds more differences than it has rows."""
        try:
            check_count(self._values(chunk, page), page.values)
        except (ValueError, KeyError):
            raise refuse(PAGES, self._footer.place(chunk.column)) from None

    def _values(self, chunk: Chunk, page: _Page) -> bytes:
        """What a data page holds behind its levels, decompressed. Its size was weighed before."""
        body = self._open(chunk, _DATA, page.ordinal, self._data[page.body])
        if page.kind == _DATA_V2:
            levels = page.facts[5] + page.facts[6]
            values = body[levels:]
            return _decompressed(values, page.size - levels, chunk.codec) if page.facts.get(7, True) else values
        body = _decompressed(body, page.size, chunk.codec)
        if not self._footer.columns[chunk.column].may_be_empty:
            return body
        if page.facts[3] != _RUN_LENGTH:
            raise ValueError("levels in a form that is long out of use")
        return body[4 + int.from_bytes(body[:4], "little") :]

    def _header(self, chunk: Chunk, sealed: bytes, ordinal: int) -> dict[int, Any]:
        part = _DICTIONARY_HEADER if ordinal < 0 else _DATA_HEADER
        return read_struct(self._open(chunk, part, ordinal, sealed), PAGE_HEADER, _HEADER_ROOM)

    def _open(self, chunk: Chunk, part: int, ordinal: int, sealed: bytes) -> bytes:
        number = b"" if ordinal < 0 else struct.pack("<h", ordinal)
        place = bytes([part]) + struct.pack("<hh", chunk.group, chunk.column) + number
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._file_id + place)
        except InvalidTag:
            raise refuse(PAGES) from None

    def _page(self, chunk: Chunk, header: dict[int, Any], ordinal: int, body: slice) -> _Page:
        """A page by its header: 1 kind, 2 size decompressed, 3 size compressed, and what is said of that kind."""
        kind, size, compressed = header[1], header[2], header[3]
        where, encoding = _ENCODING_AT[kind]
        facts = header[where]
        page = _Page(kind, facts[encoding], size, facts[1], facts, ordinal, body)
        if (kind == _DICTIONARY) != (ordinal < 0) or page.encoding not in _ENCODINGS:
            raise refuse(PAGES)
        # The reader cuts the body by the header, this walk by its own length: they must mean the same bytes.
        if compressed != 4 + body.stop - body.start or min(size, page.values) < 0:
            raise refuse(PAGES)
        if kind == _DICTIONARY:
            self._check_entries(chunk, page)
        elif page.encoding in _BY_DICTIONARY and not chunk.has_dictionary:
            raise refuse(PAGES)
        if kind == _DATA_V2:
            _check_levels(facts, size)
        return page

    def _check_entries(self, chunk: Chunk, page: _Page) -> None:
        """The reader makes room for as many entries as a dictionary claims: no more than fit in, or than have a row."""
        least = self._footer.columns[chunk.column].entry_bytes
        if not least or page.values > min(chunk.rows, page.size // least):
            raise refuse(PAGES)


def _check_levels(facts: dict[int, Any], size: int) -> None:
    """Of a version 2 page: 1 values, 2 empty ones, 3 rows, bytes of 5 definition and 6 repetition levels."""
    levels = (facts[5], facts[6])
    if facts[3] != facts[1] or not 0 <= facts[2] <= facts[1] or min(levels) < 0 or sum(levels) > size:
        raise refuse(PAGES)


def _decompressed(data: bytes, size: int, codec: str | None) -> bytes:
    if codec is None:
        return data
    return bytes(pa.decompress(data, decompressed_size=size, codec=codec, asbytes=True))
