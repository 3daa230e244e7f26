"""Comparison levels, each by an example that an officer would read the same way."""

from __future__ import annotations

from datetime import date
from enum import IntEnum
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.linkage import SCHEMA
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.compare.levels import Address, Contact, Dob, Forename, Identifier, Sex, Surname
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.encode.sounds import sounds
from shared.methods.linkage.encode.variants import FORENAMES, SURNAMES, groups_by_name
from tests.unit.methods.linkage.families import POLICY, children, pupils


def _level(comparison: str, pupil: dict[str, Any], child: dict[str, Any]) -> int:
    # A second, unlike row on each side: a level must not depend on being alone.
    other = {"forename": "Zed", "surname": "Zyx", "dob": date(2010, 9, 9), "postcode": "N1C 4AX", "uprn": "7"}
    records = read_records(
        pupils(other, pupil),
        children({"child_" + k if k in ("forename", "surname", "dob") else k: v for k, v in other.items()}, child),
        SCHEMA,
    )
    levels = compare(records, Pairs(np.array([1]), np.array([1])), POLICY.forename_similarity)
    return int(levels[comparison][0])


@pytest.mark.parametrize(
    ("pupil", "child", "level"),
    [
        ("Amelia", "AMELIA", Forename.EXACT),
        ("Ann-Marie", "ANNMARIE", Forename.EXACT),
        ("Mohammed", "MOHAMMED ALI", Forename.FIRST_NAME),
        ("Mohamed", "Mohammed", Forename.KNOWN_VARIANT),
        ("Alex", "Alexandra", Forename.KNOWN_VARIANT),
        ("Alexander", "Alexandra", Forename.SOUNDS_ALIKE),
        ("Daniel", "Danielle", Forename.SHORTENED),
        ("Amelia", "Amelai", Forename.SOUNDS_ALIKE),
        ("Gregor", "Grgeory", Forename.SIMILAR),
        ("Sadiq", "Saadeq", Forename.SOUNDS_ALIKE),
        ("Hassan", "Hussein", Forename.DIFFERS),
        ("Fiyinfoluwa", "Foluwa", Forename.KNOWN_VARIANT),
        ("Damilola", "Oluwadamilola Precious", Forename.KNOWN_VARIANT),
        ("Kobina", "Kwabena", Forename.KNOWN_VARIANT),
        ("Amelia Rose", "Rose", Forename.MIDDLE_NAME),
        ("Mohammed Ali", "Mohammed Omar", Forename.FURTHER_NAMES_DIFFER),
        ("Mohamed Ali", "Mohammed Omar", Forename.FURTHER_NAMES_DIFFER),
        ("Mohammed A", "Mohammed Ali", Forename.EXACT),
        ("Christabel", "Chrysanthemum", Forename.FIRST_THREE_LETTERS),
        ("Amelia", "Zoe", Forename.DIFFERS),
        ("Baby", "Zoe", Forename.MISSING),
    ],
)
def test_forename_levels(pupil: str, child: str, level: Forename) -> None:
    assert _level("forename", {"forename": pupil}, {"child_forename": child}) == level


@pytest.mark.parametrize(
    ("written", "level"), [("Jcak", Forename.SIMILAR), ("Zack", Forename.DIFFERS), ("Ja", Forename.SHORTENED)]
)
def test_a_slip_in_a_short_name_is_a_form_that_nobody_else_bears(written: str, level: Forename) -> None:
    records = read_records(
        pupils({"forename": written}, *[{"forename": "Jack"}] * 5, {"forename": "Zack"}),
        children({"child_forename": "Jack"}),
        SCHEMA,
    )
    levels = compare(records, Pairs(np.array([0]), np.array([0])), POLICY.forename_similarity)
    assert levels["forename"][0] == level


