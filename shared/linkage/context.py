"""What a pair's neighbours say: is there a twin, and how many strangers of that name and birthday must be expected?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shared.linkage.fields import MISSING, Codes, Field, Mask
from shared.linkage.pairs import Pairs, Scores
from shared.linkage.records import Records

DAYS_OF_BIRTH = 6000
"""Days on which pupils of all school years may be born: the weight of a date where the files are too small to say."""


def twin_beside(records: Records, pairs: Pairs) -> Mask:
    """Whether the pupil or the child of each pair has a twin beside it in its own table.

    A twin has the same date of birth and another forename, and either the same surname and postcode (or no postcode),
    or the same UPRN, or the same household reference.
    """
    found = np.zeros(len(pairs), np.bool_)
    somewhere = _or_nowhere(records.postcode)
    for family in ([records.surname, somewhere], [records.uprn], [records.household_ref]):
        for rows, side in ((pairs.pupils, "pupils"), (pairs.households, "households")):
            key = joined([getattr(field, side) for field in (records.dob, *family)])
            found |= _another_name(key, getattr(records.forename, side), rows)
    return found


def joined(fields: list[Codes]) -> Codes:
    """One number of several codes, the same for rows that agree, another for rows that do not (but once in 10^18);
    -1 where a code is missing."""
    key = np.zeros(len(fields[0]), np.uint64)
    missing = np.zeros(len(fields[0]), np.bool_)
    for codes in fields:
        key = (key ^ codes.astype(np.uint64)) + _STEP
        # Every bit must come to bear on every other (splitmix64): sums of codes alone meet too easily.
        key = (key ^ (key >> np.uint64(30))) * _FIRST
        key = (key ^ (key >> np.uint64(27))) * _SECOND
        key ^= key >> np.uint64(31)
        missing |= codes < 0
    numbers = (key >> np.uint64(1)).astype(np.int64)
    numbers[missing] = MISSING
    return numbers


_STEP, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def _or_nowhere(field: Field) -> Field:
    """The field with a value of its own for the missing."""
    pupils, households = (np.where(codes < 0, field.size, codes) for codes in (field.pupils, field.households))
    return Field(pa.concat_arrays([field.values, pa.nulls(1, field.values.type)]), pupils, households)


def _another_name(keys: Codes, names: Codes, rows: Codes) -> Mask:
    """For each of these rows, whether it has a name and some row with its key has another."""
    asked = np.unique(keys[rows])
    asked = asked[asked >= 0]
    if not len(asked):
        return np.zeros(len(rows), np.bool_)
    among, place = _found(asked, np.where(names >= 0, keys, MISSING))
    named = names[among]
    least, most = np.full(len(asked) + 1, np.iinfo(np.int64).max), np.full(len(asked) + 1, MISSING)
    np.minimum.at(least, place, named)
    np.maximum.at(most, place, named)
    at = np.searchsorted(asked, keys[rows])
    at[keys[rows] < 0] = len(asked)
    another: Mask = (names[rows] >= 0) & (least[at] < most[at])
    return another


def _found(asked: Codes, keys: Codes) -> tuple[Codes, Codes]:
    """The rows whose key is among the sorted `asked`, and where in it."""
    # A coarse sieve first: of a million rows only those are looked up that may have one of a few keys.
    sieve = np.zeros(_SIEVE, np.bool_)
    sieve[asked & (_SIEVE - 1)] = True
    rows = np.flatnonzero(sieve[keys & (_SIEVE - 1)] & (keys >= 0))
    place = np.minimum(np.searchsorted(asked, keys[rows]), len(asked) - 1)
    held = asked[place] == keys[rows]
    return rows[held], place[held]


_SIEVE = 1 << 20


def expected_strangers(records: Records, pairs: Pairs) -> Scores:
    """How many children of the household table share name and date of birth with the pupil by chance alone.

    Name and date are taken from both tables, less the pair itself: the share of the name, times the share of the
    date (1 January and other registrars' favourites are heavier), times the children there are.
    """
    rows = records.pupils + records.households
    share_of_name = (others_of(records, ("surname", "first_name"), pairs) + 0.5) / max(rows, 1)
    share_of_date = (others_of(records, ("dob",), pairs) + 1) / (rows + DAYS_OF_BIRTH)
    expected: Scores = share_of_name * share_of_date * records.households
    return expected


def others_of(records: Records, names: tuple[str, ...], pairs: Pairs) -> Codes:
    """Rows of both tables that agree with the pupil on these fields, the pair itself not counted."""
    fields = [records.key(name) for name in names]
    pupils, households = joined([f.pupils for f in fields]), joined([f.households for f in fields])
    ours, theirs = pupils[pairs.pupils], households[pairs.households]
    asked = np.unique(ours[ours >= 0])
    if not len(asked):
        return np.zeros(len(pairs), np.int64)
    rows = np.zeros(len(asked) + 1, np.int64)
    for keys in (pupils, households):
        _, place = _found(asked, keys)
        rows[:-1] += np.bincount(place, minlength=len(asked))
    at = np.where(ours >= 0, np.searchsorted(asked, ours), len(asked))
    others: Codes = rows[at] - (ours >= 0) - ((theirs == ours) & (ours >= 0))
    return others


def persons(records: Records, pairs: Pairs) -> tuple[Codes, Codes]:
    """Who the pupil and the child of each pair say they are: the same number for the same names and date of birth."""
    fields = (records.surname, records.forename, records.dob)
    return (
        joined([field.pupils[pairs.pupils] for field in fields]),
        joined([field.households[pairs.households] for field in fields]),
    )
