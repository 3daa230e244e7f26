"""Looks at numbers that are written as differences (DELTA_BINARY_PACKED), before the reader does.

They begin with how many there are. The reader makes room for so many, and decodes them all at once where they are the
lengths of texts, without asking how many rows the page has. In DELTA_BYTE_ARRAY they also say how much of the text
before it each text repeats, so that a page of a few bytes could come to any size: those are decoded here, and added up.

Format: the "Encodings" page of Parquet. A block is its least difference, the widths of its parts in bits, the parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.kernel.envelope.limits import LARGEST_BLOCK

_BLOCK, _PART = 128, 32
"""What the sizes of a block and of its parts are multiples of."""
_WIDEST = 32


@dataclass(frozen=True)
class _Head:
    parts: int
    part_values: int
    count: int
    first: int
    at: int
    """Where the blocks begin."""


def check_count(data: bytes, rows: int) -> None:
    """Raise `ValueError` unless the numbers at the start of `data` say that there are at most `rows` of them."""
    _head(data, 0, rows)


def check_texts(data: bytes, rows: int) -> int:
    """How many bytes the texts in `data` (DELTA_BYTE_ARRAY) repeat of those before them.

    Raises `ValueError` when there are more than `rows`, or what they repeat cannot be told.
    """
    repeated, behind = _lengths(data, _head(data, 0, rows))
    _head(data, behind, rows)
    if np.any(repeated < 0):
        raise ValueError("a length below nothing")
    return int(repeated.sum())


def _head(data: bytes, at: int, rows: int) -> _Head:
    block, at = _varint(data, at)
    parts, at = _varint(data, at)
    count, at = _varint(data, at)
    first, at = _varint(data, at)
    if not 0 < block <= LARGEST_BLOCK or block % _BLOCK or not parts or block % (parts * _PART) or count > rows:
        raise ValueError("not as many numbers as rows")
    return _Head(parts, block // parts, count, _signed(first), at)


def _lengths(data: bytes, head: _Head) -> tuple[npt.NDArray[np.int32], int]:
    """The numbers, and where they end. The loop runs once for each block."""
    at, left = head.at, head.count - 1
    least, starts = [], []
    widths = bytearray()
    while left > 0:
        lowest, at = _varint(data, at)
        filled = min(head.parts, -(-left // head.part_values))
        block = data[at : at + head.parts][:filled]
        at += head.parts
        if len(block) != filled or max(block) > _WIDEST:
            raise ValueError("a width that no number has")
        least.append(_signed(lowest))
        starts.append(at)
        widths += block.ljust(head.parts, b"\x00")
        at += sum(block) * head.part_values // 8
        left -= head.parts * head.part_values
    if at > len(data):
        raise ValueError("cut short")
    if head.count <= 1:
        return np.array([head.first][: head.count], np.int64).astype(np.int32), at
    width = np.frombuffer(bytes(widths), np.uint8).astype(np.int64).reshape(-1, head.parts)
    before = np.cumsum(width, axis=1) - width
    part_bits = 8 * np.array(starts, np.int64)[:, None] + before * head.part_values
    place = np.arange(head.part_values)
    bits = (part_bits[:, :, None] + width[:, :, None] * place).ravel()[: head.count - 1]
    masks = np.repeat((np.int64(1) << width.ravel()) - 1, head.part_values)[: head.count - 1]
    # Eight bytes from where a number begins hold all of it: at most 32 bits, seven of others before it.
    windows = np.ndarray((len(data) + 1,), "<u8", data + bytes(8), strides=(1,))
    found = (windows[bits >> 3] >> (bits & 7).astype(np.uint64)).astype(np.int64) & masks
    steps = found + np.repeat(np.array(least, np.int64), head.parts * head.part_values)[: head.count - 1]
    # The reader counts in 32 bits, too.
    return np.cumsum(np.concatenate(([head.first], steps))).astype(np.int32), at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + 5]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("a number without end")


def _signed(value: int) -> int:
    return (value >> 1) ^ -(value & 1)
