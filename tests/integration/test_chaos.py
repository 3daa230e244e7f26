"""A few schedules of faults, which change nothing of what parties have in the end.

In a process of its own, because it forks. By hand: `make chaos`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_whatever_is_doubled_shuffled_and_killed_the_outcome_is_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "10", "11"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert " killed" in done.stdout
    assert "0 divergences" in done.stdout
