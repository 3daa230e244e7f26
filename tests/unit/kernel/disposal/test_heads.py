"""The daily heads: every chain that grew is named, all are counted, and each day names the day before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.disposal.heads import digest, heads_subject, state_heads
from shared.kernel.disposal.objects import HEADS_DELIVERED
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.exchange import Exchange
from tests.memory import MemoryBlobs
from tests.world import PILOT, World, make_world

MORNING = datetime(2026, 11, 21, 6, tzinfo=UTC)
FACTS: dict[str, Any] = {"service": "intake", "tenant": "lambeth"}


@pytest.fixture
def world(keys_folder: Path) -> Iterator[World]:
    """An exchange whose storage goes by its clock."""
    now = [MORNING]
    service = MemoryBlobs(lambda: now[0])
    with service.storage() as storage:
        made = make_world(storage, keys_folder, now=now)
        storage.ensure_containers(made.agreement.controllers)
        yield made


def record(exchange: Exchange, number: int, *steps: str) -> None:
    for step in steps:
        exchange.ledger.record(f"drop:{number:032x}", step, **FACTS)


def delivered(world: World, party: str) -> list[dict[str, Any]]:
    """What the party holds, verified, oldest first."""
    outbox = world.storage.outbox(party)
    documents = [outbox.read(blob.name).data for blob in outbox.list(HEADS_DELIVERED)]
    return [verify_statement(document, world.exchange.keys.public_key)["body"] for document in documents]


def test_every_party_gets_where_every_chain_ends(world: World) -> None:
    record(world.exchange, 1, "received", "done")
    record(world.exchange, 2, "received")
    heads = list(world.exchange.ledger.heads())
    assert state_heads(world.exchange) == 2
    for party in PILOT:
        [body] = delivered(world, party)
        assert [(chain["subject"], chain["seq"]) for chain in body["chains"]] == [
            (f"drop:{1:032x}", 2),
            (f"drop:{2:032x}", 1),
        ]
        assert body["chains"][0]["head"] == world.exchange.ledger.events(f"drop:{1:032x}")[-1].hash
        assert body["all"] == {"chains": 2, "events": 3, "sha256": digest(heads)}
        assert body["previous"] is None


def test_the_next_day_names_what_grew_counts_all_and_names_the_day_before(world: World) -> None:
    record(world.exchange, 1, "received")
    record(world.exchange, 2, "received")
    state_heads(world.exchange)
    world.now[0] += timedelta(days=1)
    record(world.exchange, 2, "done")
    state_heads(world.exchange)
    _, second = delivered(world, "lambeth")
    first = next(iter(world.storage.outbox("lambeth").list(HEADS_DELIVERED)))
    document = world.storage.outbox("lambeth").read(first.name).data
    assert second["previous"] == {
        "file": first.name.rpartition("/")[2],
        "sha256": hashlib.sha256(document).hexdigest(),
    }
    named = {chain["subject"] for chain in second["chains"]}
    assert {f"drop:{2:032x}", heads_subject(MORNING.date())} <= named
    assert second["all"]["chains"] == 3


def test_once_a_day_however_often_the_timer_fires(world: World) -> None:
    record(world.exchange, 1, "received")
    state_heads(world.exchange)
    record(world.exchange, 2, "received")
    assert state_heads(world.exchange) == 0
    assert len(delivered(world, "lambeth")) == 1


def test_what_was_not_delivered_is_delivered_by_the_next_try(world: World) -> None:
    record(world.exchange, 1, "received")
    state_heads(world.exchange)
    [blob] = world.storage.outbox("lambeth").list(HEADS_DELIVERED)
    document = world.storage.outbox("lambeth").read(blob.name).data
    world.storage.outbox("lambeth").delete(blob.name)
    world.exchange.ledger.end(heads_subject(MORNING.date()))  # as if the process had been killed in between
    state_heads(world.exchange)
    assert world.storage.outbox("lambeth").read(blob.name).data == document
