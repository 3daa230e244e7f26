"""From drops to enrolments through the app's own functions: on both machines, in both variants, with every event
doubled and in another order, what boroughs collect is what comes out where each function is called once by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from functions import wiring
from local.host import Host
from local.site import open_site
from local.triggers.grid import Delivery
from shared.kernel.envelope.seal import Sealed
from shared.kernel.ledger.chain import verify_chain
from shared.kernel.storage.storage import Storage
from tests.witnessed import lend_keys
from tests.world import NOW, World, decision, household, make_world, pupil, put_postcodes, table


def put(world: World, *drops: tuple[str, Sealed]) -> None:
    """Each into its sender's inbox, under a name that it has in any world."""
    for slug, sealed in drops:
        world.storage.inbox(slug).create(f"{sealed.manifest.sha256[:12]}.parquet", sealed.data, sealed.metadata)


def by_hand(world: World) -> None:
    for slug in world.rings:
        for blob in list(world.storage.inbox(slug).list()):
            world.receive(slug, blob.name)
    world.carry_out_all()


@dataclass(frozen=True)
class Term:
    """What is dropped first and then, and all that boroughs find at the end."""

    drops: list[tuple[str, Sealed]]
    choice: tuple[str, Sealed]
    collected: dict[str, Any]


@pytest.fixture(scope="module")
def term(unused_accounts: Iterator[str], keys_folder: Path) -> Term:
    """A term in which each function is called once, by hand."""
    with Storage.connect(next(unused_accounts)) as storage:
        world = make_world(storage, keys_folder)
        storage.ensure_containers(world.agreement.controllers)
        put_postcodes(storage)
        pupils = [pupil(1), pupil(2, forename="Bola", surname="Adeyemi", dob=date(2014, 1, 2))]
        drops = [
            ("southwark", world.seal("southwark", "pupils", table("pupils", pupils))),
            ("lambeth", world.seal("lambeth", "households", table("households", [household()]))),
        ]
        put(world, *drops)
        by_hand(world)
        [match] = world.results("lambeth", "matches").to_pylist()
        choice = ("lambeth", world.seal("lambeth", "decisions", table("decisions", [decision(match["match_ref"])])))
        put(world, choice)
        by_hand(world)
        return Term(drops, choice, world.everything())


@pytest.mark.parametrize("events", ["grid", "queue"])
@pytest.mark.usefixtures("machine")
def test_a_term(term: Term, events: str, keys_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXCHANGE_EVENTS", events)
    lend_keys(keys_folder, tmp_path)
    with open_site(tmp_path, clock=lambda: NOW, kept=False) as site:
        put_postcodes(site.operated)
        world = World(site.exchange, {desk.slug: desk.keys for desk in site.desks})
        host = Host.of(site, delivery=Delivery(copies=2, shuffled=True, seed=3))
        with host.machine:
            put(world, *term.drops)
            host.settle(60)
            world.wake()
            host.settle(60)
            put(world, term.choice)
            counts = host.settle(60)
        found, ledger = world.everything(), site.exchange.ledger
        for subject in ledger.subjects():
            verify_chain(ledger.events(subject))
    wiring.use(None)

    assert found == term.collected
    assert any(name.endswith("/enrolments.parquet") for name in found)
    assert (counts["failed"], counts["poisoned"]) == (0, 0)
    assert counts["done"] >= 2 * 4
