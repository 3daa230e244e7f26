"""Looks through a plain Parquet file before its reader does: what it says of its size, and what its pages unpack to.

The reader believes a footer and every page header, and makes room for whatever they claim. A file of some kilobytes can
claim gigabytes, a dictionary more entries than its column has rows, and one long text can be repeated a million times.
The same is asked of a sealed file by `shared.envelope`, where each part is encrypted.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shared.envelope.gates import COLUMNS, DAMAGED, EXPANDED, PAGES, ROW_COUNT, ROWS, SIZE, TYPES, refuse
from shared.envelope.thrift import read_struct, read_struct_at
from shared.errors import UntrustedDrop

if TYPE_CHECKING:
    from shared.agreement.model import Limits

_MAGIC = b"PAR1"
_MOST_FOOTER_BYTES = 2_000_000
_MOST_PAGES = 50_000
_MOST_HEADER_BYTES = 65_536
_WIDEST = 64
"""Bytes of a value of fixed width; a number or an id has no more."""
_REPEATED, _BYTE_ARRAY = 2, 6
_DATA_V1, _INDEX, _DICTIONARY, _DATA_V2 = 0, 1, 2, 3
_ENCODING_AT = {_DATA_V1: (5, 2), _DICTIONARY: (7, 2), _DATA_V2: (8, 4)}
_DELTA_TEXT = 7
"""Each text may repeat the one before it, so that a page of a few bytes unpacks to any size."""


@dataclass(frozen=True)
class _Chunk:
    """One column of one row group: bytes `start` to `end` of the file."""

    start: int
    end: int
    rows: int
    is_text: bool


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
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            _weigh(data, _chunks(data, limits), limits)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
            raise refuse(DAMAGED) from None
    try:
        return _read(path, limits)
    except MemoryError:  # pyarrow's own is one of its errors too
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise refuse(DAMAGED) from None


def _chunks(data: mmap.mmap, limits: Limits) -> list[_Chunk]:
    """Where the columns lie, by a footer whose counts agree with each other and with the limits."""
    length = int.from_bytes(data[-8:-4], "little")
    if data[:4] != _MAGIC or data[-4:] != _MAGIC or length > len(data) - 12:
        raise ValueError("no Parquet")
    if length > _MOST_FOOTER_BYTES:
        raise _unsafe(f"its footer alone has {length} bytes")
    facts = read_struct(data[-8 - length : -8])
    root, *leaves = facts[2]
    if 8 in facts:
        raise _unsafe("it is encrypted")
    for position, leaf in enumerate(leaves, start=1):
        if leaf.get(5) or leaf.get(3) == _REPEATED or leaf.get(2, 0) > _WIDEST:
            raise refuse(TYPES, f"Column {position}.")
    groups = facts[4]
    rows = sum(group[3] for group in groups)
    if max(facts[3], rows) > limits.rows:
        raise refuse(ROWS, f"It claims {max(facts[3], rows)}; at most {limits.rows} are allowed.")
    if len(leaves) > limits.columns:
        raise refuse(COLUMNS, f"It has {len(leaves)}; at most {limits.columns} are allowed.")
    if rows != facts[3] or min((group[3] for group in groups), default=0) < 0:
        raise refuse(ROW_COUNT)
    if root[5] != len(leaves) or any(len(group[1]) != len(leaves) for group in groups):
        raise ValueError("columns that are not in the schema")
    return [_chunk(entry, group[3], len(data)) for group in groups for entry in group[1]]


def _chunk(entry: dict[int, Any], rows: int, size: int) -> _Chunk:
    """A column chunk: 1 another file, 3 facts, 8 and 9 how it is encrypted."""
    if {1, 8, 9} & set(entry):
        raise _unsafe("a column lies in another file, or is encrypted")
    facts = entry[3]
    if facts[5] != rows:
        raise refuse(ROW_COUNT)
    start = min((offset for offset in (facts[9], facts.get(11, 0)) if offset > 0), default=0)
    end = start + facts[7]
    least = 1 if rows else 0  # a column without rows may have no page
    if start < least or end - start < least or end > size:
        raise _unsafe("a column lies where none can")
    return _Chunk(start, end, rows, facts[1] == _BYTE_ARRAY)


def _weigh(data: mmap.mmap, chunks: list[_Chunk], limits: Limits) -> None:
    """Add up what every page claims, before any is unpacked."""
    unpacked = pages = 0
    for chunk in chunks:
        rows, at = 0, chunk.start
        while at < chunk.end:
            header, taken = read_struct_at(data[at : min(chunk.end, at + _MOST_HEADER_BYTES)])
            kind, size, packed = header[1], header[2], header[3]
            pages, unpacked = pages + 1, unpacked + size
            if min(size, packed) < 0 or pages > _MOST_PAGES:
                raise _unsafe("its pages are too many, or smaller than nothing")
            if unpacked > limits.decompressed_bytes:
                raise refuse(EXPANDED)
            if kind != _INDEX:
                values = _values(header, chunk)
                rows += values if kind != _DICTIONARY else 0
            at += taken + packed
        if at != chunk.end or rows != chunk.rows:
            raise refuse(ROW_COUNT)


def _values(header: dict[int, Any], chunk: _Chunk) -> int:
    """How many values a page has; a dictionary has no more than its column has rows, nor than fit into it."""
    kind, size = header[1], header[2]
    where, encoding = _ENCODING_AT[kind]
    values = header[where][1]
    if header[where][encoding] == _DELTA_TEXT:
        raise _unsafe("a text may repeat the one before it")
    if not 0 <= values <= chunk.rows or (kind == _DICTIONARY and values > size // (4 if chunk.is_text else 1)):
        raise _unsafe("a page has more values than its column has rows, or than fit into it")
    return int(values)


def _unsafe(why: str) -> UntrustedDrop:
    """The refusal of a file that is not written as those are that `exchange pack` writes."""
    message = f"The file is not written in a way that can be read safely: {why}."
    return UntrustedDrop(PAGES.code, message, "Write it with `exchange pack`, or with the usual settings of your tool.")


def _read(path: Path, limits: Limits) -> pa.Table:
    """The table. Text is read as places in its dictionary first, so that it is weighed before it is written out."""
    schema = pq.read_schema(path)
    texts = [field.name for field in schema if _is_text(field.type)]
    table = pq.read_table(path, partitioning=None, memory_map=False, read_dictionary=texts)
    weight = table.nbytes + sum(_written_out(column) for column in table.columns)
    if weight > limits.decompressed_bytes:
        raise refuse(EXPANDED)
    columns = [_as_stored(column, field.type) for column, field in zip(table.columns, schema, strict=True)]
    return pa.table(columns, schema=schema)


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
