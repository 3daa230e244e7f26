"""Compares pairs of rows field by field: equal codes first, then text on the distinct pairs of unequal values."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from rapidfuzz import fuzz

from shared.methods.linkage.compare.batches import in_batches, levels_together
from shared.methods.linkage.compare.levels import Address, Contact, Dob, Forename, Identifier, Sex, Surname
from shared.methods.linkage.compare.names import compare_forenames, compare_surnames, in_other_order, is_a_parents
from shared.methods.linkage.compare.similarity import scored
from shared.methods.linkage.compare.whole_names import compare_whole_names
from shared.methods.linkage.encode.addresses import Addresses
from shared.methods.linkage.encode.arrays import Codes, Levels, lookup
from shared.methods.linkage.encode.fields import numbered
from shared.methods.linkage.encode.letters import Names
from shared.methods.linkage.encode.pairs import Pairs, codes_of, ranked
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.encode.shared_identifiers import SharedIdentifier
from shared.methods.linkage.workers import side_by_side

_A_MONTH = 31


def compare(records: Records, pairs: Pairs, forename_similarity: float) -> dict[str, Levels]:
    """The level (int8, see `levels`) of each comparison of every pair.

    What other matches say of the family is not known here, so it is missing. `forename_similarity` is the Jaro-Winkler
    similarity from which forenames that are not known variants count as one.
    """
    levels = levels_together(in_batches(lambda batch: _compare(records, batch, forename_similarity), pairs))
    # Of all batches at once, so that each address text is read once.
    one_postcode = np.flatnonzero(levels["address"] == Address.SAME_POSTCODE)
    levels["address"][one_postcode] = house_number(records, pairs.where(one_postcode))
    return levels


def _compare(records: Records, pairs: Pairs, forename_similarity: float) -> dict[str, Levels]:
    surname = compare_surnames(records, pairs)
    forename = compare_forenames(records, pairs, forename_similarity)
    # Names that have changed places agree with nothing where they stand.
    selected = np.flatnonzero((surname < Surname.EXACT) & (forename < Forename.KNOWN_VARIANT))
    exchanged = selected[in_other_order(records, pairs.where(selected), forename_similarity)]
    surname[exchanged], forename[exchanged] = Surname.OTHER_ORDER, Forename.OTHER_ORDER
    compare_whole_names(records, pairs, surname, forename)
    selected = np.flatnonzero((surname == Surname.DIFFERS) | (surname == Surname.OF_NO_FAMILY))
    surname[selected[is_a_parents(records, pairs.where(selected))]] = Surname.A_PARENTS
    return {
        "upn": _identifier(records.upn, pairs),
        "uln": _identifier(records.uln, pairs),
        "dob": dob_levels(records, pairs),
        "surname": surname,
        "forename": forename,
        "sex": ranked(codes_of(records.sex, pairs), Sex.DIFFERS, Sex.EXACT),
        "address": area_levels(records, pairs),
        "contact": contact_levels(records, pairs),
        "family": np.zeros(len(pairs), np.int8),
    }


def _identifier(identifier: SharedIdentifier, pairs: Pairs) -> Levels:
    left, right = codes_of(identifier, pairs)
    level = ranked((left, right), Identifier.DIFFERS, Identifier.EXACT)
    lasting = identifier.lasting[left] & identifier.lasting[right]
    level[(level == Identifier.DIFFERS) & ~lasting] = Identifier.MISSING
    return level


def dob_levels(records: Records, pairs: Pairs) -> Levels:
    """The level of `Dob` of every pair."""
    codes = codes_of(records.dob, pairs)
    level = ranked(codes, Dob.DIFFERS, Dob.EXACT)
    unequal = np.flatnonzero(level == Dob.DIFFERS)
    days, digits = records.calendar
    apart = np.abs(days[codes[0][unequal]] - days[codes[1][unequal]])
    left, right = digits[codes[0][unequal]], digits[codes[1][unequal]]
    differing = left ^ right
    in_year, in_month, in_day = (differing & part != 0 for part in (_YEAR, _MONTH, _DAY))
    near = (in_year.view(np.int8) + in_month + in_day == 1) | (apart <= _A_MONTH)
    # A digit differs where one of its four bits does.
    bits = differing | differing >> 2
    places = np.bitwise_count((bits | bits >> 1) & 0x11111111)
    exchanged = (left & _YEAR) | (left & _MONTH) >> 8 | (left & _DAY) << 8
    close = np.where(places == 2, np.int8(Dob.TWO_DIGITS_DIFFER), np.int8(Dob.DIFFERS))
    close[near] = Dob.ONE_PART_DIFFERS
    close[places == 1] = Dob.ONE_DIGIT_DIFFERS
    close[exchanged == right] = Dob.DAY_AND_MONTH_SWAPPED
    level[unequal] = close
    return level


_YEAR, _MONTH, _DAY = 0xFFFF0000, 0xFF00, 0xFF


def contact_levels(records: Records, pairs: Pairs) -> Levels:
    """The level of `Contact` of every pair."""
    level = np.zeros(len(pairs), np.int8)
    left = records.contact.left[pairs.left]
    named = np.flatnonzero(left >= 0)  # most rows name nobody
    left, rows = left[named], pairs.right[named]
    level[named] = ranked((left, records.contact.right[rows]), Contact.DIFFERS, Contact.SAME_FORENAME)
    for parent in records.other_parents:
        level[named[left == parent[rows]]] = Contact.SAME_FORENAME
    return level


def area_levels(records: Records, pairs: Pairs) -> Levels:
    """The level of `Address` of every pair, but for house numbers: one postcode without one UPRN is `SAME_POSTCODE`."""
    uprn = codes_of(records.uprn, pairs)
    level = ranked(codes_of(records.area, pairs), Address.ELSEWHERE, Address.SAME_AREA)
    near = np.flatnonzero(level == Address.SAME_AREA)
    for nearer, area in (
        (Address.SAME_DISTRICT, records.district),
        (Address.SAME_SECTOR, records.sector),
        (Address.SAME_POSTCODE, records.postcode),
    ):
        left, right = codes_of(area, pairs.where(near))
        near = near[left == right]
        level[near] = nearer
    both = np.minimum(*uprn) >= 0
    level[both & (level == Address.MISSING)] = Address.ELSEWHERE
    level[both & (uprn[0] == uprn[1])] = Address.SAME_UPRN
    return level


def house_number(records: Records, pairs: Pairs) -> Levels:
    """Levels of pairs at one postcode, by the numbers (house, flat) in their address text, in whatever order."""
    if not len(pairs):
        return np.zeros(0, np.int8)

    def read(side: tuple[Addresses, Codes]) -> tuple[Codes, pa.Array]:
        return side[0].house_numbers(side[1])

    (left, left_numbers), (right, right_numbers) = side_by_side(
        read, zip(records.addresses, (pairs.left, pairs.right), strict=True)
    )
    both, numbers = numbered(pa.concat_arrays([left_numbers, right_numbers]))
    codes = lookup(both[: len(left_numbers)], left), lookup(both[len(left_numbers) :], right)
    level = np.full(len(pairs), Address.SAME_POSTCODE, np.int8)
    level[(codes[0] >= 0) & (codes[1] >= 0)] = Address.SAME_POSTCODE_OTHER_NUMBER
    # One side may leave out the flat: that neither supports nor contradicts.
    names = Names(numbers)
    level[scored(names, codes, fuzz.token_set_ratio) == 100] = Address.SAME_POSTCODE
    level[scored(names, codes, fuzz.token_sort_ratio) == 100] = Address.SAME_POSTCODE_AND_NUMBER
    return level
