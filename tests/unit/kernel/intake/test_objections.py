"""Who has objected is kept out of every later file, taken out of what lies here, and enrolled by no reference."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from shared.kernel.contract.objections import CONTRACT
from tests.unit.agreements.free_school_meals.test_changes import told
from tests.unit.agreements.free_school_meals.test_memory import enrolments, rows_are_swept
from tests.unit.agreements.free_school_meals.test_stands import (
    CLAIM,
    LATER,
    OTHER,
    OTHER_CLAIM,
    both,
    confirm,
    refs,
)
from tests.world import NOW, PILOT, World, pupil, upn


def objection(by: str, **named: Any) -> dict[str, Any]:
    return {"objection_ref": "o-1", "named_by": by, "reason": "objection", "from_day": date(2026, 11, 1), **named}


def object_(world: World, slug: str, rows: list[dict[str, Any]], at: Any = LATER, **facts: Any) -> dict[str, Any]:
    """Drop a whole list of objections; its report."""
    world.now[0] = at
    table = pa.Table.from_pylist(rows, schema=CONTRACT.arrow_schema())
    sealed = world.seal(slug, "objections", table, prepared_at=facts.pop("prepared_at", at), **facts)
    dropped = world.receive(slug, world.put(slug, sealed.data, sealed.metadata))
    return world.report(slug, dropped)


BY_SCHOOL = {
    "upn": objection("upn", upn=upn(1).lower()),
    "person": objection("person", forename=" amara", surname="OKAFOR", dob=date(2015, 3, 21)),
}
BY_HOME = {
    "claim": objection("claim", claim="h1"),
    "person": objection("person", forename="AMARA", surname="Okafor ", dob=date(2015, 3, 21)),
}
EITHER = [("southwark", "pupils", row) for row in BY_SCHOOL.values()] + [
    ("lambeth", "households", row) for row in BY_HOME.values()
]
IDS = [*(f"school by {by}" for by in BY_SCHOOL), *(f"home by {by}" for by in BY_HOME)]


@pytest.mark.parametrize(("slug", "dataset", "row"), EITHER, ids=IDS)
def test_who_has_objected_is_left_out_of_a_later_file_before_any_match(
    world: World, slug: str, dataset: str, row: dict[str, Any]
) -> None:
    assert object_(world, slug, [row], NOW)["status"] == "accepted"
    both(world, [OTHER, {**OTHER, "upn": upn(3), "forename": "Zed"}], [CLAIM, OTHER_CLAIM], NOW + timedelta(hours=1))
    rows = {"pupils": [pupil(), OTHER], "households": [CLAIM, OTHER_CLAIM]}
    both(world, rows["pupils"], rows["households"], NOW + timedelta(hours=2))
    assert set(refs(world)) == {upn(2)}
    name = world.drop(slug, dataset, rows[dataset], prepared_at=NOW + timedelta(hours=2, minutes=5))
    report = world.report(slug, world.receive(slug, name))
    assert report["rows_by_code"] == {"OBJ-010": [2]}


@pytest.mark.parametrize(("slug", "dataset", "row"), EITHER, ids=IDS)
def test_adding_one_takes_out_what_is_staged_and_tells_both_boroughs(
    world: World, slug: str, dataset: str, row: dict[str, Any]
) -> None:
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    object_(world, slug, [row])
    world.carry_out_all()
    assert set(refs(world)) == {upn(2)}
    why = "pupil_gone" if dataset == "pupils" else "claim_changed"
    assert told(world, "lambeth") == told(world, "southwark") == [("NOT-002", ref[upn(1)], why)]
    # The next file of the borough takes its place as ever.
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM], LATER + timedelta(hours=1))
    assert set(refs(world)) == {upn(2)}


@pytest.mark.parametrize(("slug", "dataset", "row"), EITHER, ids=IDS)
@pytest.mark.parametrize("swept", [False, True])
def test_who_has_objected_is_enrolled_by_no_reference(
    world: World, slug: str, dataset: str, row: dict[str, Any], swept: bool
) -> None:
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    if swept:
        rows_are_swept(world)
    object_(world, slug, [row])
    summary = confirm(world, LATER + timedelta(hours=1), ref[upn(1)], ref[upn(2)])
    assert (summary["enrolled"], summary["not_enrolled"]) == (1, {"objected": 1}), dataset
    assert enrolments(world) == [(upn(2), "enrolled")]


def test_what_is_removed_or_has_ended_holds_no_more(world: World) -> None:
    row = BY_SCHOOL["upn"]
    object_(world, "southwark", [row | {"until_day": (NOW + timedelta(days=1)).date()}], NOW)
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM], NOW + timedelta(minutes=1))
    assert set(refs(world)) == {upn(2)}
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM], NOW + timedelta(days=2))
    assert set(refs(world)) == {upn(1), upn(2)}, "its last day is over"
    object_(world, "southwark", [row], NOW + timedelta(days=3))
    object_(world, "southwark", [], NOW + timedelta(days=4))
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM], NOW + timedelta(days=4, hours=1))
    assert set(refs(world)) == {upn(1), upn(2)}, "none is on the list"


def test_an_older_list_that_comes_late_changes_nothing(world: World) -> None:
    object_(world, "southwark", [BY_SCHOOL["upn"]], NOW)
    object_(world, "southwark", [], NOW + timedelta(minutes=5), prepared_at=NOW - timedelta(hours=1))
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM], NOW + timedelta(hours=1))
    assert set(refs(world)) == {upn(2)}


def test_it_holds_for_the_files_of_the_borough_that_has_it(world: World) -> None:
    """Another child of that name and birthday may live elsewhere: nobody else's rows are left out."""
    object_(world, "wandsworth", [BY_SCHOOL["person"]], NOW)
    both(world, [pupil()], [CLAIM], NOW + timedelta(hours=1))
    assert set(refs(world)) == {upn(1)}