def test_middle_names_speak_where_the_forename_is_one_word() -> None:
    pupil = {"forename": "Mohammed", "middle_names": "Ali"}
    assert _level("forename", pupil, {"child_forename": "MOHAMMED ALI"}) == Forename.EXACT
    assert _level("forename", pupil, {"child_forename": "MOHAMMED OMAR"}) == Forename.FURTHER_NAMES_DIFFER
    assert _level("forename", pupil, {"child_forename": "MOHAMMED"}) == Forename.EXACT


@pytest.mark.parametrize(
    ("pupil", "child", "level"),
    [
        ({"surname": "O'Neil"}, "ONEIL", Surname.EXACT),
        ({"surname": "Smith-Jones"}, "Jones", Surname.ONE_PART_AGREES),
        ({"surname": "Okafor"}, "Okafar", Surname.SOUNDS_ALIKE),
        ({"surname": "Robertson"}, "Robetrson", Surname.SIMILAR),
        ({"surname": "Kaur"}, "Kour", Surname.SOUNDS_ALIKE),
        ({"surname": "Osman"}, "Cusmaan", Surname.EXACT),
        ({"surname": "da Silva"}, "da Costa", Surname.DIFFERS),
        ({"surname": "Khan", "preferred_surname": "Lee"}, "Lee", Surname.FORMER_OR_PREFERRED),
        ({"surname": "Khan", "former_surname": "Lee"}, "Lee", Surname.FORMER_OR_PREFERRED),
        ({"surname": "Lee", "former_surname": "Lee"}, "Lee", Surname.EXACT),
        ({"surname": "Khan"}, "Lee", Surname.DIFFERS),
        ({"surname": "Unknown"}, "Lee", Surname.MISSING),
    ],
)
def test_surname_levels(pupil: dict[str, str], child: str, level: Surname) -> None:
    assert _level("surname", pupil, {"child_surname": child}) == level


@pytest.mark.parametrize(
    ("child", "level"),
    [
        (date(2014, 3, 7), Dob.EXACT),
        (date(2014, 7, 3), Dob.DAY_AND_MONTH_SWAPPED),
        (date(2014, 3, 17), Dob.ONE_DIGIT_DIFFERS),
        (date(2004, 3, 7), Dob.ONE_DIGIT_DIFFERS),
        (date(2015, 8, 8), Dob.DIFFERS),
        (date(2014, 11, 7), Dob.ONE_PART_DIFFERS),
        (date(2014, 4, 6), Dob.ONE_PART_DIFFERS),
        (date(1900, 1, 1), Dob.MISSING),
        (None, Dob.MISSING),
    ],
)
def test_dob_levels(child: date | None, level: Dob) -> None:
    assert _level("dob", {"dob": date(2014, 3, 7)}, {"child_dob": child}) == level


@pytest.mark.parametrize(
    ("pupil", "child", "level"),
    [
        ({}, {}, Address.SAME_UPRN),
        ({"uprn": None}, {}, Address.SAME_POSTCODE_AND_NUMBER),
        ({}, {"uprn": "1"}, Address.SAME_POSTCODE_AND_NUMBER),
        (
            {"uprn": None, "paon": "Flat 2, 12"},
            {"address_line_1": "12 High St, Flat 2"},
            Address.SAME_POSTCODE_AND_NUMBER,
        ),
        ({"uprn": None, "paon": "Flat 2, 12"}, {}, Address.SAME_POSTCODE),
        ({"uprn": None, "paon": None}, {}, Address.SAME_POSTCODE),
        ({"uprn": None, "paon": "14"}, {}, Address.SAME_POSTCODE_OTHER_NUMBER),
        (
            {"uprn": None, "paon": "Flat 3, 12"},
            {"address_line_1": "Flat 4, 12 High St"},
            Address.SAME_POSTCODE_OTHER_NUMBER,
        ),
        ({"uprn": None, "postcode": "SE15 4AA"}, {}, Address.SAME_SECTOR),
        ({"uprn": None, "postcode": "SE15 9AA"}, {}, Address.SAME_DISTRICT),
        ({"uprn": None, "postcode": "SE1 9AA"}, {}, Address.SAME_AREA),
        ({"uprn": None, "postcode": "S1 4QP"}, {}, Address.ELSEWHERE),
        ({"uprn": None, "postcode": "N1C 4AX"}, {}, Address.ELSEWHERE),
        ({"uprn": "1", "postcode": None}, {}, Address.ELSEWHERE),
        ({"uprn": None, "postcode": "ZZ99 3VZ"}, {}, Address.MISSING),
    ],
)
def test_address_is_one_ordered_comparison(pupil: dict[str, Any], child: dict[str, Any], level: Address) -> None:
    assert _level("address", pupil, child) == level


