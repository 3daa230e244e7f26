"""The agreement is judged when work is done: its days, its parties and its version, whatever held when it was asked
for."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from shared.kernel.errors import NotAgreed, RefusedEvent
from shared.kernel.intake.requests import read_request
from shared.kernel.intake.staging import StagedFor
from shared.kernel.terms.model import Agreement
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Job
from shared.kernel.terms.stops import Stop, Stops
from shared.kernel.work import carry_out as work
from tests.wire import Killed
from tests.world import COLLECTION, World, decision, household, pupil, upn

LAST_MINUTE = datetime(2027, 8, 31, 22, 59, tzinfo=UTC)
"""Of 31 August in London, which is an hour ahead of UTC."""
OVER = LAST_MINUTE + timedelta(minutes=1)


def changed(agreement: Agreement, **changes: Any) -> Agreement:
    """The same terms in another version."""
    return agreement.model_copy(update={"version": "1.1.0", **changes})


def without(agreement: Agreement, slug: str) -> Agreement:
    """The next version, to which this borough is no party."""
    return changed(agreement.without({slug}))


def ending(world: World, last: date) -> World:
    """The same world; the agreement ends on that day."""
    period = world.agreement.in_force.model_copy(update={"last": last})
    return world.under(world.agreement.model_copy(update={"in_force": period}))


def both_sides(world: World) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.wake()


def released(world: World) -> list[str]:
    return [name for slug in world.rings for name in world.outbox(slug) if name.endswith(".parquet")]


def end_of(world: World, kind: str = "run") -> list[str]:
    [subject] = list(world.exchange.ledger.subjects(kind))
    return world.steps(subject)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=4), timedelta(days=400)])
def test_nothing_is_linked_or_released_after_the_last_local_minute_of_the_agreement(
    world: World, late: timedelta
) -> None:
    world = ending(world, date(2026, 11, 21))
    both_sides(world)
    world.now[0] = datetime(2026, 11, 22, 0, 0, tzinfo=UTC) + late
    world.carry_out_all()
    assert released(world) == []
    assert end_of(world) == ["stopped", "done"]
    [stopped, _] = world.exchange.ledger.events(next(world.exchange.ledger.subjects("run")))
    assert stopped.codes == ("AGR-001",)


def test_the_last_local_minute_is_still_within(world: World) -> None:
    world = ending(world, date(2026, 11, 21))
    both_sides(world)
    world.now[0] = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)
    world.carry_out_all()
    assert len(released(world)) == 2


def test_days_are_londons_and_not_those_of_utc(world: World) -> None:
    [job] = [_asked(world)]
    world = ending(world, date(2027, 8, 31))
    for moment, code in ((LAST_MINUTE, ""), (OVER, "AGR-001")):
        world.now[0] = moment
        assert work.may_not_work(world.sharing, job) == code


def _asked(world: World) -> Job:
    both_sides(world)
    [request] = list(world.storage.requests("lambeth").list())
    return read_request(world.exchange, "lambeth", request.name).job


@pytest.mark.parametrize("killed_at", ["send.send_sealed", "send.send_summary", "carry_out.make_current"])
def test_what_began_in_time_and_was_killed_releases_nothing_after_the_end_and_takes_back_what_it_wrote(
    world: World, killed_at: str
) -> None:
    world = ending(world, date(2026, 11, 21))
    both_sides(world)
    with pytest.raises(Killed), patch(f"shared.kernel.work.{killed_at}", side_effect=Killed):
        world.carry_out_all()
    world.now[0] += timedelta(days=4)
    world.carry_out_all()
    assert released(world) == []
    assert not [name for name in world.outbox("lambeth") if "/results/" in name]
    assert list(world.storage.pending("lambeth").list()) == []
    assert end_of(world)[-2:] == ["withdrawn", "done"]


def test_a_run_during_which_the_agreement_ends_releases_nothing(world: World) -> None:
    world = ending(world, date(2026, 11, 21))
    both_sides(world)
    real = work.read_staged

    def slowly(*args: Any, **how: Any) -> Any:
        world.now[0] = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
        return real(*args, **how)

    with patch("shared.kernel.work.carry_out.read_staged", slowly):
        world.carry_out_all()
    assert released(world) == []
    assert end_of(world)[-1] == "done"
    assert "stopped" in end_of(world)


def test_a_run_goes_on_without_the_rows_of_a_party_that_left(world: World) -> None:
    other = pupil(2, forename="Bola", surname="Adeyemi", dob=date(2014, 1, 2))
    claim = household("H2", child_forename="Bola", child_surname="Adeyemi", child_dob=date(2014, 1, 2))
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("wandsworth", world.drop("wandsworth", "pupils", [other]))
    world.receive("lambeth", world.drop("lambeth", "households", [household(), claim]))
    world.wake()
    left = world.under(without(world.agreement, "southwark"))
    left.carry_out_all()
    left.carry_out_all()
    [row] = left.results("lambeth", "matches").to_pylist()
    assert row["school_borough"] == "wandsworth"


def test_no_older_file_comes_to_count_because_the_newest_may_not_be_used(world: World) -> None:
    both_sides(world)
    area = world.sharing.staging("lambeth")
    [name] = [blob.name for blob in area.list("pupils/")]
    older = Partition.named(name)
    world.now[0] += timedelta(hours=1)
    world.receive("southwark", world.drop("southwark", "pupils", [pupil(), pupil(2, forename="Bo")]))
    [newest] = StagedFor(world.sharing, "lambeth").counting("pupils", COLLECTION)
    assert newest.drop != older.drop
    stopped = Stops((Stop("0" * 32, "quarantine", world.now[0], drops=frozenset({newest.drop})),))
    assert StagedFor(world.exchange.with_stops(stopped).under("fsm"), "lambeth").counting("pupils", COLLECTION) == ()


def test_the_work_of_a_party_that_left_is_not_done(world: World) -> None:
    both_sides(world)
    left = world.under(without(world.agreement, "lambeth"))
    left.carry_out_all()
    assert released(left) == []


def test_a_child_of_a_school_whose_borough_left_is_not_enrolled(world: World) -> None:
    both_sides(world)
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    before = released(world)
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    left = world.under(without(world.agreement, "southwark"))
    left.carry_out_all()
    with suppress(NotAgreed):
        left.carry_out_all()
    # The home borough alone is told what became of its decision.
    assert [name for name in released(left) if not name.endswith("/outcomes.parquet")] == before


def test_a_request_of_an_earlier_version_is_asked_for_again(world: World) -> None:
    both_sides(world)
    newer = world.under(changed(world.agreement))
    newer.carry_out_all()
    newer.carry_out_all()
    [row] = newer.results("lambeth", "matches").to_pylist()
    assert row["pupil_forename"] == "Amara"
    runs = [newer.steps(subject) for subject in newer.exchange.ledger.subjects("run")]
    assert sorted(runs) == [["asked.again", "done"], ["conserved", "released", "done"]]
    events = [newer.steps(subject) for subject in newer.exchange.ledger.subjects("event")]
    assert not [steps for steps in events if "refused" in steps]


def test_a_request_written_before_requests_named_their_version_is_asked_for_again(world: World) -> None:
    both_sides(world)
    area = world.storage.requests("lambeth")
    [request] = list(area.list())
    document = json.loads(area.read(request.name).data)
    del document["agreement"]
    area.replace(request.name, json.dumps(document, sort_keys=True).encode(), request.etag)
    newer = world.under(changed(world.agreement))
    newer.carry_out_all()
    newer.carry_out_all()
    assert newer.results("lambeth", "matches").num_rows == 1


def test_decisions_that_wait_when_the_version_changes_are_carried_out(world: World) -> None:
    both_sides(world)
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    newer = world.under(changed(world.agreement))
    newer.carry_out_all()
    newer.carry_out_all()
    assert [row["upn"] for row in newer.results("southwark", "enrolments").to_pylist()] == [upn(1)]


def test_what_is_done_under_one_version_is_not_done_again_under_the_next(world: World) -> None:
    both_sides(world)
    world.carry_out_all()
    before = released(world)
    newer = world.under(changed(world.agreement))
    newer.carry_out_all()
    newer.carry_out_all()
    assert released(newer) == before


def test_a_drop_that_came_in_time_and_is_taken_in_after_the_end_is_refused(world: World) -> None:
    world = ending(world, date(2026, 11, 21))
    name = world.drop("southwark", "pupils", [pupil()])
    with pytest.raises(Killed), patch("shared.kernel.intake.receive.open_drop", side_effect=Killed):
        world.receive("southwark", name)
    world.now[0] += timedelta(days=1)
    drop = world.receive("southwark", name)
    receipt = json.loads(world.answer("southwark", drop, "receipt.json"))["payload"]["body"]
    assert (receipt["status"], receipt["code"]) == ("rejected", "AGR-001")
    assert list(world.storage.staging("lambeth").list()) == []


def test_a_purpose_that_the_next_version_has_not_stops_its_dataset(world: World) -> None:
    both_sides(world)
    datasets = {name: terms for name, terms in world.agreement.datasets.items() if name != "pupils"}
    newer = world.under(changed(world.agreement, datasets=datasets))
    newer.carry_out_all()
    newer.carry_out_all()
    assert released(newer) == []


def test_a_forged_request_is_refused_as_before(world: World) -> None:
    both_sides(world)
    area = world.storage.requests("lambeth")
    [request] = list(area.list())
    world.storage.requests("lewisham").create(request.name, area.read(request.name).data)
    with pytest.raises(RefusedEvent, match="EVT-002"):
        work.carry_out(world.exchange, party="lewisham", name=request.name)
