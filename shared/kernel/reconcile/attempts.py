"""Attempts at the work of a blob that failed: recorded, each with its code, and spaced. The spacing is pure.

The ledger lies in the same account as the blobs. An attempt that failed because the account is away is kept in this
process and recorded when the account is back, with how many minutes ago it was.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.kernel.errors import ExchangeError, RefusedEvent
from shared.kernel.intake.outcome import FOUND

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.ledger.events import Event

SERVICE = "reconcile"
ATTEMPTED = "attempted"
DELAYED = "delayed"
"""The step of an event whose sender was told that its file has waited for a day."""
DEFECT = "SYS-001"

GRACE = timedelta(minutes=3)
"""For so long a new blob is left to its event."""
LONGEST_RUN = timedelta(minutes=30)
"""`functionTimeout` of host.json: what was begun and has not ended within it has been killed."""
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=1)
DAY = timedelta(days=1)
_MOST_KEPT = 10_000


@dataclass(frozen=True)
class Attempt:
    """One attempt that failed."""

    at: datetime
    code: str
    app: str
    """The version of the app that made it, such as ``app@0.1.0``."""


@dataclass(frozen=True)
class History:
    """What the ledger knows of the work on one blob that has not ended."""

    found: datetime | None = None
    """When a function began with it first; `None`: no event of it ever came that far."""
    attempts: tuple[Attempt, ...] = ()
    told: bool = False
    """Whether its sender was told that it is delayed."""

    @classmethod
    def of(cls, chain: Sequence[Event]) -> History:
        """Out of the chain of the blob's event."""
        found = [_time(event) for event in chain if event.step == FOUND]
        attempts = [Attempt(_time(event), *event.codes) for event in chain if event.step == ATTEMPTED]
        return cls(found[0] if found else None, tuple(attempts), any(event.step == DELAYED for event in chain))

    @property
    def code(self) -> str:
        """Why the last attempt failed; empty where there was none."""
        return self.attempts[-1].code if self.attempts else ""

    def is_due(self, now: datetime, *, created: datetime, app: str) -> bool:
        """Whether it is time to take the blob up. The gaps between attempts grow as long as the first is ago, between
        five minutes and an hour; after a day there is one attempt a day. A new version of the app waits for nothing."""
        if not self.attempts:
            return now - created >= GRACE and not self.is_under_way(now)
        first, last = self.attempts[0], self.attempts[-1]
        if last.app != app:
            return True
        gap = DAY if last.at - first.at >= DAY else min(max(last.at - first.at, SHORTEST), LONGEST)
        return now - last.at >= gap

    def is_under_way(self, now: datetime) -> bool:
        """Whether a function may still be at it."""
        return not self.attempts and self.found is not None and now - self.found < LONGEST_RUN

    def is_overdue(self, now: datetime) -> bool:
        """Whether attempts have failed for a day."""
        return bool(self.attempts) and now - self.attempts[0].at >= DAY


class Attempts:
    """What one process has tried in vain."""

    def __init__(self, app: str) -> None:
        self.app = app
        """The version of the app, as a ledger's code."""
        self._kept: deque[tuple[str, str, Attempt]] = deque(maxlen=_MOST_KEPT)
        self._keeping = threading.Lock()

    @contextmanager
    def at(self, exchange: Exchange, event: str, tenant: str) -> Iterator[None]:
        """Record it when what is done inside fails, and raise on. A refused event has ended and is no such failure."""
        try:
            yield
        except RefusedEvent:
            raise
        except Exception as error:
            code = error.code if isinstance(error, ExchangeError) else DEFECT
            self._record(exchange, event, tenant, Attempt(exchange.clock(), code, self.app))
            raise

    def bring(self, exchange: Exchange) -> None:
        """Record what the ledger could not take before. Raises a `StorageFault` when it still cannot.

        What it will never take, because a chain does not hold, is let go: whoever reads the chain hears of that.
        """
        while True:
            with self._keeping:
                if not self._kept:
                    return
                event, tenant, attempt = self._kept[0]
            try:
                _write(exchange, event, tenant, attempt)
            except ExchangeError as error:
                if error.will_pass:
                    raise
            with self._keeping:
                if self._kept and self._kept[0] == (event, tenant, attempt):
                    self._kept.popleft()

    def _record(self, exchange: Exchange, event: str, tenant: str, attempt: Attempt) -> None:
        try:
            _write(exchange, event, tenant, attempt)
        except ExchangeError:
            with self._keeping:
                self._kept.append((event, tenant, attempt))


def _write(exchange: Exchange, event: str, tenant: str, attempt: Attempt) -> None:
    late = exchange.clock() - attempt.at
    exchange.ledger.record(
        event,
        ATTEMPTED,
        service=SERVICE,
        tenant=tenant,
        counts={"minutes_ago": max(0, round(late / timedelta(minutes=1)))},
        codes=(attempt.code, attempt.app),
    )


def _time(event: Event) -> datetime:
    return datetime.fromisoformat(event.at) - timedelta(minutes=event.counts.get("minutes_ago", 0))
