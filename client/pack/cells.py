"""Turns columns of text into typed columns, and says which cells could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import (
    BAD_DATE,
    BAD_NUMBER,
    DAMAGED_UPRN,
    PLACEHOLDER_DATE,
    REPAIRED_UPRN,
    SHEET_ERROR,
    UNKNOWN_CODE,
    UNSURE_FLAG,
    PackCode,
)
from client.pack.findings import Findings
from client.pack.source import Source, heading

_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$"
DATE_SHAPES: dict[str, str] = {
    "iso": r"^(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})" + _TIME,  # 2012-01-21
    "uk": r"^(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})" + _TIME,  # 21/01/2012
    "census": r"^(?P<y>\d{4})-(?P<m>[A-Za-z]{3})-(?P<d>\d{2})" + _TIME,  # 2012-Jan-21 00:00:00
    "month": r"^(?P<d>\d{1,2})[ -](?P<m>[A-Za-z]{3})[ -](?P<y>\d{4})" + _TIME,  # 21-JAN-2012
    "compact": r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})$",  # 20120121
}
PLACEHOLDERS = (date(1900, 1, 1), date(1899, 12, 30), date(1901, 1, 1), date(9999, 12, 31))
_MONTHS = pa.array(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
_YES = pa.array(["y", "yes", "true", "t", "1", "1.0"])
_NO = pa.array(["n", "no", "false", "f", "0", "0.0"])
_SHEET_ERROR = r"^#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)$"


@dataclass(frozen=True)
class Cells:
    """Reads the columns of one source; every cell it cannot read goes to `findings`."""

    source: Source
    findings: Findings
    shapes: tuple[str, ...] = ("iso", "uk", "census")
    """Names of `DATE_SHAPES`, tried in this order. The ones here cannot be taken for each other."""
    placeholders: tuple[date, ...] = PLACEHOLDERS

    def text(self, name: str) -> pa.Array:
        """Text as it stands (source.py has tidied it), without what a spreadsheet writes for an error."""
        column = self.source.column(name)
        return self._without(column, _mask(pc.match_substring_regex(column, _SHEET_ERROR)), SHEET_ERROR, name)

    def whole(self, name: str) -> pa.Array:
        """Text of an identifier or code; `134.0`, as an export writes a number, is `134`."""
        return pc.replace_substring_regex(self.text(name), r"^(\d+)\.0+$", r"\1")

    def date(self, name: str) -> pa.Array:
        """date32. Unreadable cells and placeholders such as 01/01/1900 are null and reported."""
        column = self.text(name)
        dates = read_dates(column, self.shapes)
        unread = _mask(pc.is_valid(column)) & _mask(pc.is_null(dates))
        self.findings.say(BAD_DATE, self.source, unread, name)
        standing = _mask(pc.is_in(dates, pa.array(self.placeholders, pa.date32())))
        return self._without(dates, standing, PLACEHOLDER_DATE, name)

    def integer(self, name: str) -> pa.Array:
        """int64; `3.0` is 3. Anything else is null and reported."""
        column = self.whole(name)
        good = _mask(pc.match_substring_regex(column, r"^-?\d{1,18}$"))
        left = self._without(column, _mask(pc.is_valid(column)) & ~good, BAD_NUMBER, name)
        return left.cast(pa.int64())

    def decimal(self, name: str) -> pa.Array:
        """Text of a plain decimal number; a pound sign and commas between thousands are taken out."""
        column = pc.replace_substring_regex(self.text(name), r"^£ ?", "")
        grouped = pc.match_substring_regex(column, r"^\d{1,3}(,\d{3})+(\.\d+)?$")
        column = pc.if_else(grouped, pc.replace_substring(column, ",", ""), column)
        good = _mask(pc.match_substring_regex(column, r"^-?\d{1,15}(\.\d+)?$"))
        return self._without(column, _mask(pc.is_valid(column)) & ~good, BAD_NUMBER, name)

    def flag(self, name: str, *, unsure: bool | None = None) -> pa.Array:
        """bool. Empty is null; what is neither yes nor no is `unsure` when given, else null, and reported."""
        column = self.text(name)
        lower = pc.utf8_lower(column)
        yes, no = _mask(pc.is_in(lower, _YES)), _mask(pc.is_in(lower, _NO))
        odd = _mask(pc.is_valid(column)) & ~yes & ~no
        self.findings.say(UNKNOWN_CODE if unsure is None else UNSURE_FLAG, self.source, odd, name)
        filled = yes | no if unsure is None else yes | no | odd
        return pa.array(yes | (odd & bool(unsure)), mask=~filled)

    def code(self, name: str, known: Mapping[str, str]) -> pa.Array:
        """The contract's code for what stands in the cell; `known` maps spellings (compared as headings) to codes."""
        column = self.whole(name)
        encoded = column.dictionary_encode()
        spellings = {heading(spelling): code for spelling, code in known.items()}
        codes = [spellings.get(heading(value)) for value in encoded.dictionary.to_pylist()]
        found = pc.take(pa.array(codes, pa.string()), encoded.indices)
        self.findings.say(UNKNOWN_CODE, self.source, _mask(pc.is_valid(column)) & _mask(pc.is_null(found)), name)
        return found

    def uprn(self, name: str) -> pa.Array:
        """UPRN text without leading zeros. `1.00E+11` has lost digits: null and reported."""
        column = self.text(name)
        pointed = _mask(pc.match_substring_regex(column, r"^\d{5,12}\.0+$"))
        self.findings.say(REPAIRED_UPRN, self.source, pointed, name)
        column = pc.if_else(pa.array(pointed), pc.replace_substring_regex(column, r"\.0+$", ""), column)
        good = _mask(pc.match_substring_regex(column, r"^0*[1-9]\d{0,11}$"))
        kept = self._without(column, _mask(pc.is_valid(column)) & ~good, DAMAGED_UPRN, name)
        return pc.utf8_ltrim(kept, "0")

    def _without(self, column: pa.Array, rows: np.ndarray, code: PackCode, name: str) -> pa.Array:
        self.findings.say(code, self.source, rows, name)
        return pc.if_else(pa.array(rows), pa.scalar(None, column.type), column)


