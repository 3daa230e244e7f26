"""Looks at every page of a sealed file before the reader does, and weighs what it will expand to.

The reader believes page headers: one small page may claim two gigabytes, a small dictionary may hold one long text that
a million rows repeat, and a column that was never encrypted is read without a word. So each page header is decrypted
here first, which also proves that it is sealed with the data key, and the sizes in it are added up.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.envelope.gates import EXPANDED, PAGES, refuse
from shared.envelope.thrift import read_struct

if TYPE_CHECKING:
    from shared.envelope.lock import Lock

# The kinds of sealed parts in the Parquet encryption format, and of pages.
_DICTIONARY_PART, _DATA_HEADER, _DICTIONARY_HEADER = 3, 4, 5
_DATA_V1, _DICTIONARY, _DATA_V2 = 0, 2, 3
_ENCODING_AT = {_DATA_V1: (5, 2), _DICTIONARY: (7, 2), _DATA_V2: (8, 4)}

_ENCODINGS = frozenset({0, 2, 3, 5, 6, 8, 9})
"""Plain, dictionary, run length, delta of numbers and lengths, byte stream split. Not DELTA_BYTE_ARRAY (7): each text
may repeat the one before it, so that a page of a few bytes decodes to any size."""

_CODECS = {"UNCOMPRESSED": None, "SNAPPY": "snappy", "GZIP": "gzip", "ZSTD": "zstd"}
_NONCE = 12
_MOST_ORDINALS = 32_767
"""Pages and row groups are numbered with 16 bits in the authenticated data."""


@dataclass(frozen=True)
class Weight:
    """What a file expands to, by its page headers."""

    page_bytes: int
    """All pages, decompressed."""
    widest_row: int
    """Bytes that one row can at most take from dictionaries: its longest entry in every column."""


def weigh(data: bytes, metadata: pa.Any, lock: Lock, data_key: bytes, *, limit: int) -> Weight:
    """Weigh every page of the file. `metadata` is the reader's, decrypted but not yet believed.

    Raises `UntrustedDrop`: ENV-018 for a page that is not sealed with the data key or not written as agreed, ENV-019
    when the pages decompress to more than `limit` bytes.
    """
    if metadata.num_row_groups > _MOST_ORDINALS:
        raise refuse(PAGES)
    cipher = AESGCM(data_key)
    page_bytes = 0
    longest = [0] * metadata.num_columns
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            chunk = _Chunk(data, metadata.row_group(group).column(column), lock.file_id, cipher, (group, column))
            for page in chunk.pages():
                page_bytes += page.size
                if page_bytes > limit:
                    raise refuse(EXPANDED)
                longest[column] = max(longest[column], page.longest)
    return Weight(page_bytes, sum(longest))


@dataclass(frozen=True)
class _Page:
    size: int
    longest: int = 0


class _Chunk:
    """One column of one row group: a dictionary page if it has one, then data pages, each a header and a body."""

    def __init__(self, data: bytes, facts: pa.Any, file_id: bytes, cipher: AESGCM, place: tuple[int, int]) -> None:
        if facts.compression not in _CODECS or facts.file_path:
            raise refuse(PAGES)
        self._data, self._facts, self._cipher = data, facts, cipher
        self._file_id, self._place = file_id, place
        first = facts.dictionary_page_offset
        self._start = min(first or facts.data_page_offset, facts.data_page_offset)
        self._end = self._start + facts.total_compressed_size
        if not 4 <= self._start <= self._end <= len(data):
            raise refuse(PAGES)

    def pages(self) -> Iterator[_Page]:
        at, ordinal = self._start, 0
        dictionary = self._facts.has_dictionary_page
        while at < self._end:
            sealed, body_at = self._part(at)
            header = self._header(sealed, None if dictionary else ordinal)
            body, at = self._part(body_at)
            # The reader cuts the body by the header, this walk by its own length: they must mean the same bytes.
            if header[3] != at - body_at:
                raise refuse(PAGES)
            if dictionary:
                yield _Page(header[2], self._longest_entry(body, header[2]))
                dictionary = False
            else:
                yield _Page(header[2])
                ordinal += 1

    def _part(self, at: int) -> tuple[bytes, int]:
        """One sealed part: its length in four bytes, then nonce, ciphertext and tag. And where the next begins."""
        length = int.from_bytes(self._data[at : at + 4], "little")
        end = at + 4 + length
        if end > self._end:
            raise refuse(PAGES)
        return self._data[at + 4 : end], end

    def _header(self, sealed: bytes, ordinal: int | None) -> dict[int, pa.Any]:
        """A page header: 1 kind, 2 size decompressed, 3 size compressed, 5, 7 or 8 what is said of that kind."""
        if ordinal is not None and ordinal > _MOST_ORDINALS:
            raise refuse(PAGES)
        opened = self._open(sealed, _DICTIONARY_HEADER if ordinal is None else _DATA_HEADER, ordinal)
        try:
            header = read_struct(opened)
            kinds = (_DICTIONARY,) if ordinal is None else (_DATA_V1, _DATA_V2)
            where, field = _ENCODING_AT[header[1]]
            if header[1] not in kinds or header[where][field] not in _ENCODINGS or header[2] < 0 or header[3] < 0:
                raise refuse(PAGES)
        except (ValueError, KeyError, TypeError):
            raise refuse(PAGES) from None
        return header

    def _open(self, sealed: bytes, part: int, ordinal: int | None) -> bytes:
        place = struct.pack("<hh", *self._place) + (b"" if ordinal is None else struct.pack("<h", ordinal))
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._file_id + bytes([part]) + place)
        except (InvalidTag, ValueError):
            raise refuse(PAGES) from None

    def _longest_entry(self, body: bytes, size: int) -> int:
        """Length of the longest text in a dictionary page: each is its length in four bytes, then its bytes."""
        if self._facts.physical_type != "BYTE_ARRAY":
            return 0
        page = self._open(body, _DICTIONARY_PART, None)
        codec = _CODECS[self._facts.compression]
        if codec:
            page = pa.decompress(page, decompressed_size=size, codec=codec, asbytes=True)
        at = longest = 0
        while at < len(page):
            length = int.from_bytes(page[at : at + 4], "little")
            longest = max(longest, length)
            at += 4 + length
        return longest
