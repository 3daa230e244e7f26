"""Says in words what agrees and what does not. No value of a row appears, only the names of comparison levels."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shared.linkage.levels import LEVELS
from shared.linkage.records import Levels

_SILENT_WHEN_MISSING = ("upn", "uln", "sex")
"""Fields that most home boroughs do not hold: their absence is no news."""


def describe(levels: dict[str, Levels]) -> pa.Array:
    """One line a pair, e.g. `dob exact; surname exact; forename known variant; address same postcode`.

    `levels` holds every comparison of `LEVELS`. Each distinct pattern is worded once.
    """
    pattern = np.zeros(len(levels["dob"]), np.int64)
    for name, kind in LEVELS.items():
        pattern = pattern * len(kind) + levels[name]
    encoded = pa.array(pattern).dictionary_encode()
    return pa.array([_line(code) for code in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


def _line(pattern: int) -> str:
    parts = []
    for name, kind in reversed(LEVELS.items()):
        pattern, level = divmod(pattern, len(kind))
        if level or name not in _SILENT_WHEN_MISSING:
            parts.append(f"{name} {kind(level).name.lower().replace('_', ' ')}")
    return "; ".join(reversed(parts))
