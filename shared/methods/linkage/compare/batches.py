"""Work on pairs in batches: few enough to stay near the processor, and two batches side by side.

A batch knows nothing of other batches, so neither their number nor that of the workers changes a result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import starmap

import numpy as np

from shared.methods.linkage.encode.arrays import Levels
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.workers import WORKERS, Found, side_by_side

AT_ONCE = 1 << 18
"""Pairs in one batch, at most."""


def in_batches(work: Callable[[Pairs], Found], pairs: Pairs) -> list[Found]:
    """`work` on every batch (there is one at least), in their order."""
    if len(pairs) <= AT_ONCE:
        return [work(pairs)]
    # Equal batches, as many for each worker.
    batches = WORKERS * math.ceil(len(pairs) / AT_ONCE / WORKERS)
    sides = (np.array_split(rows, batches) for rows in (pairs.left, pairs.right))
    return side_by_side(work, starmap(Pairs, zip(*sides, strict=True)))


def levels_together(batches: list[dict[str, Levels]]) -> dict[str, Levels]:
    """The levels of several batches, one after the other."""
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
