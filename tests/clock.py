"""An emulator whose clock a test sets: creation times, and whatever else the service dates, follow it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from local.azurite import Azurite
from shared.kernel.storage.storage import Storage

ACCOUNT = "clocked"


@dataclass
class Clock:
    """The one time of exchange and emulator."""

    now: datetime
    file: Path

    def __call__(self) -> datetime:
        return self.now

    def go(self, to: datetime) -> None:
        """Let it be `to`, and wait until the emulator has looked."""
        self.now = to
        self.file.write_text(str(round(to.timestamp() * 1000)), encoding="ascii")
        time.sleep(0.004)

    def pass_by(self, **span: float) -> None:
        """Let some time go by."""
        self.go(self.now + timedelta(**span))


def both_say(monkeypatch: pytest.MonkeyPatch, clock: Callable[[], datetime]) -> None:
    """The storage service agrees with this clock: for an emulator that goes by the machine's, and a test that does not
    wait for weeks. Nothing is destroyed by a clock that a second one contradicts."""
    monkeypatch.setattr(Storage, "now", lambda _: clock())


@contextmanager
def clocked_account(folder: Path, now: datetime) -> Iterator[tuple[Clock, str]]:
    """A clock, and the connection string of an account in an emulator of its own that goes by it."""
    clock = Clock(now, folder / "now")
    clock.go(now)
    with Azurite(folder / "azurite", [ACCOUNT], clock=clock.file, kept=False) as emulator:
        yield clock, emulator.connection_string(ACCOUNT)
