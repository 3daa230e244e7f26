"""The local host delivers events as the cloud does: at least once, five times if need be, then to the poison queue."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace

import pytest

from functions import wiring
from functions.reference import BlobReference
from local.host import Delivery, Event, Host, NotQuiet, Triggers
from shared.agreement.load import load_agreement
from shared.exchange import Exchange
from shared.storage.poison import PoisonMessage, PoisonQueue
from shared.storage.storage import Storage
from tests.wire import Wire

PILOT = ("lambeth", "lewisham", "southwark", "wandsworth")


def all_call(function: Callable[[BlobReference], None]) -> Triggers:
    """The app's triggers, with this function behind each."""
    by_container = {f"{slug}-inbox": f"drop_{slug}" for slug in PILOT} | {"requests": "request"}
    return Triggers(by_container, dict.fromkeys(by_container.values(), function))


class Recorder:
    """Functions that write down what they were handed, and fail, or wait, as told."""

    def __init__(self) -> None:
        self.handed: list[BlobReference] = []
        self.failures: dict[str, int] = {}
        self.meet: threading.Barrier | None = None
        self._lock = threading.Lock()

    def __call__(self, blob: BlobReference) -> None:
        with self._lock:
            self.handed.append(blob)
            left = self.failures.get(blob.name, 0)
            self.failures[blob.name] = left - 1
        if self.meet:
            self.meet.wait(10)
        if left > 0:
            raise RuntimeError("told to fail")

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
    yield Exchange(load_agreement(), storage, unused, unused, lambda: datetime.now(UTC))  # type: ignore[arg-type]
    wiring.use(None)


@pytest.fixture
def poison(account: str) -> Iterator[PoisonQueue]:
    with PoisonQueue.connect(account) as queue:
        queue.ensure()
        yield queue


@pytest.fixture
def host(exchange: Exchange, poison: PoisonQueue, recorder: Recorder) -> Host:
    return Host(exchange, poison, triggers=all_call(recorder))


def test_every_blob_that_is_there_is_delivered_once(host: Host, recorder: Recorder, storage: Storage) -> None:
    storage.inbox("lambeth").create("a.parquet", b"1")
    storage.inbox("southwark").create("a.parquet", b"1")
    storage.requests("lambeth").create("link-1.json", b"1")

    assert host.run_to_quiescence(30) == {"done": 3}
    assert host.run_to_quiescence(30) == {"done": 3}

    assert sorted(recorder.handed, key=str) == sorted(
        [
            BlobReference("lambeth-inbox", "a.parquet"),
            BlobReference("southwark-inbox", "a.parquet"),
            BlobReference("requests", "lambeth/link-1.json"),
        ],
        key=str,
    )


def test_outboxes_staging_and_ledger_fire_nothing(host: Host, recorder: Recorder, storage: Storage) -> None:
    for area in (storage.outbox("lambeth"), storage.staging("lambeth"), storage.claims("lambeth"), storage.ledger()):
        area.create("a", b"1")

    assert host.run_to_quiescence(30) == {}
    assert recorder.handed == []


def test_an_overwritten_blob_is_delivered_again(host: Host, recorder: Recorder, storage: Storage) -> None:
    first = storage.inbox("lambeth").create("a.parquet", b"1")
    host.run_to_quiescence(30)
    storage.inbox("lambeth").replace("a.parquet", b"2", first.etag)
    host.run_to_quiescence(30)

    assert recorder.names == ["a.parquet", "a.parquet"]


def test_work_that_makes_work_is_done_before_the_host_is_quiet(
    exchange: Exchange, poison: PoisonQueue, storage: Storage
) -> None:
    chain: list[str] = []

    def function(blob: BlobReference) -> None:
        chain.append(blob.name)
        if blob.container == "lambeth-inbox":
            storage.requests("lambeth").create("link-1.json", b"1")

    storage.inbox("lambeth").create("a.parquet", b"1")

    Host(exchange, poison, triggers=all_call(function)).run_to_quiescence(30)

    assert chain == ["a.parquet", "lambeth/link-1.json"]


def test_a_passing_failure_is_tried_again(
    host: Host, recorder: Recorder, storage: Storage, poison: PoisonQueue
) -> None:
    recorder.failures["a.parquet"] = 4
    storage.inbox("lambeth").create("a.parquet", b"1")

    assert host.run_to_quiescence(30) == {"failed": 4, "done": 1}
    assert poison.count() == 0


def test_after_five_tries_the_event_is_on_the_poison_queue_in_the_hosts_words(
    host: Host, recorder: Recorder, storage: Storage, poison: PoisonQueue
) -> None:
    recorder.failures["a.parquet"] = 99
    facts = storage.inbox("lambeth").create("a.parquet", b"1")
    storage.inbox("lambeth").create("b.parquet", b"1")

    assert host.run_to_quiescence(30) == {"failed": 5, "poisoned": 1, "done": 1}

    (message,) = poison.peek()
    assert message == PoisonMessage("Host.Functions.drop_lambeth", "lambeth-inbox", "a.parquet", facts.etag)
    assert host.run_to_quiescence(30)["poisoned"] == 1


