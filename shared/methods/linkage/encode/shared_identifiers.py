"""Identifiers that a pupil and a child may share (UPN, ULN): numbered where both sides may have the same one.

Few home boroughs hold any, so most pupils' need never be spelt out. Whether two identifiers contradict one another is
found for the pairs that are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.contract.identifiers import identifiers_normal
from shared.methods.linkage.encode.arrays import MISSING, Codes, Mask
from shared.methods.linkage.encode.fields import Field, Standard, encode
from shared.methods.linkage.encode.key_filter import may_meet
from shared.methods.linkage.encode.pairs import Pairs, codes_of
from shared.methods.linkage.encode.short_text import ShortText, Words

_SIZE = 1 << 63


@dataclass(frozen=True)
class SharedIdentifier(Field):
    """Codes of what both sides may have; all else is missing among them, and only its text is kept."""

    texts: tuple[pa.Array, pa.Array]
    """Of pupils and of households, in capitals and without blanks, whether they hold or not."""
    standard: Standard

    @cached_property
    def _says(self) -> tuple[Mask, Mask]:
        ours, theirs = (text.is_valid().to_numpy(zero_copy_only=False) for text in self.texts)
        return ours, theirs

    @property
    def said(self) -> tuple[int, int]:
        """How many rows of each side say something; not all of it need hold."""
        pupils, households = (len(text) - text.null_count for text in self.texts)
        return pupils, households

    def contradicted(self, pairs: Pairs, temporary: str | None) -> Codes:
        """The pairs with two identifiers that hold and are not the same, neither of them `temporary` (a pattern)."""
        ours, theirs = self._says
        found: Codes = np.flatnonzero(theirs[pairs.households])
        found = found[ours[pairs.pupils[found]]]
        one, other = codes_of(self, pairs.where(found))
        found = found[(one != other) | (one < 0)]
        rows = pairs.pupils, pairs.households
        for text, row in zip(self.texts, rows, strict=True):
            if not len(found):
                break
            holds = self.standard(text.take(pa.array(row[found])))
            if temporary is not None:
                holds = pc.if_else(pc.match_substring_regex(holds, temporary), None, holds)
            found = found[holds.is_valid().to_numpy(zero_copy_only=False)]
        return found


def encode_identifier(standard: Standard, pupils: pa.ChunkedArray, households: pa.ChunkedArray) -> SharedIdentifier:
    """An identifier of both sides, which holds where its `standard` form is not null."""
    ours, theirs = (identifiers_normal(column) for column in (pupils, households))
    our_looks, their_looks = ShortText.both_ends(ours), ShortText.both_ends(theirs)
    at = may_meet(_positive(our_looks.mixed), _positive(their_looks.mixed), _SIZE)
    our_rows, their_rows = our_looks.rows[at[0]], their_looks.rows[at[1]]
    shared = encode(standard, [_taken(ours, our_rows)], [_taken(theirs, their_rows)])
    our_codes, their_codes = (np.full(len(text), MISSING, np.int32) for text in (ours, theirs))
    our_codes[our_rows], their_codes[their_rows] = shared.pupils, shared.households
    return SharedIdentifier(shared.values, our_codes, their_codes, (ours, theirs), standard)


def _positive(mixed: Words) -> Codes:
    return (mixed >> np.uint64(1)).astype(np.int64)


def _taken(texts: pa.Array, rows: Codes) -> pa.ChunkedArray:
    return pa.chunked_array([texts.take(pa.array(rows))])
