"""Which columns of the two tables say what: an agreement declares it, and linkage knows no other column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Verdict = Callable[[pa.Array], npt.NDArray[np.bool_]]
"""Of every text of a column, whether something holds."""


@dataclass(frozen=True)
class Spelling:
    """How an identifier is written and whether it holds. Who keeps the contract knows; linkage is told.

    All three take a whole column (Arrow array or chunked array of text).
    """

    normal: Callable[[Any], pa.Array]
    """The one spelling of each text; what is no identifier may stay as it is."""
    holds: Verdict
    """Which texts in that spelling can be such an identifier."""
    temporary: Verdict | None = None
    """Which of them are replaced by and by, so that two of one person may differ; None: none is."""

    def standard(self, values: pa.Array | pa.ChunkedArray) -> pa.Array:
        """The normal spelling, and null where it does not hold."""
        normal = self.normal(values)
        return pc.if_else(pa.array(self.holds(normal)), normal, pa.scalar(None, pa.string()))


@dataclass(frozen=True)
class Columns:
    """The columns of one table. None, or no name: the table has no such column; a named one may be absent as well."""

    surname: str | None = None
    forename: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    upn: str | None = None
    uln: str | None = None
    postcode: str | None = None
    uprn: str | None = None
    address: tuple[str, ...] = ()
    """Where a house number may stand. Towns and postcodes stay out: their digits are none."""

    @property
    def often_alike(self) -> frozenset[str]:
        """Those whose values repeat, so that they are best read as the codes that Parquet keeps (`read_dictionary`)."""
        return _named(self.surname, self.forename, self.sex, self.postcode, *self.address)

    @property
    def names(self) -> frozenset[str]:
        """Every column on which a link depends; all others may be left in the file."""
        return self.often_alike | _named(self.birth_date, self.upn, self.uln, self.uprn)


@dataclass(frozen=True)
class LeftColumns(Columns):
    """The table of which every row is linked with at most one row of the other."""

    middle_names: str | None = None
    """Further forenames, where the forename itself gives none."""
    other_surnames: tuple[str, ...] = ()
    """Surnames beside the legal one: a former, a preferred one."""
    contact: str | None = None
    """Forename of a parent or carer."""

    @property
    def often_alike(self) -> frozenset[str]:
        """As in `Columns`."""
        return super().often_alike | _named(self.middle_names, *self.other_surnames, self.contact)


@dataclass(frozen=True)
class Parent:
    """A parent or carer of a right row: the columns of both names."""

    forename: str
    surname: str


@dataclass(frozen=True)
class RightColumns(Columns):
    """The table in which the other's rows are looked for. Rows may be of one family."""

    family: str | None = None
    """What rows of one family have in common, such as a reference number."""
    member: str | None = None
    """Which member of the family it is; decides nothing but an order between equals."""
    parents: tuple[Parent, ...] = ()
    """The first is who the family is entered under."""
    suppressed: str | None = None
    """Whether nobody of the family may be written to (true or false)."""

    @property
    def often_alike(self) -> frozenset[str]:
        """As in `Columns`."""
        return super().often_alike | _named(*(name for each in self.parents for name in (each.forename, each.surname)))

    @property
    def names(self) -> frozenset[str]:
        """As in `Columns`."""
        return super().names | _named(self.family, self.member, self.suppressed)

    @property
    def ordered(self) -> tuple[str, ...]:
        """The columns that put rows into an order which does not depend on how the file is sorted."""
        own = (self.family, self.member, self.surname, self.forename, self.birth_date)
        return tuple(each for each in (*own, self.postcode, self.uprn, self.upn, self.uln, self.sex) if each)


@dataclass(frozen=True)
class Wording:
    """What a row of either side, and a family, is called in the sentence of a pair (singular)."""

    left: str = "left row"
    right: str = "right row"
    family: str = "family"


@dataclass(frozen=True)
class Schema:
    """The columns of both tables, how their identifiers are written, and what people call the rows."""

    left: LeftColumns
    right: RightColumns
    upn: Spelling
    uln: Spelling
    postcode: Spelling
    uprn: Spelling
    wording: Wording = Wording()


def _named(*names: str | None) -> frozenset[str]:
    return frozenset(name for name in names if name is not None)
