"""Every request of the app bears the id of the work that it is for: by it the storage logs are explained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions import wiring
from local.host import Host
from shared.kernel.errors import RefusedEvent
from shared.kernel.storage.poison import QUEUE, PoisonMessage, PoisonQueue
from shared.kernel.storage.storage import Storage
from shared.kernel.work.carry_out import carry_out
from tests.clock import both_say
from tests.poison import give_up
from tests.wire import Request, Wire
from tests.world import World, decision, household, pupil

KINDS = "event|drop|run|enrolment|turn|notice|sweep|watchdog|heads|result|order|waiting|wake|current"
SUBJECT = re.compile(rf"({KINDS}):[0-9a-f]{{32}}|reconcile:look")


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def watched(world: World, wire: Wire, account: str) -> Iterator[World]:
    """The small world, its exchange behind the wire."""
    with wire.storage(account) as storage:
        ledger = type(world.exchange.ledger)(storage.ledger(), clock=world.exchange.clock)
        exchange = replace(world.exchange, storage=storage, ledger=ledger)
        yield World(exchange, world.rings, world.now)
        wiring.use(None)


@pytest.fixture
def poison(wire: Wire, account: str) -> Iterator[PoisonQueue]:
    with PoisonQueue.connect(account, transport=wire.transport()) as queue:
        queue.every.ensure(QUEUE)
        yield queue


def drop(world: World, storage: Storage, slug: str, dataset: str, row: dict[str, object]) -> str:
    """Drop as a borough, past the wire."""
    return World(replace(world.exchange, storage=storage), world.rings, world.now).drop(slug, dataset, [row])


def test_every_request_of_a_term_names_its_work(
    world: World,
    watched: World,
    wire: Wire,
    storage: Storage,
    poison: PoisonQueue,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [
        drop(world, storage, "southwark", "pupils", pupil()),
        world.put("southwark", b"not sealed", {}),
        world.put("southwark", b"", {}),
    ]
    wire.requests.clear()
    for name in names:
        watched.receive("southwark", name)
    with pytest.raises(RefusedEvent, match="EVT-010"):
        watched.receive("southwark", "never-was.parquet")
    watched.receive("southwark", "odd//name.parquet")
    watched.receive("lambeth", drop(world, storage, "lambeth", "households", household()))
    watched.wake()
    for blob in list(storage.requests("lambeth").list()):
        carry_out(watched.exchange, party="lambeth", name=blob.name)
    [match] = world.results("lambeth", "matches").to_pylist()
    watched.receive("lambeth", drop(world, storage, "lambeth", "decisions", decision(match["match_ref"])))
    for blob in list(storage.requests("lambeth").list()):
        carry_out(watched.exchange, party="lambeth", name=blob.name)
    assert unmarked(wire) == []

    give_up(poison, PoisonMessage("Host.Functions.drop_lambeth", "lambeth-inbox", "x", '"e"'))
    host = Host.over(watched.exchange, poison)
    wire.requests.clear()
    both_say(monkeypatch, lambda: world.now[0])
    for days in (20, 27):
        world.now[0] = datetime.now(UTC) + timedelta(days=days)
        host.fire("disposal")
        host.fire("watchdog")
    assert unmarked(wire) == []
    assert {mark(request) for request in wire.requests} <= set(world.exchange.ledger.subjects())


def mark(request: Request) -> str:
    return request.headers["x-ms-client-request-id"]


def unmarked(wire: Wire) -> list[str]:
    return [f"{request.method} {request.path}" for request in wire.requests if not SUBJECT.fullmatch(mark(request))]
