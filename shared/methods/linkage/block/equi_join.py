"""Pairs of rows that have the same key.

What `key_filter` leaves is sorted once, both sides together, and read run by run.
"""

from __future__ import annotations

import numpy as np

from shared.methods.linkage.encode.arrays import Codes
from shared.methods.linkage.encode.key_filter import may_be_on_both_sides
from shared.methods.linkage.encode.keys import BITS, positions, renumbered
from shared.methods.linkage.encode.pairs import Pairs


def equi_join(left: Codes, right: Codes, size: int, most: int) -> Pairs:
    """All pairs of positions with one key, but for keys of more than `most` right rows; `size` is above all keys."""
    of_left, of_right = may_be_on_both_sides(left, right, size)
    keys = np.concatenate((left[of_left], right[of_right]))
    shift = len(keys).bit_length()
    if size.bit_length() + shift > BITS:
        keys, size = renumbered(keys, size)
    packed = (keys.astype(np.int64) << shift) | np.arange(len(keys))
    packed.sort()
    key, row = packed >> shift, packed & ((1 << shift) - 1)
    new = np.ones(len(key), np.bool_)
    new[1:] = key[1:] != key[:-1]
    starts = np.flatnonzero(new)
    lengths = np.diff(np.append(starts, len(key)))
    # In a run left rows come first, as they did before sorting.
    lefts = np.add.reduceat((row < len(of_left)).astype(np.int32), starts) if len(starts) else starts
    rights = lengths - lefts
    wanted = np.flatnonzero((lefts > 0) & (rights > 0) & (rights <= most))
    starts, lefts, rights = starts[wanted], lefts[wanted], rights[wanted]
    at = positions(starts, lefts)
    times, first = np.repeat(rights, lefts), np.repeat(starts + lefts, lefts)
    return Pairs(of_left[row[np.repeat(at, times)]], of_right[row[positions(first, times)] - len(of_left)])
