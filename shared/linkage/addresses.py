"""House and flat numbers of address text: each distinct text is read once, and put together for rows that are asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.linkage import standardise
from shared.linkage.columns import ADDRESS
from shared.linkage.fields import MISSING, Codes, lookup, numbered, recoded


@dataclass(frozen=True)
class Addresses:
    """The house and flat numbers in the address text of one side."""

    parts: tuple[tuple[Codes, pa.Array], ...]
    """Of each column that has any, the codes of the numbers in it by row, and their vocabulary."""

    @staticmethod
    def of(table: pa.Table) -> Addresses:
        """The numbers in the address columns that a table has: text, or the codes of a dictionary."""
        columns = (table.column(name) for name in ADDRESS if name in table.column_names)
        texts = (text if pa.types.is_dictionary(text.type) else text.cast(pa.string()) for text in columns)
        read = (recoded(text.chunks, standardise.house_numbers) for text in texts)
        return Addresses(tuple((codes, values) for codes, values in read if len(values)))

    def house_numbers(self, rows: Codes) -> tuple[Codes, pa.Array]:
        """Codes of the numbers in the address of each of these rows, and their vocabulary (`3A 12`)."""
        found = np.full(len(rows), MISSING, np.int32), pa.array([], pa.string())
        for codes, values in self.parts:
            found = _one_after_the_other(found, (codes[rows], values))
        return found


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
