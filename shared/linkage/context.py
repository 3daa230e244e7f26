"""What a pair's neighbours say: is there a twin, and how many strangers of that name and birthday must be expected?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shared.linkage.cascade import by_code, counts, join_keys
from shared.linkage.pairs import Pairs, Scores
from shared.linkage.records import MISSING, Codes, Field, Mask, Records

DAYS_OF_BIRTH = 6000
"""Days on which pupils of all school years may be born: the weight of a date where the files are too small to say."""


def twins(records: Records) -> tuple[Mask, Mask]:
    """Which pupil rows and which household rows have a twin beside them in their own table.

    A twin has the same date of birth and another forename, and either the same surname and postcode (or no postcode),
    or the same UPRN, or the same household reference.
    """
    pupils = np.zeros(records.pupils, np.bool_)
    households = np.zeros(records.households, np.bool_)
    somewhere = _or_nowhere(records.postcode)
    for family in ([records.surname, somewhere], [records.uprn], [records.household_ref]):
        key = join_keys([records.dob, *family], records.pupils)
        pupils |= _another_name(key.pupils, key.size, records.forename.pupils)
        households |= _another_name(key.households, key.size, records.forename.households)
    return pupils, households


def _or_nowhere(field: Field) -> Field:
    """The field with a value of its own for the missing."""
    pupils, households = (np.where(codes < 0, field.size, codes) for codes in (field.pupils, field.households))
    return Field(pa.concat_arrays([field.values, pa.nulls(1, field.values.type)]), pupils, households)


def _another_name(groups: Codes, size: int, names: Codes) -> Mask:
    """Which rows have a name, and beside them in their group a row with another."""
    keys, rows = by_code(np.where(names >= 0, groups, MISSING), size)
    different = np.zeros(len(groups), np.bool_)
    if len(keys):
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        several = np.minimum.reduceat(names[rows], starts) != np.maximum.reduceat(names[rows], starts)
        different[rows] = np.repeat(several, np.diff(np.append(starts, len(rows))))
    return different


def expected_strangers(records: Records, pairs: Pairs) -> Scores:
    """How many children of the household table share name and date of birth with the pupil by chance alone.

    Name and date are taken from both tables, less the pair itself: the share of the name, times the share of the
    date (1 January and other registrars' favourites are heavier), times the children there are.
    """
    rows = records.pupils + records.households
    name = join_keys([records.surname, records.first_name], records.pupils)
    date = join_keys([records.dob], records.pupils)
    others_of_name = _others(name.pupils, name.households, name.size, pairs)
    others_of_date = _others(date.pupils, date.households, date.size, pairs)
    share_of_name = (others_of_name + 0.5) / max(rows, 1)
    share_of_date = (others_of_date + 1) / (rows + DAYS_OF_BIRTH)
    expected: Scores = share_of_name * share_of_date * records.households
    return expected


def _others(pupils: Codes, households: Codes, size: int, pairs: Pairs) -> Codes:
    """Rows of both tables in the pupil's group, the pair itself not counted."""
    group = pupils[pairs.pupils]
    rows = np.append(counts(pupils, size) + counts(households, size), 0)[group]
    itself = (group >= 0).astype(np.int64) + ((households[pairs.households] == group) & (group >= 0))
    others: Codes = rows - itself
    return others


def persons(records: Records) -> tuple[Codes, Codes]:
    """Who each row says it is: rows of one table with the same number have the same names and date of birth."""
    who = join_keys([records.surname, records.forename, records.dob], records.pupils)
    return who.pupils, who.households
