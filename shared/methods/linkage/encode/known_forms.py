"""Which names of a vocabulary are known forms of one name (`variants`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.encode.arrays import MISSING, Codes, Mask
from shared.methods.linkage.encode.variants import groups_by_name


@dataclass(frozen=True)
class KnownForms:
    """A vocabulary of names and the table of `variants` that says which of them are one."""

    values: pa.Array
    table: tuple[tuple[str, ...], ...]

    @cached_property
    def listed(self) -> Codes:
        """The row of each name in the table's groups (`_groups`): the last for names that are missing or not listed."""
        names = pa.array(_groups(self.table)[0])
        row: Codes = pc.fill_null(pc.index_in(self.values, names), MISSING).to_numpy(zero_copy_only=False)
        return np.append(row, MISSING)

    @cached_property
    def bits(self) -> npt.NDArray[np.uint64]:
        """The groups of each name as bits of one number; several groups share a bit."""
        groups = _groups(self.table)[1]
        bits = np.zeros(len(groups), np.uint64)
        for group in groups.T:
            bits |= np.where(group >= 0, np.uint64(1) << (group % 64).astype(np.uint64), np.uint64(0))
        return bits[self.listed]

    def may_be(self, codes: tuple[Codes, Codes]) -> Mask:
        """Which pairs may stand in one group; all others do not."""
        may: Mask = (self.bits[codes[0]] & self.bits[codes[1]]) != 0
        return may

    def are(self, codes: tuple[Codes, Codes]) -> Mask:
        """Which pairs stand in one group."""
        together = self.may_be(codes)
        selected = np.flatnonzero(together)
        groups = _groups(self.table)[1]
        left, right = (groups[self.listed[side[selected]]] for side in codes)
        together[selected] = ((left[:, :, None] == right[:, None, :]) & (left[:, :, None] >= 0)).any(axis=(1, 2))
        return together


@cache
def _groups(table: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], Codes]:
    """Every listed name, and a row of its groups each; the last row is of names that are not listed."""
    groups = groups_by_name(table)
    rows = np.full((len(groups) + 1, max(map(len, groups.values()))), MISSING)
    for row, numbers in enumerate(groups.values()):
        rows[row, : len(numbers)] = numbers
    return tuple(groups), rows
