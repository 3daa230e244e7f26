"""A drop says what every party has from now on, none included: "we have none" is a file of no rows."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from shared.kernel.intake.identity import drop_id
from tests.unit.kernel.intake.test_standing import AWAY, A, B, counted, in_this_order, pupils, receipt, standing, take
from tests.world import NOW, World, household, pupil, table

NONE: list[dict[str, Any]] = []
KNOWN = household("H2", child_forename="Bo", child_surname="Mensah")
"""A claim that no pupil is of."""


def claims(world: World, rows: list[dict[str, Any]], minutes: int = 0) -> str:
    at = NOW + timedelta(minutes=minutes)
    return take(world, world.seal("lambeth", "households", table("households", rows), prepared_at=at), slug="lambeth")


def matched(world: World, home: str = "lambeth") -> int:
    """How many matches the borough can collect once all work is done."""
    world.now[0] += timedelta(hours=1)
    world.carry_out_all()
    return sum(world.open(home, name).num_rows for name in world.outbox(home) if name.endswith("/matches.parquet"))


def test_none_is_accepted_and_signed(world: World) -> None:
    drop = take(world, pupils(world, NONE))
    said = receipt(world, drop)
    assert (said["status"], said["rows_in"], said["rejected"], said["routed"]) == ("accepted", 0, 0, {})
    assert (said["states"], said["counts"], said["standing"]) == ("none", "yes", "first")
    assert world.report("southwark", drop)["rows_accepted"] == 0
    assert world.steps(f"drop:{drop}")[-1] == "done"


def test_none_replaces_whatever_was_there_and_is_replaced_by_whatever_comes(world: World) -> None:
    first = take(world, pupils(world, [*A, AWAY]))
    none = take(world, pupils(world, NONE, 1))
    assert standing(world, none) == ("yes", "replaces", first, 0, 3, 0, None)
    assert counted(world) == counted(world, "lewisham") == [none]
    again = take(world, pupils(world, B, 2))
    assert standing(world, again)[:3] == ("yes", "replaces", none), "that they share nothing is no question"
    assert counted(world) == counted(world, "lewisham") == [again]


def test_none_is_none_in_any_order_of_arrival(new_world: Any) -> None:
    maker = new_world()
    files = [pupils(maker, A), pupils(maker, NONE, 1)]
    none = drop_id("southwark", "pupils", files[1].manifest.sha256)
    assert {in_this_order(new_world(), order) for order in itertools.permutations(files)} == {(none,)}
    files.append(pupils(maker, B, 2))
    ends = {in_this_order(new_world(), order) for order in itertools.permutations(files)}
    assert ends == {(drop_id("southwark", "pupils", files[2].manifest.sha256),)}


def test_a_school_without_its_only_child_for_a_home_leaves_nobody_there(world: World) -> None:
    claims(world, [household()])
    take(world, pupils(world, [pupil(), AWAY]))
    assert matched(world) == 1
    take(world, pupils(world, [AWAY], 5))
    assert matched(world) == 0


def test_a_school_that_has_none_leaves_nobody_there(world: World) -> None:
    claims(world, [household()])
    take(world, pupils(world, [pupil()]))
    assert matched(world) == 1
    take(world, pupils(world, NONE, 5))
    assert matched(world) == 0


def test_a_child_who_moved_is_matched_where_it_lives_now_alone(world: World) -> None:
    claims(world, [household()])
    rows = table("households", [household()])
    take(world, world.seal("lewisham", "households", rows), slug="lewisham")
    take(world, pupils(world, [pupil()]))
    assert (matched(world), matched(world, "lewisham")) == (1, 0)
    take(world, pupils(world, [pupil(home_la="E09000023", postcode="SE13 6TT")], 5))
    assert (matched(world), matched(world, "lewisham")) == (0, 1)


@pytest.mark.parametrize("last", [NONE, [KNOWN]], ids=["the only claim", "one of two"])
def test_a_claim_that_ended_is_matched_no_more(world: World, last: list[dict[str, Any]]) -> None:
    claims(world, [household(), *last])
    take(world, pupils(world, [pupil()]))
    assert matched(world) == 1
    claims(world, last, 5)
    assert matched(world) == 0


def test_a_home_that_has_none_from_the_first_has_its_pupils_unmatched(world: World) -> None:
    take(world, pupils(world, [pupil()]))
    claims(world, NONE)
    assert matched(world) == 0
    [run] = world.exchange.ledger.subjects("run")
    [conserved] = [event for event in world.exchange.ledger.events(run) if event.step == "conserved"]
    assert conserved.counts["unmatched"] == 1


def test_a_file_of_which_every_row_is_rejected_says_nothing(world: World) -> None:
    first = take(world, pupils(world, A))
    wrong = take(world, pupils(world, [A[0] | {"upn": "X"}], 1))
    said = receipt(world, wrong)
    assert (said["status"], said.get("states")) == ("rejected", None)
    assert counted(world) == [first]


def test_of_decisions_no_rows_say_nothing(world: World) -> None:
    drop = take(world, world.seal("lambeth", "decisions", table("decisions", [])), slug="lambeth")
    assert receipt(world, drop, "lambeth")["code"] == "FIL-002"


def test_none_of_one_second_with_another_file_is_a_question_as_ever(world: World) -> None:
    first = take(world, pupils(world, A))
    none = take(world, pupils(world, NONE))
    assert standing(world, none)[:3] == ("no", "same_second", first)
    assert counted(world) == [first]
