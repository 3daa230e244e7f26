"""What the operators' log is told of a blob whose work has ended: the ledger's words, and for how long it lay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.errors import StorageUnavailable
from shared.kernel.ledger.chain import Ledger
from shared.kernel.reconcile.attempts import Attempts
from shared.kernel.reconcile.attend import Ended, attend
from shared.kernel.reconcile.tasks import Task
from shared.kernel.terms.run_now import name_for_party
from tests.memory import MemoryBlobs
from tests.world import COLLECTION, NOW, World, household, make_world, pupil, put_postcodes


@pytest.fixture
def world(keys_folder: Path) -> Iterator[World]:
    """A world that goes by one clock, its account too."""
    now = [NOW]
    with MemoryBlobs(clock=lambda: now[0]).storage() as storage:
        made = make_world(storage, keys_folder, now=now)
        storage.ensure_containers(made.agreement.controllers)
        put_postcodes(storage)
        yield made


def end(world: World, slug: str, name: str, **facts: Any) -> Ended:
    """What came of a drop, five seconds after its event came."""
    world.now[0] += timedelta(seconds=5)
    return attend(world.exchange, Task("drop", slug, f"{slug}-inbox", name, **facts), Attempts("app@1"))


def requests(world: World, slug: str) -> list[Ended]:
    """What comes of every request that waits for a party."""
    world.now[0] += timedelta(seconds=7)
    names = [blob.name for blob in world.storage.requests(slug).list()]
    return [attend(world.exchange, Task("request", slug, "requests", name), Attempts("app@1")) for name in names]


def test_a_drop_is_accepted_and_then_repeated(world: World) -> None:
    name = world.drop("southwark", "pupils", [pupil()])

    assert end(world, "southwark", name) == Ended("accepted", "", 5)
    assert end(world, "southwark", name) == Ended("repeated", "", 10), "its event came twice"

    bytes_again = world.storage.inbox("southwark").read(name)
    other = world.put("southwark", bytes_again.data, bytes_again.metadata)
    assert end(world, "southwark", other) == Ended("repeated", "", 5), "the same file by another name"


def test_a_drop_that_is_rejected_says_the_code_and_no_more(world: World) -> None:
    unsealed = world.put("southwark", b"upn,surname\n1,Okafor\n", {})

    rejected = end(world, "southwark", unsealed)

    assert (rejected.outcome, rejected.seconds) == ("rejected", 5)
    assert rejected.code.startswith("ENV-")
    assert set(rejected.facts) == {"outcome", "code", "seconds"}


def test_a_drop_is_found_by_the_other_name_of_its_event(world: World) -> None:
    name = world.drop("southwark", "pupils", [pupil()])

    assert end(world, "southwark", name.replace(".", "%2E"), or_named=(name,)) == Ended("accepted", "", 5)


def test_a_drop_that_is_gone_has_no_age(world: World) -> None:
    name = world.drop("southwark", "pupils", [pupil()])
    end(world, "southwark", name)
    world.storage.inbox("southwark").delete(name)

    assert end(world, "southwark", name) == Ended("gone")


def test_a_request_is_done_once_its_results_are_out(world: World) -> None:
    for slug, dataset, row in (("southwark", "pupils", pupil()), ("lambeth", "households", household())):
        end(world, slug, world.drop(slug, dataset, [row]))
    world.wake()
    assert requests(world, "lambeth") == [Ended("done", "", 7)]


def test_a_request_of_which_a_newer_file_came_is_superseded(world: World) -> None:
    for slug, dataset, row in (("southwark", "pupils", pupil()), ("lambeth", "households", household())):
        end(world, slug, world.drop(slug, dataset, [row]))
    world.wake()
    world.now[0] += timedelta(minutes=1)
    end(world, "southwark", world.drop("southwark", "pupils", [pupil(), pupil(2)]))
    world.wake()

    assert sorted(one.outcome for one in requests(world, "lambeth")) == ["done", "superseded"]


def test_a_job_of_an_agreement_that_is_over_is_stopped_with_its_code(world: World) -> None:
    for slug, dataset, row in (("southwark", "pupils", pupil()), ("lambeth", "households", household())):
        end(world, slug, world.drop(slug, dataset, [row]))
    world.wake()
    ended = world.agreement.in_force.model_copy(update={"last": NOW.date() - timedelta(days=1)})

    [stopped] = requests(world.under(world.agreement.model_copy(update={"in_force": ended})), "lambeth")
    assert (stopped.outcome, stopped.code) == ("stopped", "AGR-001")


def test_who_asks_for_work_that_waits_is_told_apart(world: World) -> None:
    for slug, dataset, row in (("southwark", "pupils", pupil()), ("lambeth", "households", household())):
        end(world, slug, world.drop(slug, dataset, [row]))
    name = name_for_party("fsm", COLLECTION, NOW)
    world.storage.inbox("lambeth").create(name, b"")

    assert end(world, "lambeth", name) == Ended("asked", "", 5)


def test_what_the_ledger_cannot_say_is_left_out_and_stops_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = world.drop("southwark", "pupils", [pupil()])

    def away(*_: object) -> None:
        raise StorageUnavailable("STO-004", "Away.")

    monkeypatch.setattr(Ledger, "newest_first", away)

    ended = end(world, "southwark", name)
    assert ended == Ended("", "", 5)
    assert ended.facts == {"outcome": None, "code": None, "seconds": 5}
