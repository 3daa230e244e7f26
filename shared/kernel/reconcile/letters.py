"""Events that the host or Event Grid gave up: removed when their blob has an outcome or is in reconciliation's care.

A message and a dead letter are hints like any event. What says nothing that can be understood, or is about no blob of
ours, stays for a person, until Azure deletes it: messages of poison queues after seven days.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import TYPE_CHECKING

from shared.kernel.disposal.policy_runs import note_run
from shared.kernel.errors import ExchangeError, RefusedEvent, UnusableName
from shared.kernel.reconcile.attempts import DAY, SERVICE, Attempts
from shared.kernel.reconcile.attend import attend
from shared.kernel.reconcile.tasks import Task, task_of
from shared.kernel.storage.dead_letters import POLICY_RUNS, dead_letters
from shared.kernel.storage.poison import POISON
from shared.kernel.storage.replay import given_up

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.grid import NamedBlob
    from shared.kernel.storage.poison import PoisonQueue

CLEARED = "cleared"
BEGAN = "began"
DEAD_LETTERS = "deadletter"
_Age = tuple[datetime | None, datetime | None]
"""When it came, and when it is deleted."""


class Found(Enum):
    """What becomes of an event that was given up."""

    SETTLED = auto()
    """Its blob has an outcome, is gone, or is in the care of reconciliation: it is removed."""
    LATER = auto()
    """Something is away that will be back: the next round looks again, and after a day it is for a person."""
    NOBODYS = auto()
    """It cannot be read, is about no blob of ours, or met a defect: it is for a person."""


@dataclass(frozen=True)
class Stays:
    """Messages of one queue, or dead letters, that only a person can deal with."""

    where: str
    """Name of the queue, or ``deadletter``."""
    count: int
    since: datetime | None
    """When the oldest came."""
    gone_on: datetime | None
    """When Azure, or the sweep, deletes the oldest; `None`: not known."""


def clear(exchange: Exchange, poison: PoisonQueue, attempts: Attempts, subject: str) -> tuple[int, tuple[Stays, ...]]:
    """Remove what needs nobody; how many that were, and what stays. Requests bear `subject` as their id."""
    care, now = _Care(exchange, attempts), exchange.clock()
    cleared = 0
    left: defaultdict[str, list[_Age]] = defaultdict(list)
    marked = poison.with_request_id(subject)
    if marked.waiting():
        with given_up(marked) as events:
            for event in events:
                message = event.message
                found = care.of(event.named, event.text, reports=event.queue == POLICY_RUNS + POISON)
                if found is Found.SETTLED:
                    marked.remove(message)
                    cleared += 1
                elif found is Found.NOBODYS or _is_old(message.created, now):
                    left[event.queue].append((message.created, message.expires))
    letters = exchange.storage.with_request_id(subject).dead_letters()
    for dead in dead_letters(letters):
        found_all = {care.of(event.named, event.text, reports=event.feed == POLICY_RUNS) for event in dead.events}
        if found_all == {Found.SETTLED}:
            # The deletion names this round, so the round has to be in the ledger.
            exchange.ledger.record(subject, BEGAN, service=SERVICE, tenant="exchange")
            letters.delete(dead.blob.name, if_match=dead.blob.etag)
            cleared += 1
        elif not found_all or Found.NOBODYS in found_all or _is_old(dead.blob.created, now):
            left[DEAD_LETTERS].append((dead.blob.created, None))
    return cleared, tuple(_stays(where, ages) for where, ages in sorted(left.items()))


@dataclass(frozen=True)
class _Care:
    """Says of what an event is about whether nobody has to look at the event any more."""

    exchange: Exchange
    attempts: Attempts

    def of(self, named: NamedBlob | None, text: str, *, reports: bool) -> Found:
        """What is to be done about the event; `reports`: it should tell of a run of the lifecycle policy."""
        try:
            settled = self._of_run(text) if reports else named is not None and self._of_blob(named)
        except ExchangeError as error:
            return Found.LATER if error.will_pass else Found.NOBODYS
        except Exception:  # noqa: BLE001 - the ledger has the attempt, the message stays, and the others have their turn
            return Found.NOBODYS
        return Found.SETTLED if settled else Found.NOBODYS

    def _of_run(self, text: str) -> bool:
        try:
            note_run(self.exchange, text.encode())
        except RefusedEvent:
            return False
        return True

    def _of_blob(self, named: NamedBlob) -> bool:
        task = task_of(self.exchange, named.container, named.names)
        if task is None:
            return False
        if not any(self._is_known(replace(task, name=name)) for name in (task.name, *task.or_named)):
            with suppress(RefusedEvent):  # it is gone, its party has been told, and the ledger says so
                attend(self.exchange, task, self.attempts)
        self.exchange.ledger.record(task.event, CLEARED, service=SERVICE, tenant=task.tenant)
        return True

    def _is_known(self, task: Task) -> bool:
        """Whether the blob is there, where the round has seen it or the next one will, or the ledger says what became
        of it."""
        exchange = self.exchange.working_on(task.event)
        with suppress(UnusableName):
            if task.area(exchange).exists(task.name):
                return True
        return exchange.ledger.head(task.event) is not None


def _is_old(created: datetime | None, now: datetime) -> bool:
    return created is None or now - created >= DAY


def _stays(where: str, ages: list[_Age]) -> Stays:
    created, expires = ([moment for moment in column if moment] for column in zip(*ages, strict=True))
    return Stays(where, len(ages), min(created, default=None), min(expires, default=None))
