"""The program that holds the real triggers: `EXCHANGE_TRIGGERHOST` names it, or else it lies in `../shared`.

Nothing else can be tested in its place, so where it is absent a test says that it was not run. `.ci/run` sets
`EXCHANGE_TRIGGERHOST`, and then nothing is skipped.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from local.triggers.real import SETTING
from tests.shared_files import SHARED, shared

PLACE = "tools/triggerhost/triggerhost"
"""In the shared folder."""
HOW = f"name it in {SETTING}; it is the WebJobs SDK's storage triggers as a program (docs/adr/0043-real-triggers.md)"


def named() -> str:
    """What the report says at its top."""
    if os.environ.get(SETTING) or SHARED.is_dir():
        return "the real ones, and our imitation"
    return f"our imitation; NOT TESTED on the real ones: {HOW}"


def program() -> Path:
    """Where it is. Skips the test where nobody says so."""
    if found := os.environ.get(SETTING):
        path = Path(found)
        assert path.is_file(), f"{SETTING} names no file"
        return path
    if not SHARED.is_dir():
        pytest.skip(f"not run on the real triggers: {HOW}")
    return shared(PLACE)
