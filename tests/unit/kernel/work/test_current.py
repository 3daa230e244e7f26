"""One result of a collection is current; what it replaces is taken away; a job that began ends in one way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from shared.kernel.envelope.statement import verify_statement
from shared.kernel.work import carry_out as work
from shared.kernel.work import current
from shared.kernel.work import send as sending
from tests.wire import Killed
from tests.world import NOW, World, decision, household, pupil

CURRENT = "fsm/results/2026-autumn/current.json"
LATER = timedelta(minutes=5)


def households(world: World, *rows: Any, after: timedelta = timedelta(0)) -> None:
    world.receive("lambeth", world.drop("lambeth", "households", rows or [household()], prepared_at=NOW + after))


def pupils(world: World, *serials: int, sender: str = "southwark", after: timedelta = timedelta(0)) -> None:
    number = {"southwark": "210", "lewisham": "209"}[sender]
    rows = [pupil(serial, laestab=f"{number}1234", forename=f"Amara{'abcdefgh'[serial]}") for serial in serials]
    world.receive(sender, world.drop(sender, "pupils", rows, prepared_at=NOW + after))


def said(world: World) -> dict[str, Any]:
    """What `current.json` says, once its signature is verified."""
    payload = verify_statement(world.storage.outbox("lambeth").read(CURRENT).data, world.rings["lambeth"].public_key)
    assert payload["kind"] == "current"
    return dict(payload["body"])


def runs(world: World) -> set[str]:
    """Ids of runs of which anything lies in the outbox."""
    found = [name.split("/") for name in world.outbox("lambeth") if name.startswith("fsm/results/")]
    return {parts[3] for parts in found if len(parts) == 5}


@contextmanager
def killed_at(step: str, where: Any = None) -> Iterator[None]:
    """Killed at this step of a job or, where it is one of those, of what it sends."""
    where = where or (sending if step in ("_send_all", "send_summary") else work)
    with patch.object(where, step, side_effect=Killed), pytest.raises(Killed):
        yield


def test_the_first_result_is_current_and_says_what_it_has_and_what_it_covers(world: World) -> None:
    pupils(world, 1)
    households(world)
    world.carry_out_all()

    [run] = runs(world)
    told = said(world)
    assert (told["job"], told["kind"], told["party"], told["collection"]) == (run, "run", "lambeth", "2026-autumn")
    assert {entry["sender"] for entry in told["covers"]} == {"lambeth", "southwark"}
    [summary] = [name for name in world.outbox("lambeth") if name.endswith("summary.json")]
    assert {entry["drop"] for entry in told["covers"]} == set(json.loads(world.answer_of("lambeth", summary))["drops"])
    released = next(e for e in world.exchange.ledger.events(f"run:{run}") if e.step == "released")
    folder = f"results/2026-autumn/{run}"
    assert told["releases"] == {f"{folder}/{name}.parquet": released.hashes[name] for name in ("matches", "review")}
    assert told["folder"] == folder
    assert world.steps(f"run:{run}")[-1] == "done"


def test_a_newer_result_takes_its_place_and_the_old_one_is_gone_and_recorded(world: World) -> None:
    pupils(world, 1)
    households(world)
    world.carry_out_all()
    [old] = runs(world)
    pupils(world, 2, sender="lewisham")
    world.carry_out_all()

    [new] = runs(world)
    assert new != old
    assert said(world)["job"] == new
    steps = world.steps(f"run:{old}")
    assert steps[-2:] == ["done", "replaced"]
    assert "superseded" not in steps
    assert world.exchange.ledger.events(f"run:{old}")[-1].hashes == {"by": new}
    [chain] = world.exchange.ledger.subjects("current")
    assert [event.hashes["job"] for event in world.exchange.ledger.events(chain)] == [old, new]


def summary(world: World) -> dict[str, Any]:
    """Of the one run of which there are results."""
    [run] = runs(world)
    return dict(json.loads(world.answer_of("lambeth", f"fsm/results/2026-autumn/{run}/summary.json")))


def test_a_run_over_fewer_senders_than_the_one_before_says_so(world: World) -> None:
    pupils(world, 1)
    pupils(world, 2, sender="lewisham")
    households(world)
    world.carry_out_all()
    [staged] = [b.name for b in world.sharing.staging("lambeth").list("pupils/") if "southwark" in b.name]
    world.sharing.staging("lambeth").delete(staged)  # as the sweep does after 26 days
    households(world, after=LATER)
    world.carry_out_all()

    assert summary(world)["no_longer_covered"] == ["pupils.southwark"]


def test_what_is_covered_is_remembered_after_every_result_was_swept(world: World) -> None:
    pupils(world, 1)
    pupils(world, 2, sender="lewisham")
    households(world)
    world.carry_out_all()
    outbox, staging = world.storage.outbox("lambeth"), world.sharing.staging("lambeth")
    for name in world.outbox("lambeth"):
        outbox.delete(name)
    for area in (staging, world.storage.claims("lambeth")):
        for blob in list(area.list()):
            area.delete(blob.name)
    world.now[0] = NOW + timedelta(days=27)
    pupils(world, 1, after=timedelta(days=27))
    households(world, after=timedelta(days=27))
    world.carry_out_all()
    assert summary(world)["no_longer_covered"] == ["pupils.lewisham"]


def test_an_enrolment_replaces_nothing_and_no_word_says_which_is_current(world: World) -> None:
    pupils(world, 1)
    households(world, household(child_forename="Amarab"))
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    world.carry_out_all()
    assert not [name for name in world.outbox("lambeth") if name.startswith("fsm/decisions/") and "current" in name]


@pytest.mark.parametrize("step", ["_send_all", "send_summary", "make_current", "_carried"])
def test_a_run_of_which_an_input_was_replaced_while_it_was_killed_releases_nothing_of_it(
    world: World, step: str
) -> None:
    """Whom the newer file has left out is in no result of a later moment; what was finished before gives way."""
    pupils(world, 1)
    households(world)
    with killed_at(step):
        world.carry_out_all()
    [old] = world.exchange.ledger.subjects("run") if step != "_carried" else [""]
    pupils(world, 1, 2, after=LATER)
    world.carry_out_all()

    [new] = runs(world)
    assert said(world)["job"] == new
    subjects = list(world.exchange.ledger.subjects("run"))
    assert len(subjects) == 2
    for subject in subjects:
        steps = world.steps(subject)
        assert "superseded" not in steps
        is_old = subject != f"run:{new}"
        had_released = step in ("make_current", "send_summary")
        assert ("replaced" in steps) is (is_old and had_released)
        assert ("withdrawn" in steps) is (is_old and not had_released)
        assert not {"released", "withdrawn"} <= set(steps)
        assert [name for name in world.outbox("lambeth") if subject.partition(":")[2] in name] == [] or not is_old
    assert old in ("", *subjects)


def test_a_run_that_was_superseded_never_releases_whoever_tries_again(world: World) -> None:
    pupils(world, 1)
    households(world)
    world.wake()
    pupils(world, 1, 2, after=LATER)
    world.carry_out_all()
    world.carry_out_all()
    by_steps = sorted(world.steps(subject)[-1] for subject in world.exchange.ledger.subjects("run"))
    assert by_steps == ["done", "superseded"]
    for subject in world.exchange.ledger.subjects("run"):
        assert not {"superseded", "released"} <= set(world.steps(subject))


def test_of_two_who_try_at_once_the_one_who_began_decides_for_both(world: World) -> None:
    """One sees the job stand and begins; a drop comes; the other, with a copy of the event, sees it replaced."""
    pupils(world, 1)
    households(world)
    with killed_at("read_staged"):
        world.carry_out_all()
    pupils(world, 1, 2, after=LATER)
    world.carry_out_all()
    for subject in world.exchange.ledger.subjects("run"):
        assert "superseded" not in world.steps(subject)


@pytest.mark.parametrize("step", ["_send_all", "send_summary"])
def test_a_run_that_began_and_whose_inputs_are_gone_withdraws_what_it_wrote(world: World, step: str) -> None:
    pupils(world, 1)
    households(world)
    with killed_at(step):
        world.carry_out_all()
    wrote = len([name for name in world.outbox("lambeth") if name.startswith("fsm/results/")])
    assert wrote == (2 if step == "send_summary" else 0)
    for blob in list(world.sharing.staging("lambeth").list("pupils/")):
        world.sharing.staging("lambeth").delete(blob.name)

    world.carry_out_all()

    [subject] = world.exchange.ledger.subjects("run")
    assert world.steps(subject)[-2:] == ["withdrawn", "done"]
    [withdrawn] = [event for event in world.exchange.ledger.events(subject) if event.step == "withdrawn"]
    assert withdrawn.counts == {"files": wrote + (step == "send_summary")}, "what it kept for later, too"
    assert runs(world) == set()
    assert list(world.sharing.staging("lambeth").list("pending/")) == []


def test_who_is_killed_while_withdrawing_withdraws_the_rest(world: World) -> None:
    pupils(world, 1)
    households(world)
    with killed_at("send_summary"):
        world.carry_out_all()
    for blob in list(world.sharing.staging("lambeth").list("pupils/")):
        world.sharing.staging("lambeth").delete(blob.name)
    with patch("shared.kernel.storage.areas.Area.delete", side_effect=Killed), pytest.raises(Killed):
        world.carry_out_all()
    assert runs(world) != set()
    world.carry_out_all()
    assert runs(world) == set()


def test_a_run_that_was_whole_when_its_inputs_went_stays_and_becomes_current(world: World) -> None:
    pupils(world, 1)
    households(world)
    with killed_at("make_current"):
        world.carry_out_all()
    for blob in list(world.sharing.staging("lambeth").list("pupils/")):
        world.sharing.staging("lambeth").delete(blob.name)
    world.carry_out_all()
    [run] = runs(world)
    assert said(world)["job"] == run
    assert "withdrawn" not in world.steps(f"run:{run}")


def test_who_is_killed_before_the_old_result_is_gone_takes_it_away_when_tried_again(world: World) -> None:
    pupils(world, 1)
    households(world)
    world.carry_out_all()
    pupils(world, 2, sender="lewisham")
    with killed_at("_take_away", current):
        world.carry_out_all()
    assert len(runs(world)) == 2
    world.carry_out_all()
    assert runs(world) == {said(world)["job"]}


def test_what_a_killed_one_has_left_a_later_one_takes_away(world: World) -> None:
    pupils(world, 1)
    households(world)
    world.carry_out_all()
    pupils(world, 2, sender="lewisham")
    with killed_at("_take_away", current):
        world.carry_out_all()
    for blob in list(world.storage.requests("lambeth").list()):
        world.storage.requests("lambeth").delete(blob.name)  # nobody tries the second again
    pupils(world, 1, 3, after=LATER)
    world.carry_out_all()
    assert runs(world) == {said(world)["job"]}


def test_a_run_that_is_late_never_replaces_the_one_over_what_counts_now(world: World) -> None:
    """Two workers: the first is held up before its last step, the second overtakes it."""
    pupils(world, 1)
    households(world)
    with killed_at("make_current"):
        world.carry_out_all()
    [old] = runs(world)
    [request] = world.storage.requests("lambeth").list()
    body = world.storage.requests("lambeth").read(request.name)
    world.storage.requests("lambeth").delete(request.name)
    pupils(world, 1, 2, after=LATER)
    world.carry_out_all()
    new = said(world)["job"]
    world.now[0] = NOW - timedelta(minutes=1)  # its worker's clock may even be another
    world.storage.requests("lambeth").create(request.name, body.data)
    world.carry_out_all()
    assert said(world)["job"] == new != old
    assert runs(world) == {new}
    assert world.steps(f"run:{old}")[-2:] == ["replaced", "done"]
