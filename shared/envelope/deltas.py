"""Looks at numbers that are written as differences (DELTA_BINARY_PACKED), before the reader does.

They begin with how many there are. The reader makes room for so many, and decodes them all at once where they are the
lengths of texts, without asking how many rows the page has.
"""

from __future__ import annotations

_BLOCK, _MINI_BLOCK = 128, 32
"""What the sizes of a block and of its parts are multiples of."""

LARGEST_BLOCK = 65_536
"""Values. Writers put 128 or 256 into one."""


def check_count(data: bytes, rows: int) -> None:
    """Raise `ValueError` unless the numbers at the start of `data` say that there are at most `rows` of them."""
    block, at = _varint(data, 0)
    parts, at = _varint(data, at)
    count, _ = _varint(data, at)
    if not 0 < block <= LARGEST_BLOCK or block % _BLOCK or not parts or block % (parts * _MINI_BLOCK) or count > rows:
        raise ValueError("not as many numbers as rows")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + 5]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("a number without end")
