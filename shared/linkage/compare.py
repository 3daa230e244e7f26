"""Compares pairs of rows field by field: equal codes first, then text on the distinct pairs of unequal values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler, Prefix

from shared.linkage import standardise
from shared.linkage.levels import Address, Dob, Forename, Identifier, Sex, Surname
from shared.linkage.records import MISSING, Codes, Field, Levels, Mask, Records, encode
from shared.linkage.variants import groups_by_name

Scores = npt.NDArray[np.float64]
_EPOCH = np.datetime64("1970-01-01", "D")


@dataclass(frozen=True)
class Pairs:
    """Pairs of row numbers: `pupils[i]` may be `households[i]`."""

    pupils: Codes
    households: Codes

    def __len__(self) -> int:
        return len(self.pupils)

    def __add__(self, other: Pairs) -> Pairs:
        return Pairs(np.concatenate((self.pupils, other.pupils)), np.concatenate((self.households, other.households)))

    def where(self, chosen: Codes | Mask) -> Pairs:
        """The chosen pairs, by mask or position."""
        return Pairs(self.pupils[chosen], self.households[chosen])


def compare(records: Records, pairs: Pairs, forename_similarity: float) -> dict[str, Levels]:
    """The level (int8, see `levels`) of each comparison of every pair.

    `forename_similarity` is the Jaro-Winkler similarity from which forenames that are not known variants count as one.
    """
    return {
        "upn": _identifier(records.upn, pairs, temporary="^.{12}[A-Z]$"),
        "uln": _identifier(records.uln, pairs),
        "dob": _dob(records.dob, pairs),
        "surname": _surname(records, pairs),
        "forename": _forename(records, pairs, forename_similarity),
        "sex": _ranked(_codes(records.sex, pairs), Sex.MISSING, Sex.DIFFERS, Sex.EXACT),
        "address": _address(records, pairs),
    }


def _codes(field: Field, pairs: Pairs) -> tuple[Codes, Codes]:
    return field.pupils[pairs.pupils], field.households[pairs.households]


def _ranked(codes: tuple[Codes, Codes], missing: int, differs: int, exact: int) -> Levels:
    left, right = codes
    level = np.where(left == right, exact, differs)
    return np.where((left < 0) | (right < 0), missing, level).astype(np.int8)


def _identifier(field: Field, pairs: Pairs, temporary: str | None = None) -> Levels:
    codes = _codes(field, pairs)
    level = _ranked(codes, Identifier.MISSING, Identifier.DIFFERS, Identifier.EXACT)
    if temporary is not None and field.size:
        passing = np.append(pc.match_substring_regex(field.values, temporary).to_numpy(zero_copy_only=False), False)
        level[(level == Identifier.DIFFERS) & (passing[codes[0]] | passing[codes[1]])] = Identifier.MISSING
    return level


def _dob(field: Field, pairs: Pairs) -> Levels:
    codes = _codes(field, pairs)
    level = _ranked(codes, Dob.MISSING, Dob.DIFFERS, Dob.EXACT)
    unequal = level == Dob.DIFFERS
    days = field.values.to_numpy(zero_copy_only=False)
    left, right = (_calendar(days[side[unequal]]) for side in codes)
    (years, months, monthdays), (other_years, other_months, other_monthdays) = left, right
    swapped = (years == other_years) & (months == other_monthdays) & (monthdays == other_months)
    digits = np.zeros(len(years), np.int64)
    for ours, theirs, places in zip(left, right, (4, 2, 2), strict=True):
        for place in range(places):
            digits += (ours // 10**place % 10) != (theirs // 10**place % 10)
    close = np.where(digits == 1, Dob.ONE_DIGIT_DIFFERS, Dob.DIFFERS)
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


def _surname(records: Records, pairs: Pairs) -> Levels:
    codes = _codes(records.surname, pairs)
    level = _ranked(codes, Surname.MISSING, Surname.DIFFERS, Surname.EXACT)
    unequal = np.flatnonzero(level == Surname.DIFFERS)
    words = _codes(records.surname_words, pairs.where(unequal))
    shared = _scores(records.surname_words.values, words, fuzz.partial_token_set_ratio) == 100
    similar = (
        _scores(records.surname.values, (codes[0][unequal], codes[1][unequal]), JaroWinkler.similarity) >= _SIMILAR
    )
    level[unequal] = np.where(shared, Surname.ONE_PART_AGREES, np.where(similar, Surname.SIMILAR, Surname.DIFFERS))
    for other in (records.preferred_surname, records.former_surname):
        agrees = (other[pairs.pupils] == codes[1]) & (codes[1] >= 0) & (level != Surname.EXACT)
        level[agrees] = Surname.FORMER_OR_PREFERRED
    return level


_SIMILAR = 0.9
"""Jaro-Winkler similarity of surnames that is named in the evidence. No surname that is only similar is ever a key."""


def _forename(records: Records, pairs: Pairs, similarity: float) -> Levels:
    whole, first = _codes(records.forename, pairs), _codes(records.first_name, pairs)
    level = _ranked(whole, Forename.MISSING, Forename.DIFFERS, Forename.EXACT)
    unequal = np.flatnonzero(level == Forename.DIFFERS)
    whole, first = (tuple(side[unequal] for side in codes) for codes in (whole, first))  # type: ignore[assignment]
    further = _codes(records.further_names, pairs.where(unequal))
    start = _codes(records.forename_3, pairs.where(unequal))
    names = records.forename.values
    lengths = pc.utf8_length(names).to_numpy(zero_copy_only=False)
    shorter = np.minimum(lengths[whole[0]], lengths[whole[1]])
    same_first = first[0] == first[1]
    variant = _variants(records.first_name.values, first)
    one_sided = (further[0] < 0) | (further[1] < 0)
    # From the weakest claim to the strongest: each later one overrules.
    claims: tuple[tuple[Forename, Mask], ...] = (
        (Forename.FIRST_THREE_LETTERS, start[0] == start[1]),
        (Forename.SIMILAR, _scores(names, whole, JaroWinkler.similarity) >= similarity),
        (Forename.SHORTENED, _scores(names, whole, Prefix.similarity) == shorter),
        (Forename.KNOWN_VARIANT, variant),
        (Forename.FURTHER_NAMES_DIFFER, (same_first | variant) & ~one_sided & ~_begins(records.further_names, further)),
        (Forename.FIRST_NAME, same_first & one_sided),
        (Forename.EXACT, same_first & ~one_sided & _begins(records.further_names, further)),
    )
    for claim, holds in claims:
        level[unequal[holds]] = claim
    return level


def _begins(field: Field, codes: tuple[Codes, Codes]) -> Mask:
    """Whether one side's further names begin the other's: an initial, or one name fewer."""
    lengths = np.append(pc.utf8_length(field.values).to_numpy(zero_copy_only=False), MISSING)
    begins: Mask = _scores(field.values, codes, Prefix.similarity) == np.minimum(lengths[codes[0]], lengths[codes[1]])
    return begins


def _variants(names: pa.Array, codes: tuple[Codes, Codes]) -> Mask:
    """Whether two first names stand in one group of `variants`."""
    listed, groups = _variant_table()
    row = pc.fill_null(pc.index_in(names, pa.array(listed)), MISSING).to_numpy(zero_copy_only=False)
    left, right = (groups[row[side]] for side in codes)
    shared: Mask = ((left[:, :, None] == right[:, None, :]) & (left[:, :, None] >= 0)).any(axis=(1, 2))
    return shared


@cache
def _variant_table() -> tuple[tuple[str, ...], Codes]:
    """Every listed name, and a row of its groups each; the last row is of names that are not listed."""
    groups = groups_by_name()
    table = np.full((len(groups) + 1, max(map(len, groups.values()))), MISSING)
    for row, numbers in enumerate(groups.values()):
        table[row, : len(numbers)] = numbers
    return tuple(groups), table


def _scores(values: pa.Array, codes: tuple[Codes, Codes], scorer: Callable[..., float]) -> Scores:
    """`scorer` for pairs of values, computed once for each distinct pair; 0 where a value is missing."""
    said = (codes[0] >= 0) & (codes[1] >= 0)
    scores = np.zeros(len(codes[0]))
    if not said.any():
        return scores
    size = len(values)
    low, high = np.minimum(*codes)[said], np.maximum(*codes)[said]
    encoded = pa.array(low * size + high).dictionary_encode()
    distinct = encoded.dictionary.to_numpy()
    one, other = values.take(pa.array(distinct // size)), values.take(pa.array(distinct % size))
    # In the order of the alphabet: scorers need not be symmetric, and codes depend on the order of the rows.
    left, right = pc.min_element_wise(one, other).to_pylist(), pc.max_element_wise(one, other).to_pylist()
    scored = process.cpdist(left, right, scorer=scorer, dtype=np.float64)
    scores[said] = scored[encoded.indices.to_numpy()]
    return scores


def _address(records: Records, pairs: Pairs) -> Levels:
    uprn, postcode = _codes(records.uprn, pairs), _codes(records.postcode, pairs)
    level = _ranked(postcode, Address.MISSING, Address.ELSEWHERE, Address.SAME_POSTCODE)
    both_uprn = (uprn[0] >= 0) & (uprn[1] >= 0)
    level[(level == Address.MISSING) & both_uprn] = Address.ELSEWHERE
    for near, area in ((Address.SAME_DISTRICT, records.district), (Address.SAME_SECTOR, records.sector)):
        ours, theirs = _codes(area, pairs)
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
    texts = (
        side.take(pa.array(rows))
        for side, rows in zip(records.addresses, (pairs.pupils, pairs.households), strict=True)
    )
    numbers = encode(standardise.house_numbers, *([text] for text in texts))
    codes = numbers.pupils, numbers.households
    level = np.full(len(pairs), Address.SAME_POSTCODE, np.int8)
    level[(codes[0] >= 0) & (codes[1] >= 0)] = Address.SAME_POSTCODE_OTHER_NUMBER
    # One side may leave out the flat: that neither supports nor contradicts.
    level[_scores(numbers.values, codes, fuzz.token_set_ratio) == 100] = Address.SAME_POSTCODE
    level[_scores(numbers.values, codes, fuzz.token_sort_ratio) == 100] = Address.SAME_POSTCODE_AND_NUMBER
    return level
