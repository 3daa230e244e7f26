"""Columns in which few values stand many times: each row has the place of its value in a list.

The numbers are places and nothing else. They belong to one list, mean nothing beside another, and have no greatest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Column(Generic[T]):
    """One value a row."""

    numbers: Numbers
    """Of each row: where its value stands in `values`."""
    values: Sequence[T]

    def __getitem__(self, row: int) -> T:
        return self.values[int(self.numbers[row])]

    def mapped(self, say: Callable[[T], U]) -> Column[U]:
        """What `say` says of each row's value; it is asked once a value."""
        return Column(self.numbers, [say(value) for value in self.values])

    def where(self, question: Callable[[T], bool]) -> Mask:
        """Of which rows' values the answer is yes."""
        return np.fromiter(map(question, self.values), np.bool_, len(self.values))[self.numbers]

    def as_numbers(self, say: Callable[[T], int]) -> Numbers:
        """A number for each row's value."""
        return np.fromiter(map(say, self.values), np.int64, len(self.values))[self.numbers]

    def taken(self, rows: Numbers | Mask) -> Column[T]:
        """These rows."""
        return Column(self.numbers[rows], self.values)


def column_of(texts: pa.ChunkedArray) -> Column[str]:
    """A column of texts; each distinct text is one value."""
    encoded = texts.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    return Column(np.asarray(encoded.indices, dtype=np.int64), encoded.dictionary.to_pylist())


def together(*columns: Numbers | Mask) -> tuple[Numbers, Numbers]:
    """Rows that are the same in every column, as one column of numbers; and of each number the first row that has it.

    Column by column: the numbers so far are fewer than there are rows, as are the next column's places, so that one
    number can stand for a pair of them and not overflow.
    """
    numbers = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        dense = pd.factorize(column)[0].astype(np.int64)
        numbers = pd.factorize(numbers * (int(dense.max(initial=0)) + 1) + dense)[0].astype(np.int64)
    firsts = np.unique(numbers, return_index=True)[1].astype(np.int64)
    return numbers, firsts
