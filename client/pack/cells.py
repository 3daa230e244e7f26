"""Turns columns of text into typed columns, and says which cells could not be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.pack.codes import (
    BAD_DATE,
    BAD_NUMBER,
    BAD_UPRN,
    DAMAGED_NUMBER,
    DAMAGED_UPRN,
    DATE_FOR_NUMBER,
    INVISIBLE,
    MONTH_FIRST,
    PLACEHOLDER_DATE,
    PLAINLY_WRITTEN,
    REPAIRED_UPRN,
    SHEET_ERROR,
    SHORT_YEAR,
    UNKNOWN_CODE,
    UNSURE_FLAG,
    PackCode,
)
from client.pack.dates import DAY_FIRST, Order, evidence_of, read_dates, short_years
from client.pack.findings import Findings
from client.pack.source import Source, tidy
from client.pack.spellings import EXACT_COLUMNS, SPELLINGS
from client.pack.unknown_codes import unknown_codes
from shared.kernel.contract.columns import Column
from shared.kernel.contract.identifiers import rounded_uprns

PLACEHOLDERS = (date(1900, 1, 1), date(1899, 12, 30), date(1901, 1, 1), date(9999, 12, 31))
NO_END = tuple(day for day in PLACEHOLDERS if day.year < 2000)
"""As the end of a period they say that there is none yet; so do far ones, which the contract's rules take out."""
_YES = pa.array(["y", "yes", "true", "t", "1", "1.0"])
_NO = pa.array(["n", "no", "false", "f", "0", "0.0"])
_SHEET_ERROR = r"^#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA|#+)$"
_INVISIBLE = r"\p{Cf}"
# In a name the two joiners of Persian and Indian scripts are letters' own; everything else of the kind is not.
_INVISIBLE_IN_NAMES = r"[^\P{Cf}\x{200C}\x{200D}]"
_EXPONENT = r"^-?\d+(\.\d+)?[eE]\+?\d+$"
_IN_THOUSANDS = r"^\d{1,3}(,\d{3})+$"
_MONTH = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_DATE_FOR_NUMBER = (
    rf"^(?:\d{{1,2}}-{_MONTH}(-\d{{2,4}})?|{_MONTH}-\d{{2,4}}"  # 12-Mar, 12-Mar-26, Mar-26
    r"|\d{4}-\d{2}-\d{2}([ T].*)?|\d{1,2}/\d{1,2}/\d{4})$"  # 2026-03-12, 12/03/2026
)
_HOUSE_NUMBERS = ("saon", "paon")


