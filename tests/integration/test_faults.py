"""What must be survived: events doubled, late, in any order; a process killed anywhere; a service that fails.

Worlds that are made by the dozen lie in memory, where a request takes half the time; `test_storage.py` holds that to be
as the emulator is.

The promise is always the same: what boroughs collect is the same rows, once, and the ledger tells it once.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.host import Host
from local.triggers.grid import Delivery
from shared.kernel.envelope.seal import Sealed
from shared.kernel.errors import Changed, RefusedEvent, StorageUnavailable
from shared.kernel.intake.identity import derived_id
from shared.kernel.ledger.chain import Ledger, verify_chain
from shared.kernel.storage.poison import QUEUE, PoisonQueue
from shared.kernel.storage.storage import Storage
from tests.memory import MemoryBlobs
from tests.poison import in_sight
from tests.wire import Fault, Killed, OneWrite, Request, Wire, always
from tests.world import NOW, PILOT, World, decision, household, make_world, pupil, put_postcodes, table

Drop = tuple[str, str, Sealed]


@dataclass
class Worlds:
    """Makes worlds, each in an account of its own in memory, all with the same keys."""

    keys: Path
    made: list[tuple[MemoryBlobs, World]] = field(default_factory=list)

    def __call__(self) -> World:
        account = MemoryBlobs()
        storage = account.storage()
        world = make_world(storage, self.keys)
        storage.ensure_containers(world.agreement.controllers)
        put_postcodes(storage)
        self.made.append((account, world))
        return world

    @property
    def last_account(self) -> str:
        """The connection string of the world that was made last."""
        return self.made[-1][0].connection_string


@pytest.fixture
def new_world(keys_folder: Path) -> Iterator[Worlds]:
    """Makes worlds."""
    worlds = Worlds(keys_folder)
    yield worlds
    for _, world in worlds.made:
        world.storage.close()


@pytest.fixture
def drops(world: World) -> list[Drop]:
    """One home borough's households, and pupils of two school boroughs; one child is registered in both."""
    amara, bola = pupil(1), pupil(2, forename="Bola", surname="Adeyemi", dob=date(2014, 1, 2))
    chi = pupil(3, forename="Chi", surname="Eze", dob=date(2013, 5, 6))
    households = [
        household("H1"),
        household("H2", child_forename="Bola", child_surname="Adeyemi", child_dob=date(2014, 1, 2)),
        household(
            "H3", child_forename="Chi", child_surname="Eze", child_dob=date(2013, 5, 6), qualifying_benefit="NONE"
        ),
    ]
    return [
        ("southwark", "pupils", world.seal("southwark", "pupils", table("pupils", [amara, bola]))),
        ("lewisham", "pupils", world.seal("lewisham", "pupils", table("pupils", [amara | {"enrol_status": "S"}, chi]))),
        ("lambeth", "households", world.seal("lambeth", "households", table("households", households))),
    ]


def put(world: World, drop: Drop) -> tuple[str, str]:
    slug, _, sealed = drop
    return slug, world.put(slug, sealed.data, sealed.metadata)


def last_results(world: World) -> dict[str, Any]:
    """What the run with the most pupils released, opened, and every report."""
    found = world.everything()
    summaries = {name: facts for name, facts in found.items() if name.endswith("/summary.json")}
    last = max(summaries, key=lambda name: summaries[name]["rows_in"]).removesuffix("summary.json")
    return {name: facts for name, facts in found.items() if "/reports/" in name or name.startswith(last)}


def assert_ledger_is_whole(world: World) -> None:
    for subject in world.exchange.ledger.subjects():
        verify_chain(world.exchange.ledger.events(subject))


def test_events_in_every_order_and_doubled_give_the_same_last_run(drops: list[Drop], new_world: Worlds) -> None:
    outputs = []
    for order in itertools.permutations(drops):
        world = new_world()
        for drop in order:
            slug, name = put(world, drop)
            for _ in range(2):
                world.receive(slug, name)
                world.carry_out_all()
        outputs.append(last_results(world))
        assert_ledger_is_whole(world)
    assert all(output == outputs[0] for output in outputs[1:])
    [summary] = [facts for name, facts in outputs[0].items() if name.endswith("/summary.json")]
    assert (summary["rows_in"], summary["matched"]) == (4, 2)
    assert summary["excluded"] == {"duplicate_registration": 1, "no_qualifying_benefit": 1}


def test_one_pupils_and_one_households_drop_give_one_run_whatever_comes_first(
    drops: list[Drop], new_world: Worlds
) -> None:
    outputs = []
    for order in ([0, 2], [2, 0]):
        world = new_world()
        for slug, name in [put(world, drops[number]) for number in order]:
            world.receive(slug, name)
        world.carry_out_all()
        outputs.append(world.everything())
        assert len(list(world.exchange.ledger.subjects("run"))) == 1
    together = new_world()
    arrived = [put(together, drops[number]) for number in (0, 2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda event: together.receive(*event), arrived))
    together.carry_out_all()
    outputs.append(together.everything())
    assert outputs[0] == outputs[1] == outputs[2]


