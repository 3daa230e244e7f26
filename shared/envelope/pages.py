"""Looks at every page of a sealed file before the reader does, and weighs what it will expand to.

The reader believes page headers: one small page may claim two gigabytes, a small dictionary may hold one long text that
a million rows repeat, and a column that was never encrypted is read without a word. So each page header is decrypted
here first, which also proves that it is sealed with the data key, and the sizes in it are added up.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.envelope.footer import NONCE_BYTES, Chunk, Footer
from shared.envelope.gates import EXPANDED, PAGES, ROW_COUNT, refuse
from shared.envelope.lock import Lock
from shared.envelope.thrift import read_struct

# The kinds of sealed parts in the Parquet encryption format, and of pages.
_DICTIONARY_PART, _DATA_HEADER, _DICTIONARY_HEADER = 3, 4, 5
_DATA_V1, _DICTIONARY, _DATA_V2 = 0, 2, 3
_ENCODING_AT = {_DATA_V1: (5, 2), _DICTIONARY: (7, 2), _DATA_V2: (8, 4)}

_ENCODINGS = frozenset({0, 2, 3, 5, 6, 8, 9})
"""Plain, dictionary, run length, delta of numbers and lengths, byte stream split. Not DELTA_BYTE_ARRAY (7): each text
may repeat the one before it, so that a page of a few bytes decodes to any size."""

_MOST_PAGES = 32_767
"""Pages of a column are numbered with 16 bits in what authenticates them."""


def weigh(data: bytes, footer: Footer, lock: Lock, data_key: bytes, *, limit: int) -> int:
    """Weigh every page of the file. Returns the bytes that one row can at most take from dictionaries: the longest
    entry of every column.

    Raises `UntrustedDrop`: ENV-017 when a column's pages hold fewer or more rows than the footer says, ENV-018 for a
    page that is not sealed with the data key or not written as agreed, ENV-019 when the pages decompress to more than
    `limit` bytes.
    """
    walk = _Walk(data, lock.file_id, AESGCM(data_key))
    page_bytes = 0
    longest = [0] * footer.columns
    for chunk in footer.chunks:
        rows = 0
        for page in walk.pages(chunk):
            page_bytes += page.size
            if page_bytes > limit:
                raise refuse(EXPANDED)
            if page.kind != _DICTIONARY:
                rows += page.values
            elif chunk.is_text:
                longest[chunk.column] = max(longest[chunk.column], walk.longest_entry(chunk, page))
        if rows != chunk.rows:
            raise refuse(ROW_COUNT)
    return sum(longest)


@dataclass(frozen=True)
class _Page:
    kind: int
    size: int
    """Of the body, decompressed."""
    values: int
    """Entries of a dictionary; rows of a data page, as no column is nested."""
    body: bytes
    """Sealed."""


class _Walk:
    """Steps through the pages of a chunk: a dictionary if it has one, then data. Each is a sealed header and body."""

    def __init__(self, data: bytes, file_id: bytes, cipher: AESGCM) -> None:
        self._data, self._file_id, self._cipher = data, file_id, cipher

    def pages(self, chunk: Chunk) -> Iterator[_Page]:
        """Every page, its header decrypted and checked."""
        at, ordinal = chunk.start, -1 if chunk.has_dictionary else 0
        while at < chunk.end:
            if ordinal > _MOST_PAGES:
                raise refuse(PAGES)
            sealed, body_at = self._part(at, chunk.end)
            body, at = self._part(body_at, chunk.end)
            try:
                page = self._page(chunk, self._header(chunk, sealed, ordinal), body, is_dictionary=ordinal < 0)
            except (ValueError, KeyError, TypeError):
                raise refuse(PAGES) from None
            yield page
            ordinal += 1

    def longest_entry(self, chunk: Chunk, page: _Page) -> int:
        """Length of the longest text in a dictionary page: each is its length in four bytes, then its bytes."""
        texts = self._open(chunk, _DICTIONARY_PART, b"", page.body)
        if chunk.codec:
            texts = pa.decompress(texts, decompressed_size=page.size, codec=chunk.codec, asbytes=True)
        at = longest = 0
        while at < len(texts):
            length = int.from_bytes(texts[at : at + 4], "little")
            longest = max(longest, length)
            at += 4 + length
        return longest

    def _part(self, at: int, end: int) -> tuple[bytes, int]:
        """One sealed part: its length in four bytes, then nonce, ciphertext and tag. And where the next begins."""
        behind = at + 4 + int.from_bytes(self._data[at : at + 4], "little")
        if behind > end:
            raise refuse(PAGES)
        return self._data[at + 4 : behind], behind

    def _header(self, chunk: Chunk, sealed: bytes, ordinal: int) -> dict[int, Any]:
        if ordinal < 0:
            return read_struct(self._open(chunk, _DICTIONARY_HEADER, b"", sealed))
        return read_struct(self._open(chunk, _DATA_HEADER, struct.pack("<h", ordinal), sealed))

    def _page(self, chunk: Chunk, header: dict[int, Any], body: bytes, *, is_dictionary: bool) -> _Page:
        """A page by its header: 1 kind, 2 size decompressed, 3 size compressed, and what is said of that kind."""
        kind, size, compressed = header[1], header[2], header[3]
        where, encoding = _ENCODING_AT[kind]
        values = header[where][1]
        if (kind == _DICTIONARY) != is_dictionary or header[where][encoding] not in _ENCODINGS:
            raise refuse(PAGES)
        # The reader cuts the body by the header, this walk by its own length: they must mean the same bytes.
        if compressed != 4 + len(body) or min(size, values) < 0:
            raise refuse(PAGES)
        # The reader makes room for as many entries as a dictionary claims; a text takes four bytes at least.
        if is_dictionary and values > size // (4 if chunk.is_text else 1):
            raise refuse(PAGES)
        return _Page(kind, size, values, body)

    def _open(self, chunk: Chunk, part: int, ordinal: bytes, sealed: bytes) -> bytes:
        place = bytes([part]) + struct.pack("<hh", chunk.group, chunk.column) + ordinal
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._file_id + place)
        except (InvalidTag, ValueError):
            raise refuse(PAGES) from None
