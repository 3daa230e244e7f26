"""Dates as borough systems and spreadsheets write them, as text: their shapes, and the order of day and month.

A shape that cannot be taken for another is always tried. `03/11/2015` can be two days: it is read in one order for the
whole file, day first unless somebody states otherwise, and a column whose own cells contradict that order is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# A time of day is dropped. One with a zone is read only at midnight UTC: at 23:00 UTC it is the next day in London.
_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?|[ T]00:00(?::00(?:\.0+)?)?(?:Z| ?[+-]00:?00))?$"
_NUMBERS = r"^(?P<one>\d{1,2})[/. -](?P<other>\d{1,2})[/. -](?P<y>\d{4})" + _TIME
DATE_SHAPES: dict[str, str] = {
    "iso": r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _TIME,  # 2012-01-21
    "census": r"^(?P<y>\d{4})[- ](?P<m>[A-Za-z]{3})[- ](?P<d>\d{1,2})" + _TIME,  # 2012-Jan-21 00:00:00
    "month": r"^(?P<d>\d{1,2})[ /-]?(?P<m>[A-Za-z]{3,9})[ /-]?(?P<y>\d{4})" + _TIME,  # 21-JAN-2012
    "compact": r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})$",  # 20120121
    "uk": _NUMBERS.replace("<one>", "<d>").replace("<other>", "<m>"),  # 21/01/2012
    "us": _NUMBERS.replace("<one>", "<m>").replace("<other>", "<d>"),  # 01/21/2012
}
DATE_ORDERS = ("uk", "us")
PLAIN = tuple(shape for shape in DATE_SHAPES if shape not in DATE_ORDERS)
"""Shapes that cannot be taken for each other, nor for one of the `DATE_ORDERS`."""
EXAMPLES = {"iso": "2015-11-23", "uk": "23/11/2015", "us": "11/23/2015", "month": "23-Nov-2015"}
TYPING_SLIPS = 20
"""So many cells that can only be day first outweigh one that can only be month first; that one is then a slip."""
FEWEST_EXCHANGED = 5
"""Dates of either kind from which their days are taken for a sign and not for chance."""
_SHORT_YEAR = r"^\d{1,2}[/. -](?:\d{1,2}|[A-Za-z]{3})[/. -]\d{2}" + _TIME
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_NAMES = pa.array([*_MONTHS, *(name[:3] for name in _MONTHS), "sept"])
_NUMBER_OF_NAME = pa.array([*range(1, 13), *range(1, 13), 9], pa.int32())


@dataclass(frozen=True)
class Order:
    """How this file writes day and month where both are numbers."""

    name: str = "uk"
    """One of `DATE_ORDERS`."""
    stated: bool = False
    """Somebody said so: then a column that contradicts it is not refused, and its cells are named one by one."""

    @property
    def shapes(self) -> tuple[str, ...]:
        """Every shape that is tried, in this order."""
        return (*PLAIN, self.name)

    @property
    def other(self) -> str:
        """The order that is not this one."""
        return DATE_ORDERS[1 - DATE_ORDERS.index(self.name)]

    @property
    def remedy(self) -> str:
        """What to do with a date that was not read: in shapes that were really tried."""
        first = "day" if self.name == "uk" else "month"
        return f"Write it as {EXAMPLES['iso']}, {EXAMPLES[self.name]} ({first} first) or {EXAMPLES['month']}."


DAY_FIRST = Order()


@dataclass(frozen=True)
class Evidence:
    """How many cells of a column say in which order day and month stand."""

    day_first: int
    month_first: int
    either: int

    plain: int = 0
    """Different dates of one meaning, such as a spreadsheet's date cells."""
    plain_late: int = 0
    """Those of them whose day is above 12."""
    texts: int = 0
    """Different dates that fit one order only."""

    @property
    def exchanged(self) -> bool:
        """Do the cells look as if a spreadsheet had read them month first where it could, and left the others as text?

        It makes dates of those whose day is at most 12, and only of those. By chance five days are once in a hundred.
        """
        return min(self.plain, self.texts) >= FEWEST_EXCHANGED and self.plain_late == 0 and self.either == 0

    def contradicts(self, order: Order) -> bool:
        """Do the cells that fit one order only speak against it, beyond what slips explain?"""
        fitting, against = (
            (self.day_first, self.month_first) if order.name == "uk" else (self.month_first, self.day_first)
        )
        return not order.stated and against * TYPING_SLIPS > fitting


def evidence_of(column: pa.Array) -> Evidence:
    """What the cells of a column of text say of the order of day and month."""
    encoded = column.dictionary_encode()
    cells = np.bincount(np.asarray(encoded.indices.drop_null()), minlength=len(encoded.dictionary))
    day_first, month_first = (_read(encoded.dictionary, order) for order in DATE_ORDERS)
    fits_day, fits_month = np.asarray(pc.is_valid(day_first)), np.asarray(pc.is_valid(month_first))
    differ = np.asarray(pc.fill_null(pc.not_equal(day_first, month_first), False)).astype(bool)
    plain = read_dates(encoded.dictionary, PLAIN)
    late = np.asarray(pc.fill_null(pc.greater(pc.day(plain), 12), False)).astype(bool)
    return Evidence(
        day_first=int(cells[fits_day & ~fits_month].sum()),
        month_first=int(cells[fits_month & ~fits_day].sum()),
        either=int(cells[differ].sum()),
        plain=len(pc.unique(plain.drop_null())),
        plain_late=int(late.sum()),
        texts=int((fits_day ^ fits_month).sum()),
    )


def read_dates(column: pa.Array, shapes: Iterable[str]) -> pa.Array:
    """date32 of text in any of `shapes` (names of `DATE_SHAPES`); null where none fits or there is no such day."""
    encoded = column.dictionary_encode()
    found = pa.nulls(len(encoded.dictionary), pa.date32())
    for shape in shapes:
        found = pc.coalesce(found, _read(encoded.dictionary, shape))
    return pc.take(found, encoded.indices)


def short_years(column: pa.Array) -> np.ndarray:
    """Which cells are dates whose year has two digits: the century would be a guess."""
    return np.asarray(pc.fill_null(pc.match_substring_regex(column, _SHORT_YEAR), False)).astype(bool)


def _read(column: pa.Array, shape: str) -> pa.Array:
    parts = pc.extract_regex(column, DATE_SHAPES[shape])
    return _days(*(pc.struct_field(parts, part) for part in ("y", "m", "d")))


def _days(year: pa.Array, month: pa.Array, day: pa.Array) -> pa.Array:
    """Dates of years, months (numbers or English names) and days, all text; a 31st of June is null."""
    named = pc.take(_NUMBER_OF_NAME, pc.index_in(pc.utf8_lower(month), _NAMES))
    numbered = pc.if_else(pc.match_substring_regex(month, r"^\d+$"), month, pa.scalar(None, pa.string()))
    y, m, d = (
        np.asarray(pc.fill_null(part, 0)).astype(np.int64)
        for part in (year.cast(pa.int32()), pc.coalesce(named, numbered.cast(pa.int32())), day.cast(pa.int32()))
    )
    months = (y - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (np.clip(m, 1, 12) - 1)
    days = months.astype("datetime64[D]") + (np.clip(d, 1, 31) - 1)
    real = (y > 0) & (m >= 1) & (m <= 12) & (d >= 1) & (days.astype("datetime64[M]") == months) & (d <= 31)
    return pa.array(days, pa.date32(), mask=~real)
