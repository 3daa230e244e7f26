"""Which pairs compete: those of one row on either side, but for copies of one person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shared.methods.linkage.encode.arrays import Codes, Scores
from shared.methods.linkage.encode.keys import Runs, join, renumbered
from shared.methods.linkage.encode.pairs import Pairs, codes_of
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.workers import side_by_side

GRID = 2.0**32
"""Sums are of multiples of one part in so many, so that neither their order nor that of the rows changes a bit."""


def rivals(records: Records, pairs: Pairs) -> Rivals:
    """Which pairs compete. Rows of the same surname, forename and date of birth are copies of one person."""
    fields = (records.surname, records.forename, records.dob)
    person, _ = renumbered(*join([(np.concatenate(codes_of(field, pairs)), field.size) for field in fields]))
    return Rivals.of(pairs, person[: len(pairs)], person[len(pairs) :])


@dataclass(frozen=True)
class Side:
    """How pairs compete for the rows of one side. Pairs that have their row to themselves are left out.

    Pairs of one row with what may be the same person twice (two entries of one person) do not compete: they are
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
        step = (np.maximum.reduceat(best, self.rows) / GRID)[self.row]
        share = np.round(best / step)
        others: Scores = ((np.add.reduceat(share, self.rows)[self.row] - share) * step)[self.copy]
        return others


@dataclass(frozen=True)
class Rivals:
    """Which pairs compete: those of one left row, and those of one right row."""

    pairs: Pairs
    left: Side
    right: Side
    person: Codes
    """Who the right row of each pair is: copies of one person have one number."""

    @staticmethod
    def of(pairs: Pairs, left_person: Codes, right_person: Codes) -> Rivals:
        """Rivals by row, and copies by who a row says it is (`context.rivals`)."""
        sides = (
            (pairs.left, pairs.right, right_person),
            (pairs.right, pairs.left, left_person),
        )
        left, right = side_by_side(lambda side: Side.of(*side), sides)
        persons = int(np.max(right_person, initial=-1)) + 1
        return Rivals(pairs, left, right, np.where(right_person < 0, pairs.right + persons, right_person))
