"""Scores are those that one would count by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from local.synth.evaluate import OUTSIDE, Score, evaluate, from_links, wrong_children
from local.synth.london import London
from local.synth.truth import SCHEMA


def a_truth() -> pa.Table:
    base = {
        "school_slug": "southwark",
        "home_slug": "lambeth",
        "household_slug": "lambeth",
        "person_id": "P",
        "name_origin": "somali",
        "reachable": False,
        "marks": "",
    }
    rows = [
        {"household_row": 10, "reachable": True},
        {"household_row": 11, "reachable": True, "name_origin": "british", "marks": "moved,nickname"},
        {"household_row": 12, "other_household_row": 99, "reachable": True, "marks": "moved"},
        {"household_row": 13, "home_slug": None},  # lives outside: its record is out of reach
        {"household_slug": None},
    ]
    return pa.Table.from_pylist([base | {"pupil_row": n} | row for n, row in enumerate(rows)], schema=SCHEMA)


def made(*pairs: tuple[int, int | None], **more: list[str]) -> pa.Table:
    columns = {
        "school_slug": ["southwark"] * len(pairs),
        "pupil_row": pa.array([pupil for pupil, _ in pairs], pa.int32()),
        "household_slug": ["lambeth"] * len(pairs),
        "household_row": pa.array([household for _, household in pairs], pa.int32()),
    }
    return pa.table(columns | more)


def test_right_wrong_and_missed_links_are_counted() -> None:
    result = evaluate(made((0, 10), (1, 44), (4, 11)), a_truth())
    assert result.overall == Score(links=3, correct=1, expected=3)
    assert result.overall.false == 2
    assert result.overall.precision == pytest.approx(1 / 3)
    assert result.overall.recall == pytest.approx(1 / 3)
    assert result.overall.f1 == pytest.approx(1 / 3)
    assert result.elsewhere == 1


def test_the_other_parent_s_claim_is_right_too() -> None:
    assert evaluate(made((2, 99)), a_truth()).overall.correct == 1


def test_only_matched_rows_count_where_an_outcome_is_given() -> None:
    matches = made((0, 10), (1, 11), (2, None), outcome=["matched", "review", "unmatched"])
    assert evaluate(matches, a_truth()).overall.links == 1


def test_the_right_row_of_another_borough_s_extract_is_wrong() -> None:
    links = made((0, 10))
    elsewhere = links.set_column(2, "household_slug", pa.array(["lewisham"]))
    assert evaluate(elsewhere, a_truth()).overall.correct == 0


def test_groups_add_up_and_empty_ones_are_left_out() -> None:
    result = evaluate(made((0, 10), (1, 11), (3, 5), rule=["upn", "dob", "dob"]), a_truth())
    assert result.by_origin == {"somali": Score(2, 1, 2), "british": Score(1, 1, 1)}
    assert result.by_borough == {"lambeth": Score(2, 2, 3), OUTSIDE: Score(1, 0, 0)}
    assert result.by_rule == {"upn": Score(1, 1, 3), "dob": Score(2, 1, 3)}
    assert result.by_mark == {"moved": Score(1, 1, 2), "nickname": Score(1, 1, 1)}
    assert result.as_dict()["by_rule"]["dob"]["precision"] == 0.5


def test_pupils_who_never_came_to_linkage_are_not_expected() -> None:
    among = pa.table({"school_slug": ["southwark"], "pupil_row": pa.array([1], pa.int32())})
    assert evaluate(made((1, 11)), a_truth(), among=among).overall == Score(1, 1, 1)


def test_a_link_of_a_pupil_who_is_not_in_the_truth_is_false() -> None:
    assert evaluate(made((77, 10)), a_truth()).overall == Score(1, 0, 3)


def test_nothing_linked_has_no_precision_and_no_recall_of_nothing() -> None:
    assert evaluate(made(), a_truth()).overall.precision is None
    nobody = evaluate(made(), a_truth().slice(0, 0)).overall
    assert (nobody.recall, nobody.f1) == (None, None)


def test_a_pupil_linked_twice_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="more than once"):
        evaluate(made((0, 10), (0, 11)), a_truth())


def test_the_truth_scores_full_marks_against_itself(london: London) -> None:
    truth = london.truth.filter(london.truth.column("reachable"))
    score = evaluate(truth, london.truth).overall
    assert (score.precision, score.recall, score.f1) == (1.0, 1.0, 1.0)


def test_links_of_two_drops_take_their_boroughs() -> None:
    links = pa.table(
        {"pupil_row": pa.array([0], pa.int32()), "household_row": pa.array([10], pa.int32()), "outcome": ["matched"]}
    )
    named = from_links(links, school_slug="southwark", household_slug="lambeth")
    assert evaluate(named, a_truth()).overall.correct == 1


def test_another_child_of_the_right_claim_is_told_from_another_family() -> None:
    claims = {"lambeth": pa.chunked_array([["H1" if row in (10, 60) else f"H{row}" for row in range(100)]])}
    for row, found in ((60, 1), (61, 0), (10, 0)):
        assert wrong_children(made((0, row)), a_truth(), claims) == found
    assert wrong_children(made((4, 60), (1, None)), a_truth(), claims) == 0  # a pupil on no claim; no link
