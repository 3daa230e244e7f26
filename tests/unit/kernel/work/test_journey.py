"""A row's journey through the services, over the blob service in memory, with real keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest

from shared.agreements.free_school_meals.run import run
from shared.kernel.errors import ConservationBroken, RefusedEvent
from shared.kernel.intake.identity import drop_id
from shared.kernel.intake.requests import request_job
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Carried, Job
from shared.kernel.work.carry_out import carry_out
from tests.wire import Killed, Wire
from tests.world import COLLECTION, NOW, World, decision, household, pupil, table, upn


def test_a_child_on_both_sides_is_matched_released_to_its_home_borough_and_enrolled_at_its_school(world: World) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.carry_out_all()

    [match] = world.results("lambeth", "matches").to_pylist()
    assert (match["household_ref"], match["pupil_forename"], match["tier"]) == ("H1", "Amara", "targeted")
    assert match["rule"] == "dob-surname-forename"

    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    world.carry_out_all()

    of_child = {"upn": upn(1), "urn": "100042", "tier": "targeted", "start_date": NOW.date(), "status": "enrolled"}
    assert world.results("southwark", "enrolments").to_pylist() == [{"match_ref": match["match_ref"], **of_child}]


def test_every_row_of_a_drop_and_of_a_run_ends_in_exactly_one_place(world: World) -> None:
    pupils = [
        pupil(1),
        pupil(2, forename="Bola", surname="Adeyemi", dob=date(2014, 1, 2)),
        pupil(3, home_la=None, postcode="GU1 1AA"),
        pupil(4, home_la=None, postcode=None),
        pupil(5, home_la="E09000028"),
        pupil(6, upn="A210234519001"),
        pupil(7, forename="Chi", surname="Eze", dob=date(2013, 5, 6), fsm_start_date=date(2025, 9, 1)),
    ]
    drop = world.receive("southwark", world.drop("southwark", "pupils", pupils))
    report = world.report("southwark", drop)
    assert (report["status"], report["rows_in"], report["rows_rejected"]) == ("partly_accepted", 7, 1)
    conserved = next(e for e in world.exchange.ledger.events(f"drop:{drop}") if e.step == "conserved")
    assert conserved.counts == {
        "rows_in": 7,
        "rejected": 1,
        "routed": 3,
        "excluded.home_unknown": 1,
        "excluded.home_outside_exchange": 1,
        "excluded.home_is_school_borough": 1,
    }

    world.receive("lambeth", world.drop("lambeth", "households", [household(), household("H2", child_forename="Zoe")]))
    world.carry_out_all()
    [run] = list(world.exchange.ledger.subjects("run"))
    conserved = next(e for e in world.exchange.ledger.events(run) if e.step == "conserved")
    assert conserved.counts == {"rows_in": 3, "matched": 1, "unmatched": 1, "excluded.fsm_already_open": 1}


def test_the_ledger_says_for_each_pair_of_boroughs_how_many_pupils_were_matched_reviewed_and_enrolled(
    world: World,
) -> None:
    moved = pupil(2, forename="Bola", surname="Adeyemi", dob=date(2014, 1, 2), postcode="SE13 6TT", paon="3")
    claim = household(
        "H2", child_forename="Bola", child_surname="Adeyemi", child_dob=date(2014, 1, 2), suppress_contact=True
    )
    world.receive("southwark", world.drop("southwark", "pupils", [pupil(), moved]))
    world.receive("lewisham", world.drop("lewisham", "pupils", [pupil(9, forename="Nobody", surname="Known")]))
    world.receive("lambeth", world.drop("lambeth", "households", [household(), claim]))
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    world.carry_out_all()

    ledger = world.exchange.ledger
    [run] = list(ledger.subjects("run"))
    released = next(event for event in ledger.events(run) if event.step == "released")
    assert released.counts == {"matched.southwark": 1, "review.southwark": 1}
    assert released.codes == (COLLECTION,)
    [enrolment] = list(ledger.subjects("enrolment"))
    released = next(event for event in ledger.events(enrolment) if event.step == "released")
    assert released.counts == {"enrolled.southwark": 1}
    assert released.codes == (COLLECTION,)


def test_the_same_bytes_under_another_signed_manifest_are_recorded_and_not_taken_in_twice(world: World) -> None:
    sealed = world.seal("southwark", "pupils", table("pupils", [pupil()]))
    drop = drop_id("southwark", "pupils", sealed.manifest.sha256)
    world.sharing.claim("southwark", f"drop-{drop}", {"arrival": "with another manifest, still being taken in"})
    assert world.receive("southwark", world.put("southwark", sealed.data, sealed.metadata)) == drop
    assert world.steps(f"drop:{drop}") == ["repeated"]
    assert world.outbox("southwark") == []


@pytest.mark.parametrize("described_otherwise", [False, True])
def test_the_same_file_again_under_another_name_is_recorded_when_the_first_is_done(
    world: World, described_otherwise: bool
) -> None:
    sealed = world.seal("southwark", "pupils", table("pupils", [pupil()]))
    metadata = {**sealed.metadata, **({"other": "another"} if described_otherwise else {})}
    first = world.put("southwark", sealed.data, sealed.metadata)
    drop = world.receive("southwark", first)
    before = world.outbox("southwark")
    steps = world.steps(f"drop:{drop}")
    assert world.receive("southwark", first) == drop
    assert world.steps(f"drop:{drop}") == steps  # an event that is delivered twice is no second file

    assert world.receive("southwark", world.put("southwark", sealed.data, metadata)) == drop
    assert world.receive("southwark", first) == drop

    assert world.steps(f"drop:{drop}") == [*steps, "repeated"]
    assert world.outbox("southwark") == before


def test_a_file_whose_first_arrival_was_killed_is_taken_in_when_it_comes_again_under_another_name(
    world: World,
) -> None:
    sealed = world.seal("southwark", "pupils", table("pupils", [pupil()]))
    first = world.put("southwark", sealed.data, sealed.metadata)
    with pytest.raises(Killed), patch("shared.kernel.intake.take_in.validate", side_effect=Killed):
        world.receive("southwark", first)

    drop = world.receive("southwark", world.put("southwark", sealed.data, sealed.metadata))

    assert world.steps(f"drop:{drop}")[:2] == ["received", "repeated"]
    assert world.steps(f"drop:{drop}")[-1] == "done"


def test_a_run_whose_inputs_were_replaced_releases_nothing(world: World) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.wake()
    [old] = [blob.name for blob in world.storage.requests("lambeth").list()]
    later = NOW + timedelta(minutes=5)
    world.receive("southwark", world.drop("southwark", "pupils", [pupil(), pupil(2, forename="Bo")], prepared_at=later))

    run = carry_out(world.exchange, party="lambeth", name=old)

    assert world.steps(f"run:{run}") == ["superseded"]
    assert [name for name in world.outbox("lambeth") if name.startswith("fsm/results/")] == []
    world.carry_out_all()
    assert world.results("lambeth", "matches").num_rows == 1


@pytest.mark.parametrize(
    "document", [b"{}", b"not json", b'{"collection": "2026-autumn", "kind": "run", "inputs": 7}', b"[]"]
)
def test_what_is_not_a_request_of_this_exchange_is_refused_and_recorded(world: World, document: bytes) -> None:
    world.storage.requests("lambeth").create("fsm/0.json", document)
    with pytest.raises(RefusedEvent, match="EVT-002"):
        carry_out(world.exchange, party="lambeth", name="fsm/0.json")
    [subject] = world.exchange.ledger.subjects("event")
    assert world.steps(subject) == ["refused"]


def test_a_request_that_is_gone_is_recorded_and_done(world: World) -> None:
    assert carry_out(world.exchange, party="lambeth", name="fsm/0.json") is None
    [subject] = world.exchange.ledger.subjects("event")
    assert world.steps(subject) == ["gone"]


def test_a_request_for_work_that_is_done_does_nothing(world: World) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    world.carry_out_all()
    before = world.everything()
    world.now[0] = NOW + timedelta(days=1)
    world.carry_out_all()
    assert world.everything() == before


def test_rejected_and_opted_out_pairs_enrol_nobody(world: World) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    for choice in ("reject", "opted_out"):
        world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"], choice)]))
        world.carry_out_all()
    assert [name for name in world.outbox("southwark") if name.startswith("fsm/enrolments/")] == []
    counts = [
        next(event.counts for event in world.exchange.ledger.events(subject) if event.step == "conserved")
        for subject in world.exchange.ledger.subjects("enrolment")
    ]
    assert {reason for count in counts for reason in count} == {"rows_in", "excluded.reject", "excluded.opted_out"}


def test_a_row_that_is_lost_on_the_way_stops_the_drop_loudly_before_anything_is_staged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lossy(home: object) -> dict[str, object]:
        return {}

    monkeypatch.setattr("shared.agreements.free_school_meals.whereabouts._rows_by_home", lossy)
    name = world.drop("southwark", "pupils", [pupil()])
    with pytest.raises(ConservationBroken, match="LED-002"):
        world.receive("southwark", name)
    [subject] = world.exchange.ledger.subjects("drop")
    assert world.steps(subject) == ["received", "unbalanced"]
    assert list(world.storage.staging("lambeth").list()) == []
    assert world.outbox("southwark") == []


def test_a_blob_whose_name_cannot_be_used_is_answered(world: World) -> None:
    drop = world.receive("southwark", "a/../b.parquet")
    assert [finding["code"] for finding in world.report("southwark", drop)["findings"]] == ["DRP-003"]


def test_a_row_leaves_no_trace_in_another_boroughs_staging(world: World) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil(), pupil(2, home_la="209", forename="Bo")]))
    for home in ("lambeth", "lewisham"):
        [blob] = world.sharing.staging(home).list("pupils/")
        assert Partition.named(blob.name).sender == "southwark"
    assert list(world.storage.staging("wandsworth").list()) == []
    [index] = world.sharing.staging("southwark").list()  # the school borough's own, of which identifiers it has sent
    assert index.name.startswith("pupilsindex/")


def test_only_names_that_staging_gave_are_partitions() -> None:
    with pytest.raises(ValueError, match="not the name"):
        Partition.named("pupils/2026-autumn/somebody.parquet")


def test_a_request_is_asked_for_once(world: World) -> None:
    job = Job("enrolment", "lambeth", COLLECTION, ("decisions/…",))
    assert request_job(world.sharing, job) == request_job(world.sharing, job)
    assert len(list(world.storage.requests("lambeth").list())) == 1


def test_every_storage_request_for_a_drop_bears_its_ledger_subject(world: World, account: str) -> None:
    name = world.drop("southwark", "pupils", [pupil()])
    wire = Wire()
    with wire.storage(account) as storage:
        exchange = replace(world.exchange, storage=storage)
        drop = replace(world, exchange=exchange).receive("southwark", name)
    marked = [r for r in wire.requests if r.headers.get("x-ms-client-request-id") == f"drop:{drop}"]
    assert {request.path.split("/")[2] for request in marked} >= {"staging", "southwark-outbox"}


def test_a_run_that_comes_after_the_end_of_the_agreement_releases_nothing(world: World) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.now[0] = NOW.replace(year=2027)
    world.carry_out_all()
    assert [name for name in world.outbox("lambeth") if name.startswith("fsm/results/")] == []


def test_two_releases_that_the_ledger_could_not_tell_apart_are_a_defect_and_nothing_is_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubled(job: Job, *given: Any) -> Carried:
        carried = run(job, *given)
        return replace(carried, releases=carried.releases * 2)

    monkeypatch.setattr("shared.agreements.free_school_meals.pipeline.run", doubled)
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    with pytest.raises(ValueError, match="two releases"):
        world.carry_out_all()
    assert [name for name in world.outbox("lambeth") if name.startswith("fsm/results/")] == []
