"""One field of both sides as integer codes: one vocabulary for the two, so that equal codes mean equal values.

Columns come as text or already as codes of a dictionary, as Parquet keeps them; only distinct values are ever spelt
out in their standard form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.encode.arrays import MISSING, Codes, counts, lookup
from shared.methods.linkage.encode.letters import Names

Standard = Callable[[pa.Array], pa.Array]
"""Values in standard form (`standardise`); null is missing."""


@dataclass(frozen=True)
class Field:
    """One field of both sides. `values[code]` is the standard form; codes below zero are missing."""

    values: pa.Array
    left: Codes
    right: Codes

    @property
    def size(self) -> int:
        """How many distinct values there are."""
        return len(self.values)

    @cached_property
    def rows(self) -> Codes:
        """How many rows of both sides have each value."""
        rows: Codes = counts(self.left, self.size) + counts(self.right, self.size)
        return rows

    @property
    def present(self) -> tuple[int, int]:
        """How many rows of each side have a value."""
        left, right = (int(np.count_nonzero(codes >= 0)) for codes in (self.left, self.right))
        return left, right

    @cached_property
    def names(self) -> Names:
        """The values as names whose letters are looked at."""
        return Names(self.values)

    def mapped(self, change: Standard) -> Field:
        """The field after `change` on its vocabulary, e.g. its first three letters; null becomes missing."""
        codes, values = numbered(change(self.values))
        return Field(values, lookup(codes, self.left), lookup(codes, self.right))


def encode(standard: Standard, left: Sequence[pa.ChunkedArray], right: Sequence[pa.ChunkedArray]) -> Field:
    """Codes of the columns of each side (several of one side lie one after the other), by their `standard` form."""
    chunks = [[chunk for column in side for chunk in column.chunks] for side in (left, right)]
    codes, values = recoded([*chunks[0], *chunks[1]], standard)
    split = sum(map(len, chunks[0]))
    return Field(values, codes[:split], codes[split:])


def recoded(chunks: list[pa.Array], standard: Standard) -> tuple[Codes, pa.Array]:
    """Codes of all chunks, one after the other, and their vocabulary in `standard` form."""
    places, texts = as_kept(chunks)
    raw, spelled = numbered(texts)
    codes, values = _in_standard(spelled, standard(spelled))
    return lookup(lookup(codes, raw), places), values


def as_kept(chunks: list[pa.Array]) -> tuple[Codes, pa.Array]:
    """The texts that chunks keep, one chunk after the other and not all different, and the place of each row's text
    among them. A text may be null, and a row may have none."""
    texts, places = [pa.array([], pa.string())], [np.zeros(0, np.int32)]
    start = 0
    for chunk in chunks:
        coded = pa.types.is_dictionary(chunk.type)
        kept = chunk.dictionary if coded else chunk
        place = filled(chunk.indices) if coded else np.arange(len(chunk), dtype=np.int32)
        places.append(np.where(place < 0, np.int32(MISSING), place + np.int32(start)))
        texts.append(kept.cast(pa.string()))
        start += len(kept)
    return np.concatenate(places), pa.concat_arrays(texts)


def _in_standard(spelled: pa.Array, standard: pa.Array) -> tuple[Codes, pa.Array]:
    """`numbered` of the standard forms of distinct values, which are mostly what they were."""
    if spelled.type == standard.type and pc.all(pc.equal(spelled, standard), min_count=0).as_py():
        present = standard.is_valid().to_numpy(zero_copy_only=False)
        codes = np.where(present, np.cumsum(present, dtype=np.int32) - np.int32(1), np.int32(MISSING))
        return codes, standard.drop_null()
    return numbered(standard)


def numbered(values: pa.Array) -> tuple[Codes, pa.Array]:
    """The number of every value, and the distinct values. Null is missing."""
    encoded = values.dictionary_encode()
    return filled(encoded.indices), encoded.dictionary


def filled(indices: pa.Array) -> Codes:
    """Arrow integers as codes; null is missing."""
    codes: Codes = pc.fill_null(indices, MISSING).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return codes


def in_one_vocabulary(one: Field, other: Field) -> tuple[Field, Field]:
    """Two fields with one vocabulary for both."""
    codes, values = numbered(pa.concat_arrays([one.values, other.values]))
    first, second = codes[: one.size], codes[one.size :]
    return (
        Field(values, lookup(first, one.left), lookup(first, one.right)),
        Field(values, lookup(second, other.left), lookup(second, other.right)),
    )
