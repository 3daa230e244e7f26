"""From weights to probabilities: how many matches there are to be found, and that each row has one partner at most.

All sums are of numbers on a fixed grid, so that their order, and with it the order of the rows, changes no bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shared.methods.linkage.encode.arrays import Codes, Scores
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


KIN = 0.85
"""Of the families of one home and surname that do not list a person, the part that is the person's own, as known ones
of synthetic London were: others are relatives' at the same home, whom no comparison tells apart."""


@dataclass(frozen=True)
class Families:
    """What each pair says of its right row's family, for the pair's left row."""

    chance: Scores
    """That the left row is of the family: one of its rows, or one that it does not list."""
    unlisted: Scores
    """That it is of the family, and no row of it."""


def of_families(bits: Scores, siblings: Scores, rivals: Rivals, family: Codes) -> Families:
    """The chances of families from log2 odds of their rows; what may hold instead is another family, or none.

    `family` numbers the right row of every pair. Two families with one person do not compete, they are a tie. That a
    family does not list the left row is counted once for it, at the best of its rows; it may then be relatives'.
    """
    left, person = rivals.pairs.left, rivals.person
    odds, apart = (np.exp2(np.clip(part, -_MOST, _MOST)) for part in (bits, siblings))
    alone = odds / (1 + apart)
    of_left = rivals.left.less_others(alone, rivals.right.less_others(alone, rivals.left.less_others(alone, alone)))
    listed = rivals.right.less_others(odds, of_left)
    rows = int(np.max(left, initial=-1)) + 1
    most = np.ones(rows)
    for part in (listed, apart):
        np.maximum.at(most, left, part)
    # Whole parts of the best, so that no order of the pairs changes a sum.
    step = most / GRID
    listed, apart = (np.round(part / step[left]) for part in (listed, apart))
    of_person, of_family = _Runs.of(left, person), _Runs.of(left, family)
    total = np.round(1 / step) + np.bincount(left[of_person.first], weights=of_person.most(listed), minlength=rows)
    total += np.bincount(left[of_family.first], weights=of_family.most(apart), minlength=rows)
    beside = np.round(KIN * of_family.most(apart))[of_family.run]
    chance = np.minimum((of_family.sum(listed)[of_family.run] + beside) / total[left], 1.0)
    return Families(chance, beside / total[left])


@dataclass(frozen=True)
class _Runs:
    """Pairs that share a left row and something else."""

    first: Codes
    run: Codes

    @staticmethod
    def of(left: Codes, other: Codes) -> _Runs:
        key = left.astype(np.int64) * (int(np.max(other, initial=-1)) + 1) + other
        _, first, run = np.unique(key, return_index=True, return_inverse=True)
        return _Runs(first, run)

    def most(self, values: Scores) -> Scores:
        best = np.zeros(len(self.first))
        np.maximum.at(best, self.run, values)
        return best

    def sum(self, values: Scores) -> Scores:
        return np.bincount(self.run, weights=values, minlength=len(self.first))


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
