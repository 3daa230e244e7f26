"""How alike names are letter by letter, once for each distinct pair of names."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from rapidfuzz import process

from shared.methods.linkage.encode.arrays import Codes, Scores
from shared.methods.linkage.encode.letters import Names


def scored(names: Names, codes: tuple[Codes, Codes], scorer: Callable[..., float], least: float = 0.0) -> Scores:
    """`scorer` for pairs of names, once for each distinct pair; 0 where a name is missing or below `least`."""
    present = np.flatnonzero(np.minimum(*codes) >= 0)
    scores = np.zeros(len(codes[0]))
    if not len(present):
        return scores
    left, right = (side[present].astype(np.int64) for side in codes)
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
    scores[present] = found[encoded.indices.to_numpy()]
    return scores
