"""Compares pairs of rows field by field: equal codes first, then text on the distinct pairs of unequal values."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import fuzz

from shared.linkage.compare_names import compare_forenames, compare_surnames, in_other_order, is_a_parents
from shared.linkage.fields import Codes, Field, Levels, lookup, numbered
from shared.linkage.levels import Address, Contact, Dob, Forename, Identifier, Sex, Surname
from shared.linkage.pairs import Pairs, codes_of, ranked, scored
from shared.linkage.records import Records

AT_ONCE = 1 << 17
"""Pairs that are compared in one go: few enough to stay near the processor, and two lots go side by side."""
_A_MONTH = 31
_EPOCH = np.datetime64("1970-01-01", "D")


def compare(records: Records, pairs: Pairs, forename_similarity: float) -> dict[str, Levels]:
    """The level (int8, see `levels`) of each comparison of every pair.

    What other matches say of the family is not known here, so it is missing. `forename_similarity` is the Jaro-Winkler
    similarity from which forenames that are not known variants count as one.
    """
    if len(pairs) <= AT_ONCE:
        return _compare(records, pairs, forename_similarity)
    lots = [pairs.where(np.arange(at, min(at + AT_ONCE, len(pairs)))) for at in range(0, len(pairs), AT_ONCE)]
    with ThreadPoolExecutor(max_workers=2) as workers:
        levels = list(workers.map(lambda lot: _compare(records, lot, forename_similarity), lots))
    return {name: np.concatenate([lot[name] for lot in levels]) for name in levels[0]}


def _compare(records: Records, pairs: Pairs, forename_similarity: float) -> dict[str, Levels]:
    surname = compare_surnames(records, pairs)
    forename = compare_forenames(records, pairs, forename_similarity)
    # Names that have changed places agree with nothing where they stand.
    asked = np.flatnonzero((surname < Surname.EXACT) & (forename < Forename.KNOWN_VARIANT))
    exchanged = asked[in_other_order(records, pairs.where(asked), forename_similarity)]
    surname[exchanged], forename[exchanged] = Surname.OTHER_ORDER, Forename.OTHER_ORDER
    asked = np.flatnonzero((surname == Surname.DIFFERS) & (forename >= Forename.SIMILAR))
    surname[asked[is_a_parents(records, pairs.where(asked))]] = Surname.A_PARENTS
    return {
        "upn": _identifier(records.upn, pairs, temporary="^.{12}[A-Z]$"),
        "uln": _identifier(records.uln, pairs),
        "dob": _dob(records.dob, pairs),
        "surname": surname,
        "forename": forename,
        "sex": ranked(codes_of(records.sex, pairs), Sex.MISSING, Sex.DIFFERS, Sex.EXACT),
        "address": _address(records, pairs),
        "contact": _contact(records, pairs),
        "family": np.zeros(len(pairs), np.int8),
    }


def _identifier(field: Field, pairs: Pairs, temporary: str | None = None) -> Levels:
    codes = codes_of(field, pairs)
    level = ranked(codes, Identifier.MISSING, Identifier.DIFFERS, Identifier.EXACT)
    if temporary is not None:
        unequal = np.flatnonzero(level == Identifier.DIFFERS)
        for side in codes:
            values = field.values.take(pa.array(side[unequal]))
            passing = pc.match_substring_regex(values, temporary).to_numpy(zero_copy_only=False)
            level[unequal[passing.astype(np.bool_)]] = Identifier.MISSING
    return level


def _dob(field: Field, pairs: Pairs) -> Levels:
    codes = codes_of(field, pairs)
    level = ranked(codes, Dob.MISSING, Dob.DIFFERS, Dob.EXACT)
    unequal = level == Dob.DIFFERS
    days = field.values.to_numpy(zero_copy_only=False)
    left, right = (_calendar(days[side[unequal]]) for side in codes)
    (years, months, monthdays), (other_years, other_months, other_monthdays) = left, right
    swapped = (years == other_years) & (months == other_monthdays) & (monthdays == other_months)
    digits = np.zeros(len(years), np.int64)
    for ours, theirs, places in zip(left, right, (4, 2, 2), strict=True):
        for place in range(places):
            digits += (ours // 10**place % 10) != (theirs // 10**place % 10)
    parts = sum((ours == theirs).astype(np.int8) for ours, theirs in zip(left, right, strict=True))
    apart = np.abs(days[codes[0][unequal]] - days[codes[1][unequal]])
    near = (parts == 2) | (apart <= _A_MONTH)
    close = np.where(digits == 2, Dob.TWO_DIGITS_DIFFER, Dob.DIFFERS)
    close = np.where(digits == 1, Dob.ONE_DIGIT_DIFFERS, np.where(near, Dob.ONE_PART_DIFFERS, close))
    level[unequal] = np.where(swapped, Dob.DAY_AND_MONTH_SWAPPED, close)
    return level


def _calendar(days: Codes) -> tuple[Codes, Codes, Codes]:
    dates = _EPOCH + days.astype("timedelta64[D]")
    years, months = dates.astype("datetime64[Y]"), dates.astype("datetime64[M]")
    return (
        years.astype(np.int64) + 1970,
        (months - years).astype(np.int64) + 1,
        (dates - months).astype(np.int64) + 1,
    )


def _contact(records: Records, pairs: Pairs) -> Levels:
    contact, claimant = codes_of(records.contact, pairs)
    partner = records.partner[pairs.households]
    level = ranked((contact, claimant), Contact.MISSING, Contact.DIFFERS, Contact.SAME_FORENAME)
    level[(contact == partner) & (contact >= 0)] = Contact.SAME_FORENAME
    return level


def _address(records: Records, pairs: Pairs) -> Levels:
    uprn, postcode = codes_of(records.uprn, pairs), codes_of(records.postcode, pairs)
    level = ranked(postcode, Address.MISSING, Address.ELSEWHERE, Address.SAME_POSTCODE)
    both_uprn = (uprn[0] >= 0) & (uprn[1] >= 0)
    level[(level == Address.MISSING) & both_uprn] = Address.ELSEWHERE
    for near, area in (
        (Address.SAME_AREA, records.area),
        (Address.SAME_DISTRICT, records.district),
        (Address.SAME_SECTOR, records.sector),
    ):
        ours, theirs = codes_of(area, pairs)
        level[(level < Address.SAME_POSTCODE) & (ours == theirs) & (ours >= 0)] = near
    same_uprn = both_uprn & (uprn[0] == uprn[1])
    asked = np.flatnonzero((level == Address.SAME_POSTCODE) & ~same_uprn)
    level[asked] = _house_number(records, pairs.where(asked))
    level[same_uprn] = Address.SAME_UPRN
    return level


def _house_number(records: Records, pairs: Pairs) -> Levels:
    """Levels of pairs at one postcode, by the numbers (house, flat) in their address text, in whatever order."""
    if not len(pairs):
        return np.zeros(0, np.int8)
    sides = zip(records.addresses, (pairs.pupils, pairs.households), strict=True)
    (ours, our_numbers), (theirs, their_numbers) = (side.house_numbers(rows) for side, rows in sides)
    both, numbers = numbered(pa.concat_arrays([our_numbers, their_numbers]))
    codes = lookup(both[: len(our_numbers)], ours), lookup(both[len(our_numbers) :], theirs)
    level = np.full(len(pairs), Address.SAME_POSTCODE, np.int8)
    level[(codes[0] >= 0) & (codes[1] >= 0)] = Address.SAME_POSTCODE_OTHER_NUMBER
    # One side may leave out the flat: that neither supports nor contradicts.
    level[scored(numbers, codes, fuzz.token_set_ratio) == 100] = Address.SAME_POSTCODE
    level[scored(numbers, codes, fuzz.token_sort_ratio) == 100] = Address.SAME_POSTCODE_AND_NUMBER
    return level
