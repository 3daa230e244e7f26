"""Texts as small numbers: the same text has the same number in every block, so that rows can be counted by number."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Numbers = npt.NDArray[np.int64]


class Codes:
    """Numbers texts in the order in which they come, up to a limit; the last number stands for all beyond it."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self._numbers: dict[Any, int] = {}
        self.texts: list[Any] = []

    def number(self, text: Any) -> int:
        """The text's number."""
        found = self._numbers.get(text)
        if found is None:
            found = min(len(self.texts), 2**self.bits - 1)
            if len(self.texts) < 2**self.bits:
                self._numbers[text] = found
                self.texts.append(text)
        return found

    def encode(self, column: pa.ChunkedArray) -> Numbers:
        """The numbers of a column."""
        positions, texts = positions_of(column)
        return np.fromiter(map(self.number, texts), np.int64, len(texts))[positions]


def positions_of(column: pa.ChunkedArray) -> tuple[Numbers, list[str]]:
    """Each row's place among the distinct values, and these."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    return np.asarray(encoded.indices, dtype=np.int64), encoded.dictionary.to_pylist()
