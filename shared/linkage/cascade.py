"""The agreement's deterministic tiers: integer keys, and what is alone on both sides.

A tier's key joins several fields into one group number per row; -1 is a row with a missing field, which a tier never
takes. All joins are by counting and sorting integers, so the order of the rows decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.linkage.fields import MISSING, Codes, Field, Mask
from shared.linkage.pairs import Pairs
from shared.linkage.records import Records

MOST_CANDIDATES = 50
"""Children that may share a pupil's key: beyond it the key is a placeholder, and no officer can choose among them."""

_BITS = 63
"""What a number of one code and one row may take together."""


@dataclass(frozen=True)
class Groups:
    """One tier's key on both sides: rows with the same number agree on every field of it."""

    pupils: Codes
    households: Codes
    size: int


def group(records: Records, keys: tuple[str, ...]) -> Groups:
    """Number the rows by the values of `keys`."""
    return join_keys([records.key(name) for name in keys], len(records.surname.pupils))


def join_keys(fields: list[Field], pupils: int) -> Groups:
    """Number the rows by several fields; a row that misses one of them is in no group."""
    joined, size = np.zeros(0, np.int64), 1
    for field in fields:
        codes = np.concatenate((field.pupils, field.households))
        if not len(joined):
            joined = np.zeros(len(codes), np.int64)
        if (size * max(field.size, 1)).bit_length() + len(codes).bit_length() > _BITS:
            joined, size = _numbered(joined, size)
        missing = (joined < 0) | (codes < 0)
        joined *= field.size
        joined += codes
        joined[missing] = MISSING
        size *= max(field.size, 1)
    joined, size = _numbered(joined, size)
    return Groups(joined[:pupils], joined[pupils:], size)


def _numbered(codes: Codes, size: int) -> tuple[Codes, int]:
    """The same groups with fewer numbers, from zero up, where there are many more numbers than rows."""
    if size <= 2 * len(codes):
        return codes, size
    ordered, rows = by_code(codes, size)
    starts = np.ones(len(ordered), np.int64)
    starts[1:] = ordered[1:] != ordered[:-1]
    numbers = np.full(len(codes), MISSING)
    numbers[rows] = np.cumsum(starts) - 1
    return numbers, int(starts.sum())


def by_code(codes: Codes, size: int) -> tuple[Codes, Codes]:
    """The codes that are said in their order, and the row of each. Rows of one code are in their own order."""
    said = np.flatnonzero(codes >= 0)
    shift = len(codes).bit_length()
    if size.bit_length() + shift <= _BITS:
        # One number for code and row: sorting numbers is much faster than sorting positions.
        packed = (codes[said] << shift) | said
        packed.sort()
        return packed >> shift, packed & ((1 << shift) - 1)
    rows = said[np.argsort(codes[said], kind="stable")]
    return codes[rows], rows


def counts(codes: Codes, size: int) -> Codes:
    """How many rows each group has."""
    return np.bincount(codes[codes >= 0], minlength=size)


def alone_on_both_sides(groups: Groups, free_pupils: Mask, free_households: Mask) -> Mask:
    """Which groups hold exactly one free row on each side."""
    alone = np.ones(groups.size, np.bool_)
    for codes, free in ((groups.pupils, free_pupils), (groups.households, free_households)):
        alone &= counts(codes[free], groups.size) == 1
    return alone


def only_pairs(groups: Groups, alone: Mask, free_pupils: Mask, free_households: Mask) -> Pairs:
    """The one pair of free rows of each group that is alone."""
    alone = np.append(alone, False)
    pupils = np.flatnonzero(free_pupils & alone[groups.pupils])
    households = np.flatnonzero(free_households & alone[groups.households])
    row = np.zeros(groups.size, np.int64)
    row[groups.households[households]] = households
    return Pairs(pupils, row[groups.pupils[pupils]])


def candidates(groups: Groups, pupils: Codes) -> Pairs:
    """Every pair of one of these pupil rows with a child of its group, unless the group is too large to choose from."""
    sizes = counts(groups.households, groups.size)
    offered = np.append(np.where(sizes <= MOST_CANDIDATES, sizes, 0), 0)[groups.pupils[pupils]]
    children = np.argsort(groups.households, kind="stable")[np.count_nonzero(groups.households < 0) :]
    starts = np.append(np.cumsum(sizes) - sizes, 0)[groups.pupils[pupils]]
    position = np.arange(offered.sum()) - np.repeat(np.cumsum(offered) - offered, offered)
    return Pairs(np.repeat(pupils, offered), children[np.repeat(starts, offered) + position])


def shared_with(groups: Groups) -> Codes:
    """For each pupil row, how many children share its key."""
    shared: Codes = np.append(counts(groups.households, groups.size), 0)[groups.pupils]
    return shared
