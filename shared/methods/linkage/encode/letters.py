"""Prefilters: which letters a name has, as bits of one number, tells at once that most names are nowhere near."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.encode.arrays import Codes, Mask

_BEGINNING = 0.4
"""The most that a common beginning adds: this part of what is missing to a Jaro similarity of one."""


@dataclass(frozen=True)
class Names:
    """A vocabulary of names, whose letters are looked at once."""

    values: pa.Array

    @cached_property
    def spelled(self) -> list[str]:
        """The names as Python spells them."""
        spelled: list[str] = self.values.to_pylist()
        return spelled

    @cached_property
    def marks(self) -> Codes:
        """The place of each name in the alphabet, which does not depend on the order of the rows."""
        return ranks(self.values)

    @cached_property
    def letters(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
        """Of each name the bits of its letters and its length; the last entry is of a missing name."""
        return _letters(self.spelled)

    @cached_property
    def lengths(self) -> Codes:
        """How many letters each name has; the last entry is of a missing name."""
        lengths: Codes = pc.utf8_length(self.values).to_numpy(zero_copy_only=False)
        return np.append(lengths, 0)

    @cached_property
    def double(self) -> Mask:
        """Which names have several words; the last entry is of a missing name."""
        double: Mask = pc.match_substring(self.values, " ").to_numpy(zero_copy_only=False)
        return np.append(double, False)


def may_be_alike(names: Names, codes: tuple[Codes, Codes], similarity: float) -> Mask:
    """Which pairs can have such a Jaro-Winkler similarity or more; all others cannot.

    A letter that only one name has cannot be matched, so the letters bound the similarity from above.
    """
    letters, length = names.letters
    left, right = letters[codes[0]], letters[codes[1]]
    one, other = length[codes[0]], length[codes[1]]
    matched = np.minimum(one - np.bitwise_count(left & ~right), other - np.bitwise_count(right & ~left))
    # (matched/one + matched/other + 1) / 3 is the most that the Jaro similarity can be.
    least = 3 * (similarity - _BEGINNING) / (1 - _BEGINNING) - 1
    alike: Mask = matched * (one + other) >= np.float32(least) * one * other - _SLACK
    alike &= matched > 0
    alike |= (left == _UNREADABLE) | (right == _UNREADABLE)
    return alike


def may_be_shortened(names: Names, codes: tuple[Codes, Codes]) -> Mask:
    """Which pairs of names may be one the beginning or the end of the other; all others are not."""
    letters, _ = names.letters
    left, right = letters[codes[0]], letters[codes[1]]
    both = left & right
    within: Mask = (both == left) | (both == right)
    return within


def shares_letters(names: Names, one: Codes, other: Codes) -> Mask:
    """Which pairs can have a word of three letters in common: they share two letters at least, or cannot be told."""
    letters, _ = names.letters
    left, right = letters[one], letters[other]
    shares: Mask = (np.bitwise_count(left & right) >= 2) | (left == _UNREADABLE) | (right == _UNREADABLE)
    return shares


_SLACK = np.float32(1e-3)
"""What is allowed for numbers of 32 bits."""
_UNREADABLE = np.uint32(0xFFFFFFFF)
"""The letters of a name outside A to Z, of which the bits cannot speak."""


def _letters(values: list[str]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
    """Of each value the bits of its letters and its length; the last entry is of a missing value."""
    joined = np.frombuffer("\0".join(values).encode() + b"\0", np.uint8)
    ends = np.flatnonzero(joined == 0)[: len(values)]
    letters = np.full(len(values) + 1, 0, np.uint32)
    length = np.zeros(len(values) + 1, np.float32)
    if len(values):
        bits = np.where(joined >= 128, _UNREADABLE, np.uint32(1) << (joined & 31).astype(np.uint32))
        bits[joined == 0] = 0
        starts = np.append(0, ends[:-1] + 1)
        letters[:-1] = np.bitwise_or.reduceat(bits, starts)
        length[:-1] = ends - starts
    return letters, length


def ranks(values: pa.Array) -> Codes:
    """The place of each value in their order: a number that depends on what it says and not on where it stands."""
    rank = np.zeros(len(values), np.int64)
    rank[pc.sort_indices(values).to_numpy()] = np.arange(len(values))
    return rank
