"""The table of the linkage benchmark says all that was measured, and plainly what was not."""

from typing import Any

from bench.link.table import table


def report(**changes: Any) -> dict[str, Any]:
    return {
        **{"python": "3.13", "machine": "Linux, 2 CPUs", "threshold": 0.99, "sets": [], "growth": [], "daily": None},
        "absent": [],
        **changes,
    }


FACTS = {"name": "a-set", "role": "held out", "pupils": 10, "households": 9, "true_links": 8, "findable": 7}
FOUND = {
    "name": "somebody, trained here",
    "seconds": {"read": 1.0, "link": 2.5},
    "cpu_seconds": 4.25,
    "peak_mb": 321.0,
    "measured": {
        "suppressed": 2,
        "automatic": {"precision": 0.98765, "recall": 0.5, "f1": 0.6, "false": 3},
        "unguarded": {"f1": 0.65, "false": 4},
        "best": {"f1": 0.7},
        "recall_at_high_precision": 0.4,
        "calibration_error": 0.01,
        "worst_band_error": None,
        "by_group": {"polish": {"expected": 5, "recall": 0.9}, "tamil": {"expected": 3, "recall": 0.8}},
    },
}


def test_a_contestants_line_has_quality_time_and_memory() -> None:
    text = table(report(sets=[{"facts": FACTS, "contestants": [FOUND]}]))
    line = next(line for line in text.splitlines() if line.startswith("somebody"))
    assert (
        " ".join(line.split()[3:])
        == "0.98765 0.5000 0.6000 3 0.6500 4 0.4000 0.7000 0.0100 – 1.00 – 2.50 – 3.50 4.25 321"
    )
    assert "8 true links, of which one to one can make 7 (87.50%)" in text
    assert "2 more of suppressed households count for nobody" in text
    assert "widest gap" in text
    assert "0.1000" in text


def test_a_contestant_that_failed_and_a_set_that_is_absent_are_named() -> None:
    failed = {"name": "nobody", "failed": "did not finish in 1,500 seconds"}
    text = table(report(sets=[{"facts": FACTS, "contestants": [failed]}], absent=["historical is absent"]))
    assert "did not finish in 1,500 seconds" in text
    assert text.endswith("historical is absent")


def test_growth_and_daily_work_are_printed() -> None:
    text = table(
        report(
            growth=[{"name": "somebody", "exponent": 0.987, "from": 10_000, "to": 1_000_000}],
            daily={"facts": FACTS, "import": 0.5, "median": 0.1234, "first": 0.2},
        )
    )
    assert "time ~ rows^0.99 from 10,000 to 1,000,000" in text
    assert "median 0.123 s" in text
