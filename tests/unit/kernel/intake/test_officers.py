"""The agreement's officers are counted over all files of a party, by pseudonyms."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.memory import MemoryBlobs
from tests.wire import Fault, Killed, Wire, at_write
from tests.world import World, decision


def decided(world: World, *officers: str, party: str = "lambeth") -> list[str]:
    """These officers decide in one file; the codes of the report."""
    world.now[0] += timedelta(minutes=1)
    rows = [decision(f"m-{n}-{world.now[0]:%H%M}", decided_by=officer) for n, officer in enumerate(officers)]
    drop = world.receive(party, world.drop(party, "decisions", rows, prepared_at=world.now[0]))
    return [finding["code"] for finding in world.report(party, drop)["findings"]]


def places(world: World, party: str = "lambeth") -> list[str]:
    return [blob.name for blob in world.storage.claims(party).list("fsm/officer-")]


def test_a_third_officer_may_not_decide_in_another_file_either(world: World) -> None:
    assert decided(world, "officer1") == []
    assert decided(world, "officer2") == []
    assert decided(world, "officer3") == ["AGR-008"]
    assert decided(world, "officer2", "officer3") == ["AGR-008"]
    assert decided(world, "officer1", "officer2") == []
    assert decided(world, "Officer1", "OFFICER2") == [], "the case of a user name is none of it"
    assert decided(world, "officer3", party="southwark") == [], "each party has places of its own"
    assert decided(world, *(f"officer{n}" for n in range(3))) == ["AGR-006"], "of one file it is told as before"


def test_a_file_that_is_refused_takes_no_place(world: World) -> None:
    assert decided(world, "officer1") == []
    assert decided(world, "officer2", "officer3") == ["AGR-008"]
    assert len(places(world)) == 1
    assert decided(world, "officer3") == []


def test_no_place_names_anybody(world: World) -> None:
    decided(world, "qzvofficer")
    for blob in world.storage.claims("lambeth").list():
        assert b"qzvofficer" not in world.storage.claims("lambeth").read(blob.name).data
        assert "qzvofficer" not in blob.name


def test_who_has_a_place_keeps_it_when_an_older_one_is_swept(world: World) -> None:
    decided(world, "officer1")
    decided(world, "officer2")
    world.storage.claims("lambeth").delete(places(world)[0])
    assert decided(world, "officer2") == []
    assert decided(world, "officer3") == [], "the place of who has left is free"
    assert decided(world, "officer1") == ["AGR-008"]


def test_killed_at_any_write_a_file_is_answered_as_if_it_had_not_been(world: World, service: MemoryBlobs) -> None:
    rows = [decision("m-1", decided_by="officer1"), decision("m-2", decided_by="officer2")]
    name = world.drop("lambeth", "decisions", rows)
    lives = 0
    for number in range(1, 40):
        with Wire(at_write(number, Fault.KILLED_AFTER)).storage(service.connection_string) as storage:
            try:
                drop = replace(world, exchange=replace(world.exchange, storage=storage)).receive("lambeth", name)
                break
            except Killed:
                lives += 1
    assert lives > 5
    assert world.report("lambeth", drop)["status"] == "accepted"
    assert len(places(world)) == 2
    assert decided(world, "officer3") == ["AGR-008"]
