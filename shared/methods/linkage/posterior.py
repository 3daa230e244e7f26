"""From weights to probabilities: how many matches there are to be found, and that each child is one pupil at most.

All sums are of numbers on a fixed grid, so that their order, and with it the order of the rows, changes no bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from shared.methods.linkage.fields import Codes
from shared.methods.linkage.keys import Runs, join
from shared.methods.linkage.lots import side_by_side
from shared.methods.linkage.pairs import Pairs, Scores

if TYPE_CHECKING:
    from shared.methods.linkage.policy import Calibration

_GRID = 2.0**32
_FINE = 2.0**20
_MOST = 300.0
"""Bits beyond which a pair is certain enough: what is divided by what others weigh must stay a number."""
_ROUNDS = 3
_LEAST = 2.0**-40
AT_LEAST = 1000
"""Children to reckon with even where the file is smaller: a small file is a cut of a larger one."""
PUPILS_OF_PRIOR = 50
"""How many pupils the model's share of matches weighs against the files at hand."""


@dataclass(frozen=True)
class World:
    """How many rows there are to choose from, and what is expected of them before any comparison."""

    pupils: int
    households: int
    found: float
    """Part of the pupils who have a child here, to begin with."""

    def odds(self, matches: float) -> float:
        """Prior log2 odds of one pair when `matches` are one to one."""
        pupils, households = max(self.pupils, 1), max(self.households, AT_LEAST)
        matches = max(min(matches, 0.98 * min(pupils, households)), 1e-6)
        return float(np.log2(matches / ((pupils - matches) * (households - matches))))


@dataclass(frozen=True)
class Side:
    """How pairs compete for the rows of one side. Pairs that have their row to themselves are left out.

    Pairs of one row with what may be the same person twice (two claims, two registrations) do not compete: they are
    copies, of which the best stands for all.
    """

    pairs: Codes
    """The pairs that have a rival: row by row, and copies beside one another."""
    copies: Codes
    """Where in `pairs` each person begins."""
    rows: Codes
    """Where in `copies` each row begins."""

    @staticmethod
    def of(row: Codes, other: Codes, person: Codes) -> Side:
        """Pairs by their row on this side; `person` says who the row of the other side says it is (-1: unknown)."""
        persons = int(np.max(person, initial=-1)) + 1
        who = np.where(person < 0, other + persons, person)
        key, size = join([(row, int(np.max(row, initial=-1)) + 1), (who, int(np.max(who, initial=-1)) + 1)])
        copies = Runs.of(key, size)
        rows = row[copies.rows[copies.starts]]
        crowded = np.bincount(rows, minlength=1)[rows] > 1
        lengths = copies.lengths[crowded]
        rows = rows[crowded]
        return Side(
            copies.rows[np.repeat(crowded, copies.lengths)],
            np.cumsum(lengths) - lengths,
            np.flatnonzero(np.append(True, rows[1:] != rows[:-1])[: len(rows)]),
        )

    @cached_property
    def row(self) -> Codes:
        """The number of the row of each person."""
        return np.repeat(np.arange(len(self.rows)), np.diff(np.append(self.rows, len(self.copies))))

    @cached_property
    def copy(self) -> Codes:
        """The number of the person of each pair."""
        return np.repeat(np.arange(len(self.copies)), np.diff(np.append(self.copies, len(self.pairs))))

    def less_others(self, alone: Scores, odds: Scores) -> Scores:
        """`alone`, divided by what the summed `odds` of the other persons of each pair's row leave room for."""
        left = alone.copy()
        if len(self.pairs):
            left[self.pairs] /= 1 + self._others(odds[self.pairs])
        return left

    def _others(self, odds: Scores) -> Scores:
        """The summed odds of the other persons of each pair's row; each person counts once, at the best."""
        best = np.maximum.reduceat(odds, self.copies)
        step = (np.maximum.reduceat(best, self.rows) / _GRID)[self.row]
        share = np.round(best / step)
        others: Scores = ((np.add.reduceat(share, self.rows)[self.row] - share) * step)[self.copy]
        return others


@dataclass(frozen=True)
class Rivals:
    """Which pairs compete: those of one pupil, and those of one child."""

    pupil: Side
    child: Side

    @staticmethod
    def of(pairs: Pairs, pupil_person: Codes, child_person: Codes) -> Rivals:
        """Rivals by row, and copies by who a row says it is (`context.rivals`)."""
        sides = (
            (pairs.pupils, pairs.households, child_person),
            (pairs.households, pairs.pupils, pupil_person),
        )
        return Rivals(*side_by_side(lambda side: Side.of(*side), sides))


def posterior(weights: Scores, siblings: Scores, rivals: Rivals, world: World) -> tuple[Scores, float]:
    """The chance of every pair to be one child, and the matches expected in all.

    `weights` are bits without any prior; `siblings` the bits that the two are siblings instead. The number of matches
    is found from the pairs themselves, from the model's expectation on.
    """
    matches = world.found * world.pupils
    for _ in range(_ROUNDS):
        prior = world.odds(matches)
        chance = compete(weights + prior, siblings + prior, rivals, rounds=1)
        seen = float(np.round(chance * _GRID).sum() / _GRID)
        share = (seen + PUPILS_OF_PRIOR * world.found) / (world.pupils + PUPILS_OF_PRIOR)
        matches = share * world.pupils
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
    of_child = alone
    for _ in range(rounds):
        of_pupil = rivals.pupil.less_others(alone, of_child)
        of_child = rivals.child.less_others(alone, of_pupil)
    odds = np.log2(rivals.child.less_others(rivals.pupil.less_others(alone, of_child), of_pupil))
    # A vectorised logarithm may differ in its last place by where in an array it stands; what follows must not.
    odds = np.round(odds * _FINE) / _FINE
    chance: Scores = 1 / (1 + np.exp2(-odds))
    return chance