@dataclass(frozen=True)
class Cells:
    """Reads the columns of one source; every cell it cannot read goes to `findings`."""

    source: Source
    findings: Findings
    order: Order = DAY_FIRST
    placeholders: tuple[date, ...] = PLACEHOLDERS
    in_style: bool = True
    """A style can name further spellings of codes."""

    def read(self, column: Column, name: str, spellings: Mapping[str, str] | None = None) -> pa.Array:
        """What the source has under `name` as the contract's `column`; `spellings` are further ones of its codes."""
        if column.codes:
            known = {code: code for code in column.codes} | SPELLINGS.get(column.name, {}) | dict(spellings or {})
            return self.code(name, known, exact=column.name in EXACT_COLUMNS)
        if column.form == "uprn":
            return self.uprn(name)
        if column.form == "identifier":
            return self.identifier(name)
        if column.name in _HOUSE_NUMBERS:
            return self.house_number(name)
        kinds = {"date": self.date, "integer": self.integer, "decimal": self.decimal, "flag": self.flag}
        return kinds.get(column.kind, self.text)(name)

    def text(self, name: str) -> pa.Array:
        """Text as it stands (source.py has tidied it), without invisible characters and what a spreadsheet writes for
        an error."""
        return self._shown(name, _INVISIBLE_IN_NAMES)

    def plain(self, name: str) -> pa.Array:
        """Text of anything but a name: also without the mark with which a spreadsheet keeps a number as text."""
        return self._shown(name, _INVISIBLE, marks=True)

    def whole(self, name: str) -> pa.Array:
        """Text of a number or code; `134.0`, as an export writes a number, is `134`."""
        return pc.replace_substring_regex(self.plain(name), r"^(\d+)\.0+$", r"\1")

    def identifier(self, name: str) -> pa.Array:
        """Text of an identifier: `100,785` is 100785 and `210/4345` is 2104345. What has lost its digits is null."""
        column = self._undamaged(self.whole(name), DAMAGED_NUMBER, name)
        return self._joined(column, rf"{_IN_THOUSANDS}|^\d{{3}}[/\\ -]\d{{4}}$", name)

    def date(self, name: str) -> pa.Array:
        """date32. Unreadable cells and placeholders such as 01/01/1900 are null and reported.

        Raises `InvalidInput` INP-070 where the column itself says that day and month stand in the other order, 076
        where a spreadsheet has exchanged them in some cells.
        """
        column = self.plain(name)
        dates = read_dates(column, self.order.shapes)
        unread = _mask(pc.is_valid(column)) & _mask(pc.is_null(dates))
        if not self.order.stated:
            self._check_order(column, name)
        if unread.any():
            turned = _mask(pc.is_valid(read_dates(column, (self.order.other,)))) & unread
            short = short_years(column) & unread
            self.findings.say(MONTH_FIRST, self.source, turned, name)
            self.findings.say(SHORT_YEAR, self.source, short, name)
            bad = replace(BAD_DATE, remedy=self.order.remedy)
            self.findings.say(bad, self.source, unread & ~turned & ~short, name)
        return self._without(dates, self.are_placeholders(column), PLACEHOLDER_DATE, name)

    def are_placeholders(self, column: pa.Array) -> np.ndarray:
        """Which cells of text are days that stand for not knowing the day."""
        dates = read_dates(column, self.order.shapes)
        return _mask(pc.is_in(dates, pa.array(self.placeholders, pa.date32())))

    def integer(self, name: str) -> pa.Array:
        """int64; `3.0` is 3. Anything else is null and reported."""
        column = self.whole(name)
        good = _mask(pc.match_substring_regex(column, r"^-?\d{1,18}$"))
        left = self._without(column, _mask(pc.is_valid(column)) & ~good, BAD_NUMBER, name)
        return left.cast(pa.int64())

    def decimal(self, name: str) -> pa.Array:
        """Text of a plain decimal number; a pound sign and commas between thousands are taken out."""
        column = pc.replace_substring_regex(self.plain(name), r"^£ ?", "")
        grouped = pc.match_substring_regex(column, r"^\d{1,3}(,\d{3})+(\.\d+)?$")
        column = pc.if_else(grouped, pc.replace_substring(column, ",", ""), column)
        good = _mask(pc.match_substring_regex(column, r"^-?\d{1,15}(\.\d+)?$"))
        return self._without(column, _mask(pc.is_valid(column)) & ~good, BAD_NUMBER, name)

    def flag(self, name: str, *, unsure: bool | None = None) -> pa.Array:
        """bool. Empty is null; what is neither yes nor no is `unsure` when given, else null, and reported."""
        column = self.plain(name)
        lower = pc.utf8_lower(column)
        yes, no = _mask(pc.is_in(lower, _YES)), _mask(pc.is_in(lower, _NO))
        odd = _mask(pc.is_valid(column)) & ~yes & ~no
        self.findings.say(UNKNOWN_CODE if unsure is None else UNSURE_FLAG, self.source, odd, name)
        filled = yes | no if unsure is None else yes | no | odd
        return pa.array(yes | (odd & bool(unsure)), mask=~filled)

    def code(self, name: str, known: Mapping[str, str], *, exact: bool = False) -> pa.Array:
        """The contract's code for what stands in the cell; `known` maps spellings (as `folded`) to codes.

        `exact`: nothing is folded but case. What is no code is null and reported, and counted by its text.
        """
        column = self.whole(name)
        encoded = column.dictionary_encode()
        fold = str.lower if exact else folded
        spellings = {fold(spelling): code for spelling, code in known.items()}
        codes = [spellings.get(fold(value)) for value in encoded.dictionary.to_pylist()]
        found = pc.take(pa.array(codes, pa.string()), encoded.indices)
        unknown = _mask(pc.is_valid(column)) & _mask(pc.is_null(found))
        if unknown.any():
            told = column.filter(pa.array(unknown))
            listed = unknown_codes(self.source, name, told, known, free_hand=exact)
            self.findings.unknown_codes.append(listed)
            allowed = f"Write one of {', '.join(dict.fromkeys(known.values()))}"
            own = ", or name your spelling in a style." if self.in_style and not exact else "."
            self.findings.say(replace(UNKNOWN_CODE, remedy=allowed + own), self.source, unknown, name)
        return found

    def uprn(self, name: str) -> pa.Array:
        """UPRN text without leading zeros. `1.00E+11` and what it was rounded to have lost digits: null, reported."""
        column = self.plain(name)
        pointed = _mask(pc.match_substring_regex(column, r"^\d{5,12}\.0+$"))
        self.findings.say(REPAIRED_UPRN, self.source, pointed, name)
        column = pc.if_else(pa.array(pointed), pc.replace_substring_regex(column, r"\.0+$", ""), column)
        column = self._joined(self._undamaged(column, DAMAGED_UPRN, name), rf"{_IN_THOUSANDS}|^\d+( \d+)+$", name)
        column = self._without(column, rounded_uprns(pc.utf8_ltrim(column, "0")), DAMAGED_UPRN, name)
        good = _mask(pc.match_substring_regex(column, r"^0*[1-9]\d{0,11}$"))
        kept = self._without(column, _mask(pc.is_valid(column)) & ~good, BAD_UPRN, name)
        return pc.utf8_ltrim(kept, "0")

    def house_number(self, name: str) -> pa.Array:
        """Text of a house or flat; what a spreadsheet made a date of is null and reported."""
        column = self.text(name)
        turned = _mask(pc.match_substring_regex(column, _DATE_FOR_NUMBER))
        return self._without(column, turned, DATE_FOR_NUMBER, name)

    def _shown(self, name: str, invisible: str, *, marks: bool = False) -> pa.Array:
        column = self.source.column(name)
        column = self._without(column, _mask(pc.match_substring_regex(column, _SHEET_ERROR)), SHEET_ERROR, name)
        shown = pc.replace_substring_regex(column, invisible, "")
        if marks:
            shown = pc.replace_substring_regex(shown, r'^="(.*)"$|^\'', r"\1")
        changed = _mask(pc.not_equal(shown, column))
        if not changed.any():
            return column
        self.findings.say(INVISIBLE, self.source, changed, name)
        return tidy(shown)

    def _undamaged(self, column: pa.Array, code: PackCode, name: str) -> pa.Array:
        return self._without(column, _mask(pc.match_substring_regex(column, _EXPONENT)), code, name)

    def _joined(self, column: pa.Array, pattern: str, name: str) -> pa.Array:
        """Cells of the pattern as their digits alone, reported."""
        parted = _mask(pc.match_substring_regex(column, pattern))
        self.findings.say(PLAINLY_WRITTEN, self.source, parted, name)
        return pc.if_else(pa.array(parted), pc.replace_substring_regex(column, r"\D", ""), column)

    def _check_order(self, column: pa.Array, name: str) -> None:
        evidence, words = evidence_of(column), {"uk": "day", "us": "month"}
        if evidence.exchanged:
            counts = {"cells": evidence.plain, "texts": evidence.texts}
            raise invalid("INP-076", path=self.source.name, column=name, **counts)
        if evidence.contradicts(self.order):
            counts = {"uk": evidence.day_first, "us": evidence.month_first}
            raise invalid(
                "INP-070",
                path=self.source.name,
                column=name,
                against=counts[self.order.other],
                other=words[self.order.other],
                fitting=counts[self.order.name],
                order=words[self.order.name],
                either=evidence.either,
            )

    def _without(self, column: pa.Array, rows: np.ndarray, code: PackCode, name: str) -> pa.Array:
        self.findings.say(code, self.source, rows, name)
        return pc.if_else(pa.array(rows), pa.scalar(None, column.type), column)


_HYPHEN = re.compile(r"(?<=[^\W_])[ ]?[-\u2010\u2011][ ]?(?=[^\W_])")
_BLANK_AT_A_SIGN = re.compile(r"(?<![^\W_]) | (?![^\W_])")


def folded(spelling: str) -> str:
    """A spelling of a code as it is compared: without case, a hyphen within is a blank, blanks beside a sign are none.

    Every other sign counts: `(1)`, `1?` and `-1` are not `1`.
    """
    return _BLANK_AT_A_SIGN.sub("", _HYPHEN.sub(" ", " ".join(spelling.lower().split())))


def _mask(column: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(column, False)).astype(bool)
