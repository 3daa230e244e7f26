"""What a release holds: the agreement's columns for its receiver, and names of pairs that never change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.enrol import with_pupil
from shared.agreements.free_school_meals.releases import PENDING_COLUMNS
from shared.agreements.free_school_meals.results import pairs
from shared.agreements.registry import load_agreement
from shared.kernel.errors import NotAgreed
from shared.kernel.work.outbox import released

AGREEMENT = load_agreement("fsm")
DAY = date(2026, 11, 21)


def rows(release: str) -> pa.Table:
    terms = AGREEMENT.release_terms(release)
    assert terms is not None
    return pa.table({column: ["x"] for column in (*terms.columns, "upn_of_nobody")})


@pytest.mark.parametrize("release", ["matches", "review"])
def test_the_party_whose_job_it_is_gets_the_columns_of_the_agreement_and_no_other(release: str) -> None:
    terms = AGREEMENT.release_terms(release)
    sent = released(AGREEMENT, release, rows(release), to="lambeth", own="lambeth", on=DAY)
    assert terms is not None
    assert tuple(sent.column_names) == tuple(terms.columns)


@pytest.mark.parametrize(
    ("release", "to", "on", "code"),
    [
        ("matches", "southwark", DAY, "AGR-005"),
        ("enrolments", "lambeth", DAY, "AGR-005"),
        ("enrolments", "camden", DAY, "AGR-005"),
        ("gossip", "lambeth", DAY, "AGR-005"),
        ("matches", "lambeth", date(2026, 8, 31), "AGR-001"),
        ("matches", "lambeth", date(2027, 9, 1), "AGR-001"),
    ],
)
def test_nothing_goes_to_another_side_or_on_another_day(release: str, to: str, on: date, code: str) -> None:
    table = rows(release) if AGREEMENT.release_terms(release) else pa.table({"upn": ["x"]})
    with pytest.raises(NotAgreed, match=code):
        released(AGREEMENT, release, table, to=to, own="lambeth", on=on)


@pytest.mark.parametrize("on", [date(2026, 9, 1), date(2027, 8, 31)])
def test_the_first_and_the_last_day_of_the_agreement_are_days_of_it(on: date) -> None:
    assert released(AGREEMENT, "enrolments", rows("enrolments"), to="southwark", own="lambeth", on=on).num_rows == 1


def test_pairs_stand_in_the_order_of_their_names_with_each_column_from_its_own_side() -> None:
    count = 2
    pupil = {n: [f"pupil {n} {i}" for i in range(count)] for n in PUPIL}
    home = {n: [f"home {n} {i}" for i in range(count)] for n in HOUSEHOLD}
    link = {n: [f"link {n} {i}" for i in range(count)] for n in LINK}
    told = {n: [f"told {n} {i}" for i in range(count)] for n in ("tier", "tier_reason", "rule_version")}
    refs = pa.array(["m-2", "m-1"])
    found = pairs(refs, pa.table(pupil), pa.table(home), pa.table(link), pa.table(told)).to_pylist()
    assert [row["match_ref"] for row in found] == ["m-1", "m-2"]
    for row, number in zip(found, (1, 0), strict=True):
        assert row["pupil_surname"] == f"pupil surname {number}"
        assert row["pupil_forename"] == f"pupil forename {number}"
        assert row["pupil_dob"] == f"pupil dob {number}"
        assert row["child_surname"] == f"home child_surname {number}"
        assert row["rule"] == f"link rule {number}"
        assert row["tier"] == f"told tier {number}"


PUPIL = ("forename", "surname", "dob", "nc_year", "school_name", "urn", "school_borough", "upn")
HOUSEHOLD = (
    "household_ref",
    "child_seq",
    "child_forename",
    "child_surname",
    "child_dob",
    "claimant_title",
    "claimant_forename",
    "claimant_surname",
    "suppress_contact",
)
LINK = ("rule", "guard", "probability", "match_weight", "margin", "evidence", "sentence", "parts")


def test_a_decision_gets_the_pupil_of_its_pair_and_nobody_where_the_pair_is_unknown() -> None:
    decisions: dict[str, list[Any]] = {
        "match_ref": ["two", "unknown", "one"],
        "decision": ["confirm", "confirm", "reject"],
        "decided_on": [DAY] * 3,
    }
    pending = pa.table({column: [f"{column} 1", f"{column} 2"] for column in PENDING_COLUMNS[1:]})
    pending = pending.append_column("match_ref", pa.array(["one", "two"]))
    found = with_pupil(pa.table(decisions), pending.select(PENDING_COLUMNS)).to_pylist()
    assert [(row["match_ref"], row["decision"], row["upn"], row["urn"]) for row in found] == [
        ("two", "confirm", "upn 2", "urn 2"),
        ("unknown", "confirm", None, None),
        ("one", "reject", "upn 1", "urn 1"),
    ]
    assert {row["start_date"] for row in found} == {DAY}
