"""A stand-in for the functions host: fires the app's own triggers when a blob is new or has changed, and its timers
when it is told to.

It does what the cloud does and no more: an event per new (container, name, ETag), five tries, then the poison queue.
Like the cloud it forgets: a host that is started again fires once more for every blob that is still there, so events
that were under way when it was killed are not lost, and every service has to bear an event that it has seen before.
"""

from __future__ import annotations

import json
import logging
import random
import runpy
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from functions import wiring
from functions.journal import say
from functions.reference import BlobReference
from shared.errors import ExchangeError, StorageFault
from shared.storage.poison import PoisonMessage, PoisonQueue

if TYPE_CHECKING:
    from shared.disposal.remind import CollectionLog
    from shared.exchange import Exchange
    from shared.storage.areas import Area
    from shared.storage.storage import Storage

ROOT = Path(__file__).resolve().parents[1]


class NotQuiet(ExchangeError):
    """There was still work when the time was up (HST-001)."""


@dataclass(frozen=True)
class Event:
    """A blob that is new, or new again, and the function that is told so."""

    function: str
    container: str
    name: str
    etag: str


@dataclass(frozen=True)
class Delivery:
    """How events reach the functions. The default is kind; the cloud is not."""

    copies: int = 1
    """How often each event is delivered; copies may run at the same time."""
    shuffled: bool = False
    """Whether the events found by one look are delivered in an order of the seed's choosing."""
    seed: int = 0


@dataclass(frozen=True)
class Triggers:
    """The app's blob triggers, as its own index gives them."""

    by_container: dict[str, str]
    """Which function is told of a container's blobs."""
    functions: dict[str, Callable[[BlobReference], None]]
    timers: dict[str, Callable[[], None]] = field(default_factory=dict)
    """What happens when a timer's hour has come."""

    @classmethod
    def of_the_app(cls, root: Path = ROOT) -> Triggers:
        """Index `function_app.py` afresh: a function app can be indexed only once."""
        app = runpy.run_path(str(root / "function_app.py"))["app"]
        by_container, functions, timers = {}, {}, {}
        for function in app.get_functions():
            trigger, name = function.get_trigger(), function.get_function_name()
            if trigger.type == "blobTrigger":
                by_container[trigger.path.partition("/")[0]] = name
                functions[name] = _takes_reference(function.get_user_function(), trigger.name)
            elif trigger.type == "timerTrigger":
                timers[name] = _takes_tick(function.get_user_function(), trigger.name)
        return cls(by_container, functions, timers)


@dataclass(frozen=True)
class Tick:
    """What a timer's function is handed: this product's functions look at nothing of it."""

    past_due: bool = False


def _takes_reference(function: Callable[..., None], parameter: str) -> Callable[[BlobReference], None]:
    return lambda blob: function(**{parameter: blob})


def _takes_tick(function: Callable[..., None], parameter: str) -> Callable[[], None]:
    return lambda: function(**{parameter: Tick()})


def tries(root: Path = ROOT) -> int:
    """How often an event is tried, as `host.json` says."""
    settings = json.loads((root / "host.json").read_text(encoding="utf-8"))
    return int(settings["extensions"]["blobs"]["poisonBlobThreshold"])


class Host:
    """Watches the containers of `exchange` and fires the functions of this process on it."""

    def __init__(
        self,
        exchange: Exchange,
        poison: PoisonQueue,
        *,
        triggers: Triggers | None = None,
        workers: int = 2,
        delivery: Delivery | None = None,
        watched: Storage | None = None,
        collections: CollectionLog | None = None,
        poll_seconds: float = 0.2,
        retry_seconds: float = 0.0,
    ) -> None:
        """`watched` is the account as whoever looks for new blobs sees it; else the app itself looks. `collections`
        can tell who has collected; else nobody can."""
        wiring.use(exchange, poison, collections)
        self.counts: Counter[str] = Counter()
        """Events by how they ended: `done` or `poisoned`; and `failed`, the tries that were not the last word."""
        self._exchange = exchange
        self._poison = poison
        self._watching = watched or exchange.storage
        self._triggers = triggers or Triggers.of_the_app()
        self._tries = tries()
        self._workers = workers
        self._delivery = delivery or Delivery()
        self._random = random.Random(self._delivery.seed)  # noqa: S311 - an order, not a secret
        self._poll_seconds = poll_seconds
        self._retry_seconds = retry_seconds
        self._seen: set[Event] = set()
        self._counting = threading.Lock()

    def run_to_quiescence(self, timeout: float) -> Counter[str]:
        """Fire until a look at every container finds nothing new and nothing is running; return the counts.

        Raises `NotQuiet` after `timeout` seconds. What a function raises that is not an `Exception`, as a test does to
        kill the process, ends the host.
        """
        deadline = time.monotonic() + timeout
        running: set[Future[None]] = set()
        with self._pool() as pool:
            while True:
                running |= {pool.submit(self.deliver, event) for event in self.look()}
                if not running:
                    return self.counts
                running = self._collect(running)
                if time.monotonic() > deadline:
                    raise NotQuiet("HST-001", f"{len(running)} events were still running after {timeout:.0f} s.")

    def run_forever(self, stop: threading.Event) -> None:
        """Fire until `stop` is set, then let what is running finish."""
        running: set[Future[None]] = set()
        with self._pool() as pool:
            while not stop.wait(self._poll_seconds):
                try:
                    running |= {pool.submit(self.deliver, event) for event in self.look()}
                except StorageFault as fault:
                    say("host.look_failed", level=logging.WARNING, code=fault.code)
                running = self._collect(running)

    def look(self) -> list[Event]:
        """The events that are due: one per blob that was not there, or not the same, at the last look."""
        fresh = [event for event in self._present() if event not in self._seen]
        self._seen.update(fresh)
        due = [event for event in fresh for _ in range(self._delivery.copies)]
        if self._delivery.shuffled:
            self._random.shuffle(due)
        return due

    def deliver(self, event: Event) -> None:
        """Give one event to its function, as often as the host would; then put it on the poison queue."""
        blob = BlobReference(container=event.container, name=event.name)
        for attempt in range(self._tries):
            try:
                self._triggers.functions[event.function](blob)
            except Exception:  # noqa: BLE001 - the function has journaled it; the next try, or the poison queue, is the answer
                self._count("failed")
                time.sleep(self._retry_seconds * attempt)
            else:
                self._count("done")
                return
        self._poison.put(PoisonMessage(f"Host.Functions.{event.function}", event.container, event.name, event.etag))
        self._count("poisoned")

    def fire(self, timer: str) -> None:
        """Let the hour of a timer come: its function runs once. Raises what the function raises, `KeyError` if the app
        has no timer of that name."""
        self._triggers.timers[timer]()

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        pool = ThreadPoolExecutor(self._workers, "worker")
        try:
            yield pool
        finally:
            # Events that have not begun are left for the next host, which finds their blobs again.
            pool.shutdown(cancel_futures=True)

    def _present(self) -> Iterator[Event]:
        for area in self._watched():
            function = self._triggers.by_container[area.container]
            for blob in area.list():
                yield Event(function, area.container, area.prefix + blob.name, blob.etag)

    def _watched(self) -> Iterator[Area]:
        for slug in self._exchange.agreement.controllers:
            yield self._watching.inbox(slug)
            yield self._watching.requests(slug)

    def _collect(self, running: set[Future[None]]) -> set[Future[None]]:
        done, still_running = wait(running, timeout=self._poll_seconds, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
        return still_running

    def _count(self, outcome: str) -> None:
        with self._counting:
            self.counts[outcome] += 1
