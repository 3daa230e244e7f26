"""Pairs of rows that have the same key.

What `key_filter` leaves is sorted once, both sides together, and read run by run.
"""

from __future__ import annotations

import numpy as np

from shared.methods.linkage.encode.arrays import Codes
from shared.methods.linkage.encode.key_filter import may_meet
from shared.methods.linkage.encode.keys import BITS, positions, renumbered
from shared.methods.linkage.encode.pairs import Pairs


def meet(pupils: Codes, households: Codes, size: int, most: int) -> Pairs:
    """All pairs of positions with one key, but for keys of more than `most` households; `size` is above all keys."""
    asked, children = may_meet(pupils, households, size)
    keys = np.concatenate((pupils[asked], households[children]))
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
    # In a run pupils come first, as they did before sorting.
    of_pupils = np.add.reduceat((row < len(asked)).astype(np.int32), starts) if len(starts) else starts
    offered = lengths - of_pupils
    wanted = np.flatnonzero((of_pupils > 0) & (offered > 0) & (offered <= most))
    starts, of_pupils, offered = starts[wanted], of_pupils[wanted], offered[wanted]
    pupil = positions(starts, of_pupils)
    times, first = np.repeat(offered, of_pupils), np.repeat(starts + of_pupils, of_pupils)
    return Pairs(asked[row[np.repeat(pupil, times)]], children[row[positions(first, times)] - len(asked)])
