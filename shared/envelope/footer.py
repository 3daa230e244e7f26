"""Decrypts the footer of a sealed file and reads from it where every column lies.

The Parquet reader is not asked: its accessors abort the whole process on a column that has a key of its own, and it
makes no promise about footers that lie. Here they are plain numbers, each of them checked against the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.envelope.gates import COLUMNS, DAMAGED, PAGES, ROW_COUNT, TYPES, refuse
from shared.envelope.layouts import FOOTER, MOST_CHUNKS
from shared.envelope.lock import MAGIC, Lock
from shared.envelope.thrift import Room, read_struct

NONCE_BYTES = 12
_FOOTER = b"\x00"
"""The kind of this part in what authenticates it."""

MOST_COLUMNS = 1_000
"""In a footer that is read at all. The agreement allows far fewer."""

MOST_GROUPS = 32_767
"""Row groups are numbered with 16 bits in what authenticates their parts."""

_UNKNOWN_VALUES = 100_000
"""What a footer may hold of things that Parquet has learnt since this was written."""

_BYTE_ARRAY, _FIXED = 6, 7
_WIDTHS = {1: 4, 2: 8, 3: 12, 4: 4, 5: 8, _BYTE_ARRAY: 4}
"""Bytes that an entry of a dictionary takes at least, by physical type; of text, its length. Flags have none."""

_WIDEST_NUMBER = 32
"""Bytes of the largest decimal that there is."""

_OPTIONAL, _REPEATED = 1, 2
_DECIMAL = 5
_CODECS = {0: None, 1: "snappy", 2: "gzip", 6: "zstd"}
_WITH_FOOTER_KEY = {1}

_SEALING_MR = re.compile(rb"parquet-mr version 1\.(1[2-9]|[2-9]\d)\.\d+")


@dataclass(frozen=True)
class Column:
    """One column, as the schema has it."""

    name: str
    """The sender's text: not for messages."""
    physical: int
    entry_bytes: int
    """What an entry of a dictionary takes at least; 0 where there can be no dictionary."""
    is_text: bool
    """Of any length; a decimal may be written so too."""
    is_decimal: bool
    may_be_empty: bool
    """Then each page says first which of its rows have a value."""


@dataclass(frozen=True)
class Chunk:
    """One column of one row group: bytes `start` to `end` of the file."""

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

    def place(self, column: int) -> str:
        """How a message names a column: by position, as a name is the sender's text."""
        return f"Column {column + 1} of {len(self.columns)}."


def read_footer(data: bytes, lock: Lock, data_key: bytes) -> Footer:
    """Decrypt and read the footer.

    Raises `UntrustedDrop`: ENV-013 when it does not decrypt or hold together, ENV-015 for more columns than can be
    read, ENV-016 for nested columns and bytes of fixed width that are no number, ENV-018 when a column lies elsewhere,
    is not sealed with the data key, or compressed as it should not be.
    """
    sealed = data[lock.footer_at : -(4 + len(MAGIC))]
    if int.from_bytes(sealed[:4], "little") != len(sealed) - 4:
        raise refuse(DAMAGED)
    try:
        opened = AESGCM(data_key).decrypt(
            sealed[4 : 4 + NONCE_BYTES], sealed[4 + NONCE_BYTES :], lock.file_id + _FOOTER
        )
        return _footer(read_struct(opened, FOOTER, Room(2 * MOST_CHUNKS, _UNKNOWN_VALUES)), len(data))
    except (InvalidTag, ValueError, KeyError, TypeError):
        raise refuse(DAMAGED) from None


def _footer(facts: dict[int, Any], size: int) -> Footer:
    root, *leaves = facts[2]
    if len(leaves) > MOST_COLUMNS:
        raise refuse(COLUMNS)
    columns = tuple(_column(leaf, f"Column {place} of {root[5]}.") for place, leaf in enumerate(leaves, start=1))
    groups = facts[4]
    if root[5] != len(leaves) or any(len(group[1]) != len(leaves) for group in groups):
        raise refuse(DAMAGED)
    if len(groups) > MOST_GROUPS or len(groups) * len(columns) > MOST_CHUNKS or _is_read_beyond(facts.get(6, b"")):
        raise refuse(PAGES)
    if min((group[3] for group in groups), default=0) < 0:
        raise refuse(ROW_COUNT)
    chunks = tuple(
        _chunk(entry, number, column, group[3], size)
        for number, group in enumerate(groups)
        for column, entry in enumerate(group[1])
    )
    if any(entry[3][1] != column.physical for group in groups for entry, column in zip(group[1], columns, strict=True)):
        raise refuse(DAMAGED)
    _check_apart(chunks)
    return Footer(facts[3], sum(group[3] for group in groups), columns, chunks)


def _column(leaf: dict[int, Any], place: str) -> Column:
    """A leaf of the schema: 1 type, 2 its width, 3 repetition, 4 name, 5 children, 6 and 10 what it means."""
    physical, width = leaf.get(1), leaf.get(2, 0)
    if leaf.get(5) or leaf.get(3, 0) >= _REPEATED or physical is None:
        raise refuse(TYPES, place)
    if physical == _FIXED and not 0 < width <= _WIDEST_NUMBER:
        # The reader makes room for a width before it asks whether any number is so wide.
        raise refuse(TYPES, place)
    is_decimal = leaf.get(6) == _DECIMAL or _DECIMAL in leaf.get(10, {})
    entry_bytes = width if physical == _FIXED else _WIDTHS.get(physical, 0)
    return Column(
        leaf[4].decode(), physical, entry_bytes, physical == _BYTE_ARRAY, is_decimal, leaf.get(3, 0) == _OPTIONAL
    )


def _chunk(entry: dict[int, Any], group: int, column: int, rows: int, size: int) -> Chunk:
    """A column chunk: 1 another file, 3 facts, 8 how it is sealed, 9 facts under a key of their own."""
    if set(entry.get(8, {})) != _WITH_FOOTER_KEY or 1 in entry or 9 in entry:
        raise refuse(PAGES)
    facts = entry[3]
    if facts[4] not in _CODECS:
        raise refuse(PAGES)
    if facts[5] != rows:
        raise refuse(ROW_COUNT)
    # The reader begins at the first of the two: data (9) or, if there is one, dictionary (11). 0 says there is none.
    start = min((offset for offset in (facts[9], facts.get(11, 0)) if offset > 0), default=0)
    end = start + facts[7]
    if not start <= end <= size:
        raise refuse(PAGES)
    return Chunk(group, column, start, end, rows, 11 in facts, _CODECS[facts[4]])


def _check_apart(chunks: Iterable[Chunk]) -> None:
    """No byte belongs to two columns, so that all that is read is not more than the file."""
    ordered = sorted((chunk.start, chunk.end) for chunk in chunks)
    if any(start < end for (_, end), (start, _) in pairwise(ordered)):
        raise refuse(PAGES)


def _is_read_beyond(writer: bytes) -> bool:
    """Whether the reader looks for pages behind a column's end, as it does to make up for old writers of that name.

    Only those from 1.12 on can seal a file.
    """
    return b"parquet-mr" in writer.lower() and not _SEALING_MR.match(writer)