def read_dates(column: pa.Array, shapes: Iterable[str]) -> pa.Array:
    """date32 of text in any of `shapes` (names of `DATE_SHAPES`); null where none fits or there is no such day."""
    found = pa.nulls(len(column), pa.date32())
    for shape in shapes:
        parts = pc.extract_regex(column, DATE_SHAPES[shape])
        found = pc.coalesce(found, _days(*(pc.struct_field(parts, part) for part in ("y", "m", "d"))))
    return found


def _days(year: pa.Array, month: pa.Array, day: pa.Array) -> pa.Array:
    """Dates of years, months (numbers or English abbreviations) and days, all text; a 31st of June is null."""
    named = pc.add(pc.index_in(pc.utf8_lower(month), _MONTHS), 1)
    numbered = pc.if_else(pc.match_substring_regex(month, r"^\d+$"), month, pa.scalar(None, pa.string()))
    y, m, d = (
        np.asarray(pc.fill_null(part, 0)).astype(np.int64)
        for part in (year.cast(pa.int32()), pc.coalesce(named, numbered.cast(pa.int32())), day.cast(pa.int32()))
    )
    months = (y - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (np.clip(m, 1, 12) - 1)
    days = months.astype("datetime64[D]") + (np.clip(d, 1, 31) - 1)
    real = (y > 0) & (m >= 1) & (m <= 12) & (d >= 1) & (days.astype("datetime64[M]") == months) & (d <= 31)
    return pa.array(days, pa.date32(), mask=~real)


def _mask(column: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(column, False)).astype(bool)
