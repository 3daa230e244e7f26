"""A prefilter: which letters a name has, as bits of one number, tells at once that most names are nowhere near."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from shared.linkage.fields import Codes, Mask
    from shared.linkage.pairs import Scores

_LEAST_JARO = 0.5
"""The Jaro similarity under which no common beginning makes a Jaro-Winkler similarity of 0.7."""


@dataclass(frozen=True)
class Names:
    """A vocabulary of names, whose letters are looked at once."""

    values: pa.Array

    @cached_property
    def letters(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float64]]:
        """Of each name the bits of its letters and its length; the last entry is of a missing name."""
        return _letters(self.values)


def may_be_alike(names: Names, codes: tuple[Codes, Codes]) -> Mask:
    """Which pairs can have a Jaro-Winkler similarity of 0.7 or more; all others cannot.

    A letter that only one name has cannot be matched, so the letters bound the similarity from above.
    """
    letters, length = names.letters
    left, right = letters[codes[0]], letters[codes[1]]
    ours, theirs = length[codes[0]], length[codes[1]]
    matched = np.minimum(ours - np.bitwise_count(left & ~right), theirs - np.bitwise_count(right & ~left))
    bound: Scores = (matched / np.maximum(ours, 1) + matched / np.maximum(theirs, 1) + 1) / 3
    alike: Mask = (matched > 0) & (bound >= _LEAST_JARO) | (left == _UNREADABLE) | (right == _UNREADABLE)
    return alike & (codes[0] >= 0) & (codes[1] >= 0)


def shares_letters(names: Names, one: Codes, other: Codes) -> Mask:
    """Which pairs can have a word of three letters in common: they share two letters at least, or cannot be told."""
    letters, _ = names.letters
    left, right = letters[one], letters[other]
    shares: Mask = (np.bitwise_count(left & right) >= 2) | (left == _UNREADABLE) | (right == _UNREADABLE)
    return shares


_UNREADABLE = np.uint32(0xFFFFFFFF)
"""The letters of a name outside A to Z, of which the bits cannot speak."""


def _letters(values: pa.Array) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.float64]]:
    """Of each value the bits of its letters and its length; the last entry is of a missing value."""
    joined = np.frombuffer("\0".join(values.to_pylist()).encode() + b"\0", np.uint8)
    ends = np.flatnonzero(joined == 0)[: len(values)]
    letters = np.full(len(values) + 1, 0, np.uint32)
    length = np.zeros(len(values) + 1)
    if len(values):
        bits = np.where(joined >= 128, _UNREADABLE, np.uint32(1) << (joined & 31).astype(np.uint32))
        bits[joined == 0] = 0
        starts = np.append(0, ends[:-1] + 1)
        letters[:-1] = np.bitwise_or.reduceat(bits, starts)
        length[:-1] = ends - starts
    return letters, length
