"""Decrypts the footer of a sealed file and reads from it where every column lies.

The Parquet reader is not asked: its accessors abort the whole process on a column that has a key of its own, and it
makes no promise about footers that lie. Here they are plain numbers, each of them checked against the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.envelope import asks, content_asks
from shared.kernel.envelope.layouts import FOOTER, GROUP_COUNT
from shared.kernel.envelope.limits import (
    MOST_CHUNKS,
    MOST_COLUMNS,
    MOST_FOOTER_BYTES,
    MOST_GROUPS,
    MOST_UNKNOWN,
    WIDEST_NUMBER,
)
from shared.kernel.envelope.lock import MAGIC, Lock
from shared.kernel.envelope.thrift import Room, TooManyEntries, read_struct

NONCE_BYTES = 12
_FOOTER = b"\x00"
"""The kind of this part in what authenticates it."""

_BYTE_ARRAY, _FIXED = 6, 7
_WIDTHS = {1: 4, 2: 8, 3: 12, 4: 4, 5: 8, _BYTE_ARRAY: 4}
"""Bytes that an entry of a dictionary takes at least, by physical type; of text, its length. Flags have none."""

_OPTIONAL, _REPEATED = 1, 2
_DECIMAL = 5
_CODECS = {0: None, 1: "snappy", 2: "gzip", 6: "zstd"}
_OTHER_CODECS = {3: "LZO", 4: "Brotli", 5: "LZ4", 7: "LZ4_RAW"}
_WITH_FOOTER_KEY, _WITH_OWN_KEY = 1, 2

_VERSION = re.compile(rb"\s*(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True)
class Column:
    """One column, as the schema has it."""

    physical: int
    entry_bytes: int
    """What an entry of a dictionary takes at least; 0 where there can be no dictionary."""
    is_text: bool
    """Of any length; a decimal may be written so too."""
    is_decimal: bool
    may_be_empty: bool
    """Then each page says first which of its rows have a value."""
    place: str
    """How a message names it."""


class Chunk(NamedTuple):
    """One column of one row group: bytes `start` to `end` of the file. There are tens of thousands."""

    group: int
    column: int
    start: int
    end: int
    rows: int
    has_dictionary: bool
    codec: str | None


@dataclass(frozen=True)
class Footer:
    """What a sealed file says of itself, decrypted; its sizes fit the file, but its pages are not looked at yet."""

    rows: int
    group_rows: int
    """What the row groups add up to; an honest file says the same twice."""
    columns: tuple[Column, ...]
    chunks: tuple[Chunk, ...]
    groups: int
    writer: bytes
    """`created_by`, the sender's text."""

    def place(self, chunk: Chunk) -> str:
        """How a message names a column of a row group."""
        return f"{self.columns[chunk.column].place}, row group {chunk.group + 1} of {self.groups}"


def read_footer(data: bytes, lock: Lock, data_key: bytes, known: frozenset[str] = frozenset()) -> Footer:
    """Decrypt and read the footer. Messages name columns that are `known`; any other name is the sender's text.

    Raises `UntrustedDrop`: ENV-010 when it is too long, ENV-013 when it does not decrypt or hold together, ENV-015 for
    more columns than can be read, ENV-016 for nested columns and bytes of fixed width that are no number, ENV-018 when
    a column lies elsewhere, is not sealed with the data key, or compressed as it should not be.
    """
    sealed = data[lock.footer_at : -(4 + len(MAGIC))]
    if int.from_bytes(sealed[:4], "little") != len(sealed) - 4:
        raise content_asks.FOOTER_CLOSED.refusal()
    try:
        opened = AESGCM(data_key).decrypt(
            sealed[4 : 4 + NONCE_BYTES], sealed[4 + NONCE_BYTES :], lock.file_id + _FOOTER
        )
    except (InvalidTag, ValueError):
        raise content_asks.FOOTER_CLOSED.refusal() from None
    try:
        if lock.footer_bytes > MOST_FOOTER_BYTES:
            raise asks.FOOTER_TOO_LONG.refusal(length=lock.footer_bytes, groups=_group_count(opened))
        return _footer(read_struct(opened, FOOTER, Room(2 * MOST_CHUNKS, MOST_UNKNOWN)), len(data), known)
    except (ValueError, KeyError, TypeError):
        raise content_asks.FOOTER_FORM.refusal() from None


def _group_count(footer: bytes) -> str:
    """How many row groups a footer lists, without reading them."""
    try:
        read_struct(footer, GROUP_COUNT, Room(MOST_CHUNKS, MOST_UNKNOWN))
    except TooManyEntries as many:
        return f"{many.entries:,}"
    except ValueError:
        pass
    return "no"


