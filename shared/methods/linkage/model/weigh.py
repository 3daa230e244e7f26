"""Finds the pairs that weigh enough: what codes alone rule out is never compared letter by letter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.methods.linkage.compare.batches import in_batches, levels_together
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.encode.arrays import Codes, Levels
from shared.methods.linkage.encode.pairs import Pairs, pairs_together
from shared.methods.linkage.model.upper_bound import may_weigh
from shared.methods.linkage.model.weights import Scale


@dataclass(frozen=True)
class Weighed:
    """Pairs and the levels of every comparison."""

    pairs: Pairs
    levels: dict[str, Levels]

    def __add__(self, other: Weighed) -> Weighed:
        return Weighed(self.pairs + other.pairs, levels_together([self.levels, other.levels]))

    def where(self, chosen: Codes) -> Weighed:
        """The chosen pairs, by mask or position."""
        return Weighed(self.pairs.where(chosen), {name: level[chosen] for name, level in self.levels.items()})


def weigh(scale: Scale, pairs: Pairs, similarity: float, least: float) -> Weighed:
    """Those of these pairs that weigh at least so many bits, in their order; nothing is known of families yet."""

    selected = in_batches(lambda batch: batch.where(may_weigh(scale, batch, similarity, least)), pairs)
    pairs = pairs_together(selected)
    weighed = Weighed(pairs, compare(scale.records, pairs, similarity))
    return weighed.where(np.flatnonzero(scale.bits(pairs, weighed.levels).total >= least))