def test_copies_of_an_event_run_at_the_same_time(
    exchange: Exchange, poison: PoisonQueue, recorder: Recorder, storage: Storage
) -> None:
    recorder.meet = threading.Barrier(2)
    storage.inbox("lambeth").create("a.parquet", b"1")

    counts = Host(
        exchange, poison, triggers=all_call(recorder), delivery=Delivery(copies=2), workers=2
    ).run_to_quiescence(30)

    assert counts == {"done": 2}
    assert recorder.names == ["a.parquet"] * 2


def test_the_order_of_events_is_the_seeds(exchange: Exchange, poison: PoisonQueue, storage: Storage) -> None:
    names = [f"{letter}.parquet" for letter in "abcdefgh"]
    for name in names:
        storage.inbox("lambeth").create(name, b"1")

    def order(seed: int) -> list[str]:
        recorder = Recorder()
        delivery = Delivery(shuffled=True, seed=seed)
        Host(exchange, poison, triggers=all_call(recorder), delivery=delivery, workers=1).run_to_quiescence(30)
        return recorder.names

    assert order(1) == order(1)
    assert order(1) != order(2)
    assert sorted(order(2)) == names


def test_a_host_that_is_started_again_delivers_what_is_still_there(
    exchange: Exchange, poison: PoisonQueue, recorder: Recorder, storage: Storage
) -> None:
    storage.inbox("lambeth").create("a.parquet", b"1")
    for _ in range(2):
        Host(exchange, poison, triggers=all_call(recorder)).run_to_quiescence(30)

    assert recorder.names == ["a.parquet"] * 2


def test_a_killed_process_ends_the_host_and_leaves_the_rest_for_the_next(
    exchange: Exchange, poison: PoisonQueue, storage: Storage
) -> None:
    class Killed(BaseException):
        pass

    handed: list[str] = []

    def function(blob: BlobReference) -> None:
        handed.append(blob.name)
        if len(handed) == 1:
            raise Killed

    storage.inbox("lambeth").create("a.parquet", b"1")
    storage.inbox("lambeth").create("b.parquet", b"1")

    with pytest.raises(Killed):
        Host(exchange, poison, triggers=all_call(function), workers=1).run_to_quiescence(30)
    Host(exchange, poison, triggers=all_call(function), workers=1).run_to_quiescence(30)

    # The pool may have begun the second event before the first one's death was seen; never is one left out.
    assert handed.count("a.parquet") == 2
    assert handed.count("b.parquet") in (1, 2)
    assert poison.count() == 0


def test_work_that_does_not_end_is_not_called_quiet(exchange: Exchange, poison: PoisonQueue, storage: Storage) -> None:
    def function(blob: BlobReference) -> None:
        number = int(blob.name.split("/")[-1])
        storage.requests("lambeth").create(str(number + 1), b"1")

    storage.requests("lambeth").create("1", b"1")

    with pytest.raises(NotQuiet) as raised:
        Host(exchange, poison, triggers=all_call(function)).run_to_quiescence(0.5)

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


def test_any_function_can_be_handed_any_blob_as_an_over_wide_subscription_would(
    host: Host, recorder: Recorder, storage: Storage
) -> None:
    facts = storage.inbox("lambeth").create("a.parquet", b"1")

    host.deliver(Event("drop_southwark", "lambeth-inbox", "a.parquet", facts.etag))

    assert recorder.handed == [BlobReference("lambeth-inbox", "a.parquet")]


def test_a_timer_fires_when_the_host_is_told_that_its_hour_has_come(exchange: Exchange, poison: PoisonQueue) -> None:
    fired: list[str] = []
    timers = {name: partial(fired.append, name) for name in ("disposal", "watchdog")}
    host = Host(exchange, poison, triggers=Triggers({}, {}, timers))

    host.fire("watchdog")

    assert fired == ["watchdog"]
    with pytest.raises(KeyError):
        host.fire("never")


def test_the_apps_own_timers_are_known_by_name() -> None:
    assert set(Triggers.of_the_app().timers) == {"disposal", "reconcile", "records", "watchdog"}


def test_who_looks_for_blobs_need_not_be_the_app(
    exchange: Exchange, poison: PoisonQueue, recorder: Recorder, storage: Storage, account: str
) -> None:
    storage.inbox("lambeth").create("a.parquet", b"1")
    wire = Wire()
    with wire.storage(account) as other:
        Host(exchange, poison, triggers=all_call(recorder), watched=other).run_to_quiescence(30)

    assert recorder.names == ["a.parquet"]
    assert {request.method for request in wire.requests} == {"GET"}
