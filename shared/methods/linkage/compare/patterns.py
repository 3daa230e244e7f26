"""Patterns: pairs with the same level everywhere, as one number. Millions of pairs have a few thousand patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.methods.linkage.compare.levels import LEVELS
from shared.methods.linkage.encode.arrays import Codes, Levels

SIZE = int(np.prod([len(kind) for kind in LEVELS.values()]))


def pattern_of(levels: dict[str, Levels]) -> Codes:
    """The pattern number of every pair."""
    pattern = np.zeros(len(levels["dob"]), np.int64)
    for name, kind in LEVELS.items():
        pattern *= len(kind)
        pattern += levels[name]
    return pattern


def levels_of(patterns: Codes) -> dict[str, Codes]:
    """The levels of pattern numbers."""
    levels: dict[str, Codes] = {}
    for name, kind in reversed(LEVELS.items()):
        patterns, levels[name] = np.divmod(patterns, len(kind))
    return {name: levels[name] for name in LEVELS}


@dataclass(frozen=True)
class Patterns:
    """Distinct patterns and how many pairs have each."""

    numbers: Codes
    pairs: Codes

    @staticmethod
    def counted(patterns: Codes) -> Patterns:
        """Count the patterns of pairs."""
        counts = np.bincount(patterns, minlength=SIZE)
        numbers = np.flatnonzero(counts)
        return Patterns(numbers, counts[numbers])
