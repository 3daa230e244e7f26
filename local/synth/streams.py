"""Random numbers that depend on the seed and the topic alone, so that one part can change without moving another.

Only `random()` and `integers()` of a PCG64 generator are used: their streams are the most stable that numpy has.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


class Streams:
    """One independent generator for each topic of a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def of(self, topic: str) -> np.random.Generator:
        """The generator of `topic`, from its beginning."""
        return np.random.Generator(np.random.PCG64([self.seed, crc32(topic.encode())]))


def cumulative(weights: Floats) -> Floats:
    """Weights as upper bounds between 0 and 1; the last is exactly 1."""
    bounds: Floats = np.cumsum(weights, dtype=np.float64)
    bounds /= bounds[-1]
    bounds[-1] = 1.0
    return bounds


def pick(rng: np.random.Generator, weights: Floats | list[float], size: int) -> Ints:
    """`size` positions drawn by weight."""
    return np.searchsorted(cumulative(np.asarray(weights, dtype=np.float64)), rng.random(size), side="right").astype(
        np.int64
    )


def pick_by_row(rng: np.random.Generator, bounds: Floats, rows: Ints) -> Ints:
    """One position for each of `rows`, drawn by that row of `bounds` (rows of `cumulative`)."""
    draws = rng.random(len(rows))
    picked = np.empty(len(rows), dtype=np.int64)
    for row in np.unique(rows):
        here = rows == row
        picked[here] = np.searchsorted(bounds[row], draws[here], side="right")
    return picked


def chance(rng: np.random.Generator, probability: float | Floats, size: int) -> Flags:
    """`size` throws, each true with `probability` (one, or one for each)."""
    return rng.random(size) < probability


def shuffled(rng: np.random.Generator, size: int) -> Ints:
    """The numbers below `size` in a random order."""
    return np.argsort(rng.random(size), kind="stable").astype(np.int64)


def rank_within(keys: Ints) -> Ints:
    """For each item how many items before it have the same key."""
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], sorted_keys[1:] != sorted_keys[:-1]))) if len(keys) else order
    lengths = np.diff(np.append(starts, len(keys)))
    ranks = np.empty(len(keys), dtype=np.int64)
    ranks[order] = np.arange(len(keys)) - np.repeat(starts, lengths)
    return ranks
