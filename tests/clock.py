"""An emulator whose clock a test sets: creation times, and whatever else the service dates, follow it."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from local.azurite import Azurite
from shared.kernel.storage.storage import Storage

ACCOUNTS = 500


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


@dataclass(frozen=True)
class _Clocked:
    """An emulator that goes by a file, and names of accounts in it that nobody has had yet."""

    azurite: Azurite
    file: Path
    unused: Iterator[str]


@cache
def _emulator() -> _Clocked:
    """The one of this process, with which it ends: to start one takes longer than most tests."""
    folder = TemporaryDirectory()
    file = Path(folder.name) / "now"
    file.write_text("0", encoding="ascii")
    names = [f"clocked{number:03d}" for number in range(ACCOUNTS)]
    azurite = Azurite(Path(folder.name) / "azurite", names, clock=file, kept=False)
    azurite.start()
    atexit.register(folder.cleanup)
    atexit.register(azurite.stop)
    return _Clocked(azurite, file, iter(names))


def clocked_account(now: datetime) -> tuple[Clock, str]:
    """A clock, and the connection string of an empty account that goes by it for as long as no other is wanted."""
    emulator = _emulator()
    clock = Clock(now, emulator.file)
    clock.go(now)
    return clock, emulator.azurite.connection_string(next(emulator.unused))