def _footer(facts: dict[int, Any], size: int, known: frozenset[str]) -> Footer:
    root, *leaves = facts[2]
    if len(leaves) > MOST_COLUMNS:
        raise content_asks.MANY_COLUMNS.refusal(columns=len(leaves), most=MOST_COLUMNS)
    columns = tuple(
        _column(leaf, column_place(leaf[4].decode(), number, root[5], known))
        for number, leaf in enumerate(leaves, start=1)
    )
    groups, writer = facts[4], facts.get(6, b"")
    if root[5] != len(leaves) or any(len(group[1]) != len(leaves) for group in groups):
        raise content_asks.FOOTER_FORM.refusal()
    if len(groups) > MOST_GROUPS or len(groups) * len(columns) > MOST_CHUNKS:
        raise content_asks.MANY_CHUNKS.refusal(groups=len(groups), columns=len(columns))
    if is_before(writer, b"parquet-mr", (1, 2, 9)):
        raise content_asks.OLD_JAVA.refusal()
    chunks = tuple(
        _chunk(entry, number, column, group[3], columns[column], size)
        for number, group in enumerate(groups)
        for column, entry in enumerate(group[1])
    )
    _check_apart(chunks, columns)
    return Footer(facts[3], sum(group[3] for group in groups), columns, chunks, len(groups), writer)


def column_place(name: str, number: int, columns: int, known: frozenset[str]) -> str:
    """How a message names a column: by its name only where it is one of ours."""
    return f"column {number} of {columns}" + (f" ({name})" if name in known else "")


def _column(leaf: dict[int, Any], place: str) -> Column:
    """A leaf of the schema: 1 type, 2 its width, 3 repetition, 5 children, 6 and 10 what it means."""
    physical, width, repetition = leaf.get(1), leaf.get(2, 0), leaf.get(3, 0)
    if leaf.get(5) or repetition >= _REPEATED or physical is None:
        raise content_asks.NESTED.refusal(place=place)
    if physical == _FIXED and not 0 < width <= WIDEST_NUMBER:
        # The reader makes room for a width before it asks whether any number is so wide.
        raise content_asks.FIXED_WIDTH.refusal(width=width, place=place)
    return Column(
        physical=physical,
        entry_bytes=width if physical == _FIXED else _WIDTHS.get(physical, 0),
        is_text=physical == _BYTE_ARRAY,
        is_decimal=leaf.get(6) == _DECIMAL or _DECIMAL in leaf.get(10, {}),
        may_be_empty=repetition == _OPTIONAL,
        place=place,
    )


def _chunk(entry: dict[int, Any], group: int, number: int, rows: int, column: Column, size: int) -> Chunk:
    """A column chunk: 1 another file, 3 facts, 8 how it is sealed, 9 facts under a key of their own."""
    sealed = entry.get(8, {})
    if _WITH_OWN_KEY in sealed or 9 in entry:
        raise content_asks.OWN_KEY.refusal(place=column.place)
    if _WITH_FOOTER_KEY not in sealed:
        raise content_asks.IN_THE_CLEAR.refusal(place=column.place)
    if 1 in entry:
        raise content_asks.OTHER_FILE.refusal(place=column.place)
    facts = entry[3]
    codec = facts[4]
    if codec not in _CODECS:
        raise content_asks.CODEC.refusal(codec=_OTHER_CODECS.get(codec, f"number {codec}"), place=column.place)
    if facts[1] != column.physical:
        raise content_asks.FOOTER_FORM.refusal()
    if facts[5] != rows:
        raise content_asks.PAGE_ROWS.refusal(found_rows=facts[5], rows=rows, place=column.place)
    # The reader begins at the first of the two: data (9) or, if there is one, dictionary (11). 0 says there is none.
    data_at, dictionary_at = facts[9], facts.get(11, 0)
    start = min(data_at, dictionary_at) if min(data_at, dictionary_at) > 0 else max(data_at, dictionary_at, 0)
    end = start + facts[7]
    if not start <= end <= size:
        raise content_asks.OUTSIDE.refusal(place=column.place)
    return Chunk(group, number, start, end, rows, 11 in facts, _CODECS[codec])


def _check_apart(chunks: Iterable[Chunk], columns: tuple[Column, ...]) -> None:
    """No byte belongs to two columns, so that all that is read is not more than the file."""
    ordered = sorted((chunk.start, chunk.end, chunk.column) for chunk in chunks)
    for (_, end, _), (start, _, column) in pairwise(ordered):
        if start < end:
            raise content_asks.OUTSIDE.refusal(place=columns[column].place)


def is_before(writer: bytes, name: bytes, version: tuple[int, int, int]) -> bool:
    """Whether `created_by` names that program in a version before this one, or in none that can be read.

    Only for defects of writers that the reader makes up for: everything else is judged by what was written.
    """
    program, _, told = writer.lower().strip().partition(b"version")
    if program.strip() != name:
        return False
    numbers = _VERSION.match(told)
    return numbers is None or tuple(int(number) for number in numbers.groups()) < version
