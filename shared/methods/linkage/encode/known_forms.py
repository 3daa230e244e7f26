"""Which names of a vocabulary are known forms of one name: by the table of `variants`, or by a rule of `spellings`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.encode.arrays import MISSING, Codes, Mask
from shared.methods.linkage.encode.fields import numbered
from shared.methods.linkage.encode.spellings import are_sentences, parts, respelled
from shared.methods.linkage.encode.variants import Groups, groups_by_name


@dataclass(frozen=True)
class KnownForms:
    """A vocabulary of names and the table of `variants` that says which of them are one."""

    values: pa.Array
    table: Groups

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

    @cached_property
    def respelled(self) -> Codes:
        """A number for each name that its other spellings share (`spellings.respelled`)."""
        return np.append(numbered(respelled(self.values))[0], MISSING)

    @cached_property
    def shortened(self) -> tuple[Mask, Codes]:
        """Which names are sentences (`spellings.parts`), and the pairs of them and their short forms as numbers."""
        place = {name: code for code, name in enumerate(self.values.to_pylist())}
        sentence = np.append(np.asarray(pc.fill_null(are_sentences(self.values), False)), False)
        pairs = [
            code * len(place) + place[part]
            for code in np.flatnonzero(sentence).tolist()
            for part in parts(self.values[code].as_py())
            if part in place
        ]
        return sentence, np.unique(np.array(pairs, np.int64))

    def may_be(self, codes: tuple[Codes, Codes]) -> Mask:
        """Which pairs may be forms of one name; all others are not."""
        may: Mask = (self.bits[codes[0]] & self.bits[codes[1]]) != 0
        return may | self._by_rule(codes)

    def are(self, codes: tuple[Codes, Codes]) -> Mask:
        """Which pairs are forms of one name."""
        together = self._by_rule(codes)
        selected = np.flatnonzero(~together & ((self.bits[codes[0]] & self.bits[codes[1]]) != 0))
        groups = _groups(self.table)[1]
        left, right = (groups[self.listed[side[selected]]] for side in codes)
        together[selected] = ((left[:, :, None] == right[:, None, :]) & (left[:, :, None] >= 0)).any(axis=(1, 2))
        return together

    def _by_rule(self, codes: tuple[Codes, Codes]) -> Mask:
        one, other = self.respelled[codes[0]], self.respelled[codes[1]]
        found: Mask = (one == other) & (one >= 0)
        sentence, shortened = self.shortened
        for long, short in (codes, codes[::-1]):
            at = np.flatnonzero(sentence[long] & (short >= 0))
            found[at] |= np.isin(long[at] * np.int64(len(self.values)) + short[at], shortened)
        return found


@cache
def _groups(table: Groups) -> tuple[tuple[str, ...], Codes]:
    """Every listed name, and a row of its groups each; the last row is of names that are not listed."""
    groups = groups_by_name(table)
    rows = np.full((len(groups) + 1, max(map(len, groups.values()))), MISSING)
    for row, numbers in enumerate(groups.values()):
        rows[row, : len(numbers)] = numbers
    return tuple(groups), rows
