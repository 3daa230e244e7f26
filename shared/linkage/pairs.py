"""Pairs of rows, and the two cheap ways to compare them: equal codes, and text on the distinct pairs of values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import process

from shared.linkage.fields import Codes, Field, Levels, Mask

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


def scored(values: pa.Array, codes: tuple[Codes, Codes], scorer: Callable[..., float], least: float = 0.0) -> Scores:
    """`scorer` for pairs of values, once for each distinct pair; 0 where a value is missing or below `least`."""
    said = (codes[0] >= 0) & (codes[1] >= 0)
    scores = np.zeros(len(codes[0]))
    if not said.any():
        return scores
    size = len(values)
    low, high = np.minimum(*codes)[said].astype(np.int64), np.maximum(*codes)[said]
    encoded = pa.array(low * size + high).dictionary_encode()
    distinct = encoded.dictionary.to_numpy()
    one, other = values.take(pa.array(distinct // size)), values.take(pa.array(distinct % size))
    # In the order of the alphabet: scorers need not be symmetric, and codes depend on the order of the rows.
    left, right = pc.min_element_wise(one, other).to_pylist(), pc.max_element_wise(one, other).to_pylist()
    found = process.cpdist(left, right, scorer=scorer, score_cutoff=least, dtype=np.float64)
    scores[said] = found[encoded.indices.to_numpy()]
    return scores
