"""Which keys may be on both sides, or on one side more than once, before anything is sorted.

Most keys are had by one row alone: a table of bits, as a Bloom filter has, leaves their rows out.
"""

from __future__ import annotations

import numpy as np

from shared.methods.linkage.encode.arrays import Codes, marked
from shared.methods.linkage.encode.keys import Runs
from shared.methods.linkage.encode.short_text import SPREAD

_MOST_BITS = 22
"""Of the table: four million bytes are near the processor."""


def may_be_on_both_sides(left: Codes, right: Codes, size: int) -> tuple[Codes, Codes]:
    """Positions of the keys (below zero: missing) that may be on the other side too; no other is. `size` is above all
    keys."""
    if len(left) > len(right):
        of_right, of_left = may_be_on_both_sides(right, left, size)
        return of_left, of_right
    bits = _bits(len(left) + len(right))
    left_places, right_places = (_places(keys, size, bits) for keys in (left, right))
    # The fewer first: of the many, only those who are left have then to be marked.
    of_right = np.flatnonzero(marked(left_places, 1 << bits)[right_places])
    of_left = np.flatnonzero(marked(right_places[of_right], 1 << bits)[left_places])
    return of_left[left[of_left] >= 0], of_right[right[of_right] >= 0]


def may_repeat(keys: Codes, size: int) -> Codes:
    """Positions of the keys (below zero: missing) that may be there more than once; no other is."""
    bits = _bits(len(keys))
    places, rows = _places(keys, size, bits), np.arange(len(keys), dtype=np.int32)
    last = np.zeros((1 << bits) + 1, np.int32)
    last[places] = rows
    several = np.flatnonzero(marked(places[last[places] != rows], 1 << bits)[places])
    return several[keys[several] >= 0]


def repeated(keys: Codes, size: int) -> Runs:
    """The runs of rows of the same key of those whose key may be there more than once."""
    rows = may_repeat(keys, size)
    runs = Runs.of(keys[rows], size)
    return Runs(rows[runs.rows], runs.starts, runs.codes)


def _places(keys: Codes, size: int, bits: int) -> Codes:
    """Where in a table of so many bits each key belongs; the missing, all at one place, need not be alone there."""
    if size <= 1 << bits:
        return keys
    places = keys.astype(np.uint64)
    places *= SPREAD[0]
    places >>= np.uint64(64 - bits)
    return places.view(np.int64)


def _bits(rows: int) -> int:
    return min(rows.bit_length() + 1, _MOST_BITS)