def test_a_host_that_doubles_and_shuffles_events_changes_nothing(
    drops: list[Drop], new_world: Worlds, unused_accounts: Iterator[str]
) -> None:
    outputs = []
    for delivery in (Delivery(), Delivery(copies=2, shuffled=True, seed=1), Delivery(copies=3, shuffled=True, seed=2)):
        world = new_world()
        for drop in drops:
            put(world, drop)
        with PoisonQueue.connect(next(unused_accounts)) as poison:
            poison.every.ensure(QUEUE)
            host = Host.over(world.exchange, poison, workers=3, delivery=delivery)
            host.run_to_quiescence(timeout=60)
            world.wake()
            counts = host.run_to_quiescence(timeout=60)
            assert (counts["poisoned"], counts["failed"]) == (0, 0)
        outputs.append(last_results(world))
        assert_ledger_is_whole(world)
    assert outputs[0] == outputs[1] == outputs[2]


def journey(world: World, drops: list[Drop]) -> None:
    """All there is to do, from drops to enrolments, skipping what is already in the inbox."""
    there = {slug: {blob.name for blob in world.storage.inbox(slug).list()} for slug in PILOT}
    for slug, dataset, sealed in drops:
        name = f"{dataset}.parquet"
        if name not in there[slug]:
            world.storage.inbox(slug).create(name, sealed.data, sealed.metadata)
        world.receive(slug, name)
    world.carry_out_all()


def over(world: World, storage: Storage) -> World:
    """The same world over another connection to its storage."""
    exchange = world.exchange
    ledger = Ledger(storage.ledger(), clock=exchange.clock)
    return replace(world, exchange=replace(exchange, storage=storage, ledger=ledger))


def test_a_process_killed_after_every_single_write_leaves_the_same_outputs(
    drops: list[Drop], new_world: Worlds
) -> None:
    whole = new_world()
    for stage in ([drops[0]], [drops[2]]):
        journey(whole, stage)
    [match, _] = whole.results("lambeth", "matches").to_pylist()
    confirmed = table("decisions", [decision(match["match_ref"])])
    choice = ("lambeth", "decisions", whole.seal("lambeth", "decisions", confirmed))
    journey(whole, [choice])

    world = new_world()
    lives = 0
    for stage in ([drops[0]], [drops[2]], [choice]):
        while True:
            with OneWrite().storage(new_world.last_account) as short_lived:
                try:
                    journey(over(world, short_lived), stage)
                    break
                except Killed:
                    lives += 1
    # The postcodes were there before; the marks of both files whose run waited are gone again.
    assert lives == sum(1 for _ in blobs(world.storage)) - 1 + 2, "each life wrote one blob"
    assert lives > 40
    assert world.everything() == whole.everything()
    assert ledger_of(world) == ledger_of(whole)
    assert_ledger_is_whole(world)


def test_a_run_that_replaces_another_killed_after_every_write_and_deletion_leaves_one_result(
    drops: list[Drop], new_world: Worlds
) -> None:
    whole = new_world()
    for stage in (drops[::2], drops[1:2]):
        journey(whole, stage)

    world = new_world()
    journey(world, drops[::2])
    lives = 0
    while True:
        with OneWrite(deletions=True).storage(new_world.last_account) as short_lived:
            try:
                journey(over(world, short_lived), drops[1:2])
                break
            except Killed:
                lives += 1
    assert lives > 30
    assert world.everything() == whole.everything()
    assert ledger_of(world) == ledger_of(whole)
    assert_ledger_is_whole(world)
    assert len({name.split("/")[3] for name in world.outbox("lambeth") if name.endswith("summary.json")}) == 1
    assert sum("replaced" in steps for steps in ledger_of(world).values()) == 1


def blobs(storage: Storage) -> Iterator[str]:
    for container in storage.service.list_containers():
        yield from storage.service.get_container_client(container.name).list_blob_names()


def ledger_of(world: World) -> dict[str, list[str]]:
    return {subject: world.steps(subject) for subject in world.exchange.ledger.subjects()}


def test_two_workers_on_the_same_drop_leave_one_set_of_outputs(drops: list[Drop], new_world: Worlds) -> None:
    alone, crowded = new_world(), new_world()
    journey(alone, [drops[0], drops[2]])
    for slug, dataset, sealed in (drops[0], drops[2]):
        name = f"{dataset}.parquet"
        crowded.storage.inbox(slug).create(name, sealed.data, sealed.metadata)
        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(lambda _, slug=slug, name=name: crowded.receive(slug, name), range(4)))) == 1
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: crowded.carry_out_all(), range(3)))
    assert crowded.everything() == alone.everything()
    assert ledger_of(crowded) == ledger_of(alone)
    assert_ledger_is_whole(crowded)


def test_the_same_bytes_under_another_name_are_the_same_drop(drops: list[Drop], world: World) -> None:
    slug, first = put(world, drops[0])
    _, second = put(world, drops[0])
    assert world.receive(slug, first) == world.receive(slug, second)
    assert len(list(world.exchange.ledger.subjects("drop"))) == 1


