"""A sweep, and the end of records, do nothing by a clock that a second one contradicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.kernel.disposal.clock import APART
from shared.kernel.disposal.records import end_records
from shared.kernel.disposal.remind import NoLog
from shared.kernel.disposal.sweep import dispose, sweep
from shared.kernel.errors import ClockImplausible
from shared.kernel.exchange import Exchange
from shared.kernel.storage.poison import PoisonQueue
from shared.kernel.storage.storage import Storage
from tests.memory import MemoryBlobs
from tests.unit.agreements.journey_of_library_cards import NoQueues
from tests.world import World, make_world, pupil, put_postcodes

NIGHT = datetime(2026, 11, 21, 2, tzinfo=UTC)


@pytest.fixture
def world(keys_folder: Path) -> Iterator[World]:
    """An exchange with a drop of yesterday, and a storage service with a clock of its own."""
    now = [NIGHT - timedelta(days=1)]
    service = MemoryBlobs(lambda: now[0])
    with service.storage() as storage:
        made = make_world(storage, keys_folder, now=now)
        storage.ensure_containers(made.agreement.controllers)
        put_postcodes(storage)
        made.receive("southwark", made.drop("southwark", "pupils", [pupil()]))
        now[0] = NIGHT
        yield made


def everything(storage: Storage) -> set[str]:
    return {
        blob.name
        for area in (storage.inbox("southwark"), storage.staging("lambeth"), storage.outbox("southwark"))
        for blob in area.list()
    }


def with_clock(world: World, ahead: timedelta) -> Exchange:
    """The exchange on a machine whose clock is so far ahead of the storage service's."""
    return replace(world.exchange, clock=lambda: world.now[0] + ahead)


def nightly(exchange: Exchange) -> None:
    dispose(exchange, PoisonQueue(NoQueues()), NoLog())


def of_one(exchange: Exchange) -> None:
    sweep(exchange, PoisonQueue(NoQueues()), "southwark", exchange.storage.containers())


def monthly(exchange: Exchange) -> None:
    end_records(exchange, exchange.storage)


@pytest.mark.parametrize("work", [nightly, of_one, monthly])
@pytest.mark.parametrize("ahead", [timedelta(days=40), timedelta(days=3000), timedelta(days=-40), APART * 2])
def test_nothing_goes_by_a_clock_that_the_storage_service_contradicts(
    world: World, work: Callable[[Exchange], None], ahead: timedelta
) -> None:
    before, chains = everything(world.storage), list(world.exchange.ledger.subjects())
    with pytest.raises(ClockImplausible, match=r"CLK-001: The clock of this machine is .* the storage service's"):
        work(with_clock(world, ahead))
    assert everything(world.storage) == before
    assert list(world.exchange.ledger.subjects()) == chains, "nor is anything recorded by such a clock"


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(minutes=2), timedelta(minutes=-2)])
def test_clocks_that_are_minutes_apart_agree(world: World, ahead: timedelta) -> None:
    before = everything(world.storage)
    nightly(with_clock(world, ahead))
    assert before <= everything(world.storage)


def test_where_the_service_does_not_say_the_last_certificate_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.now[0] = NIGHT + timedelta(days=27)
    nightly(world.exchange)
    assert list(world.storage.certificates("southwark").list())
    monkeypatch.setattr(Storage, "now", lambda _: None)
    for days, what in ((-5, "still to come"), (45, "45 days old")):
        world.now[0] = NIGHT + timedelta(days=27 + days)
        with pytest.raises(ClockImplausible, match=what):
            of_one(world.exchange)
    world.now[0] = NIGHT + timedelta(days=28)
    of_one(world.exchange)
