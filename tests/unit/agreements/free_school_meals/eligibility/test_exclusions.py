"""Who is left out before any household is looked at, and who must not be."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.eligibility.assess import exclude_pupils
from shared.agreements.free_school_meals.eligibility.rules import FSM_2026

NOW = date(2026, 11, 1)
DATES, TEXTS = ("fsm_start_date", "fsm_end_date", "dob"), ("fsm_category", "enrol_status", "nc_year")
SCHEMA = pa.schema([(name, pa.date32() if name in DATES else pa.string()) for name in (*DATES, *TEXTS)])
USUAL: dict[str, Any] = {
    "fsm_start_date": None,
    "fsm_end_date": None,
    "fsm_category": None,
    "enrol_status": "C",
    "nc_year": "6",
    "dob": date(2015, 10, 1),
}


def _reason(**differs: Any) -> str | None:
    table = pa.Table.from_pylist([USUAL | differs], schema=SCHEMA)
    (reason,) = exclude_pupils(table, rule_set=FSM_2026, as_of=NOW).to_pylist()
    return reason


def test_a_pupil_of_school_age_without_free_meals_is_not_left_out() -> None:
    assert _reason() is None


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (date(2024, 9, 1), None, "fsm_already_open"),
        (NOW, NOW, "fsm_already_open"),
        (date(2024, 9, 1), date(2027, 7, 31), "fsm_already_open"),
        (date(2024, 9, 1), date(2026, 10, 31), None),
        (date(2026, 11, 2), None, None),
        (None, None, None),
        (None, date(2027, 7, 31), None),
    ],
)
def test_free_meals_are_open_from_their_first_to_their_last_day(start: Any, end: Any, reason: str | None) -> None:
    assert _reason(fsm_start_date=start, fsm_end_date=end) == reason


@pytest.mark.parametrize(
    ("category", "reason"),
    [
        ("TFSM", "fsm_already_open"),
        ("Expanded", "fsm_already_open"),
        (" other ", None),
        ("O", None),
        (None, "fsm_already_open"),
    ],
)
def test_the_mayors_scheme_is_not_free_school_meals_in_law(category: str | None, reason: str | None) -> None:
    assert _reason(fsm_start_date=date(2025, 9, 1), fsm_category=category) == reason


def test_a_further_education_student_has_left_school() -> None:
    assert _reason(enrol_status="F", nc_year="12") == "leaver"


@pytest.mark.parametrize("year", ["12", "13", "14"])
def test_above_year_11_only_a_schools_sixth_form_counts(year: str) -> None:
    born = date(2009, 5, 1)
    assert _reason(nc_year=year, enrol_status="O", dob=born) == "out_of_age"
    assert _reason(nc_year=year, enrol_status="C", dob=born) is None
    assert _reason(nc_year=year, enrol_status="M", dob=born) is None
    assert _reason(nc_year="11", enrol_status="O", dob=born) is None


def test_a_sixth_former_is_out_of_age_at_19_on_31_august() -> None:
    assert _reason(nc_year="14", dob=date(2007, 8, 31)) == "out_of_age"
    assert _reason(nc_year="14", dob=date(2007, 9, 1)) is None


def test_the_school_year_turns_in_september() -> None:
    table = pa.Table.from_pylist([USUAL | {"nc_year": "14", "dob": date(2008, 8, 31)}], schema=SCHEMA)
    for on, reason in ((date(2027, 8, 31), None), (date(2027, 9, 1), "out_of_age")):
        assert exclude_pupils(table, rule_set="fsm-2026", as_of=on).to_pylist() == [reason]


def test_the_first_reason_stands() -> None:
    assert _reason(fsm_start_date=date(2025, 9, 1), enrol_status="F") == "fsm_already_open"


def test_a_column_that_is_absent_leaves_nobody_out() -> None:
    table = pa.table({"upn": ["J210234519001", None]})
    reasons = exclude_pupils(table, rule_set="fsm-2026", as_of=NOW)
    assert reasons.type == pa.string()
    assert reasons.to_pylist() == [None, None]
