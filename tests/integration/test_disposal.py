"""Disposal on the emulator: past its day means gone, proven and certified; before its day means untouched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.disposal.notes import Sweep
from shared.disposal.remind import NoLog
from shared.disposal.sweep import dispose
from shared.envelope.statement import verify_statement
from shared.storage.poison import PoisonQueue
from tests.world import PILOT, World, household, pupil

DAYS = 26
CONTAINERS = ("inbox", "outbox", "staging", "requests", "claims")


@pytest.fixture
def poison(account: str) -> Iterator[PoisonQueue]:
    with PoisonQueue.connect(account) as queue:
        queue.ensure()
        yield queue


@pytest.fixture
def term(world: World) -> World:
    """A term is under way: drops, staged rows, results, receipts. The exchange's clock is that of the emulator."""
    world.now[0] = datetime.now(UTC).replace(microsecond=0)
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household(extract_date=world.now[0].date())]))
    world.carry_out_all()
    return world


def later(world: World, days: float) -> None:
    """The exchange's clock goes on; the emulator's, by which blobs are created, does not."""
    world.now[0] += timedelta(days=days)


def names(world: World, slug: str) -> dict[str, list[str]]:
    """What is held of a borough, the sweep's notes and delivered certificates left out."""
    return {
        kind: [
            copy.name
            for copy in getattr(world.storage, kind)(slug).copies()
            if not copy.name.startswith(("disposal-", "certificates/"))
        ]
        for kind in CONTAINERS
    }


def certificates(world: World, slug: str) -> list[dict[str, Any]]:
    """The bodies of the borough's kept certificates, each verified."""
    area = world.storage.certificates(slug)
    keys = world.exchange.keys
    return [verify_statement(area.read(blob.name).data, keys.public_key)["body"] for blob in area.list()]


def subject(world: World, slug: str) -> str:
    return Sweep(slug, world.now[0].date()).subject


def test_a_day_before_its_day_nothing_goes(term: World, poison: PoisonQueue) -> None:
    before = {slug: names(term, slug) for slug in PILOT}
    later(term, DAYS - 0.01)

    dispose(term.exchange, poison, NoLog())

    assert {slug: names(term, slug) for slug in PILOT} == before
    assert all(certificates(term, slug) == [] for slug in PILOT)
    assert all(term.steps(subject(term, slug)) == ["done"] for slug in (*PILOT, "exchange"))


def test_on_its_day_everything_goes_and_a_listing_and_a_certificate_prove_it(term: World, poison: PoisonQueue) -> None:
    before = names(term, "lambeth")
    assert all(before.values())
    later(term, DAYS + 0.01)

    dispose(term.exchange, poison, NoLog())

    assert not any(names(term, "lambeth").values())
    [body] = certificates(term, "lambeth")
    assert body["counts"]["objects"] == len(body["destroyed"]) == sum(map(len, before.values()))
    assert body["counts"]["rows"] == 1 + 1 + 1 + 1 + 1 + 0  # dropped, staged twice, pending, matched; none in review
    assert {entry["kind"] for entry in body["destroyed"]} == set(CONTAINERS)
    assert {entry["clause"] for entry in body["destroyed"]} == {f"retention.sweep_days.{kind}" for kind in CONTAINERS}
    assert {entry["mechanism"] for entry in body["destroyed"]} == {"sweep"}
    assert {part["container"] for part in body["proof"]["containers"]} == {
        "lambeth-inbox", "lambeth-outbox", "staging", "requests", "claims"
    }  # fmt: skip
    assert {(part["objects"], part["past_their_day"]) for part in body["proof"]["containers"]} == {(0, 0)}
    assert (body["not_destroyed"], body["missing"]) == ([], [])
    assert term.steps(subject(term, "lambeth")) == ["destroyed", "certified", "done"]
