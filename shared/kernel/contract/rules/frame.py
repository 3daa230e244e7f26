"""Rows as the rules see them: normal-form columns as arrays, each made once.

Every answer is a numpy array with one element per row. An empty cell is False in a mask and NaN among days and numbers,
so a comparison with it is never true and a rule about values never fires on emptiness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.contract.identifiers import Mask, as_mask

Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]
Read = TypeVar("Read")

_EPOCH = date(1970, 1, 1)


class Frame:
    """A table in the contract's columns and normal form, for rules to look at."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._made: dict[tuple[str, str], Any] = {}

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def none(self) -> Mask:
        """No row."""
        return np.zeros(len(self), dtype=np.bool_)

    def only(self, rows: Mask) -> Frame:
        """These rows alone, in their order."""
        return Frame(self._table.filter(pa.array(rows)))

    def column(self, field: str) -> pa.Array:
        """The column as one Arrow array."""
        return self._once("column", field, lambda: self._table.column(field).combine_chunks())

    def filled(self, field: str) -> Mask:
        """Where the cell is not empty."""
        return self._mask("filled", field, lambda: self.column(field).is_valid())

    def among(self, field: str, codes: Sequence[str]) -> Mask:
        """Where the cell is one of these codes."""
        return as_mask(pc.is_in(self.column(field), pa.array(codes, pa.string()))) & self.filled(field)

    def like(self, field: str, pattern: str) -> Mask:
        """Where the RE2 pattern is found in the cell."""
        return as_mask(pc.match_substring_regex(self.column(field), pattern))

    def length(self, field: str) -> Floats:
        """How many characters the cell has."""
        return _floats(pc.utf8_length(self.column(field)))

    def true(self, field: str) -> Mask:
        """Where the flag is set."""
        return as_mask(self.column(field))

    def numbers(self, field: str) -> Floats:
        """A number column."""
        return _floats(self.column(field))

    def days(self, field: str) -> Floats:
        """A date column as days since 1970-01-01, to be compared with `day_number`."""
        values: Floats = self._once("days", field, lambda: _floats(self.column(field).cast(pa.int32())))
        return values

    def holds(self, check: Callable[[Any], Mask], field: str) -> Mask:
        """An identifier check of the column; empty cells do not hold."""
        return self._mask(check.__name__, field, lambda: pa.array(check(self.column(field))))

    def read_as(self, what: str, field: str, read: Callable[[pa.Array], Read]) -> Read:
        """What `read` makes of the column, made once under this word."""
        made: Read = self._once(what, field, lambda: read(self.column(field)))
        return made

    def same(self, fields: Sequence[str], *, fold: bool = False) -> Groups:
        """A number per row; two rows share it where they agree in all the fields (`fold`: upper and lower case alike).

        Two empty cells agree: where that is not meant, leave such rows out by `only` or with a mask.
        """
        columns = [self.column(field) for field in fields]
        return self.alike(
            *(pc.utf8_upper(each) if fold and pa.types.is_string(each.type) else each for each in columns)
        )

    def alike(self, *columns: pa.Array) -> Groups:
        """As `same`, of columns that were made of the frame's."""
        groups: Groups = np.zeros(len(self), dtype=np.int64)
        for values in columns:
            codes: Groups = pc.dictionary_encode(values, null_encoding="encode").indices.to_numpy().astype(np.int64)
            combined = groups * (_count(codes)) + codes
            # Made dense again so that the next product cannot overflow.
            groups = np.unique(combined, return_inverse=True)[1].astype(np.int64)
        return groups

    def _once(self, what: str, field: str, make: Callable[[], Any]) -> Any:
        if (what, field) not in self._made:
            self._made[what, field] = make()
        return self._made[what, field]

    def _mask(self, what: str, field: str, make: Callable[[], pa.Array]) -> Mask:
        mask: Mask = self._once(what, field, lambda: as_mask(make()))
        return mask


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


@lru_cache(maxsize=256)
def years_before(day: date, years: int) -> int:
    """The day number of the same day that many years earlier; 29 February becomes 1 March, as birthdays in law do."""
    try:
        return day_number(day.replace(year=day.year - years))
    except ValueError:
        return day_number(date(day.year - years, 3, 1))


def group_sizes(groups: Groups) -> Groups:
    """For each row, how many rows share its group."""
    sizes: Groups = np.bincount(groups)[groups]
    return sizes


def all_but_best(groups: Groups, *preferences: npt.NDArray[Any]) -> Mask:
    """Every row but the best of each group: the lowest preferences, and among equals the earliest in the file."""
    order = np.lexsort((np.arange(len(groups)), *reversed(preferences), groups))
    later = np.ones(len(groups), dtype=np.bool_)
    ordered = groups[order]
    starts = np.ones(len(groups), dtype=np.bool_)
    starts[1:] = ordered[1:] != ordered[:-1]
    later[order[starts]] = False
    return later


def behind_the_latest(groups: Groups, days: Floats) -> Mask:
    """Rows of an earlier day than the latest of their group."""
    latest = np.full(_count(groups), -np.inf)
    np.maximum.at(latest, groups, days)
    behind: Mask = days < latest[groups]
    return behind


def disagrees(groups: Groups, values: Groups) -> Mask:
    """Rows of groups in which the values are not all the same."""
    lowest = np.full(_count(groups), np.iinfo(np.int64).max, dtype=np.int64)
    highest = np.full(_count(groups), np.iinfo(np.int64).min, dtype=np.int64)
    np.minimum.at(lowest, groups, values)
    np.maximum.at(highest, groups, values)
    verdict: Mask = lowest[groups] != highest[groups]
    return verdict


def _count(groups: Groups) -> int:
    return int(np.max(groups)) + 1 if len(groups) else 0


def _floats(values: pa.Array) -> Floats:
    numbers = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.asarray(numbers, dtype=np.float64)
