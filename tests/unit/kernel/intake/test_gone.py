"""An event names a blob that is not there: it was here once, or nobody will ever take it in. Each has its answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.kernel.envelope.statement import verify_statement
from shared.kernel.errors import RefusedEvent
from shared.kernel.intake.identity import derived_id
from shared.kernel.intake.receive import receive
from shared.kernel.ledger.chain import verify_chain
from tests.memory import MemoryBlobs
from tests.wire import Fault, Killed, Request, Wire, at_write
from tests.world import NOW, World, pupil, table


def event(name: str) -> str:
    return f"event:{derived_id('event', 'southwark', 'southwark-inbox', name)}"


def miss(world: World, name: str) -> None:
    with pytest.raises(RefusedEvent) as refused:
        world.receive("southwark", name)
    assert refused.value.code == "EVT-010"


def test_a_borough_is_told_of_a_name_that_did_not_travel(world: World) -> None:
    dropped = world.storage.inbox("southwark")
    dropped.create("Year 6?final.parquet", b"PARE")
    miss(world, "Year 6")

    [receipt] = [name for name in world.outbox("southwark") if name.endswith("receipt.json")]
    folder, _, drop, _ = receipt.split("/")
    assert folder == "exchange", "of no agreement"
    said = verify_statement(world.storage.outbox("southwark").read(receipt).data, world.rings["southwark"].public_key)[
        "body"
    ]
    assert (said["status"], said["code"], said["sha256"]) == ("rejected", "DRP-008", "")
    [finding] = world.report("southwark", drop)["findings"]
    assert finding["code"] == "DRP-008"
    assert "another name" in finding["remedy"]
    assert "Year" not in str(said) + str(finding)
    assert world.steps(event("Year 6")) == ["gone"]
    assert world.exchange.ledger.events(event("Year 6"))[0].codes == ("DRP-008",)
    assert world.steps(f"drop:{drop}") == ["refused", "done"]


@pytest.mark.parametrize(
    ("name", "told"),
    [("Year%206.parquet", "Year 6.parquet"), ("Year 6.parquet", "Year%206.parquet"), ("a%2520b", "a b"), ("a ", "a")],
)
def test_a_name_that_differs_by_its_encoding_alone_means_the_blob_that_is_there(
    world: World, name: str, told: str
) -> None:
    sealed = world.seal("southwark", "pupils", table("pupils", [pupil()]))
    world.storage.inbox("southwark").create(name, sealed.data, sealed.metadata)

    drop = world.receive("southwark", told)

    assert world.report("southwark", drop)["status"] == "accepted"
    [renamed] = world.exchange.ledger.events(event(told))
    assert (renamed.step, renamed.hashes) == ("renamed", {"event": event(name).partition(":")[2]})
    assert world.steps(event(name)) == ["found"]


def test_of_two_blobs_that_a_name_may_mean_neither_is_taken_for_it(world: World) -> None:
    for name in ("a%20b", "a%2520b"):
        world.storage.inbox("southwark").create(name, b"PARE")
    miss(world, "a b")


def test_another_name_of_the_event_goes_before_one_that_is_alike(world: World) -> None:
    sealed = world.seal("southwark", "pupils", table("pupils", [pupil()]))
    for name in ("other.parquet", "a%20b", "third.parquet"):
        world.storage.inbox("southwark").create(name, sealed.data, sealed.metadata)
    others = ("x", "other.parquet", "third.parquet")
    receive(world.exchange, tenant="southwark", container="southwark-inbox", name="a b", or_named=others)
    assert world.steps(event("other.parquet")) == ["found"], "the first of them that is there"
    assert world.steps(event("a%20b")) == world.steps(event("third.parquet")) == []


def test_told_twice_it_is_answered_once(world: World) -> None:
    miss(world, "nothing.parquet")
    before = world.everything()
    world.now[0] = NOW + timedelta(hours=5)
    miss(world, "nothing.parquet")
    assert world.everything() == before
    assert len(list(world.exchange.ledger.subjects("drop"))) == 1


def test_two_names_that_did_not_travel_are_two_answers(world: World) -> None:
    miss(world, "one.parquet")
    miss(world, "two.parquet")
    assert len(list(world.exchange.ledger.subjects("drop"))) == 2


@pytest.mark.parametrize("good", [True, False])
def test_an_event_that_comes_again_after_the_blobs_days_are_over_is_no_news(world: World, good: bool) -> None:
    name = world.drop("southwark", "pupils", [pupil()]) if good else world.put("southwark", b"no file", {})
    assert world.receive("southwark", name)
    for area in (world.storage.inbox, world.storage.outbox, world.storage.claims):
        for blob in list(area("southwark").list()):
            area("southwark").delete(blob.name)  # as the sweep does, months before the event comes again
    world.now[0] = NOW + timedelta(days=90)

    assert world.receive("southwark", name) is None

    assert world.outbox("southwark") == []
    assert world.steps(event(name)) == ["found", "gone"]
    assert world.receive("southwark", name) is None


def test_a_blob_that_goes_while_it_is_taken_in_was_there(world: World, service: MemoryBlobs) -> None:
    name = world.drop("southwark", "pupils", [pupil()])

    def remove_before_the_read(request: Request) -> None:
        if request.method == "GET" and request.path.endswith(name):
            world.storage.inbox("southwark").delete(name)

    with Wire(remove_before_the_read).storage(service.connection_string) as storage:
        late = replace(world, exchange=replace(world.exchange, storage=storage))
        assert late.receive("southwark", name) is None
    assert world.steps(event(name)) == ["found", "gone"]
    assert world.outbox("southwark") == []


def test_the_same_name_dropped_again_is_another_drop(world: World) -> None:
    miss(world, "a.parquet")
    first = world.seal("southwark", "pupils", table("pupils", [pupil()]))
    world.storage.inbox("southwark").create("a.parquet", first.data, first.metadata)
    drop = world.receive("southwark", "a.parquet")
    assert world.report("southwark", drop)["status"] == "accepted"
    assert world.steps(event("a.parquet")) == ["gone", "found"]


def test_killed_at_any_write_it_is_answered_all_the_same(world: World, service: MemoryBlobs) -> None:
    lives = 0
    for number in range(1, 20):
        with Wire(at_write(number, Fault.KILLED_AFTER)).storage(service.connection_string) as storage:
            short = replace(world, exchange=replace(world.exchange, storage=storage))
            try:
                miss(short, "nothing.parquet")
                break
            except Killed:
                lives += 1
    assert lives > 3
    [subject] = world.exchange.ledger.subjects("drop")
    assert world.steps(subject) == ["refused", "done"]
    assert world.steps(event("nothing.parquet")) == ["gone"]
    for chain in world.exchange.ledger.subjects():
        verify_chain(world.exchange.ledger.events(chain))
    assert len(world.outbox("southwark")) == 3
