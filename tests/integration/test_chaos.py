"""A few schedules of faults, which change nothing of what parties have in the end; a year, in which decisions hold.

Schedules in a process of their own, because they fork. By hand: `make chaos`, `make year`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.chaos.year import go_through


def test_whatever_is_doubled_shuffled_and_killed_the_outcome_is_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "10", "11"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert " killed" in done.stdout
    assert "0 divergences" in done.stdout


def test_through_a_year_nobody_is_asked_twice_no_opted_out_family_is_written_to_and_nothing_is_kept_too_long() -> None:
    year = go_through("lambeth,lewisham,southwark")
    assert year.wrong == []
    assert len(year.asked) == 12
