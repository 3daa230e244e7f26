"""A command that is killed at any moment and typed again: nothing half, nothing doubled, nothing left.

In a process of its own, because it forks. By hand: `python -m tests.conditions.kills 200`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_kills_at_random_moments_leave_nothing_half_doubled_or_behind() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EXCHANGE_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.conditions.kills", "24", "22"],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sum("killed" in line for line in done.stdout.splitlines()) >= 3
