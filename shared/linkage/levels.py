"""The comparison levels of a pair, from no evidence to full agreement; their names are the words of the evidence."""

from __future__ import annotations

from enum import IntEnum


class Identifier(IntEnum):
    """UPN or ULN."""

    MISSING = 0
    DIFFERS = 1
    """Both permanent and not the same; a temporary UPN is replaced by and by, so it never differs."""
    EXACT = 2


class Dob(IntEnum):
    """Date of birth."""

    MISSING = 0
    DIFFERS = 1
    ONE_DIGIT_DIFFERS = 2
    DAY_AND_MONTH_SWAPPED = 3
    EXACT = 4


class Surname(IntEnum):
    """Legal surname of the pupil and surname of the child."""

    MISSING = 0
    DIFFERS = 1
    SIMILAR = 2
    ONE_PART_AGREES = 3
    """One word of a double-barrelled name."""
    FORMER_OR_PREFERRED = 4
    """The child's surname is one that the pupil's record gives beside the legal one."""
    EXACT = 5


class Forename(IntEnum):
    """Forenames. Everything below `SIMILAR` is another name until a person says otherwise."""

    MISSING = 0
    DIFFERS = 1
    FIRST_THREE_LETTERS = 2
    FURTHER_NAMES_DIFFER = 3
    """The first name agrees, both give further names, and those do not: two brothers Mohammed."""
    SIMILAR = 4
    SHORTENED = 5
    """One is the beginning of the other."""
    KNOWN_VARIANT = 6
    FIRST_NAME = 7
    """The first name agrees; only one side gives further names."""
    EXACT = 8


class Sex(IntEnum):
    """Sex as recorded."""

    MISSING = 0
    DIFFERS = 1
    EXACT = 2


class Address(IntEnum):
    """One ordered comparison of UPRN, postcode and house number: they are one piece of evidence, not three."""

    MISSING = 0
    ELSEWHERE = 1
    SAME_DISTRICT = 2
    SAME_SECTOR = 3
    SAME_POSTCODE_OTHER_NUMBER = 4
    SAME_POSTCODE = 5
    SAME_POSTCODE_AND_NUMBER = 6
    SAME_UPRN = 7


LEVELS: dict[str, type[IntEnum]] = {
    "upn": Identifier,
    "uln": Identifier,
    "dob": Dob,
    "surname": Surname,
    "forename": Forename,
    "sex": Sex,
    "address": Address,
}
"""Every comparison in the order in which evidence names it."""
