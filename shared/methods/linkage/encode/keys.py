"""Rows brought together by what they say: several fields as one number, and runs of rows with the same number.

Everything is one sort of numbers that hold a key and a row, which is many times faster than hashing or than sorting
positions; so the order of the rows decides nothing but the order within a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from shared.methods.linkage.encode.arrays import MISSING, Codes
from shared.methods.linkage.encode.fields import Field

BITS = 63
"""What a number of one code and one row may take together."""


@dataclass(frozen=True)
class Runs:
    """Rows with the same code beside one another; rows without a code are left out."""

    rows: Codes
    """Row numbers, run by run; within a run in their order."""
    starts: Codes
    """Where in `rows` each run begins."""
    codes: Codes
    """The code of each run, ascending."""

    @property
    def lengths(self) -> Codes:
        """How many rows each run has."""
        return np.diff(np.append(self.starts, len(self.rows)))

    @property
    def run(self) -> Codes:
        """The number of the run of each entry of `rows`."""
        return np.repeat(np.arange(len(self.starts)), self.lengths)

    @staticmethod
    def of(codes: Codes, size: int) -> Runs:
        """The runs of codes below `size`."""
        ordered, rows = by_code(codes, size)
        starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
        return Runs(rows, starts, ordered[starts])


def by_code(codes: Codes, size: int) -> tuple[Codes, Codes]:
    """The codes that are present in their order, and the row of each. Rows of one code are in their own order."""
    present = np.flatnonzero(codes >= 0)
    shift = len(codes).bit_length()
    if size.bit_length() + shift <= BITS:
        packed = (codes[present].astype(np.int64) << shift) | present
        packed.sort()
        return packed >> shift, packed & ((1 << shift) - 1)
    rows = present[np.argsort(codes[present], kind="stable")]
    return codes[rows], rows


def join(columns: Sequence[tuple[Codes, int]]) -> tuple[Codes, int]:
    """One number for each row's codes (each with its size) together, and the size of the numbers.

    A row that misses one of the codes is missing.
    """
    (lowest, size), joined = columns[0], columns[0][0].astype(np.int64)
    size = max(size, 1)
    for codes, among in columns[1:]:
        if (size * max(among, 1)).bit_length() + len(codes).bit_length() > BITS:
            joined[lowest < 0] = MISSING
            joined, size = renumbered(joined, size)
        lowest = np.minimum(lowest, codes)
        joined *= among
        joined += codes
        size *= max(among, 1)
    if len(columns) > 1:
        joined[lowest < 0] = MISSING
    return joined, size


def positions(starts: Codes, lengths: Codes) -> Codes:
    """All positions of runs that start and are as long as given, one run after the other."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)


def renumbered(codes: Codes, size: int) -> tuple[Codes, int]:
    """The same groups with fewer numbers, from zero up, where there are many more numbers than rows."""
    if size <= 2 * len(codes):
        return codes, size
    ordered, rows = by_code(codes, size)
    starts = np.ones(len(ordered), np.int64)
    starts[1:] = ordered[1:] != ordered[:-1]
    numbers = np.full(len(codes), MISSING)
    numbers[rows] = np.cumsum(starts) - 1
    return numbers, int(starts.sum())


def joined(fields: Sequence[Field]) -> tuple[Codes, Codes, int]:
    """Several fields as one number for each left row and each right row, and the size of the numbers."""
    codes, size = join([(np.concatenate((field.left, field.right)), field.size) for field in fields])
    split = len(fields[0].left)
    return codes[:split], codes[split:], size


def joint(fields: Sequence[Field]) -> Field:
    """Several fields as one, which has numbers but no values to show."""
    left, right, size = joined(fields)
    codes, size = renumbered(np.concatenate((left, right)), size)
    split = len(left)
    return Field(pa.nulls(size), codes[:split].astype(np.int32), codes[split:].astype(np.int32))
