"""The agreement's deterministic tiers: integer keys, and what is alone on both sides.

A tier's key joins several fields into one group number per row; -1 is a row with a missing field, which a tier never
takes. All joins are by counting and sorting integers, so the order of the rows decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.methods.linkage.block.equi_join import equi_join
from shared.methods.linkage.encode.arrays import Codes, Mask, counts
from shared.methods.linkage.encode.fields import Field
from shared.methods.linkage.encode.keys import joined, renumbered
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.records import Records

MOST_CANDIDATES = 50
"""Right rows that may share a key: beyond it the key is a placeholder, and nobody can choose among them."""


@dataclass(frozen=True)
class Groups:
    """One tier's key on both sides: rows with the same number agree on every field of it."""

    left: Codes
    right: Codes
    size: int


def group(records: Records, keys: tuple[str, ...]) -> Groups:
    """Number the rows by the values of `keys`."""
    return join_keys([records.key(name) for name in keys])


def join_keys(fields: list[Field]) -> Groups:
    """Number the rows by several fields; a row that misses one of them is in no group."""
    left, right, size = joined(fields)
    numbers, size = renumbered(np.concatenate((left, right)), size)
    return Groups(numbers[: len(left)], numbers[len(left) :], size)


def alone_on_both_sides(groups: Groups, free_left: Mask, free_right: Mask) -> Mask:
    """Which groups hold exactly one free row on each side."""
    alone = np.ones(groups.size, np.bool_)
    for codes, free in ((groups.left, free_left), (groups.right, free_right)):
        alone &= counts(codes[free], groups.size) == 1
    return alone


def only_pairs(groups: Groups, alone: Mask, free_left: Mask, free_right: Mask) -> Pairs:
    """The one pair of free rows of each group that is alone."""
    alone = np.append(alone, False)
    left = np.flatnonzero(free_left & alone[groups.left])
    right = np.flatnonzero(free_right & alone[groups.right])
    row = np.zeros(groups.size, np.int64)
    row[groups.right[right]] = right
    return Pairs(left, row[groups.left[left]])


def candidates(groups: Groups, left: Codes) -> Pairs:
    """Every pair of one of these left rows, in their order, with a right row of its group, unless that is too large to
    choose from."""
    pairs = equi_join(groups.left[left], groups.right, groups.size, MOST_CANDIDATES)
    pairs = pairs.where(np.argsort(pairs.left, kind="stable"))
    return Pairs(left[pairs.left], pairs.right)


def shared_with(groups: Groups) -> Codes:
    """For each left row, how many right rows share its key."""
    shared: Codes = np.append(counts(groups.right, groups.size), 0)[groups.left]
    return shared
