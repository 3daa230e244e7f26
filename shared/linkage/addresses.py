"""House and flat numbers of address text, found for those rows only that a pair asks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.linkage import standardise
from shared.linkage.columns import ADDRESS
from shared.linkage.fields import MISSING, Codes, filled, lookup, numbered


@dataclass(frozen=True)
class Addresses:
    """The address text of one side, part by part: text, or the codes of a dictionary."""

    parts: tuple[pa.ChunkedArray, ...]

    @staticmethod
    def of(table: pa.Table) -> Addresses:
        """The parts that a table has."""
        parts = (table.column(name) for name in ADDRESS if name in table.column_names)
        return Addresses(
            tuple(
                part.unify_dictionaries() if pa.types.is_dictionary(part.type) else part.cast(pa.string())
                for part in parts
            )
        )

    def house_numbers(self, rows: Codes) -> tuple[Codes, pa.Array]:
        """Codes of the numbers in the address of each of these rows, and their vocabulary (`3A 12`)."""
        codes, values = np.full(len(rows), MISSING, np.int32), pa.array([], pa.string())
        asked = pa.array(rows)
        for part in self.parts:
            more = _numbers(part.take(asked).combine_chunks())
            if len(more[1]):
                codes, values = _one_after_the_other((codes, values), more)
        return codes, values


def _numbers(texts: pa.Array) -> tuple[Codes, pa.Array]:
    encoded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    codes = filled(encoded.indices)
    # Of a dictionary that was made for the whole file, only what these rows use.
    used = np.flatnonzero(np.bincount(codes + 1, minlength=1)[1:])
    own, values = numbered(standardise.house_numbers(encoded.dictionary.take(pa.array(used)).cast(pa.string())))
    table = np.full(len(encoded.dictionary), MISSING, np.int32)
    table[used] = own
    return lookup(table, codes), values


def _one_after_the_other(one: tuple[Codes, pa.Array], other: tuple[Codes, pa.Array]) -> tuple[Codes, pa.Array]:
    """Both texts of each row with a space between them; distinct pairs are put together once."""
    size = len(other[1]) + 1
    both = pa.array((one[0].astype(np.int64) + 1) * size + other[0] + 1).dictionary_encode()
    left, right = np.divmod(both.dictionary.to_numpy(), size)
    first, second = (
        pc.fill_null(values.take(pa.array(code - 1, mask=code == 0)), "")
        for code, (_, values) in ((left, one), (right, other))
    )
    texts = pc.utf8_trim(pc.binary_join_element_wise(first, second, " "), " ")
    codes, values = numbered(pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts))
    return lookup(codes, both.indices.to_numpy()), values
