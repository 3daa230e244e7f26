"""One round of reconciliation: look into every inbox and the requests, take in what has no outcome, and wake what
waits no longer.

It does what an event's function does, by the same code, so it may run beside one. It heals events that never came, that
were dropped, misnamed or given up, functions that were disabled, restarts, outages, and defects that a new version has
corrected; nobody has to do anything for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.kernel.errors import ExchangeError, RefusedEvent, StorageFault
from shared.kernel.intake.identity import derived_id
from shared.kernel.intake.outcome import settled
from shared.kernel.reconcile.attempts import DEFECT, DELAYED, SERVICE, Attempts, History
from shared.kernel.reconcile.attend import Ended, attend
from shared.kernel.reconcile.delayed import tell
from shared.kernel.reconcile.letters import Stays, clear
from shared.kernel.reconcile.tasks import Task
from shared.kernel.reconcile.wake import wake

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.areas import BlobFacts
    from shared.kernel.storage.poison import PoisonQueue

LOOK = "reconcile:look"
"""The request id of looks at inboxes and requests, by which the storage logs tell them from everything else."""
WORK_SECONDS = 15 * 60
"""A round begins nothing new after this; the next one goes on. The function may take half an hour."""
HOURLY_MINUTES = 5
"""A round in these first minutes of an hour is the hour's."""
_NEVER = datetime.min.replace(tzinfo=UTC)
Note = Callable[[Task, Ended | Exception], None]
PATIENCE = timedelta(minutes=15)
"""What waits for longer is an alarm, which ends with the waiting."""


@dataclass(frozen=True)
class Waiting:
    """A blob whose work has not ended."""

    task: Task
    since: datetime
    code: str
    """Why the last attempt failed; empty where there was none."""
    under_way: bool = False
    """Whether a function may still be at it."""


@dataclass(frozen=True)
class GivenUp:
    """A blob that was tried for a day, and whose sender was told so just now."""

    tenant: str
    subject: str
    code: str


@dataclass(frozen=True)
class Round:
    """What one round has seen and done."""

    at: datetime
    looked: int
    """Blobs in inboxes and requests."""
    unseen: int
    """Parties whose inbox, requests or marks of work that waits could not be looked into."""
    taken: int
    """Of them, taken up and ended in this round."""
    no_event: int
    """Of those, the ones whose event never came to a function."""
    woken: int
    """Jobs asked for because nothing new had come for a while, or because they had waited as long as they may."""
    waiting: tuple[Waiting, ...]
    """The oldest first: still without an outcome at its end, new ones of the last minutes too."""
    given_up: tuple[GivenUp, ...]
    cleared: int
    """Messages and dead letters removed, because their blob has an outcome or is in the care of this."""
    stays: tuple[Stays, ...]
    """Messages and dead letters that a person has to look at."""

    @property
    def counts(self) -> dict[str, int]:
        """As ledger and log have it."""
        return {
            "looked": self.looked,
            "taken": self.taken,
            "no_event": self.no_event,
            "woken": self.woken,
            "waiting": len(self.waiting),
            "oldest_minutes": self.oldest_minutes,
            "given_up": len(self.given_up),
            "unseen": self.unseen,
            "cleared": self.cleared,
            "stays": sum(left.count for left in self.stays),
        }

    @property
    def oldest_minutes(self) -> int:
        """For how long the oldest has waited; 0 where nothing waits."""
        return max((_minutes(self.at - one.since) for one in self.waiting), default=0)

    @property
    def late(self) -> tuple[Waiting, ...]:
        """What has waited for longer than `PATIENCE` with nobody at it, the oldest first."""
        return tuple(one for one in self.waiting if self.at - one.since > PATIENCE and not one.under_way)

    @property
    def is_news(self) -> bool:
        """Whether the ledger is told of it: it has done something or, once an hour, something is late."""
        return bool(
            self.taken or self.woken or self.given_up or self.cleared or (self.late and self.at.minute < HOURLY_MINUTES)
        )


