"""The program that holds the real triggers: `EXCHANGE_TRIGGERHOST` names it, or else it lies in `../shared`.

Nothing else can be tested in its place, so where it is absent a test says that it was not run. Where the shared folder
is, a test that misses it fails, and `.ci/run` fails unless some test has run on it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.triggers.real import SETTING
from tests.shared_files import SHARED, shared

PLACE = "tools/triggerhost/triggerhost"
"""In the shared folder."""
RAN = "EXCHANGE_REAL_TRIGGERS_RAN"
"""In the environment: a file that says so once a test runs on the real triggers."""
HOW = f"{SETTING} names no program; docs/adr/0043-the-real-triggers.md says what it is and where it comes from"


def told() -> str:
    """What the report says at its top."""
    if os.environ.get(SETTING) or SHARED.is_dir():
        return "triggers: the real ones, and our imitation of them"
    return f"triggers: our imitation; NOT TESTED on the real ones: {HOW}"


def program() -> Path:
    """Where it is. Skips the test where nobody says so."""
    named = os.environ.get(SETTING)
    if not named and not SHARED.is_dir():
        pytest.skip(f"not run on the real triggers: {HOW}")
    path = Path(named) if named else shared(PLACE)
    assert path.is_file(), f"{SETTING} names no file"
    if record := os.environ.get(RAN):
        Path(record).write_text("yes\n", encoding="ascii")
    return path.resolve()
