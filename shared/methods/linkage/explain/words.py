"""Says in words what agrees and what does not. No value of a row appears, only the names of comparison levels."""

from __future__ import annotations

import pyarrow as pa

from shared.methods.linkage.compare.levels import LEVELS
from shared.methods.linkage.compare.patterns import levels_of, pattern_of
from shared.methods.linkage.encode.arrays import Levels

_SILENT_WHEN_MISSING = ("upn", "uln", "sex", "contact", "family")
"""Fields that many files do not hold: their absence is no news."""


def describe(levels: dict[str, Levels]) -> pa.DictionaryArray:
    """One line a pair, e.g. `dob exact; surname exact; forename known variant; address same postcode`.

    `levels` holds every comparison of `LEVELS`. Each distinct pattern is worded once.
    """
    encoded = pa.array(pattern_of(levels)).dictionary_encode()
    distinct = levels_of(encoded.dictionary.to_numpy())
    lines = [
        _line({name: int(level[row]) for name, level in distinct.items()}) for row in range(len(encoded.dictionary))
    ]
    return pa.DictionaryArray.from_arrays(encoded.indices, pa.array(lines, pa.string()))


def _line(levels: dict[str, int]) -> str:
    return "; ".join(
        f"{name} {LEVELS[name](level).name.lower().replace('_', ' ')}"
        for name, level in levels.items()
        if level or name not in _SILENT_WHEN_MISSING
    )
