"""What can go wrong in a record, and how often on each side. The rates are invented, and meant to be plausible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MARKS = (
    "forename_spelling",
    "nickname",
    "known_by_middle",
    "middle_in_forename",
    "forename_typo",
    "surname_spelling",
    "surname_typo",
    "surname_changed",
    "surname_part",
    "names_swapped",
    "dob_day_month",
    "dob_typo",
    "dob_placeholder",
    "name_placeholder",
    "sex",
    "moved",
    "moved_away",
    "other_parent",
    "placed_elsewhere",
    "no_postcode",
    "postcode_typo",
    "postcode_unknown",
    "no_uprn",
    "uprn_wrong",
    "uprn_damaged",
    "care_of",
    "refuge",
    "hostel",
    "twin",
    "dual",
    "two_claims",
    "not_on_claim",
    "invalid_row",
)
BIT = {mark: np.int64(1) << np.int64(number) for number, mark in enumerate(MARKS)}


@dataclass(frozen=True)
class Rates:
    """Part of records with each error, on one side. Rates of spellings hold among names that have other spellings."""

    spelling: float
    nickname: float
    known_by_middle: float
    middle_in_forename: float
    typo: float
    surname_changed: float
    part_of_double: float
    day_month: float
    dob_typo: float
    dob_placeholder: float
    name_placeholder: float
    sex: float
    unaccented: float
    unpunctuated: float


SCHOOL = Rates(
    spelling=0.06,
    nickname=0.03,
    known_by_middle=0.004,
    middle_in_forename=0.01,
    typo=0.004,
    surname_changed=0.012,
    part_of_double=0.12,
    day_month=0.003,
    dob_typo=0.002,
    dob_placeholder=0.0002,
    name_placeholder=0.0,
    sex=0.001,
    unaccented=0.35,
    unpunctuated=0.05,
)
CLAIM = Rates(
    spelling=0.10,
    nickname=0.025,
    known_by_middle=0.006,
    middle_in_forename=0.10,
    typo=0.011,
    surname_changed=0.018,
    part_of_double=0.25,
    day_month=0.008,
    dob_typo=0.005,
    dob_placeholder=0.0015,
    name_placeholder=0.0008,
    sex=0.004,
    unaccented=0.92,
    unpunctuated=0.30,
)