def reconcile(exchange: Exchange, poison: PoisonQueue, attempts: Attempts, note: Note = lambda *_: None) -> Round:
    """Do one round. `note` hears of every blob that was taken up, and what came of it or why it failed.

    Raises a `StorageFault` where nothing at all can be seen and, once all else is done, a defect in waking work.
    """
    with suppress(StorageFault):  # they are kept until the ledger takes them
        attempts.bring(exchange)
    now = exchange.clock()
    found = _look(exchange, now)
    taken = _take_up(exchange, found.open, now, attempts, note)
    woken = wake(exchange, _looking(exchange), now)
    try:
        cleared, stays = clear(exchange, poison, attempts, _subject(now))
    except StorageFault:
        cleared, stays = 0, ()  # they are hints: what is to be done is known without them, and they stay
    done = Round(
        now,
        found.looked,
        found.unseen + sum(isinstance(fault, ExchangeError) for fault in woken.faults),
        taken.ended,
        taken.no_event,
        woken.requested,
        taken.waiting,
        taken.given_up,
        cleared,
        stays,
    )
    if done.is_news:
        exchange.ledger.record(_subject(now), "reconciled", service=SERVICE, tenant="exchange", counts=done.counts)
    for defect in (fault for fault in woken.faults if not isinstance(fault, ExchangeError)):
        raise defect
    return done


@dataclass(frozen=True)
class _Look:
    looked: int
    unseen: int
    open: list[tuple[Task, datetime]]
    """What has no outcome, and when it came; the oldest first."""


def _look(exchange: Exchange, now: datetime) -> _Look:
    looked, open_, faults = 0, [], []
    exchange = _looking(exchange)
    for tenant in exchange.agreements.parties:
        try:
            everything = list(_everything(exchange, tenant, now))
            ended = settled(exchange, tenant)
        except StorageFault as fault:
            faults.append(fault)
            continue
        looked += len(everything)
        open_ += [(task, since) for task, since in everything if since > ended.get(task.event, _NEVER)]
    if len(faults) == len(exchange.agreements.parties):
        raise faults[-1]
    return _Look(looked, len(faults), sorted(open_, key=lambda each: each[1]))


def _looking(exchange: Exchange) -> Exchange:
    # A look is at storage alone: no key is used for it.
    return replace(exchange, storage=exchange.storage.with_request_id(LOOK))


@dataclass(frozen=True)
class _Taken:
    ended: int
    no_event: int
    waiting: tuple[Waiting, ...]
    given_up: tuple[GivenUp, ...]


def _take_up(
    exchange: Exchange, found: list[tuple[Task, datetime]], now: datetime, attempts: Attempts, note: Note
) -> _Taken:
    """Take up what is due."""
    begun, ended, no_event = time.monotonic(), 0, 0
    waiting: list[Waiting] = []
    given_up: list[GivenUp] = []
    for task, since in found:
        try:
            chain = exchange.ledger.events(task.event)
        except ExchangeError as unread:
            waiting.append(Waiting(task, since, unread.code))
            continue
        history = History.of(chain)
        due = history.is_due(now, created=since, app=attempts.app)
        if not due or time.monotonic() - begun > WORK_SECONDS:
            waiting.append(Waiting(task, since, history.code, history.is_under_way(now)))
            continue
        no_event += not chain
        end = _attend(exchange, task, attempts)
        note(task, end)
        if isinstance(end, Ended | RefusedEvent):
            ended += 1
            continue
        code = end.code if isinstance(end, ExchangeError) else DEFECT
        waiting.append(Waiting(task, since, code))
        if not history.told and history.is_overdue(now):
            with suppress(ExchangeError):  # the next round tells, then
                given_up.append(_give_up(exchange, task, since, code))
    return _Taken(ended, no_event, tuple(waiting), tuple(given_up))


def _attend(exchange: Exchange, task: Task, attempts: Attempts) -> Ended | Exception:
    """Do the work; what came of it or what it raised, which is recorded, so that the round goes on."""
    try:
        return attend(exchange, task, attempts)
    except Exception as error:  # noqa: BLE001 - it is handed to whoever journals it
        return error


def _everything(exchange: Exchange, tenant: str, now: datetime) -> Iterator[tuple[Task, datetime]]:
    storage = exchange.storage

    def since(blob: BlobFacts) -> datetime:
        return blob.created or now

    inbox, requests = storage.inbox(tenant), storage.requests(tenant)
    for blob in inbox.list() if tenant in exchange.agreements.senders else ():
        yield Task("drop", tenant, inbox.container, blob.name), since(blob)
    for blob in requests.list():
        yield Task("request", tenant, requests.container, blob.name), since(blob)


def _give_up(exchange: Exchange, task: Task, since: datetime, code: str) -> GivenUp:
    tell(exchange, task, since)
    exchange.ledger.record(task.event, DELAYED, service=SERVICE, tenant=task.tenant, codes=(code,))
    return GivenUp(task.tenant, task.event, code)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def _subject(now: datetime) -> str:
    # The moment leads, so that the last round is the last by name.
    return f"reconcile:{now:%Y%m%d-%H%M}-{derived_id('reconcile', now.isoformat())}"
