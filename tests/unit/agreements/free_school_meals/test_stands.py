"""Enrolment goes by what stands now: no reference enrols whom either side has taken out, and the decider is told."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shared.agreements.free_school_meals.became import WHAT_BECAME
from shared.agreements.free_school_meals.told import NOT_CARRIED_OUT
from tests.memory import account, service, storage
from tests.unit.agreements.free_school_meals.test_memory import enrolments, rows_are_swept
from tests.world import COLLECTION, NOW, World, decision, household, pupil, upn

__all__ = ["account", "service", "storage"]

OTHER = pupil(2, forename="Bo", surname="Eze", dob=date(2014, 1, 2))
CLAIM = household()
OTHER_CLAIM = household("H2", child_forename="Bo", child_surname="Eze", child_dob=date(2014, 1, 2))
LATER = NOW + timedelta(days=2)


def drop(world: World, slug: str, dataset: str, rows: list[dict[str, Any]], at: datetime, **facts: Any) -> None:
    world.now[0] = at
    assert world.receive(slug, world.drop(slug, dataset, rows, prepared_at=at, **facts))


def both(world: World, pupils: list[dict[str, Any]], claims: list[dict[str, Any]], at: datetime = NOW) -> None:
    drop(world, "southwark", "pupils", pupils, at)
    drop(world, "lambeth", "households", claims, at)
    world.carry_out_all()


def refs(world: World) -> dict[str, str]:
    """The reference of each match that the home borough has, by UPN."""
    upns = {"Amara": upn(1), "Bo": upn(2)}
    return {upns[row["pupil_forename"]]: row["match_ref"] for row in world.results("lambeth", "matches").to_pylist()}


def confirm(world: World, at: datetime, *said: str, choice: str = "confirm", **facts: Any) -> dict[str, Any]:
    """The home borough decides, and the enrolment alone is done: no run is. Its summary."""
    before = set(world.outbox("lambeth"))
    rows = [decision(ref, choice, decided_on=at.date()) for ref in said]
    drop(world, "lambeth", "decisions", rows, at, **facts)
    wake, world.wake = world.wake, lambda: None  # type: ignore[method-assign]
    world.carry_out_all()
    world.wake = wake  # type: ignore[method-assign]
    new = [name for name in world.outbox("lambeth") if name not in before and "/decisions/" in name]
    [name] = [name for name in new if name.endswith("/summary.json")]
    return dict(json.loads(world.storage.outbox("lambeth").read(name).data))


def told(world: World, summary: dict[str, Any]) -> dict[str, list[int]]:
    """The rows of every code of the report on single decisions."""
    report = world.report("lambeth", summary["enrolment"])
    assert report["facts"]["drop"] == summary["decisions"]
    assert all(line["remedy"] for line in report["codes"])
    return dict(report["rows_by_code"])


TAKEN_OUT = {
    "removed by its school": ("southwark", "pupils", [OTHER]),
    "moved": ("southwark", "pupils", [pupil(home_la="E09000023", postcode="SE13 6TT"), OTHER]),
    "its claim has ended": ("lambeth", "households", [OTHER_CLAIM]),
    "its benefit has ended": ("lambeth", "households", [CLAIM | {"qualifying_benefit": "NONE"}, OTHER_CLAIM]),
    "nobody is left at school": ("southwark", "pupils", []),
    "no claim is left": ("lambeth", "households", []),
}


@pytest.mark.parametrize(("slug", "dataset", "rows"), TAKEN_OUT.values(), ids=TAKEN_OUT)
@pytest.mark.parametrize("run", [True, False], ids=["before the decision a run has seen it", "no run has seen it yet"])
def test_a_child_whom_a_side_has_taken_out_is_enrolled_by_no_reference(
    world: World, slug: str, dataset: str, rows: list[dict[str, Any]], run: bool
) -> None:
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    drop(world, slug, dataset, rows, LATER)
    if run:
        world.carry_out_all()
    summary = confirm(world, LATER + timedelta(hours=1), ref[upn(1)], ref[upn(2)])
    left = 1 if rows else 0
    reason, code = ("results_replaced", "DEC-061") if run else ("changed_since", "DEC-062")
    assert (summary["enrolled"], summary["not_enrolled"]) == (left, {reason: 2 - left})
    assert enrolments(world) == [(upn(2), "enrolled")][:left]
    assert told(world, summary) == {code: [2] if left else [2, 3]}


@pytest.mark.parametrize(("slug", "dataset", "rows"), TAKEN_OUT.values(), ids=TAKEN_OUT)
def test_it_is_so_when_the_rows_of_the_other_side_are_gone(
    world: World, slug: str, dataset: str, rows: list[dict[str, Any]]
) -> None:
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    rows_are_swept(world)
    for blob in list(world.storage.staging("southwark").list()):
        world.storage.staging("southwark").delete(blob.name)
    late = NOW + timedelta(days=30)
    taken_out = [row | ({"extract_date": late.date()} if dataset == "households" else {}) for row in rows]
    if dataset == "pupils" and not rows:
        taken_out = [pupil(9, forename="Zed", dob=date(2013, 4, 4))]
    if dataset == "households" and not rows:
        taken_out = [household("H9", child_forename="Zed", extract_date=late.date())]
    drop(world, slug, dataset, taken_out, late)
    if slug == "southwark" and rows[:1] != [OTHER]:
        # Whoever lives elsewhere now is in another home's part: of the first home nothing was ever staged anew.
        drop(world, slug, dataset, [OTHER, pupil(9)] if rows else taken_out, late + timedelta(minutes=1))
    summary = confirm(world, late + timedelta(hours=1), ref[upn(1)])
    assert (summary["enrolled"], summary["not_enrolled"]) == (0, {"changed_since": 1})
    assert enrolments(world) == []


def test_what_stands_is_enrolled_as_it_stands_now(world: World) -> None:
    """The child goes to another school of the borough: the enrolment names that one."""
    both(world, [pupil()], [CLAIM])
    ref = refs(world)[upn(1)]
    drop(world, "southwark", "pupils", [pupil(urn="100043", laestab="2101235")], LATER)
    assert confirm(world, LATER + timedelta(hours=1), ref)["enrolled"] == 1
    [name] = [name for name in world.outbox("southwark") if name.endswith("enrolments.parquet")]
    assert world.open("southwark", name).column("urn").to_pylist() == ["100043"]


def test_a_reference_of_another_collection_enrols_nobody(world: World) -> None:
    spring = datetime.fromisoformat("2027-01-10T09:30:00Z")
    both(world, [pupil()], [CLAIM | {"extract_date": spring.date()}], spring)
    ref = refs(world)[upn(1)]
    summary = confirm(world, spring + timedelta(days=1), ref, collection="2027-spring")
    assert (summary["enrolled"], summary["not_enrolled"]) == (0, {"other_collection": 1})
    assert told(world, summary) == {"DEC-063": [2]}
    assert confirm(world, spring + timedelta(days=2), ref, collection=COLLECTION)["enrolled"] == 1


def test_a_removed_child_can_still_be_withdrawn(world: World) -> None:
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)[upn(1)]
    assert confirm(world, LATER, ref)["enrolled"] == 1
    both(world, [OTHER], [CLAIM, OTHER_CLAIM], LATER + timedelta(hours=1))
    assert confirm(world, LATER + timedelta(days=1), ref, choice="retract")["withdrawn"] == 1
    assert sorted(enrolments(world)) == [(upn(1), "enrolled"), (upn(1), "withdrawn")]


def test_one_row_of_a_borough_that_has_departed_refuses_that_row_alone(world: World) -> None:
    wandsworth = pupil(2, forename="Bo", surname="Eze", dob=date(2014, 1, 2), urn="101050", laestab="2124000")
    drop(world, "wandsworth", "pupils", [wandsworth], NOW)
    both(world, [pupil()], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    left = tuple(slug for slug in world.agreement.controllers if slug != "wandsworth")
    smaller = world.under(world.agreement.model_copy(update={"controllers": left}))
    summary = confirm(smaller, LATER, ref[upn(2)], ref[upn(1)])
    assert (summary["enrolled"], summary["not_enrolled"]) == (1, {"school_departed": 1})
    assert enrolments(world) == [(upn(1), "enrolled")]
    assert told(world, summary) == {"DEC-064": [2]}
    assert not [name for name in world.outbox("wandsworth") if "enrolments" in name]


def test_a_report_names_no_reference_and_no_value(world: World) -> None:
    both(world, [pupil()], [CLAIM])
    ref = refs(world)[upn(1)]
    drop(world, "southwark", "pupils", [], LATER)
    summary = confirm(world, LATER + timedelta(hours=1), ref)
    document = world.answer("lambeth", summary["enrolment"], "report.json").decode()
    for value in (ref, upn(1), "Amara", "Okafor", "officer1"):
        assert value not in document


def became(world: World, summary: dict[str, Any]) -> list[dict[str, Any]]:
    """What the sealed file says of each decision."""
    [name] = [name for name in world.outbox("lambeth") if name.endswith(f"{summary['enrolment']}/outcomes.parquet")]
    return [dict(row) for row in world.open("lambeth", name).to_pylist()]


def test_every_decision_has_its_end_and_what_nobody_knows_is_a_headline(world: World) -> None:
    """Each row is named by the number it has in the officer's own sheet, and by its reference, to her alone."""
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    both(world, [pupil()], [CLAIM], LATER)
    at = LATER + timedelta(hours=1)
    choices = {ref[upn(1)]: "confirm", ref[upn(2)]: "confirm", "Amara-Okafor": "reject", "m-nobody": "opted_out"}
    rows = [
        decision(name, choice, decided_on=at.date(), sheet_row=row)
        for row, (name, choice) in enumerate(choices.items(), 6)
    ]
    drop(world, "lambeth", "decisions", [*rows, decision("m-gone", "retract", decided_on=at.date(), sheet_row=40)], at)
    world.carry_out_all()
    [name] = [name for name in world.outbox("lambeth") if "/decisions/" in name and name.endswith("summary.json")]
    summary = json.loads(world.storage.outbox("lambeth").read(name).data)
    told_of = [
        tuple(row[name] for name in ("sheet_row", "match_ref", "became", "code")) for row in became(world, summary)
    ]
    assert told_of == [
        (6, ref[upn(1)], "carried_out", None),
        (7, ref[upn(2)], "out_of_date", "DEC-061"),
        (8, "Amara-Okafor", "unknown_reference", "DEC-060"),
        (9, "m-nobody", "carried_out", None),
        (40, "m-gone", "unknown_reference", "DEC-060"),
    ]
    assert summary["became"] == {"carried_out": 2, "out_of_date": 1, "unknown_reference": 2}
    assert summary["headline"] == "3 of 5 decisions were NOT carried out: 1 out of date, 2 unknown reference."
    report = world.report("lambeth", summary["enrolment"])
    assert (report["status"], report["rows_rejected"], report["rows_accepted"]) == ("partly_accepted", 3, 2)
    assert report["facts"]["headline"] == summary["headline"]
    assert report["rows_by_code"] == {"DEC-060": [8, 40], "DEC-061": [7]}
    assert "Amara-Okafor" not in world.answer("lambeth", summary["enrolment"], "report.json").decode()


def test_where_nothing_was_carried_out_the_report_says_rejected(world: World) -> None:
    both(world, [pupil()], [CLAIM])
    summary = confirm(world, LATER, "m-1", "m-2")
    assert world.report("lambeth", summary["enrolment"])["status"] == "rejected"
    assert summary["headline"] == "2 of 2 decisions were NOT carried out: 2 unknown reference."


def test_every_reason_for_which_a_decision_does_nothing_has_its_word() -> None:
    assert {why.reason for why in NOT_CARRIED_OUT} == WHAT_BECAME.keys()
