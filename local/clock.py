"""The local exchange's one time: the machine's, a fixed span away, so that a demo's day is always the same day.

Exchange and emulator read the same clock, so creation times, logs and the ledger agree; it runs on as time does, and
can be set forward, as when weeks pass between a release and the sweep that destroys it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_EMULATOR_LOOKS_EVERY = 0.004
"""Seconds; `local/emulator/clock.cjs` believes what it has read for half as long."""


class Clock:
    """The machine's clock, moved. `file` tells the emulator by how much."""

    def __init__(self, file: Path, start: datetime) -> None:
        self.file = file
        self._ahead = timedelta()
        self.go(start)

    def __call__(self) -> datetime:
        """The time (UTC)."""
        return datetime.now(UTC) + self._ahead

    def go(self, to: datetime) -> None:
        """Let it be `to`, and wait until the emulator knows."""
        self._ahead = to - datetime.now(UTC)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(f"{round(self._ahead / timedelta(milliseconds=1)):+d}", encoding="ascii")
        time.sleep(_EMULATOR_LOOKS_EVERY)
