"""Pairs of rows, and the two cheap ways to compare them: equal codes, and text on the distinct pairs of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.methods.linkage.encode.arrays import Codes, Levels, Mask
from shared.methods.linkage.encode.fields import Field


@dataclass(frozen=True)
class Pairs:
    """Pairs of row numbers: `pupils[i]` may be `households[i]`."""

    pupils: Codes
    households: Codes

    def __len__(self) -> int:
        return len(self.pupils)

    def __add__(self, other: Pairs) -> Pairs:
        return Pairs(np.concatenate((self.pupils, other.pupils)), np.concatenate((self.households, other.households)))

    def where(self, chosen: Codes | Mask) -> Pairs:
        """The chosen pairs, by mask or position."""
        return Pairs(self.pupils[chosen], self.households[chosen])


def pairs_together(lots: Sequence[Pairs]) -> Pairs:
    """The pairs of several lots, one after the other."""
    return Pairs(np.concatenate([lot.pupils for lot in lots]), np.concatenate([lot.households for lot in lots]))


def codes_of(field: Field, pairs: Pairs) -> tuple[Codes, Codes]:
    """The field's codes on both sides of every pair."""
    return field.pupils[pairs.pupils], field.households[pairs.households]


def ranked(codes: tuple[Codes, Codes], differs: int, exact: int) -> Levels:
    """The level of every pair of codes by equality alone; 0 where one is missing, as in every comparison."""
    left, right = codes
    level = np.where(left == right, np.int8(exact), np.int8(differs))
    level *= np.minimum(left, right) >= 0
    return level


def others_of(field: Field, pairs: Pairs) -> Codes:
    """Rows of both tables that agree with the pupil on this field, the pair itself not counted."""
    ours, theirs = codes_of(field, pairs)
    said = ours >= 0
    rows = np.append(field.rows, 0)[ours]
    others: Codes = rows - said - (said & (theirs == ours))
    return others
