"""Which blobs have an outcome: reconciliation leaves them alone and takes up all others; no other claim may say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.kernel.intake.outcome import FOUND, RENAMED, settle, settled
from tests.memory import MemoryBlobs
from tests.world import World

A, B = "event:" + "a" * 32, "event:" + "b" * 32
THEN = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_what_has_ended_is_told_by_its_event_and_of_its_own_borough_alone(world: World) -> None:
    assert settled(world.exchange, "southwark") == {}
    settle(world.exchange, "southwark", A)
    settle(world.exchange, "lambeth", B)
    assert list(settled(world.exchange, "southwark")) == [A]
    assert list(settled(world.exchange, "lambeth")) == [B]


def test_no_other_claim_is_an_outcome(world: World) -> None:
    world.storage.claim("southwark", f"drop-{'a' * 32}", {})
    world.storage.claim("southwark", f"word-{'a' * 32}", {})
    assert settled(world.exchange, "southwark") == {}


def test_a_name_that_comes_again_ends_again_and_the_last_time_counts(world: World, service: MemoryBlobs) -> None:
    """Next month's file is called like this month's: while only the older one has ended, the newer one is open."""
    for _ in range(3):
        settle(world.exchange, "southwark", A)
        settle(world.exchange, "southwark", A)  # twice in a day is once
        world.now[0] += timedelta(days=1)
    blobs = service.containers["claims"]
    assert sorted(blobs) == [f"southwark/exchange/outcome-{'a' * 32}-202611{day}.json" for day in (21, 22, 23)]
    # By the service's clock; whichever of them is listed last.
    for (_, blob), days in zip(sorted(blobs.items()), (0, 2, 1), strict=True):
        blob.created = THEN + timedelta(days=days)
    assert settled(world.exchange, "southwark") == {A: THEN + timedelta(days=2)}


def test_the_steps_are_called_what_they_are_in_every_ledger_so_far() -> None:
    """A version that looked for another word would take a late copy of an event for a name that did not travel."""
    assert (FOUND, RENAMED) == ("found", "renamed")
