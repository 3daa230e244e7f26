"""One pupil to one child: pairs that are each other's best, again and again."""

from __future__ import annotations

import numpy as np

from shared.linkage.pairs import Pairs
from shared.linkage.records import Codes, Mask


def assign(pairs: Pairs, rank: Codes) -> Mask:
    """Which pairs are taken, the best first. `rank` orders the pairs, 0 is the best; no two are equal.

    The same as going through the pairs from the best on and taking each whose pupil and child are both free, but in
    a few rounds over all pairs.
    """
    taken = np.zeros(len(pairs), np.bool_)
    left = np.argsort(rank, kind="stable")
    while len(left):
        pupils, households = pairs.pupils[left], pairs.households[left]
        first = _first(pupils) & _first(households)
        taken[left[first]] = True
        left = left[~(np.isin(pupils, pupils[first]) | np.isin(households, households[first]))]
    return taken


def _first(rows: Codes) -> Mask:
    """Where a row number is seen for the first time."""
    seen = np.zeros(len(rows), np.bool_)
    seen[np.unique(rows, return_index=True)[1]] = True
    return seen
