"""From weights to probabilities: how many matches there are to be found, and that each row has one partner at most.

All sums are of numbers on a fixed grid, so that their order, and with it the order of the rows, changes no bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shared.methods.linkage.encode.arrays import Scores
from shared.methods.linkage.model.rivals import GRID, Rivals

if TYPE_CHECKING:
    from shared.methods.linkage.policy import Calibration

_FINE = 2.0**20
_MOST = 300.0
"""Bits beyond which a pair is certain enough: what is divided by what others weigh must stay a number."""
_ROUNDS = 3
_LEAST = 2.0**-40
AT_LEAST = 1000
"""Right rows to reckon with even where the file is smaller: a small file is a cut of a larger one."""
ROWS_OF_PRIOR = 50
"""How many left rows the model's share of matches weighs against the files at hand."""


@dataclass(frozen=True)
class World:
    """How many rows there are to choose from, and what is expected of them before any comparison."""

    left_rows: int
    right_rows: int
    found: float
    """Part of the left rows that have a right row here, to begin with."""

    def odds(self, matches: float) -> float:
        """Prior log2 odds of one pair when `matches` are one to one."""
        left, right = max(self.left_rows, 1), max(self.right_rows, AT_LEAST)
        matches = max(min(matches, 0.98 * min(left, right)), 1e-6)
        return float(np.log2(matches / ((left - matches) * (right - matches))))


def posterior(weights: Scores, siblings: Scores, rivals: Rivals, world: World) -> tuple[Scores, float]:
    """The chance of every pair to be one person, and the matches expected in all.

    `weights` are bits without any prior; `siblings` the bits that the two are siblings instead. The number of matches
    is found from the pairs themselves, from the model's expectation on.
    """
    matches = world.found * world.left_rows
    for _ in range(_ROUNDS):
        prior = world.odds(matches)
        chance = compete(weights + prior, siblings + prior, rivals, rounds=1)
        seen = float(np.round(chance * GRID).sum() / GRID)
        share = (seen + ROWS_OF_PRIOR * world.found) / (world.left_rows + ROWS_OF_PRIOR)
        matches = share * world.left_rows
    prior = world.odds(matches)
    return compete(weights + prior, siblings + prior, rivals), prior


def calibrated(chance: Scores, calibration: Calibration) -> Scores:
    """Chances as known pairs have shown them to be."""
    odds = np.log2(np.maximum(chance, _LEAST) / np.maximum(1 - chance, _LEAST))
    odds = np.round((calibration.shift + calibration.slope * odds) * _FINE) / _FINE
    stated: Scores = 1 / (1 + np.exp2(-odds))
    return stated


def compete(bits: Scores, siblings: Scores, rivals: Rivals, rounds: int = 3) -> Scores:
    """Chances from log2 odds: a pair's own odds over all that may hold instead.

    A rival counts for what is left of it when its own other partners are reckoned with (sum-product on the pairs): a
    twin who is taken by her own record does not compete for her brother's.
    """
    if not len(bits):
        return np.zeros(0)
    # Odds, not their logarithms: of the many steps that follow none needs one.
    alone = np.exp2(np.clip(bits, -_MOST, _MOST)) / (1 + np.exp2(np.clip(siblings, -_MOST, _MOST)))
    of_right = alone
    for _ in range(rounds):
        of_left = rivals.left.less_others(alone, of_right)
        of_right = rivals.right.less_others(alone, of_left)
    odds = np.log2(rivals.right.less_others(rivals.left.less_others(alone, of_right), of_left))
    # A vectorised logarithm may differ in its last place by where in an array it stands; what follows must not.
    odds = np.round(odds * _FINE) / _FINE
    chance: Scores = 1 / (1 + np.exp2(-odds))
    return chance