@pytest.mark.parametrize(
    ("pupil", "child", "level"),
    [
        ("J210234519001", "J210234519001", Identifier.EXACT),
        ("J210234519001", "B801200005001", Identifier.DIFFERS),
        ("J210234519001", "V21023451900A", Identifier.MISSING),
        ("J210234519001", None, Identifier.MISSING),
    ],
)
def test_a_temporary_upn_never_contradicts(pupil: str, child: str | None, level: Identifier) -> None:
    assert _level("upn", {"upn": pupil}, {"child_upn": child}) == level


@pytest.mark.parametrize(("child", "level"), [("F", Sex.EXACT), ("M", Sex.DIFFERS), (None, Sex.MISSING)])
def test_sex_levels(child: str | None, level: Sex) -> None:
    assert _level("sex", {"sex": "F"}, {"child_sex": child}) == level


def test_a_variant_is_listed_once_in_its_group_and_in_standard_form() -> None:
    for names in (*FORENAMES, *SURNAMES):
        assert len(names) == len(set(names)) > 1
        assert all(name.isascii() and name.isalpha() and name.isupper() for name in names)


def test_long_forms_of_a_shared_short_form_stay_apart() -> None:
    groups = groups_by_name()
    assert set(groups["SAM"]) == set(groups["SAMUEL"]) | set(groups["SAMANTHA"])
    assert not set(groups["SAMUEL"]) & set(groups["SAMANTHA"])


@pytest.mark.parametrize("levels", [Identifier, Dob, Surname, Forename, Sex, Address, Contact])
def test_levels_count_up_from_missing(levels: type[IntEnum]) -> None:
    assert [level.value for level in levels] == list(range(len(levels)))
    assert levels(0).name == "MISSING"


@pytest.mark.parametrize(
    ("child", "level"),
    [
        ({"claimant_forename": "Ngozi"}, Contact.SAME_FORENAME),
        ({"claimant_forename": "David", "partner_forename": "Ngozi Ada"}, Contact.SAME_FORENAME),
        ({"claimant_forename": "David"}, Contact.DIFFERS),
        ({"claimant_forename": None}, Contact.MISSING),
    ],
)
def test_the_contact_may_be_the_claimant_or_the_partner(child: dict[str, Any], level: Contact) -> None:
    assert _level("contact", {"contact_forename": "Ngozi"}, {"partner_forename": None} | child) == level


def test_names_that_have_changed_places_are_one_finding() -> None:
    pupil, child = {"forename": "Okonjo", "surname": "Temidayo"}, {}
    assert _level("surname", pupil, child) == Surname.OTHER_ORDER
    assert _level("forename", pupil, child) == Forename.OTHER_ORDER


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("MUHAMMAD", "MOHAMED", True),
        ("IBRAHIM", "EBRAHEEM", True),
        ("YUSUF", "JUSUF", True),
        ("XASAN", "HASAN", True),
        ("HASSAN", "HUSSEIN", False),
        ("SOPHIA", "SOFIA", True),
        ("ERIC", "ERIK", True),
        ("LI", "LEE", True),
    ],
)
def test_sounds(one: str, other: str, alike: bool) -> None:
    left, right = sounds(pa.array([one, other])).to_pylist()
    assert (left == right) is alike


def test_a_name_without_letters_to_hear_has_no_sound() -> None:
    assert sounds(pa.array(["A", None, "BRR"])).to_pylist() == [None, None, "BR"]
