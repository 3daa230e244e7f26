"""Looks through a plain Parquet file before its reader does: what it says of its size, and what its pages unpack to.

The reader believes a footer and every page header, and makes room for whatever they claim. A file of some kilobytes can
claim gigabytes, a dictionary more entries than its column has rows, and one long text can be repeated a million times.
`shared.kernel.envelope` asks the same of a sealed file, whose parts are encrypted one by one.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shared.kernel.envelope.gates import COLUMNS, DAMAGED, EXPANDED, PAGES, ROW_COUNT, ROWS, SIZE, TYPES, refuse
from shared.kernel.envelope.layouts import FOOTER, PAGE_HEADER
from shared.kernel.envelope.limits import (
    MOST_CHUNKS,
    MOST_HEADER_BYTES,
    MOST_PAGES,
    MOST_UNKNOWN,
    MOST_UNKNOWN_OF_A_PAGE,
)
from shared.kernel.envelope.thrift import Room, read_struct, read_struct_at
from shared.kernel.errors import UntrustedDrop

if TYPE_CHECKING:
    from shared.kernel.terms.model import Limits

_MAGIC = b"PAR1"
_MOST_FOOTER_BYTES = 1_000_000
_FOOTER_ROOM, _HEADER_ROOM = Room(2 * MOST_CHUNKS, MOST_UNKNOWN), Room(0, MOST_UNKNOWN_OF_A_PAGE)
_REPEATED = 2
_ENTRY_BYTES = {1: 4, 2: 8, 3: 12, 4: 4, 5: 8, 6: 4}
"""What an entry of a dictionary takes at least, by physical type; of text, its length. Flags have none."""
_NO_TYPE, _FIXED, _WIDEST = -1, 7, 32
"""Values of fixed width, and how wide the largest decimal is that there is."""
_DATA_V1, _INDEX, _DICTIONARY, _DATA_V2 = 0, 1, 2, 3
_ENCODING_AT = {_DATA_V1: (5, 2), _DICTIONARY: (7, 2), _DATA_V2: (8, 4)}
_ENCODINGS = frozenset({0, 2, 3, 8, 9})
"""Plain, dictionary, run length, byte stream split. Not those of differences (5 to 7): they count their values anew,
and a text may repeat the one before it. Common tools write them only when they are told to."""


@dataclass(frozen=True)
class _Chunk:
    """One column of one row group: bytes `start` to `end` of the file."""

    start: int
    end: int
    rows: int
    entry_bytes: int
    """What an entry of its dictionary takes at least; 0 where there can be none."""
    place: str


def read_bounded(path: Path, limits: Limits) -> pa.Table:
    """The table of the plain Parquet file at `path`, which is not read at all unless it keeps within `limits`.

    Raises `UntrustedDrop` as the exchange would of the sealed file: ENV-001 (bytes), 013 (no Parquet), 014 (rows), 015
    (columns), 016 (nested columns), 017 (row counts), 018 (pages), 019 (unpacks to too much).
    """
    size = path.stat().st_size
    if size > limits.bytes:
        raise refuse(SIZE, f"It has {size} bytes; at most {limits.bytes} are allowed.")
    if size < 12:
        raise refuse(DAMAGED)
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            _weigh(data, _chunks(data, limits), limits.decompressed_bytes)
        return _read(path, limits.decompressed_bytes)
    except MemoryError:  # pyarrow's own is one of its errors too
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError):
        raise refuse(DAMAGED) from None


def _chunks(data: mmap.mmap, limits: Limits) -> list[_Chunk]:
    """Where the columns lie, by a footer whose counts agree with each other and keep within the limits."""
    length = int.from_bytes(data[-8:-4], "little")
    if data[:4] != _MAGIC or data[-4:] != _MAGIC or length > len(data) - 12:
        raise refuse(DAMAGED)
    if length > _MOST_FOOTER_BYTES:
        raise _unsafe(f"its footer alone has {length} bytes")
    facts = read_struct(data[-8 - length : -8], FOOTER, _FOOTER_ROOM)
    root, *leaves = facts[2]
    groups, rows = facts[4], sum(group[3] for group in facts[4])
    if max(facts[3], rows) > limits.rows:
        raise refuse(ROWS, f"It claims {max(facts[3], rows)}; at most {limits.rows} are allowed.")
    if len(leaves) > limits.columns:
        raise refuse(COLUMNS, f"It has {len(leaves)}; at most {limits.columns} are allowed.")
    places = [f"Column {number}." for number in range(1, len(leaves) + 1)]
    widths = [_entry_bytes(leaf, place) for leaf, place in zip(leaves, places, strict=True)]
    if rows != facts[3] or min((group[3] for group in groups), default=0) < 0:
        raise refuse(ROW_COUNT)
    if root[5] != len(leaves) or any(len(group[1]) != len(leaves) for group in groups):
        raise refuse(DAMAGED)
    return [
        _chunk(entry, group[3], width, place, len(data))
        for group in groups
        for entry, width, place in zip(group[1], widths, places, strict=True)
    ]


def _entry_bytes(leaf: dict[int, Any], place: str) -> int:
    """Of a column of the schema (1 type, 2 its width, 3 repetition, 5 children), if it is one of plain values."""
    physical, width = leaf.get(1, _NO_TYPE), leaf.get(2, 0)
    if leaf.get(5) or leaf.get(3) == _REPEATED or (physical == _FIXED and not 0 < width <= _WIDEST):
        raise refuse(TYPES, place)
    return width if physical == _FIXED else _ENTRY_BYTES.get(physical, 0)


def _chunk(entry: dict[int, Any], rows: int, entry_bytes: int, place: str, size: int) -> _Chunk:
    """A column chunk: 1 another file, 3 facts, 8 and 9 how it is encrypted."""
    if {1, 8, 9} & set(entry):
        raise _unsafe("a column lies in another file, or is encrypted")
    facts = entry[3]
    if facts[5] != rows:
        raise refuse(ROW_COUNT)
    # The reader begins at the first of the two: data (9) or, if there is one, dictionary (11). 0 says there is none.
    start = min((offset for offset in (facts[9], facts.get(11, 0)) if offset > 0), default=0)
    least = 1 if rows else 0  # a column without rows may have no page
    if start < least or facts[7] < least or start + facts[7] > size:
        raise _unsafe("a column lies where none can")
    return _Chunk(start, start + facts[7], rows, entry_bytes, place)


def _weigh(data: mmap.mmap, chunks: list[_Chunk], room: int) -> None:
    """Add up what every page claims, before any is unpacked."""
    unpacked = pages = 0
    for chunk in chunks:
        rows = 0
        for header in _headers(data, chunk):
            unpacked, pages = unpacked + header[2], pages + 1
            if pages > MOST_PAGES:
                raise _unsafe("it has too many pages")
            if unpacked > room:
                raise refuse(EXPANDED, chunk.place)
            rows += _rows(header, chunk)
        if rows != chunk.rows:
            raise refuse(ROW_COUNT)


def _headers(data: mmap.mmap, chunk: _Chunk) -> Iterator[dict[int, Any]]:
    """The header of each page: 1 kind, 2 size decompressed, 3 size compressed, and what is said of that kind."""
    at = chunk.start
    while at < chunk.end:
        header, taken = read_struct_at(data[at : min(chunk.end, at + MOST_HEADER_BYTES)], PAGE_HEADER, _HEADER_ROOM)
        at += taken + header[3]
        if min(header[2], header[3]) < 0 or at > chunk.end:
            raise _unsafe("a page has no size that it can have")
        yield header


def _rows(header: dict[int, Any], chunk: _Chunk) -> int:
    """How many rows a page holds. A dictionary has no more entries than its column has rows, nor than fit into it."""
    kind = header[1]
    if kind == _INDEX:
        return 0
    where, encoding = _ENCODING_AT[kind]
    values = header[where][1]
    if header[where][encoding] not in _ENCODINGS:
        raise _unsafe("a column is written as differences")
    if not 0 <= values <= chunk.rows:
        raise _unsafe("a page has more values than its column has rows")
    if kind == _DICTIONARY:
        if not chunk.entry_bytes or values > header[2] // chunk.entry_bytes:
            raise _unsafe("a dictionary has more entries than fit into it")
        return 0
    return int(values)


def _unsafe(why: str) -> UntrustedDrop:
    """The refusal of a file that is not written as those are that `exchange pack` writes."""
    message = f"The file is not written in a way that can be read safely: {why}."
    return UntrustedDrop(PAGES.code, message, "Write it with `exchange pack`, or with the usual settings of your tool.")


def _read(path: Path, room: int) -> pa.Table:
    """The table. Text is read as places in its dictionary first, so that it is weighed before it is written out."""
    with path.open("rb") as file:  # Arrow itself opens no path that is not Unicode
        return _read_open(file, room)


def _read_open(file: BinaryIO, room: int) -> pa.Table:
    schema = pq.read_schema(file)
    # A number takes its width in every row, a text its place in a dictionary, however few bytes of the file they take.
    if pq.read_metadata(file).num_rows * sum(_row_bytes(field.type) for field in schema) > room:
        raise refuse(EXPANDED)
    texts = [field.name for field in schema if _is_text(field.type)]
    table = pq.read_table(file, partitioning=None, memory_map=False, read_dictionary=texts)
    weight = table.nbytes + sum(_written_out(column) for column in table.columns)
    if weight > room:
        raise refuse(EXPANDED)
    columns = [_as_stored(column, field.type) for column, field in zip(table.columns, schema, strict=True)]
    return pa.table(columns, schema=schema)


def _row_bytes(kind: pa.DataType) -> int:
    is_number = pa.types.is_primitive(kind) or pa.types.is_decimal(kind)
    return (kind.bit_width + 7) // 8 if is_number else 0 if pa.types.is_null(kind) else 4


def _as_stored(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """The column in its own type; there is no way from a dictionary to a view but by its values."""
    if column.type == kind:
        return column
    return column.cast(column.type.value_type).cast(kind)


def _is_text(kind: pa.DataType) -> bool:
    checks = ("string", "large_string", "string_view", "binary", "large_binary", "binary_view")
    return any(getattr(pa.types, f"is_{check}")(kind) for check in checks)


def _written_out(column: pa.ChunkedArray) -> int:
    """The bytes of a column of text when every row has its own."""
    if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
        return 0
    lengths = (pc.binary_length(chunk.dictionary).take(chunk.indices) for chunk in column.chunks)
    return sum(pc.sum(length).as_py() or 0 for length in lengths)
