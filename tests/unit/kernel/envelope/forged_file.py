"""A sealed file made by hand, page by page: every number in its footer and page headers is the forger's to choose."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tests.unit.kernel.envelope.forge import Drop, Forger
from tests.unit.kernel.envelope.houses import PUPILS
from tests.unit.kernel.envelope.thrift_writer import BINARY, FALSE, I32, I64, LIST, STRUCT, Tree, unsigned, write

INT32, INT64, INT96, FLOAT, DOUBLE, TEXT, FIXED = 1, 2, 3, 4, 5, 6, 7
PLAIN, RLE, DELTA_LENGTHS, DELTA_TEXTS, BY_DICTIONARY = 0, 3, 6, 7, 8
NONE, SNAPPY, GZIP, ZSTD = 0, 1, 2, 6
_NAMES = {SNAPPY: "snappy", GZIP: "gzip", ZSTD: "zstd"}


@dataclass
class Page:
    """One page: its header, which may lie, and its body, compressed."""

    header: Tree
    body: bytes

    @property
    def is_dictionary(self) -> bool:
        return 7 in self.header


@dataclass
class Chunk:
    """A column of a row group."""

    rows: int
    pages: Sequence[Page]
    codec: int = ZSTD
    physical: int = TEXT
    facts: Tree = field(default_factory=dict)
    """Fields of its ColumnMetaData that are to be otherwise, or in addition."""


def dictionary(entries: int, body: bytes, *, codec: int = ZSTD, size: int | None = None, encoding: int = PLAIN) -> Page:
    """A dictionary page that says it has so many entries."""
    packed = _packed(body, codec)
    facts = {1: (I32, entries), 2: (I32, encoding)}
    return Page(_header(2, len(body) if size is None else size, packed, {7: (STRUCT, facts)}), packed)


def data_page(
    rows: int, body: bytes, *, encoding: int = BY_DICTIONARY, codec: int = ZSTD, size: int | None = None
) -> Page:
    """A version 1 data page of a column without empty cells."""
    packed = _packed(body, codec)
    facts = {1: (I32, rows), 2: (I32, encoding), 3: (I32, RLE), 4: (I32, RLE)}
    return Page(_header(0, len(body) if size is None else size, packed, {5: (STRUCT, facts)}), packed)


def data_page_2(rows: int, body: bytes, *, encoding: int = PLAIN, **facts: tuple[int, object]) -> Page:
    """A version 2 data page, not compressed, of a column without empty cells; `facts` are fields by number (`f5`)."""
    told = {1: (I32, rows), 2: (I32, 0), 3: (I32, rows), 4: (I32, encoding), 5: (I32, 0), 6: (I32, 0), 7: (FALSE, 0)}
    told |= {int(name[1:]): fact for name, fact in facts.items()}
    return Page(_header(3, len(body), body, {8: (STRUCT, told)}), body)


def same_entry(rows: int) -> bytes:
    """The body of a data page in which every row points at entry 0: one run, of one bit each."""
    return b"\x01" + unsigned(rows << 1) + b"\x00"


def _packed(body: bytes, codec: int) -> bytes:
    return pa.compress(body, codec=_NAMES[codec], asbytes=True) if codec else body


def _header(kind: int, size: int, packed: bytes, facts: Tree) -> Tree:
    # 28 bytes of length, nonce and tag lie around every sealed part, and four that say how long it is.
    return {1: (I32, kind), 2: (I32, size), 3: (I32, len(packed) + 32), **facts}


def text_column(name: bytes = b"surname") -> Tree:
    """A schema element: text, never empty."""
    return {1: (I32, TEXT), 3: (I32, 0), 4: (BINARY, name), 6: (I32, 0), 10: (STRUCT, {1: (STRUCT, {})})}


def number_column(physical: int, name: bytes = b"nc_year") -> Tree:
    """A schema element: a number, never empty."""
    return {1: (I32, physical), 3: (I32, 0), 4: (BINARY, name)}


def forged(
    forger: Forger,
    columns: Sequence[Tree],
    groups: Sequence[Sequence[Chunk]],
    change: Callable[[Tree], Tree] = lambda footer: footer,
) -> Drop:
    """The file, signed. `change` has the last word on its footer."""
    honest = forger.parquet(PUPILS.select(["surname"]))
    start, sealed = forger.footer_of(honest)
    crypto, file_id = honest[start:sealed], forger.file_id_of(honest)
    out = bytearray(b"PARE")
    row_groups = []
    for group, chunks in enumerate(groups):
        entries = []
        for column, chunk in enumerate(chunks):
            entries.append(_chunk(forger, out, file_id, chunk, group, column))
        rows = chunks[0].rows if chunks else 0
        row_groups.append({1: (LIST, (STRUCT, entries)), 2: (I64, 0), 3: (I64, rows)})
    rows = sum(chunks[0].rows if chunks else 0 for chunks in groups)
    root: Tree = {4: (BINARY, b"schema"), 5: (I32, len(columns))}
    footer: Tree = {
        1: (I32, 2),
        2: (LIST, (STRUCT, [root, *columns])),
        3: (I64, rows),
        4: (LIST, (STRUCT, row_groups)),
        6: (BINARY, b"forger"),
    }
    tail = crypto + forger.sealed_part(write(change(footer)), file_id + b"\x00")
    return forger.signed(bytes(out) + tail + struct.pack("<I", len(tail)) + b"PARE", rows)


def _chunk(forger: Forger, out: bytearray, file_id: bytes, chunk: Chunk, group: int, column: int) -> Tree:
    start, data_at, ordinal = len(out), 0, 0
    for page in chunk.pages:
        place = struct.pack("<hh", group, column)
        if not page.is_dictionary:
            data_at = data_at or len(out)
            place += struct.pack("<h", ordinal)
            ordinal += 1
        header_part, body_part = (b"\x05", b"\x03") if page.is_dictionary else (b"\x04", b"\x02")
        out += forger.sealed_part(write(page.header), file_id + header_part + place)
        out += forger.sealed_part(page.body, file_id + body_part + place)
    facts: Tree = {
        1: (I32, chunk.physical),
        2: (LIST, (I32, [PLAIN, RLE])),
        3: (LIST, (BINARY, [b"surname"])),
        4: (I32, chunk.codec),
        5: (I64, chunk.rows),
        6: (I64, len(out) - start),
        7: (I64, len(out) - start),
        9: (I64, data_at or start),
    }
    if chunk.pages and chunk.pages[0].is_dictionary:
        facts[11] = (I64, start)
    return {
        2: (I64, 0),
        3: (STRUCT, dict(sorted({**facts, **chunk.facts}.items()))),
        8: (STRUCT, {1: (STRUCT, {})}),
    }
