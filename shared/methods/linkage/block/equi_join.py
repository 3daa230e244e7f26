"""Rows that have the same key: whom a rule brings together, of both sides or of one.

Most keys are had by one row alone. A table of bits, as a Bloom filter has, leaves their rows out before anything is
sorted; what is left is sorted once, both sides together, and read run by run.
"""

from __future__ import annotations

import numpy as np

from shared.methods.linkage.encode.fields import Codes, marked
from shared.methods.linkage.encode.keys import BITS, Runs, positions, renumbered
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.short_text import SPREAD

_MOST_BITS = 22
"""Of the table: four million bytes are near the processor."""


def may_meet(pupils: Codes, households: Codes, size: int) -> tuple[Codes, Codes]:
    """Positions of the keys (below zero: missing) that may be on the other side too; no other is. `size` is above all
    keys."""
    if len(pupils) > len(households):
        theirs, ours = may_meet(households, pupils, size)
        return ours, theirs
    bits = _bits(len(pupils) + len(households))
    ours, theirs = (_places(keys, size, bits) for keys in (pupils, households))
    # The fewer first: of the many, only those who are left have then to be marked.
    of_households = np.flatnonzero(marked(ours, 1 << bits)[theirs])
    of_pupils = np.flatnonzero(marked(theirs[of_households], 1 << bits)[ours])
    return of_pupils[pupils[of_pupils] >= 0], of_households[households[of_households] >= 0]


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
