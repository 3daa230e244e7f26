"""Pairs and the levels of every comparison."""

from __future__ import annotations

from dataclasses import dataclass

from shared.methods.linkage.encode.arrays import Codes, Levels
from shared.methods.linkage.encode.pairs import Pairs


@dataclass(frozen=True)
class Weighed:
    """Pairs and the levels of every comparison."""

    pairs: Pairs
    levels: dict[str, Levels]

    def where(self, chosen: Codes) -> Weighed:
        """The chosen pairs, by position."""
        return Weighed(self.pairs.where(chosen), {name: level[chosen] for name, level in self.levels.items()})
