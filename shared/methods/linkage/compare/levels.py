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
    TWO_DIGITS_DIFFER = 2
    """Two of the eight: 2014-03-17 and 2015-03-18."""
    ONE_PART_DIFFERS = 3
    """Day, month or year; the other two agree. Or at most a month apart, as no brothers and sisters are but twins."""
    ONE_DIGIT_DIFFERS = 4
    DAY_AND_MONTH_SWAPPED = 5
    EXACT = 6


class Surname(IntEnum):
    """The surnames of both rows."""

    MISSING = 0
    DIFFERS = 1
    OF_NO_FAMILY = 2
    """One side's marks sex or rank, and a family need not share it: Kaur and Gill, Begum and Khatun."""
    A_PARENTS = 3
    """The left surname is not the right one but that of a parent on the right."""
    SIMILAR = 4
    SOUNDS_ALIKE = 5
    """Another spelling of what may be one name (see `sounds` and `variants`)."""
    ONE_PART_AGREES = 6
    """One word of a double-barrelled name."""
    FORMER_OR_PREFERRED = 7
    """The right surname is one that the left row gives beside the legal one."""
    OTHER_ORDER = 8
    """Surname and forename have changed places on one side."""
    EXACT = 9


class Forename(IntEnum):
    """Forenames. Everything below `SIMILAR` is another name until a person says otherwise."""

    MISSING = 0
    DIFFERS = 1
    FIRST_THREE_LETTERS = 2
    FURTHER_NAMES_DIFFER = 3
    """The first name agrees, both give further names, and those do not: two brothers Mohammed."""
    SIMILAR = 4
    SOUNDS_ALIKE = 5
    """Another spelling of what may be one name (see `sounds`)."""
    SHORTENED = 6
    """One is the beginning of the other, or its end (Tope of Temitope)."""
    MIDDLE_NAME = 7
    """One side's first name is a further name of the other's."""
    KNOWN_VARIANT = 8
    FIRST_NAME = 9
    """The first name agrees; only one side gives further names."""
    OTHER_ORDER = 10
    """Surname and forename have changed places on one side."""
    EXACT = 11


class Sex(IntEnum):
    """Sex as recorded."""

    MISSING = 0
    DIFFERS = 1
    EXACT = 2


class Address(IntEnum):
    """One ordered comparison of UPRN, postcode and house number: they are one piece of evidence, not three."""

    MISSING = 0
    ELSEWHERE = 1
    SAME_AREA = 2
    """The letters with which the postcode begins: a family that moves mostly stays in that part of the city."""
    SAME_DISTRICT = 3
    SAME_SECTOR = 4
    SAME_POSTCODE_OTHER_NUMBER = 5
    SAME_POSTCODE = 6
    SAME_POSTCODE_AND_NUMBER = 7
    SAME_UPRN = 8


class Contact(IntEnum):
    """The left row's contact and the right row's parents. Forenames only: a surname is mostly the child's too."""

    MISSING = 0
    DIFFERS = 1
    SAME_FORENAME = 2


class Family(IntEnum):
    """What other matches say of the family (see `family`)."""

    MISSING = 0
    SIBLING_MATCHED = 1
    """The addresses do not agree, and a brother or sister is matched to another right row of the same family."""


LEVELS: dict[str, type[IntEnum]] = {
    "upn": Identifier,
    "uln": Identifier,
    "dob": Dob,
    "surname": Surname,
    "forename": Forename,
    "sex": Sex,
    "address": Address,
    "contact": Contact,
    "family": Family,
}
"""Every comparison in the order in which evidence names it."""