def test_a_drop_overwritten_between_event_and_read_is_taken_in_as_what_it_is_now(
    drops: list[Drop], world: World
) -> None:
    slug, name = put(world, drops[0])
    other = world.seal(slug, "pupils", table("pupils", [pupil(9, forename="Dayo")]))
    inbox = world.storage.inbox(slug)
    inbox.replace(name, other.data, inbox.facts(name).etag, other.metadata)
    drop = world.receive(slug, name)
    assert world.report(slug, drop)["rows_in"] == 1


def test_a_drop_overwritten_while_it_is_read_is_left_for_the_next_try(
    drops: list[Drop], world: World, account: str
) -> None:
    slug, name = put(world, drops[0])
    other = world.seal(slug, "pupils", table("pupils", [pupil(9, forename="Dayo")]))
    inbox = world.storage.inbox(slug)

    def overwrite_before_the_read(request: Request) -> None:
        if request.method == "GET" and request.path.endswith(name):
            inbox.replace(name, other.data, inbox.facts(name).etag, other.metadata)

    with Wire(overwrite_before_the_read).storage(account) as storage:
        late = replace(world, exchange=replace(world.exchange, storage=storage))
        with pytest.raises(Changed):
            late.receive(slug, name)
    assert world.report(slug, world.receive(slug, name))["rows_in"] == 1
    assert len(list(world.exchange.ledger.subjects("drop"))) == 1


def test_a_blob_that_is_gone_when_its_event_comes_again_is_recorded_and_done(drops: list[Drop], world: World) -> None:
    slug, name = put(world, drops[0])
    world.receive(slug, name)
    world.storage.inbox(slug).delete(name)
    before = world.outbox(slug)
    assert world.receive(slug, name) is None
    assert world.steps(f"event:{derived_id('event', slug, f'{slug}-inbox', name)}") == ["found", "gone"]
    assert world.outbox(slug) == before


def test_another_boroughs_blob_is_refused_and_recorded(drops: list[Drop], world: World) -> None:
    from shared.kernel.intake.receive import receive

    slug, name = put(world, drops[0])
    with pytest.raises(RefusedEvent, match="EVT-001"):
        receive(world.exchange, tenant="lambeth", container=f"{slug}-inbox", name=name)
    [subject] = world.exchange.ledger.subjects("event")
    [event] = world.exchange.ledger.events(subject)
    assert (event.step, event.codes, event.tenant) == ("refused", ("EVT-001",), "lambeth")
    assert world.outbox("lambeth") == world.outbox(slug) == []


def test_while_storage_is_down_nothing_is_decided_and_later_all_is(
    drops: list[Drop], world: World, account: str
) -> None:
    slug, name = put(world, drops[0])
    for fault in (Fault.BUSY, Fault.UNREACHABLE):
        with Wire(always(fault, method="PUT")).storage(account) as storage:
            down = replace(world, exchange=replace(world.exchange, storage=storage))
            with pytest.raises(StorageUnavailable):
                down.receive(slug, name)
    assert world.outbox(slug) == []
    assert world.report(slug, world.receive(slug, name))["status"] == "accepted"


def test_a_bug_in_a_rule_goes_to_poison_and_is_never_called_rejected(
    drops: list[Drop], world: World, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(world, drops[0])
    broken = lambda *_, **__: [][1]  # noqa: E731 - an index error, as a rule with a bug would raise
    monkeypatch.setattr("shared.kernel.intake.take_in.validate", broken)
    with PoisonQueue.connect(account) as poison:
        poison.every.ensure(QUEUE)
        counts = Host.over(world.exchange, poison).run_to_quiescence(timeout=60)
        assert (counts["done"], counts["failed"], counts["poisoned"]) == (0, 5, 1)
        [message] = in_sight(poison)
    assert (message.function_id, message.container) == ("Host.Functions.drop_southwark", "southwark-inbox")
    assert world.outbox("southwark") == []


def test_a_later_file_of_a_school_borough_replaces_the_earlier_one_whatever_arrives_first(
    new_world: Worlds, world: World
) -> None:
    monday = world.seal("southwark", "pupils", table("pupils", [pupil(1), pupil(2, forename="Zed", surname="Old")]))
    tuesday = world.seal("southwark", "pupils", table("pupils", [pupil(1)]), prepared_at=NOW + timedelta(minutes=5))
    households = world.seal("lambeth", "households", table("households", [household()]))
    for order in ([monday, tuesday], [tuesday, monday]):
        fresh = new_world()
        for sealed in order:
            fresh.receive(*put(fresh, ("southwark", "pupils", sealed)))
        fresh.receive(*put(fresh, ("lambeth", "households", households)))
        fresh.carry_out_all()
        [summary] = [name for name in fresh.outbox("lambeth") if name.endswith("summary.json")]
        assert json.loads(fresh.storage.outbox("lambeth").read(summary).data)["rows_in"] == 1
