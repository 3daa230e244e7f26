"""Delivers events to processes of their own, twice, in any order, some at once, and kills many of them."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random

from shared.kernel.errors import ExchangeError
from shared.kernel.intake.outcome import settled
from shared.kernel.intake.receive import receive
from shared.kernel.ledger.chain import Ledger
from shared.kernel.reconcile.tasks import Task
from shared.kernel.rights.night import before_the_sweep
from shared.kernel.rights.orders import carry_out_order
from shared.kernel.storage.storage import Storage
from shared.kernel.terms.orders import is_order
from shared.kernel.work.carry_out import carry_out
from tests.world import PILOT, World

AT_ONCE = 3
COPIES = 2
TRIES = 5
"""As often as the host tries an event."""
_KILLED, _WOKEN = 0.4, 0.08
_HANGS = 120


@dataclass(frozen=True)
class Wake:
    """A round of reconciliation that finds what waits old enough, at a moment of its own."""


@dataclass
class Machine:
    """The host of one schedule over one account."""

    world: World
    account: str
    chance: Random
    told: Counter[str] = field(default_factory=Counter)
    """How often what happened."""
    _seen: set[Task] = field(default_factory=set)
    _lasts: float = 0.3
    """Seconds that the work of an event takes, so that kills fall into it."""

    def run(self, tasks: Iterable[Task]) -> None:
        """Deliver the events of these blobs, and of every request that they bring about."""
        waiting: list[Task | Wake] = [*self._delivered(tasks)]
        running: dict[int, tuple[Task | Wake, float, float]] = {}
        tries: Counter[Task | Wake] = Counter()
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                if self.chance.random() < _WOKEN:
                    waiting.append(Wake())
                task = waiting.pop(self.chance.randrange(len(waiting)))
                tries[task] += 1
                running[self._begin(task)] = (task, time.monotonic(), self._lives())
            time.sleep(0.002)
            for child, (task, began, lives) in list(running.items()):
                ended, status = os.waitpid(child, os.WNOHANG)
                if not ended and time.monotonic() - began > lives:
                    os.kill(child, signal.SIGKILL)
                    ended, status = os.waitpid(child, 0)
                assert time.monotonic() - began < _HANGS, task
                if not ended:
                    continue
                del running[child]
                code = os.waitstatus_to_exitcode(status)
                if not code:
                    self._lasts = 0.7 * self._lasts + 0.3 * (time.monotonic() - began)
                self.told["killed" if code < 0 else "failed" if code else "done"] += 1
                if code and tries[task] < TRIES * COPIES:
                    waiting.append(task)
                waiting += self._delivered(self._requests())

    def finish(self) -> None:
        """What reconciliation does with what has no outcome, until nothing is left; and what a night does of orders."""
        self.world.wake()
        assert before_the_sweep(self.world.exchange) == ()
        while left := [task for task in self._everything() if not self._has_ended(task)]:
            self.told["reconciled"] += len(left)
            for task in left:
                attend(self.world, task)
            self.world.wake()

    def _has_ended(self, task: Task) -> bool:
        return task.event in settled(self.world.exchange, task.tenant)

    def _delivered(self, tasks: Iterable[Task]) -> list[Task]:
        new = [task for task in tasks if task not in self._seen]
        self._seen.update(new)
        return new * COPIES

    def _lives(self) -> float:
        return self.chance.uniform(0, 1.2 * self._lasts) if self.chance.random() < _KILLED else _HANGS

    def _begin(self, task: Task | Wake) -> int:
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            code = 1
            try:
                with Storage.connect(self.account) as storage:
                    attend(_over(self.world, storage), task)
                code = 0
            except ExchangeError:
                code = 2
            finally:
                os._exit(code)
        return child

    def _requests(self) -> list[Task]:
        requests = {slug: self.world.storage.requests(slug) for slug in PILOT}
        return [
            Task("request", slug, area.container, blob.name) for slug, area in requests.items() for blob in area.list()
        ]

    def _everything(self) -> list[Task]:
        inboxes = {slug: self.world.storage.inbox(slug) for slug in PILOT}
        drops = [
            Task("drop", slug, area.container, blob.name) for slug, area in inboxes.items() for blob in area.list()
        ]
        return drops + self._requests()


def _over(world: World, storage: Storage) -> World:
    """The same world over another connection."""
    ledger = Ledger(storage.ledger(), clock=world.exchange.clock)
    return replace(world, exchange=replace(world.exchange, storage=storage, ledger=ledger))


def attend(world: World, task: Task | Wake) -> None:
    """Do what the task's function does."""
    if isinstance(task, Wake):
        world.wake()
    elif task.kind == "drop":
        receive(world.exchange, tenant=task.tenant, container=task.container, name=task.name)
    else:
        work = carry_out_order if is_order(task.name) else carry_out
        work(world.exchange, party=task.tenant, name=task.name)
