"""Identifiers that rows of both sides may share (UPN, ULN): numbered where both sides may have the same one.

Mostly one side holds few, so most of the other side's need never be looked at. Whether two identifiers contradict one
another is found for the pairs that are selected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from shared.methods.linkage.encode.arrays import MISSING, Codes, Mask
from shared.methods.linkage.encode.fields import Field, encode
from shared.methods.linkage.encode.key_filter import may_be_on_both_sides
from shared.methods.linkage.encode.pairs import Pairs, codes_of
from shared.methods.linkage.encode.short_text import ShortText, Words
from shared.methods.linkage.schema import Spelling

_SIZE = 1 << 63


@dataclass(frozen=True)
class SharedIdentifier(Field):
    """Codes of what both sides may have; all else is missing among them, and only its text is kept."""

    texts: tuple[pa.Array, pa.Array]
    """Of the left and of the right side, in their normal spelling, whether they hold or not."""
    spelling: Spelling

    @cached_property
    def _filled(self) -> tuple[Mask, Mask]:
        left, right = (text.is_valid().to_numpy(zero_copy_only=False) for text in self.texts)
        return left, right

    @property
    def present(self) -> tuple[int, int]:
        """How many rows of each side have a value; not all of them need hold."""
        left, right = (len(text) - text.null_count for text in self.texts)
        return left, right

    def contradicted(self, pairs: Pairs) -> Codes:
        """The pairs with two identifiers that hold and are not the same, neither of them temporary."""
        left, right = self._filled
        found: Codes = np.flatnonzero(right[pairs.right])
        found = found[left[pairs.left[found]]]
        one, other = codes_of(self, pairs.where(found))
        found = found[(one != other) | (one < 0)]
        rows = pairs.left, pairs.right
        for text, row in zip(self.texts, rows, strict=True):
            if not len(found):
                break
            found = found[self._holds_for_good(text.take(pa.array(row[found])))]
        return found

    def _holds_for_good(self, texts: pa.Array) -> Mask:
        holds = self.spelling.holds(texts)
        return holds if self.spelling.temporary is None else holds & ~self.spelling.temporary(texts)


def encode_identifier(spelling: Spelling, left: pa.ChunkedArray, right: pa.ChunkedArray) -> SharedIdentifier:
    """An identifier of both sides."""
    texts = [spelling.normal(column) for column in (left, right)]
    left_looks, right_looks = (ShortText.both_ends(text) for text in texts)
    at = may_be_on_both_sides(_positive(left_looks.mixed), _positive(right_looks.mixed), _SIZE)
    left_rows, right_rows = left_looks.rows[at[0]], right_looks.rows[at[1]]
    shared = encode(spelling.standard, [_taken(texts[0], left_rows)], [_taken(texts[1], right_rows)])
    left_codes, right_codes = (np.full(len(text), MISSING, np.int32) for text in texts)
    left_codes[left_rows], right_codes[right_rows] = shared.left, shared.right
    return SharedIdentifier(shared.values, left_codes, right_codes, (texts[0], texts[1]), spelling)


def _positive(mixed: Words) -> Codes:
    return (mixed >> np.uint64(1)).astype(np.int64)


def _taken(texts: pa.Array, rows: Codes) -> pa.ChunkedArray:
    return pa.chunked_array([texts.take(pa.array(rows))])
