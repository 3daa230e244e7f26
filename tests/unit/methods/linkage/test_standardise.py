"""Standard forms: what is written differently and means the same becomes the same; what says nothing becomes null."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.linkage import SCHEMA
from shared.methods.linkage.encode import standardise
from shared.methods.linkage.encode.standardise import NO_DAY, PLACEHOLDER_DATES


def _one(standard, value):  # type: ignore[no-untyped-def]
    return standard(pa.array([value], pa.string())).to_pylist()[0]


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("O'Neil", "ONEIL"),
        ("O’Neil", "ONEIL"),
        ("Smith-Jones", "SMITH JONES"),
        ("  van  der   Berg ", "VAN DER BERG"),
        ("Łukasiński", "LUKASINSKI"),
        ("Sørensen", "SORENSEN"),
        ("Groß", "GROSS"),
        ("Şahin", "SAHIN"),
        ("ﬁnch", "FINCH"),
        ("St. John", "ST JOHN"),
        ("O'Brien (formerly Lee)", "OBRIEN"),
        ("Sm1th", "SMTH"),
        ("Иванов", "ИВАНОВ"),
        ("Child", "CHILD"),
        ("Ng", "NG"),
    ],
)
def test_surnames_written_differently_are_one(written: str, standard: str) -> None:
    assert _one(standardise.surnames, written) == standard


@pytest.mark.parametrize("written", ["", " ", "-", "Unknown", "N/A", "not known", "TBC", "xxx", "ZZZZ", "123", None])
def test_a_placeholder_is_no_surname(written: str | None) -> None:
    assert _one(standardise.surnames, written) is None


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("Miss Amelia", "AMELIA"),
        ("MASTER. Tom", "TOM"),
        ("Amelia Miss", "AMELIA"),
        ("Mr", "MR"),
        ('William "Bill"', "WILLIAM"),
        ("Ann-Marie", "ANN MARIE"),
        ("莎莎", "莎莎"),
    ],
)
def test_forenames_lose_titles_and_bracketed_names(written: str, standard: str) -> None:
    assert _one(standardise.forenames, written) == standard


@pytest.mark.parametrize(
    "written", ["Baby", "BABY GIRL", "Twin 1", "Child Two", "Unborn", "Infant", "Mr Unknown", None]
)
def test_a_child_not_yet_named_has_no_forename(written: str | None) -> None:
    assert _one(standardise.forenames, written) is None


def test_hyphen_space_and_nothing_between_two_surnames_are_one_word() -> None:
    names = standardise.together(standardise.surnames(pa.array(["Smith-Jones", "SMITH JONES", "Smithjones"])))
    assert names.to_pylist() == ["SMITHJONES"] * 3


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("se154qp", "SE15 4QP"),
        ("SE15  4QP", "SE15 4QP"),
        ("ZZ99 3VZ", None),
        ("SE1", None),
        ("W1T 1J0", None),
        ("", None),
    ],
)
def test_only_a_real_postcode_is_a_postcode(written: str, standard: str | None) -> None:
    assert _one(SCHEMA.postcode.standard, written) == standard


@pytest.mark.parametrize(
    ("written", "standard"),
    [("000100", "100"), (" 42 ", "42"), ("1.0", None), ("1E+11", None), ("0", None), ("", None)],
)
def test_only_digits_are_a_uprn(written: str, standard: str | None) -> None:
    assert _one(SCHEMA.uprn.standard, written) == standard


def test_only_identifiers_that_hold_can_link() -> None:
    assert SCHEMA.upn.standard(pa.array(["j210234519001", "A210234519001", None])).to_pylist() == [
        "J210234519001",
        None,
        None,
    ]
    assert SCHEMA.uln.standard(pa.array(["9276308686", "9276308687"])).to_pylist() == ["9276308686", None]


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("Flat 3a, 12 High Street", "3A 12"),
        ("12 High Street Flat 3A", "12 3A"),
        ("221b Baker St", "221B"),
        ("12 42nd Street", "12"),
        ("The Lodge", None),
        ("Block A1", None),
    ],
)
def test_house_numbers_are_what_starts_with_a_digit(written: str, numbers: str | None) -> None:
    assert _one(standardise.house_numbers, written) == numbers


def test_words_are_trimmed_capitals() -> None:
    assert standardise.words(pa.array([" f ", "", None])).to_pylist() == ["F", None, None]


@pytest.mark.parametrize("day", PLACEHOLDER_DATES)
def test_a_placeholder_date_is_no_date(day: date) -> None:
    assert standardise.days(pa.array([day], pa.date32()))[0] == NO_DAY


def test_days_count_from_1970_and_null_is_no_date() -> None:
    assert standardise.days(pa.array([date(1970, 1, 2), None], pa.date32())).tolist() == [1, NO_DAY]
