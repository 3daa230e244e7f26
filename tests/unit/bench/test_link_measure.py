"""What the linkage benchmark says of links, on examples small enough to count by hand."""

import numpy as np
import pyarrow as pa
import pytest

from bench.link.contestants.race import greedy
from bench.link.measure import Counts, calibration, measure, right, sweep, without_suppressed
from bench.link.tables import TRUTH


def truth(*rows: tuple[int, int, int | None, str | None]) -> pa.Table:
    return pa.table([pa.array(c, t) for c, t in zip(zip(*rows, strict=True), TRUTH.types, strict=True)], schema=TRUTH)


def links(*rows: tuple[int, int, float, bool]) -> pa.Table:
    pupils, households, probability, automatic = zip(*rows, strict=True)
    return pa.table(
        {
            "pupil_row": pa.array(pupils, pa.int64()),
            "household_row": pa.array(households, pa.int64()),
            "probability": pa.array(probability, pa.float64()),
            "score": pa.array(probability, pa.float64()),
            "automatic": pa.array(automatic),
        }
    )


def test_precision_recall_and_f1_follow_from_the_counts() -> None:
    counts = Counts(links=4, correct=3, expected=6).as_dict()
    assert (counts["precision"], counts["recall"], counts["false"]) == (0.75, 0.5, 1)
    assert counts["f1"] == pytest.approx(2 * 0.75 * 0.5 / 1.25)


def test_nothing_divided_by_nothing_is_none() -> None:
    counts = Counts(links=0, correct=0, expected=0).as_dict()
    assert (counts["precision"], counts["recall"], counts["f1"]) == (None, None, None)


def test_either_record_of_a_child_with_two_claims_is_right() -> None:
    known = truth((0, 5, 6, None), (1, 7, None, None))
    pupils, households = np.array([0, 0, 1, 1, 2]), np.array([5, 6, 7, 5, 5])
    assert right(pupils, households, known).tolist() == [True, True, True, False, False]


def test_best_f1_is_at_the_threshold_with_the_most_right_for_the_least_wrong() -> None:
    score = np.array([9.0, 8.0, 7.0, 6.0, 5.0])
    best, _ = sweep(score, np.array([True, True, False, True, False]), expected=4)
    # 9 → 2/5, 8 → 4/6, 7 → 4/7, 6 → 6/8, 5 → 6/9
    assert best["score"] == 6.0
    assert best["f1"] == pytest.approx(0.75)
    assert (best["links"], best["correct"]) == (4, 3)


def test_links_of_one_score_go_in_together() -> None:
    best, precise = sweep(np.array([2.0, 2.0, 1.0]), np.array([False, True, True]), expected=2)
    assert best["links"] == 3
    assert precise == 0.0


def test_recall_at_high_precision_may_lie_below_a_wrong_link() -> None:
    correct = np.ones(2000, bool)
    correct[500] = False
    _, recall = sweep(np.arange(2000, 0, -1.0), correct, expected=2000)
    assert recall == 1999 / 2000


def test_sweeping_no_links_finds_no_recall() -> None:
    best, recall = sweep(np.zeros(0), np.zeros(0, bool), expected=3)
    assert (best["f1"], recall) == (0.0, 0.0)


def test_calibration_compares_what_is_stated_with_what_is_observed_in_each_band() -> None:
    low, high = calibration(np.array([0.4, 0.55, 0.55, 1.0, 0.9995]), np.array([True, True, False, True, True]))
    assert (low.low, low.links, low.observed) == (0.5, 2, 0.5)
    assert low.error == pytest.approx(0.05)
    assert (high.low, high.links, high.observed) == (0.999, 2, 1.0)


def test_greedy_is_the_same_as_taking_links_one_by_one() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        pupils, households = rng.integers(0, 30, 200), rng.integers(0, 30, 200)
        score = rng.integers(0, 8, 200).astype(float)
        one_by_one, seen = [], (set(), set())
        for at in np.lexsort((households, pupils, -score)):
            if pupils[at] not in seen[0] and households[at] not in seen[1]:
                seen[0].add(pupils[at])
                seen[1].add(households[at])
                one_by_one.append(at)
        assert greedy(pupils, households, score).tolist() == sorted(one_by_one)


def test_greedy_of_nothing_is_nothing() -> None:
    assert len(greedy(np.zeros(0, int), np.zeros(0, int), np.zeros(0))) == 0


def test_a_contestants_links_are_measured_as_handed_in_and_after_one_to_one() -> None:
    known = truth((0, 0, None, "polish"), (1, 1, None, "somali"), (2, 2, None, "somali"))
    handed_in = links((0, 0, 0.999, True), (1, 1, 0.98, False), (2, 1, 0.6, False), (3, 3, 0.995, True))
    found = measure(handed_in, known, np.zeros(4, bool), 0.9)
    assert found["automatic"] == {
        **{"links": 2, "correct": 1, "expected": 3, "false": 1, "precision": 0.5, "recall": 1 / 3, "wrong_family": 1},
        "f1": pytest.approx(0.4),
    }
    # The third link shares a child with a better one, so no threshold has it.
    assert (found["best"]["links"], found["best"]["correct"]) == (3, 2)
    assert found["by_group"] == {
        "polish": {"expected": 1, "recall": 1.0},
        "somali": {"expected": 2, "recall": 0.0},
    }
    assert sum(band["links"] for band in found["bands"]) == 4
    assert found["worst_band_error"] is None


def test_links_that_a_guard_stops_count_by_the_threshold_alone_as_those_of_peers_do() -> None:
    known = truth((0, 0, None, None), (1, 1, None, None))
    handed_in = links((0, 0, 0.99, True), (1, 1, 0.97, False), (2, 1, 0.96, False), (3, 2, 0.96, False))
    found = measure(handed_in, known, np.zeros(3, bool), 0.95)
    assert (found["automatic"]["links"], found["automatic"]["false"]) == (1, 0)
    assert (found["unguarded"]["links"], found["unguarded"]["false"]) == (3, 1)


def test_a_suppressed_household_counts_for_nobody() -> None:
    known = truth((0, 0, None, None), (1, 1, 2, None), (3, 3, None, None))
    handed_in = links((0, 0, 0.99, True), (1, 1, 0.99, True), (2, 2, 0.99, True), (3, 4, 0.99, True))
    kept, left, out = without_suppressed(handed_in, known, np.array([False, False, True, False, False]))
    assert kept.column("pupil_row").to_pylist() == [0, 3]
    assert (left.column("pupil_row").to_pylist(), out) == ([0, 3], 1)
