"""The local host around its machine: what it looks at and in which order, when it is quiet, when it stops.

What becomes of an event is tested in `tests/integration/host`, on both machines.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from functions import wiring
from functions.reference import BlobReference
from local.host import Host, NotQuiet
from local.triggers.app import Triggers
from local.triggers.grid import Delivery, EventGrid
from shared.agreements.registry import load_agreements
from shared.kernel.exchange import Exchange
from shared.kernel.storage.poison import QUEUE, PoisonQueue
from shared.kernel.storage.storage import Storage
from tests.wire import Wire

PILOT = ("lambeth", "lewisham", "southwark", "wandsworth")


def all_call(function: Callable[[BlobReference], None]) -> Triggers:
    """The app's triggers, with this function behind each."""
    by_container = {f"{slug}-inbox": f"drop_{slug}" for slug in PILOT} | {"requests": "request"}
    return Triggers(by_container, dict.fromkeys(by_container.values(), function))


class Recorder:
    """Functions that write down what they were handed."""

    def __init__(self) -> None:
        self.handed: list[BlobReference] = []

    def __call__(self, blob: BlobReference) -> None:
        self.handed.append(blob)

    @property
    def names(self) -> list[str]:
        return [blob.name for blob in self.handed]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def exchange(storage: Storage) -> Iterator[Exchange]:
    """Storage and the agreement are all that a host needs; the functions of these tests need nothing."""
    unused = SimpleNamespace()
    yield Exchange(load_agreements(), storage, unused, unused, lambda: datetime.now(UTC))  # type: ignore[arg-type]
    wiring.use(None)


@pytest.fixture
def poison(account: str) -> Iterator[PoisonQueue]:
    with PoisonQueue.connect(account) as queue:
        queue.every.ensure(QUEUE)
        yield queue


@pytest.fixture
def host(exchange: Exchange, poison: PoisonQueue, recorder: Recorder) -> Host:
    return Host.over(exchange, poison, triggers=all_call(recorder))


def test_outboxes_staging_and_ledger_fire_nothing(host: Host, recorder: Recorder, storage: Storage) -> None:
    for area in (storage.outbox("lambeth"), storage.staging("lambeth"), storage.claims("lambeth"), storage.ledger()):
        area.create("a", b"1")

    assert host.run_to_quiescence(30) == {}
    assert recorder.handed == []


def named(body: bytes) -> str:
    """The blob of an event."""
    [event] = json.loads(body)
    return str(event["data"]["url"].rpartition("/")[2])


def test_the_order_of_events_is_the_seeds(exchange: Exchange, poison: PoisonQueue, storage: Storage) -> None:
    names = [f"{letter}.parquet" for letter in "abcdefgh"]
    for name in names:
        storage.inbox("lambeth").create(name, b"1")

    def order(seed: int) -> list[str]:
        told: list[str] = []
        machine: Any = SimpleNamespace(post=lambda _, body: (told.append(named(body)), (202, ""))[1])
        triggers, delivery = all_call(Recorder()), Delivery(shuffled=True, seed=seed)
        EventGrid(exchange, triggers, delivery, watched=storage, queues=poison.every).tell(machine)
        return told

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert sorted(order(2)) == names


def test_work_that_does_not_end_is_not_called_quiet(exchange: Exchange, poison: PoisonQueue, storage: Storage) -> None:
    def function(blob: BlobReference) -> None:
        number = int(blob.name.split("/")[-1])
        storage.requests("lambeth").create(str(number + 1), b"1")

    storage.requests("lambeth").create("1", b"1")

    with pytest.raises(NotQuiet) as raised:
        Host.over(exchange, poison, triggers=all_call(function)).run_to_quiescence(0.5)

    assert raised.value.code == "HST-001"


def test_a_host_that_runs_on_sees_what_comes_later_and_stops_when_told(
    host: Host, recorder: Recorder, storage: Storage
) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=host.run_forever, args=(stop,))
    thread.start()
    try:
        storage.inbox("lambeth").create("late.parquet", b"1")
        for _ in range(100):
            if host.counts["done"]:
                break
            time.sleep(0.1)
    finally:
        stop.set()
        thread.join(20)

    assert not thread.is_alive()
    assert recorder.names == ["late.parquet"]


def test_a_timer_fires_when_the_host_is_told_that_its_hour_has_come(exchange: Exchange, poison: PoisonQueue) -> None:
    fired: list[str] = []
    timers = {name: partial(fired.append, name) for name in ("disposal", "watchdog")}
    host = Host.over(exchange, poison, triggers=Triggers({}, {}, timers))

    host.fire("watchdog")

    assert fired == ["watchdog"]
    with pytest.raises(KeyError):
        host.fire("never")


def test_a_host_that_runs_on_lets_the_hour_of_reconciliation_come_again_and_again(
    exchange: Exchange, poison: PoisonQueue
) -> None:
    rounds = threading.Semaphore(0)

    def fail() -> None:
        rounds.release()
        raise ValueError("a defect of one round ends no other")

    host = Host.over(exchange, poison, triggers=Triggers({}, {}, {"reconcile": fail}))
    stop = threading.Event()
    thread = threading.Thread(target=host.run_forever, args=(stop,), kwargs={"reconcile_seconds": 0.2})
    thread.start()
    try:
        assert rounds.acquire(timeout=20)
        assert rounds.acquire(timeout=20)
    finally:
        stop.set()
        thread.join(20)

    assert not thread.is_alive()


def test_the_apps_own_timers_are_known_by_name() -> None:
    assert set(Triggers.of_the_app().timers) == {"disposal", "queues", "reconcile", "records", "watchdog"}


def test_who_looks_for_blobs_need_not_be_the_app(
    exchange: Exchange, poison: PoisonQueue, recorder: Recorder, storage: Storage, account: str
) -> None:
    storage.inbox("lambeth").create("a.parquet", b"1")
    wire = Wire()
    with wire.storage(account) as other:
        Host.over(exchange, poison, triggers=all_call(recorder), watched=other).run_to_quiescence(30)

    assert recorder.names == ["a.parquet"]
    assert {request.method for request in wire.requests} == {"GET"}
