"""Every pupil row ends in exactly one outcome, and the reason that is told is the first that holds."""

from __future__ import annotations

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.outcomes import DUPLICATE, NO_BENEFIT, Outcomes, by_school_borough, decide


def decided(outcome: str, exclusion: str | None, tier: str | None) -> tuple[str, str | None]:
    links = pa.table({"outcome": [outcome]})
    found = decide(links, pa.array([exclusion], pa.string()), pa.array([tier], pa.string()))
    return found.outcome[0].as_py(), found.reason[0].as_py()


@pytest.mark.parametrize("linked", ["matched", "review", "unmatched"])
@pytest.mark.parametrize("tier", ["targeted", "expanded", "unknown", None])
def test_without_a_reason_the_link_decides(linked: str, tier: str | None) -> None:
    assert decided(linked, None, tier) == (linked, None)


@pytest.mark.parametrize("linked", ["matched", "review", "unmatched"])
@pytest.mark.parametrize("tier", ["targeted", "none", None])
def test_what_excludes_a_pupil_stands_before_every_link_and_every_tier(linked: str, tier: str | None) -> None:
    assert decided(linked, "leaver", tier) == ("excluded", "leaver")


@pytest.mark.parametrize("linked", ["matched", "review"])
def test_a_pair_without_a_qualifying_benefit_is_excluded_for_that(linked: str) -> None:
    assert decided(linked, None, "none") == ("excluded", "no_qualifying_benefit")


def test_rows_and_counts_are_those_of_each_outcome() -> None:
    outcomes = Outcomes(
        pa.array(["matched", "review", "matched", "excluded", "unmatched", "excluded"]),
        pa.array([None, None, None, "leaver", None, "duplicate_registration"], pa.string()),
    )
    assert outcomes.rows("matched").to_pylist() == [0, 2]
    assert outcomes.rows("review").to_pylist() == [1]
    assert {end: outcomes.count(end) for end in ("matched", "review", "unmatched", "excluded")} == {
        "matched": 2,
        "review": 1,
        "unmatched": 1,
        "excluded": 2,
    }
    assert list(outcomes.excluded().items()) == [("duplicate_registration", 1), ("leaver", 1)]


def test_the_reasons_that_linkage_adds_have_the_names_by_which_they_are_counted() -> None:
    assert (DUPLICATE, NO_BENEFIT) == ("duplicate_registration", "no_qualifying_benefit")


def test_nobody_is_counted_where_there_is_nobody() -> None:
    nobody = Outcomes(pa.array([], pa.string()), pa.array([], pa.string()))
    assert (nobody.count("matched"), nobody.rows("matched").to_pylist(), nobody.excluded()) == (0, [], {})


def test_outcomes_are_counted_by_the_borough_of_the_school() -> None:
    pupils = pa.table({"school_borough": ["lewisham", "southwark", "lewisham", "lewisham"]})
    outcomes = Outcomes(pa.array(["matched", "matched", "review", "matched"]), pa.nulls(4, pa.string()))
    assert by_school_borough(pupils, outcomes) == {
        "lewisham": {"matched": 2, "review": 1},
        "southwark": {"matched": 1},
    }
