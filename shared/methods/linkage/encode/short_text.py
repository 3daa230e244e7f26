"""Short text as numbers: sixteen bytes are two of 64 bits, and to sort those is much quicker than to hash text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shared.methods.linkage.encode.arrays import Codes, Mask

_WORD = 8
_LONGEST = 2 * _WORD
SPREAD = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class ShortText:
    """The rows that say something, and what they say as numbers; equal texts have equal numbers, others do not."""

    rows: Codes
    first: Words
    last: Words
    lengths: Words

    @staticmethod
    def of(values: pa.Array) -> ShortText | None:
        """The text of a string array; None where some text is too long."""
        text = ShortText.both_ends(values)
        return None if len(text.lengths) and np.max(text.lengths) > _LONGEST else text

    @staticmethod
    def both_ends(values: pa.Array) -> ShortText:
        """The beginning and the end of the text of a string array, and its length."""
        rows = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
        if not len(rows):
            return ShortText(rows, *(np.zeros(0, np.uint64) for _ in range(3)))
        _, offsets, data = values.buffers()
        bounds = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
        starts, ends = bounds[:-1][rows].astype(np.int64), bounds[1:][rows].astype(np.int64)
        low, high = int(starts[0]), int(ends[-1])
        # A word on either side, so that nothing is read beyond the text.
        text = np.zeros(high - low + 2 * _WORD, np.uint8)
        if high > low:
            text[_WORD:-_WORD] = np.frombuffer(data, np.uint8)[low:high]
        words: Words = np.ndarray((len(text) - _WORD + 1,), "<u8", buffer=text, strides=(1,))
        lengths = ends - starts
        first = words[starts - low + _WORD] & _OF_FIRST[np.minimum(lengths, _WORD)]
        last = words[ends - low] & _OF_LAST[np.clip(lengths - _WORD, 0, _WORD)]
        return ShortText(rows, first, last, lengths.astype(np.uint64))

    @property
    def mixed(self) -> Words:
        """A number for each of `rows`, which depends on nothing but the text; other texts nearly always have others."""
        mixed = self.first * SPREAD[0] ^ self.last * SPREAD[1] ^ self.lengths * SPREAD[2]
        found: Words = (mixed ^ mixed >> np.uint64(29)) * SPREAD[0]
        return found

    def numbered(self, size: int) -> tuple[Codes, Codes]:
        """The number of each of `size` values (-1: null), and the first row of each number."""
        mixed, shift = self.mixed, np.uint64(len(self.rows).bit_length())
        packed = mixed >> shift << shift | np.arange(len(self.rows), dtype=np.uint64)
        packed.sort()
        order = (packed & ((np.uint64(1) << shift) - np.uint64(1))).astype(np.int64)
        looks = packed >> shift
        new = np.ones(len(order), np.bool_)
        new[1:] = looks[1:] != looks[:-1]
        again = np.flatnonzero(~new)
        if self._differ(order[again], order[again - 1]).any():
            self._tell_apart(order, new)
        # Numbers in the order in which the rows have them, so that what is taken by them is read from end to end.
        first_rows = self.rows[order[new]]
        is_first = np.zeros(size, np.bool_)
        is_first[first_rows] = True
        rank = np.cumsum(is_first, dtype=np.int32) - np.int32(1)
        codes = np.full(size, -1, np.int32)
        codes[self.rows[order]] = rank[first_rows][np.cumsum(new) - 1]
        return codes, np.flatnonzero(is_first)

    def _differ(self, one: Codes, other: Codes) -> Mask:
        """Which positions of `rows` have other text."""
        differ: Mask = self.first[one] != self.first[other]
        for part in (self.last, self.lengths):
            differ |= part[one] != part[other]
        return differ

    def _tell_apart(self, order: Codes, new: Mask) -> None:
        """Sort again, by their text, those runs of `order` that look alike and are not; hardly ever are there any."""
        run = np.cumsum(new) - 1
        again = np.flatnonzero(~new)
        mixed = np.zeros(int(run[-1]) + 1, np.bool_)
        mixed[run[again[self._differ(order[again], order[again - 1])]]] = True
        at = np.flatnonzero(mixed[run])
        rows = order[at]
        order[at] = rows[np.lexsort((rows, self.lengths[rows], self.last[rows], self.first[rows], run[at]))]
        later = at[1:][run[at[1:]] == run[at[:-1]]]
        new[later] = self._differ(order[later], order[later - 1])


_BITS = np.arange(_WORD + 1, dtype=np.uint64) * np.uint64(8)
_OF_FIRST: Words = np.append((np.uint64(1) << _BITS[:-1]) - np.uint64(1), ~np.uint64(0))
"""By length, the bytes of a word that a text of that length fills from its beginning."""
_OF_LAST: Words = ~_OF_FIRST[::-1]
"""By what is longer than a word, the bytes of the last word that are not in the first."""
