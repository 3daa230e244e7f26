"""Arrays of codes, one number per row: the types that every room uses, and the smallest steps on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

MISSING = -1
Codes = npt.NDArray[np.signedinteger[Any]]
"""Integer codes, one per row; `MISSING` where the row says nothing. Fields keep them in 32 bits."""
Mask = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int8]
"""Comparison levels (see `levels`), one per pair."""
Scores = npt.NDArray[np.float64]


def counts(codes: Codes, size: int) -> Codes:
    """How many rows have each code. (Counting -1 as 0 is quicker than leaving it out.)"""
    found: Codes = np.bincount(codes + 1, minlength=size + 1)[1:]
    return found


def marked(codes: Codes, size: int) -> Mask:
    """Which of so many codes are among these; the last entry is of the missing."""
    found = np.zeros(size + 1, np.bool_)
    found[codes] = True
    return found


def lookup(table: Codes, codes: Codes) -> Codes:
    """`table[code]` for every code, `MISSING` for the missing."""
    found: Codes = np.append(table, np.int32(MISSING))[codes]
    return found
