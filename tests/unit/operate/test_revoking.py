"""A key that is revoked: which results only it opens, and its public part with its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from operate.revoking import ended, sealed_to
from operate.site import OperatedSite
from shared.kernel.envelope.keys import Use, read_public, write_public
from tests.memory import account, service, storage
from tests.world import NOW, World, household, pupil

__all__ = ["account", "service", "storage"]


class Site:
    """What the command asks of a site, over the world's account."""

    def __init__(self, world: World) -> None:
        self._world = world

    def every_agreement(self) -> Any:
        return self._world.exchange.agreements

    @contextmanager
    def storage(self) -> Iterator[Any]:
        yield self._world.storage


def test_results_that_only_the_key_opens_are_named_as_the_ledger_has_them(world: World) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.carry_out_all()
    [run] = list(world.exchange.ledger.subjects("run"))
    chosen = cast(OperatedSite, Site(world))
    key = world.rings["lambeth"].current("lambeth", Use.RELEASE)
    expected = [
        {"job": run, "collection": "2026-autumn", "release": release, "gone_after": "2026-12-17"}
        for release in ("matches", "review")
    ]
    assert sealed_to(chosen, key, NOW + timedelta(days=2)) == expected
    assert sealed_to(chosen, key, NOW + timedelta(days=40)) == []  # swept by then
    other = world.rings["southwark"].current("southwark", Use.RELEASE)
    assert sealed_to(chosen, other, NOW + timedelta(days=2)) == []


def test_its_public_part_says_when_it_ended_and_since_when_it_was_compromised(world: World) -> None:
    ring = world.rings["lambeth"]
    key = ring.public_key(ring.current("lambeth", Use.SIGN))
    at, since = datetime(2027, 1, 5, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
    [read] = read_public(write_public((ended(key, at, since),)))
    assert (read.key_id, read.validity.last, read.validity.compromised) == (
        key.key_id,
        int(at.timestamp()),
        int(since.timestamp()),
    )
