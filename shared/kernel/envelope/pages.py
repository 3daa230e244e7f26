"""Looks at every page of a sealed file before the reader does, and weighs what it will expand to.

The reader believes page headers: one small page may claim two gigabytes, a small dictionary may hold one long text that
a million rows repeat, and a column that was never encrypted is read without a word. So each page header is decrypted
here first, which also proves that it is sealed with the data key, and every number in it is held against one that was
checked before. Nothing here runs once for each entry of a page.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.envelope import content_asks
from shared.kernel.envelope.deltas import check_count, check_texts
from shared.kernel.envelope.footer import NONCE_BYTES, Chunk, Column, Footer, is_before
from shared.kernel.envelope.layouts import PAGE_HEADER
from shared.kernel.envelope.limits import MOST_HEADER_BYTES, MOST_PAGES, MOST_PAGES_OF_A_COLUMN, MOST_UNKNOWN_OF_A_PAGE
from shared.kernel.envelope.lock import Lock
from shared.kernel.envelope.thrift import Room, read_struct
from shared.kernel.errors import UntrustedDrop

# The kinds of sealed parts in the Parquet encryption format, and of pages.
_DATA, _DATA_HEADER, _DICTIONARY_HEADER = 2, 4, 5
_DATA_V1, _DICTIONARY, _DATA_V2 = 0, 2, 3
_ENCODING_AT = {_DATA_V1: (5, 2), _DICTIONARY: (7, 2), _DATA_V2: (8, 4)}

_ENCODINGS = (
    "PLAIN",
    "GROUP_VAR_INT",
    "PLAIN_DICTIONARY",
    "RLE",
    "BIT_PACKED",
    "DELTA_BINARY_PACKED",
    "DELTA_LENGTH_BYTE_ARRAY",
    "DELTA_BYTE_ARRAY",
    "RLE_DICTIONARY",
    "BYTE_STREAM_SPLIT",
)
"""By number."""
_NOT_READ = frozenset({1, 4})
_BY_DICTIONARY = frozenset({2, 8})
_RUN_LENGTH, _DELTA_TEXTS = 3, 7
_BY_DELTA = frozenset({5, 6, _DELTA_TEXTS})

_HEADER_ROOM = Room(structs=0, unknown=MOST_UNKNOWN_OF_A_PAGE)


@dataclass
class Weight:
    """What the pages of one column come to."""

    bytes: int = 0
    """Of all its pages, decompressed, and of texts that repeat those before them."""
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
    spent = pages = 0
    for chunk in footer.chunks:
        weight = weights[chunk.column]
        rows = 0
        for page in walk.pages(chunk):
            pages += 1
            if pages > MOST_PAGES:
                raise content_asks.MANY_PAGES.refusal(most=MOST_PAGES, place=footer.place(chunk))
            spent += page.size
            weight.bytes += page.size
            if spent <= limit and page.encoding in _BY_DELTA:
                repeated = walk.repeated_by_deltas(chunk, page)
                spent += repeated
                weight.bytes += repeated
            if spent > limit:
                raise grows(footer, [weight.bytes for weight in weights], limit)
            if page.kind == _DICTIONARY:
                weight.repeated += chunk.rows * page.size
            else:
                weight.encodings.add(page.encoding)
                rows += page.values
        if rows != chunk.rows:
            raise content_asks.PAGE_ROWS.refusal(found_rows=rows, rows=chunk.rows, place=footer.place(chunk))
    for column, weight in zip(footer.columns, weights, strict=True):
        _check_mix(column, weight)
    return weights


def grows(footer: Footer, spent: Sequence[int], room: int) -> UntrustedDrop:
    """The refusal (ENV-019) of a file whose columns come to so many bytes each."""
    return content_asks.GROWS.refusal(room=room, place=footer.columns[spent.index(max(spent))].place)


def _check_mix(column: Column, weight: Weight) -> None:
    """What is repeated out of a dictionary is read as one, which the reader can do of text, and of no other pages."""
    if column.is_text and weight.encodings & _BY_DICTIONARY:
        if column.is_decimal:
            raise content_asks.DECIMAL_DICTIONARY.refusal(place=column.place)
        if weight.encodings & _BY_DELTA:
            raise content_asks.MIXED_DICTIONARY.refusal(place=column.place)


class _Page(NamedTuple):
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
                raise content_asks.MANY_PAGES.refusal(most=MOST_PAGES_OF_A_COLUMN + 1, place=self._footer.place(chunk))
            body_at = self._behind(at, chunk)
            if body_at - at > MOST_HEADER_BYTES:
                raise content_asks.HEADER_LENGTH.refusal(length=body_at - at, place=self._footer.place(chunk))
            header = self._header(chunk, self._data[at + 4 : body_at], ordinal)
            try:
                page = self._page(chunk, header, ordinal, body_at)
            except (ValueError, KeyError, TypeError):
                raise content_asks.PAGE_NUMBERS.refusal(place=self._footer.place(chunk)) from None
            yield page
            at = page.body.stop
            ordinal += 1

    def repeated_by_deltas(self, chunk: Chunk, page: _Page) -> int:
        """Bytes of text that a page repeats beyond those that stand in it.

        Raises ENV-018 if it says that it holds more differences than it has rows.
        """
        try:
            values = self._values(chunk, page)
            if page.encoding == _DELTA_TEXTS:
                return check_texts(values, page.values)
            check_count(values, page.values)
        except (ValueError, KeyError):
            raise content_asks.DELTAS.refusal(place=self._footer.place(chunk)) from None
        return 0

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

    def _behind(self, at: int, chunk: Chunk) -> int:
        """Where a sealed part ends that begins with its length in four bytes; nonce, ciphertext and tag follow."""
        behind = at + 4 + int.from_bytes(self._data[at : at + 4], "little")
        if behind > chunk.end:
            raise content_asks.NOT_OPEN.refusal(place=self._footer.place(chunk))
        return behind

    def _header(self, chunk: Chunk, sealed: bytes, ordinal: int) -> dict[int, Any]:
        part = _DICTIONARY_HEADER if ordinal < 0 else _DATA_HEADER
        opened = self._open(chunk, part, ordinal, sealed)
        try:
            return read_struct(opened, PAGE_HEADER, _HEADER_ROOM)
        except ValueError:
            raise content_asks.PAGE_NUMBERS.refusal(place=self._footer.place(chunk)) from None

    def _open(self, chunk: Chunk, part: int, ordinal: int, sealed: bytes) -> bytes:
        number = b"" if ordinal < 0 else struct.pack("<h", ordinal)
        place = bytes([part]) + struct.pack("<hh", chunk.group, chunk.column) + number
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._file_id + place)
        except (InvalidTag, ValueError):
            raise content_asks.NOT_OPEN.refusal(place=self._footer.place(chunk)) from None

    def _page(self, chunk: Chunk, header: dict[int, Any], ordinal: int, body_at: int) -> _Page:
        """A page by its header: 1 kind, 2 size decompressed, 3 size compressed, and what is said of that kind."""
        kind, size, compressed = header[1], header[2], header[3]
        if kind not in _ENCODING_AT or (kind == _DICTIONARY) != (ordinal < 0):
            raise content_asks.PAGE_KIND.refusal(place=self._footer.place(chunk))
        where, encoding = _ENCODING_AT[kind]
        facts = header[where]
        if kind == _DATA_V2:
            self._check_version_2(chunk, facts, size, compressed, body_at)
        body = slice(body_at + 4, self._behind(body_at, chunk))
        page = _Page(kind, facts[encoding], size, facts[1], facts, ordinal, body)
        if page.encoding in _NOT_READ or not 0 <= page.encoding < len(_ENCODINGS):
            name = _ENCODINGS[page.encoding] if page.encoding in _NOT_READ else f"number {page.encoding}"
            raise content_asks.ENCODING.refusal(encoding=name, place=self._footer.place(chunk))
        # The reader cuts the body by the header, this walk by its own length: they must mean the same bytes.
        if compressed != 4 + body.stop - body.start or min(size, page.values) < 0:
            raise ValueError("another size")
        if kind == _DICTIONARY:
            # The reader makes room for as many entries as are claimed: no more than fit in, or than have a row.
            least = self._footer.columns[chunk.column].entry_bytes
            if not least or page.values > min(chunk.rows, size // least):
                raise ValueError("more entries than there can be")
        elif page.encoding in _BY_DICTIONARY and not chunk.has_dictionary:
            raise ValueError("no dictionary")
        return page

    def _check_version_2(self, chunk: Chunk, facts: dict[int, Any], size: int, compressed: int, body_at: int) -> None:
        """1 values, 2 empty ones, 3 rows, bytes of 5 definition and 6 repetition levels, 7 whether it is compressed."""
        levels = facts[5] + facts[6]
        if facts[3] != facts[1] or not 0 <= facts[2] <= facts[1] or min(facts[5], facts[6]) < 0 or levels > size:
            raise ValueError("levels beyond their page")
        behind = body_at + levels
        if levels and behind + 4 + int.from_bytes(self._data[behind : behind + 4], "little") == body_at + compressed:
            raise content_asks.CLEAR_LEVELS.refusal(place=self._footer.place(chunk))
        if not facts.get(7, True) and is_before(self._footer.writer, b"parquet-cpp-arrow", (3, 0, 0)):
            raise content_asks.OLD_ARROW.refusal(place=self._footer.place(chunk))


def _decompressed(data: bytes, size: int, codec: str | None) -> bytes:
    if codec is None:
        return data
    return bytes(pa.decompress(data, decompressed_size=size, codec=codec, asbytes=True))
