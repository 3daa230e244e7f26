"""House and flat numbers of address text, which are read for those rows alone that are selected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.encode import standardise
from shared.methods.linkage.encode.arrays import MISSING, Codes, lookup, marked
from shared.methods.linkage.encode.fields import as_kept, numbered


@dataclass(frozen=True)
class Addresses:
    """The address text of one side."""

    places: Codes
    """Of each column and row the place of its text among `texts`."""
    texts: pa.Array

    @staticmethod
    def of(table: pa.Table, names: tuple[str, ...]) -> Addresses:
        """Those of the named columns that a table has: text, or the codes of a dictionary."""
        columns = [table.column(name) for name in names if name in table.column_names]
        filled = [column for column in columns if column.null_count < len(column)]
        places, texts = as_kept([chunk for column in filled for chunk in column.chunks])
        return Addresses(places.reshape(len(filled), table.num_rows), texts)

    def house_numbers(self, rows: Codes) -> tuple[Codes, pa.Array]:
        """Codes of the numbers in the address of each of these rows, and their vocabulary (`3A 12`)."""
        found = np.full(len(rows), MISSING, np.int32), pa.array([], pa.string())
        columns, values = self._numbers(self.places[:, rows])
        for codes in columns[np.any(columns >= 0, axis=1)]:
            found = _one_after_the_other(found, (codes, values))
        return found

    def _numbers(self, places: Codes) -> tuple[Codes, pa.Array]:
        """Codes of the numbers in the texts at these places, and their vocabulary; each text is read once."""
        selected = marked(places, len(self.texts))
        selected[MISSING] = False
        read = np.flatnonzero(selected)
        codes, values = numbered(standardise.house_numbers(self.texts.take(pa.array(read))))
        by_place = np.full(len(selected), MISSING, np.int32)
        by_place[read] = codes
        return by_place[places], values


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
