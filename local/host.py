"""In place of the cloud around the app: new blobs become events, events reach its functions, and its timers fire when
they are told to.

What takes the events is one of two machines (`local/triggers`): the real triggers, where `EXCHANGE_TRIGGERHOST` names
the program that holds them, or else our imitation. Either runs only while there is something to run to its end, as an
app in the cloud that is scaled down to nothing between; what is unfinished waits in its queues.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from functions import wiring
from functions.journal import say
from local.triggers.app import Triggers, Worker
from local.triggers.grid import Delivery, EventGrid
from local.triggers.imitation import Imitation
from local.triggers.machine import Machine
from local.triggers.real import SETTING, RealTriggers
from shared.kernel.errors import ExchangeError, StorageFault
from shared.kernel.storage.poison import POISON, QUEUE
from shared.kernel.storage.queues import Queues

if TYPE_CHECKING:
    from local.measured import Meter
    from local.site import Site
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.poison import PoisonQueue
    from shared.kernel.storage.storage import Storage

WORKERS = 3
"""How many functions run at a time: `PYTHON_THREADPOOL_THREAD_COUNT` in the cloud (`infra/`)."""

BUSY = 2 * WORKERS
"""With so many events waiting nobody looks for new blobs: there is enough to do, and each look takes its time."""

RECONCILE_SECONDS = 300.0
"""How often `functions/reconcile.py` has its timer fire."""


class NotQuiet(ExchangeError):
    """There was still work when the time was up (HST-001)."""


class Host:
    """Tells the functions of this process what is new in the exchange's account."""

    def __init__(
        self, worker: Worker, machine: Machine, grid: EventGrid, queues: Queues, *, poll_seconds: float = 0.1
    ) -> None:
        """`machine` takes events to functions and `grid` tells it of them; `queues` are those of the exchange's
        account, in which events wait that were given up."""
        self._worker = worker
        self._triggers = worker.triggers
        self.machine = machine
        self._grid = grid
        self._queues = queues
        self._poll_seconds = poll_seconds
        self._poisoned_before, self._poisoned = self._given_up(), 0

    @classmethod
    def over(
        cls,
        exchange: Exchange,
        poison: PoisonQueue,
        *,
        triggers: Triggers | None = None,
        workers: int = WORKERS,
        delivery: Delivery | None = None,
        watched: Storage | None = None,
    ) -> Host:
        """The imitation, with everything in the account of `exchange`, as it may be. `watched` is that account as
        whoever looks for new blobs sees it; else the app itself looks."""
        wiring.use(exchange, poison)
        worker = Worker(triggers or Triggers.of_the_app(), workers)
        machine = Imitation(worker, blobs=exchange.storage, queues=poison.every, hosted=poison.every)
        seen_by = watched or exchange.storage
        grid = EventGrid(exchange, worker.triggers, delivery or Delivery(), watched=seen_by, queues=poison.every)
        return cls(worker, machine, grid, poison.every)

    @classmethod
    def of(
        cls,
        site: Site,
        *,
        triggers: Triggers | None = None,
        workers: int = WORKERS,
        delivery: Delivery | None = None,
        poll_seconds: float = 0.1,
    ) -> Host:
        """The host of a local exchange, with the real triggers where the environment names them."""
        wiring.use(site.exchange, site.poison, site.collections)
        worker = Worker(triggers or Triggers.of_the_app(), workers)
        program = os.environ.get(SETTING)
        machine: Machine = (
            RealTriggers(Path(program), site, worker)
            if program
            else Imitation(worker, blobs=site.exchange.storage, queues=site.queues, hosted=site.hosted)
        )
        grid = EventGrid(
            site.exchange,
            worker.triggers,
            delivery or Delivery(),
            watched=site.watched,
            queues=site.told,
            memory=site.folder / "events.txt",
        )
        return cls(worker, machine, grid, site.poison.every, poll_seconds=poll_seconds)

    @property
    def counts(self) -> Counter[str]:
        """`done` and `failed`: tries by how they ended. `poisoned`: events that were given up since this host began, at
        the last look."""
        return self._worker.counts + Counter(poisoned=self._poisoned)

    @property
    def meter(self) -> Meter:
        """What the functions have taken, events' and timers'."""
        return self._worker.meter

    def run_to_quiescence(self, timeout: float) -> Counter[str]:
        """Fire until nothing waits, nothing runs and a look at every container finds nothing new; return the counts.

        Raises `NotQuiet` after `timeout` seconds, and `HostFailed` if the real triggers end by themselves.
        """
        with self.machine:
            return self.settle(timeout)

    def settle(self, timeout: float) -> Counter[str]:
        """The same, within a `with` of the machine."""
        deadline = time.monotonic() + timeout
        # Whoever works makes new blobs before his message is gone, so it is messages first and then blobs.
        while self._look():
            if time.monotonic() > deadline:
                waiting = self.machine.waiting()
                raise NotQuiet("HST-001", f"{waiting} events were still waiting after {timeout:.0f} s.")
            time.sleep(self._poll_seconds)
        self._poisoned = self._given_up() - self._poisoned_before
        return self.counts

    def _look(self) -> int:
        """How many events wait and, where that is little, how many more were due."""
        with self.meter.aside():
            waiting = self.machine.waiting()
            return waiting if waiting > BUSY else waiting + self._grid.tell(self.machine)

    def run_forever(self, stop: threading.Event, *, reconcile_seconds: float = RECONCILE_SECONDS) -> None:
        """Fire until `stop` is set, then let what is running finish. Raises `HostFailed`.

        Of the timers reconciliation alone fires by itself: the others have their hours at night.
        """
        round_due = time.monotonic() + reconcile_seconds
        with self.machine as machine:
            while not stop.wait(self._poll_seconds):
                try:
                    machine.waiting()
                    self._grid.tell(machine)
                except StorageFault as fault:
                    say("host.look_failed", level=logging.WARNING, code=fault.code)
                if time.monotonic() >= round_due:
                    with suppress(Exception):  # it has been journaled, and its hour comes again
                        self.fire("reconcile")
                    round_due = time.monotonic() + reconcile_seconds

    def fire(self, timer: str) -> None:
        """Let the hour of a timer come: its function runs once. Raises what the function raises, `KeyError` if the app
        has no timer of that name."""
        with self._worker.meter.running():
            self._triggers.timers[timer]()

    def _given_up(self) -> int:
        return sum(self._queues.count(queue) for queue in (QUEUE, *(name + POISON for name in self._triggers.by_queue)))
