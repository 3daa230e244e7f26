"""Decrypts the footer of a sealed file and reads from it where every column lies.

The Parquet reader is not asked: its accessors abort the whole process on a column that has a key of its own, and it
makes no promise about footers that lie. Here they are plain numbers, each of them checked against the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.envelope.gates import DAMAGED, PAGES, ROW_COUNT, TYPES, refuse
from shared.envelope.lock import Lock
from shared.envelope.thrift import read_struct

NONCE_BYTES = 12
_FOOTER = b"\x00"
"""The kind of this part in what authenticates it."""

_BYTE_ARRAY = 6
_REPEATED = 2
_CODECS = {0: None, 1: "snappy", 2: "gzip", 6: "zstd"}
_WITH_FOOTER_KEY = {1}
_MOST_GROUPS = 32_767
"""Row groups are numbered with 16 bits in what authenticates their parts."""

_SEALING_MR = re.compile(rb"parquet-mr version 1\.(1[2-9]|[2-9]\d)\.\d+")


@dataclass(frozen=True)
class Chunk:
    """One column of one row group: bytes `start` to `end` of the file."""

    group: int
    column: int
    start: int
    end: int
    rows: int
    has_dictionary: bool
    is_text: bool
    codec: str | None


@dataclass(frozen=True)
class Footer:
    """What a sealed file says of itself, decrypted; its sizes fit the file, but its pages are not looked at yet."""

    rows: int
    group_rows: int
    """What the row groups add up to; an honest file says the same twice."""
    columns: int
    chunks: tuple[Chunk, ...]


def read_footer(data: bytes, lock: Lock, data_key: bytes) -> Footer:
    """Decrypt and read the footer.

    Raises `UntrustedDrop`: ENV-013 when it does not decrypt or hold together, ENV-016 for nested columns, ENV-018 when
    a column lies elsewhere, is not sealed with the data key, or compressed as it should not be.
    """
    sealed = data[lock.footer_at : -8]
    if int.from_bytes(sealed[:4], "little") != len(sealed) - 4:
        raise refuse(DAMAGED)
    try:
        opened = AESGCM(data_key).decrypt(
            sealed[4 : 4 + NONCE_BYTES], sealed[4 + NONCE_BYTES :], lock.file_id + _FOOTER
        )
        facts = read_struct(opened)
        root, *leaves = facts[2]
        for position, leaf in enumerate(leaves, start=1):
            if leaf.get(5) or leaf.get(3) == _REPEATED:
                raise refuse(TYPES, f"Column {position} of {root[5]}.")
        groups = facts[4]
        if root[5] != len(leaves) or any(len(group[1]) != len(leaves) for group in groups):
            raise refuse(DAMAGED)
        if len(groups) > _MOST_GROUPS or _is_read_beyond(facts.get(6, b"")):
            raise refuse(PAGES)
        chunks = tuple(
            _chunk(entry, number, column, group[3], len(data))
            for number, group in enumerate(groups)
            for column, entry in enumerate(group[1])
        )
        return Footer(facts[3], sum(group[3] for group in groups), len(leaves), chunks)
    except (InvalidTag, ValueError, KeyError, TypeError, AttributeError):
        raise refuse(DAMAGED) from None


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
    return Chunk(group, column, start, end, rows, 11 in facts, facts[1] == _BYTE_ARRAY, _CODECS[facts[4]])


def _is_read_beyond(writer: bytes) -> bool:
    """Whether the reader looks for pages behind a column's end, as it does to make up for old writers of that name.

    Only those from 1.12 on can seal a file.
    """
    return b"parquet-mr" in writer.lower() and not _SEALING_MR.match(writer)
