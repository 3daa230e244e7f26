"""From drops to enrolments through the app's own functions: on both machines, in both variants, with every event
doubled and in another order, what boroughs collect is what comes out where each function is called once by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from functions import wiring
from local.host import Host
from local.site import open_site
from local.triggers.grid import Delivery
from shared.envelope.seal import Sealed
from shared.ledger.chain import verify_chain
from tests.witnessed import lend_keys
from tests.world import NOW, World, decision, household, pupil, put_postcodes, table


def put(world: World, *drops: tuple[str, Sealed]) -> None:
    """Each into its sender's inbox, under a name that it has in any world."""
    for slug, sealed in drops:
        world.storage.inbox(slug).create(f"{sealed.manifest.sha256[:12]}.parquet", sealed.data, sealed.metadata)


def by_hand(world: World) -> None:
    for slug in world.rings:
        for blob in list(world.storage.inbox(slug).list()):
            world.receive(slug, blob.name)
    world.carry_out_all()


@pytest.mark.parametrize("events", ["grid", "queue"])
def test_a_term(
    machine: str, events: str, world: World, keys_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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

    monkeypatch.setenv("EXCHANGE_EVENTS", events)
    lend_keys(keys_folder, tmp_path)
    with open_site(tmp_path, clock=lambda: NOW) as site:
        put_postcodes(site.operated)
        term = World(site.exchange, world.rings)
        host = Host.of(site, delivery=Delivery(copies=2, shuffled=True, seed=3))
        with host.machine:
            put(term, *drops)
            host.settle(60)
            put(term, choice)
            counts = host.settle(60)
        found, ledger = term.everything(), site.exchange.ledger
        for subject in ledger.subjects():
            verify_chain(ledger.events(subject))
    wiring.use(None)

    expected: dict[str, Any] = world.everything()
    assert found == expected
    assert any(name.endswith("/enrolments.parquet") for name in found)
    assert (counts["failed"], counts["poisoned"]) == (0, 0)
    assert counts["done"] >= 2 * 4
