"""Pairs of rows, and the two cheap ways to compare them: equal codes, and text on the distinct pairs of values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rapidfuzz import process

from shared.methods.linkage.encode.fields import Codes, Field, Levels, Mask
from shared.methods.linkage.encode.letters import Names

Scores = npt.NDArray[np.float64]


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


def scored(names: Names, codes: tuple[Codes, Codes], scorer: Callable[..., float], least: float = 0.0) -> Scores:
    """`scorer` for pairs of names, once for each distinct pair; 0 where a name is missing or below `least`."""
    said = np.flatnonzero(np.minimum(*codes) >= 0)
    scores = np.zeros(len(codes[0]))
    if not len(said):
        return scores
    left, right = (side[said].astype(np.int64) for side in codes)
    # In an order that the names decide: scorers need not be symmetric, and codes depend on the order of the rows.
    later = names.marks[left] > names.marks[right]
    left, right = np.where(later, right, left), np.where(later, left, right)
    encoded = pa.array(left * len(names.values) + right).dictionary_encode()
    ones, others = np.divmod(encoded.dictionary.to_numpy(), len(names.values))
    spelled = names.spelled
    found = process.cpdist(
        [spelled[code] for code in ones.tolist()],
        [spelled[code] for code in others.tolist()],
        scorer=scorer,
        score_cutoff=least,
        dtype=np.float64,
    )
    scores[said] = found[encoded.indices.to_numpy()]
    return scores