def test_a_list_with_a_wrong_row_is_refused_whole(world: World) -> None:
    object_(world, "southwark", [BY_SCHOOL["upn"]], NOW)
    wrong = [objection("upn"), objection("claim", claim="H2")]
    report = object_(world, "southwark", wrong, NOW + timedelta(minutes=1))
    assert (report["status"], report["refusal"]["code"]) == ("rejected", "DRP-020")
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM], NOW + timedelta(hours=1))
    assert set(refs(world)) == {upn(2)}


def test_nothing_is_kept_of_it_but_names_without_a_meaning(world: World) -> None:
    object_(world, "southwark", [BY_SCHOOL["person"]], NOW)
    for slug in PILOT:
        for area in (world.sharing.staging(slug), world.sharing.requests(slug)):
            assert not [blob.name for blob in area.list() if "obj" in blob.name]
        [kept] = list(world.sharing.decisions(slug).list("objected/"))
        assert b"kafor" not in world.sharing.decisions(slug).read(kept.name).data.lower()


def test_a_file_that_waits_as_a_question_is_rid_of_them_too(world: World) -> None:
    """It may come to count by a file that was made before it and comes after it."""
    third = {**OTHER, "upn": upn(3), "forename": "Zed", "dob": date(2014, 2, 3)}
    both(world, [OTHER], [CLAIM, OTHER_CLAIM])
    world.now[0] = NOW + timedelta(hours=9)
    name = world.drop("southwark", "pupils", [pupil(), third])
    assert world.report("southwark", world.receive("southwark", name))["facts"]["standing"] == "question"
    object_(world, "southwark", [BY_SCHOOL["upn"]], NOW + timedelta(hours=10))
    name = world.drop("southwark", "pupils", [OTHER, third], prepared_at=NOW + timedelta(hours=5))
    assert world.report("southwark", world.receive("southwark", name))["facts"]["standing"] == "older"
    world.carry_out_all()
    assert upn(1) not in refs(world)
    lying = [blob.name for blob in world.storage.staging("lambeth").list() if "/pupils/" in blob.name]
    assert len(lying) == 4, "each file, and what took the place of the question"
