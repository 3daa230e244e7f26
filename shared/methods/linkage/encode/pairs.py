"""Pairs of rows, and the two cheap ways to compare them: equal codes, and text on the distinct pairs of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.methods.linkage.encode.arrays import Codes, Levels, Mask
from shared.methods.linkage.encode.fields import Field


@dataclass(frozen=True)
class Pairs:
    """Pairs of row numbers: `left[i]` may be `right[i]`."""

    left: Codes
    right: Codes

    def __len__(self) -> int:
        return len(self.left)

    def __add__(self, other: Pairs) -> Pairs:
        return Pairs(np.concatenate((self.left, other.left)), np.concatenate((self.right, other.right)))

    def where(self, chosen: Codes | Mask) -> Pairs:
        """The chosen pairs, by mask or position."""
        return Pairs(self.left[chosen], self.right[chosen])


def pairs_together(batches: Sequence[Pairs]) -> Pairs:
    """The pairs of several batches, one after the other."""
    return Pairs(np.concatenate([batch.left for batch in batches]), np.concatenate([batch.right for batch in batches]))


def codes_of(field: Field, pairs: Pairs) -> tuple[Codes, Codes]:
    """The field's codes on both sides of every pair."""
    return field.left[pairs.left], field.right[pairs.right]


def ranked(codes: tuple[Codes, Codes], differs: int, exact: int) -> Levels:
    """The level of every pair of codes by equality alone; 0 where one is missing, as in every comparison."""
    left, right = codes
    level = np.where(left == right, np.int8(exact), np.int8(differs))
    level *= np.minimum(left, right) >= 0
    return level


def others_of(field: Field, pairs: Pairs) -> Codes:
    """Rows of both tables that agree with the left row on this field, the pair itself not counted."""
    left, right = codes_of(field, pairs)
    present = left >= 0
    rows = np.append(field.rows, 0)[left]
    others: Codes = rows - present - (present & (right == left))
    return others
