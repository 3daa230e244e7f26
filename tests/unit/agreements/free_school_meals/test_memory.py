"""What was decided is remembered: nobody who opted out is written to, nobody is asked or enrolled twice."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.enrol import About, Followed, follow
from shared.agreements.free_school_meals.memory import Decision, Memory
from shared.kernel.intake.staging import read_staged
from shared.kernel.work.memory import DECIDED
from tests.world import COLLECTION, NOW, World, decision, household, pupil, upn

NAMES = ["child_ref", "evidence_ref", "claim_ref", "birthday_ref", "contact_ref"]
MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)
SPRING, SUMMER = datetime.fromisoformat("2027-02-01T09:30:00Z"), datetime.fromisoformat("2027-06-01T09:30:00Z")


def remembered(*rows: tuple[str, date]) -> pa.Table:
    refs = pa.array(["m-1"] * len(rows), pa.string())
    choices, days = zip(*rows, strict=True)
    return pa.table([refs, pa.array(choices), pa.array(days, pa.date32())], schema=DECIDED)


@pytest.mark.parametrize(
    ("rows", "stands"),
    [
        ([("confirm", MONDAY), ("retract", TUESDAY)], "retract"),
        ([("confirm", MONDAY), ("retract", MONDAY)], "retract"),
        ([("retract", MONDAY), ("confirm", TUESDAY)], "confirm"),
        ([("opted_out", MONDAY), ("confirm", TUESDAY)], "opted_out"),
        ([("opted_out", MONDAY), ("retract", MONDAY)], "opted_out"),
        ([("opted_out", MONDAY), ("retract", TUESDAY)], "retract"),
        ([("opted_out", MONDAY), ("retract", MONDAY), ("opted_out", TUESDAY)], "opted_out"),
        ([("reject", MONDAY), ("confirm", MONDAY)], "confirm"),
    ],
)
def test_what_stands_does_not_hang_on_the_order_in_which_files_came(rows: list[tuple[str, date]], stands: str) -> None:
    for order in permutations(rows):
        found = Memory.of([remembered(row) for row in order]).on("m-1")
        assert found is not None
        assert found.choice == stands
    assert Memory.of([]).on("m-1") is None
    assert Memory.of([remembered(*rows)]).on(None) is None


OPTED_OUT, CONFIRMED = Decision("opted_out", MONDAY), Decision("confirm", MONDAY)
RETRACTED = Decision("retract", MONDAY)


@pytest.mark.parametrize(
    ("choice", "day", "before", "known", "followed"),
    [
        ("confirm", MONDAY, None, True, Followed("matched", "enrolled", "confirm", "confirm")),
        ("confirm", MONDAY, None, False, Followed("excluded.unknown_match_ref")),
        ("confirm", TUESDAY, CONFIRMED, True, Followed("excluded.confirmed_before")),
        ("confirm", TUESDAY, OPTED_OUT, True, Followed("excluded.opted_out_before")),
        ("confirm", MONDAY, RETRACTED, True, Followed("excluded.later_decision")),
        ("confirm", TUESDAY, RETRACTED, True, Followed("matched", "enrolled", "confirm", "confirm")),
        ("reject", MONDAY, None, True, Followed("excluded.reject", of_evidence="reject")),
        ("reject", TUESDAY, CONFIRMED, True, Followed("excluded.needs_retract")),
        ("reject", MONDAY, None, False, Followed("excluded.unknown_match_ref")),
        ("opted_out", MONDAY, None, True, Followed("excluded.opted_out", None, "opted_out")),
        ("opted_out", MONDAY, None, False, Followed("excluded.opted_out_unknown", None, "opted_out")),
        ("opted_out", TUESDAY, CONFIRMED, True, Followed("excluded.opted_out", "withdrawn", "opted_out", "retract")),
        ("opted_out", TUESDAY, OPTED_OUT, True, Followed("excluded.opted_out", None, "opted_out")),
        ("retract", TUESDAY, CONFIRMED, True, Followed("retracted", "withdrawn", "retract", "retract")),
        ("retract", MONDAY - timedelta(1), CONFIRMED, True, Followed("excluded.later_decision")),
        ("retract", TUESDAY, CONFIRMED, False, Followed("excluded.unknown_match_ref")),
        ("retract", TUESDAY, OPTED_OUT, False, Followed("retracted", None, "retract")),
        ("retract", MONDAY, OPTED_OUT, True, Followed("excluded.later_decision")),
        ("retract", TUESDAY, None, True, Followed("excluded.nothing_to_retract", None, "retract")),
    ],
)
def test_what_a_decision_comes_to_hangs_on_what_was_decided_before(
    choice: str, day: date, before: Decision | None, known: bool, followed: Followed
) -> None:
    assert follow(Decision(choice, day), About(known=known, before=before)) == followed


def test_a_rejection_is_taken_back_with_its_evidence() -> None:
    taken_back = Followed("retracted", of_evidence="retract")
    assert follow(Decision("retract", TUESDAY), About(known=True, rejected=True)) == taken_back


def test_a_child_who_is_enrolled_by_another_claim_is_not_enrolled_again_and_its_retract_is_of_that_claim() -> None:
    again = follow(Decision("confirm", TUESDAY), About(known=True, enrolled=True))
    assert again == Followed("excluded.confirmed_before")
    other_family = follow(Decision("opted_out", TUESDAY), About(known=True, enrolled=True))
    assert other_family == Followed("excluded.opted_out", of_pair="opted_out"), "one parent says nothing for the other"
    retract = follow(Decision("retract", TUESDAY), About(known=True, enrolled=True))
    assert retract.status is None


def term(
    world: World, at: datetime, *, pupils: list[Any] | None = None, claims: list[Any] | None = None
) -> dict[str, Any]:
    """Both sides drop, the home borough's run is carried out; its summary, and what it was sent."""
    world.now[0] = at
    collection = {2026: COLLECTION, 2027: "2027-spring" if at < SUMMER else "2027-summer"}[at.year]
    facts = {"prepared_at": at, "collection": collection}
    before = set(world.outbox("lambeth"))
    world.receive("southwark", world.drop("southwark", "pupils", pupils or [pupil()], **facts))
    children = [child | {"extract_date": at.date()} for child in claims or [household()]]
    world.receive("lambeth", world.drop("lambeth", "households", children, **facts))
    world.carry_out_all()
    found = [name for name in world.outbox("lambeth") if name not in before and "/results/" in name]
    [summary] = [name for name in found if name.endswith("summary.json")]
    sealed = [name for name in found if name.endswith(".parquet")]
    told = {name.rpartition("/")[2]: world.open("lambeth", name).to_pylist() for name in sealed}
    return json.loads(world.storage.outbox("lambeth").read(summary).data) | told


def decide(world: World, at: datetime, *choices: tuple[str, str], collection: str = "") -> dict[str, Any]:
    """The home borough decides, on the term of that day unless another is named; the summary that it gets."""
    world.now[0] = at
    before = set(world.outbox("lambeth"))
    rows = [decision(ref, choice, decided_on=at.date()) for ref, choice in choices]
    collection = collection or (COLLECTION if at.year == 2026 else "2027-spring")
    world.receive("lambeth", world.drop("lambeth", "decisions", rows, prepared_at=at, collection=collection))
    world.carry_out_all()
    [name] = [name for name in world.outbox("lambeth") if name not in before and name.endswith("summary.json")]
    return dict(json.loads(world.storage.outbox("lambeth").read(name).data))


def rows_are_swept(world: World) -> None:
    """All that has the days of rows is gone."""
    for area in (world.storage.staging("lambeth"), world.storage.requests("lambeth"), world.storage.claims("lambeth")):
        for blob in list(area.list()):
            area.delete(blob.name)


def all_is_swept(world: World) -> None:
    """What awaits a decision, too: more than the agreement's `pending_days` have passed."""
    rows_are_swept(world)
    for blob in list(world.storage.pending("lambeth").list()):
        world.storage.pending("lambeth").delete(blob.name)


def enrolments(world: World) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    for name in world.outbox("southwark"):
        if name.endswith("enrolments.parquet"):
            told += [(row["upn"], row["status"]) for row in world.open("southwark", name).to_pylist()]
    return told


def test_a_family_that_opted_out_is_written_to_in_no_later_term(world: World) -> None:
    [match] = term(world, NOW)["matches.parquet"]
    told = decide(world, NOW + timedelta(days=3), (match["match_ref"], "opted_out"))
    assert told["not_enrolled"] == {"opted_out": 1}
    all_is_swept(world)
    # Spelt and numbered otherwise, at another address, with its birthday put right: it is the same pair.
    moved = household(
        child_seq=2, child_forename="Amara Grace", paon="99", child_upn=upn(1), child_dob=date(2015, 3, 12)
    )
    spring = term(world, SPRING, claims=[moved])
    assert (spring["matched"], spring["review"], spring["excluded"]) == (0, 0, {"opted_out": 1})
    assert spring["matches.parquet"] == spring["review.parquet"] == []
    # Nor is anything of it kept; a stale sheet that confirms it enrols nobody.
    told = decide(world, SPRING + timedelta(days=1), (match["match_ref"], "confirm"))
    assert (told["enrolled"], told["not_enrolled"]) == (0, {"unknown_match_ref": 1})
    assert enrolments(world) == []


def test_an_opt_out_that_comes_when_the_rows_are_gone_is_honoured(world: World) -> None:
    [match] = term(world, NOW)["matches.parquet"]
    all_is_swept(world)
    told = decide(world, NOW + timedelta(days=50), (match["match_ref"], "opted_out"))
    assert told["not_enrolled"] == {"opted_out_unknown": 1}
    assert term(world, SPRING)["excluded"] == {"opted_out": 1}


def test_a_decision_may_come_when_the_rows_are_gone_and_a_family_has_answered(world: World) -> None:
    [match] = term(world, NOW)["matches.parquet"]
    rows_are_swept(world)
    at = NOW + timedelta(days=44)
    assert decide(world, at, (match["match_ref"], "confirm"), collection=COLLECTION)["enrolled"] == 1
    assert enrolments(world) == [(upn(1), "enrolled")]
    # Kept for it are the pair's name, and what an enrolment says; nothing of a claim, and no name of a child.
    [blob] = world.storage.pending("lambeth").list()
    kept = read_staged(world.sharing, "lambeth", blob.name.removeprefix("fsm/"), area=world.sharing.pending("lambeth"))
    assert kept.column_names == ["match_ref", "upn", "urn", "school_borough", "tier", *NAMES, "people_refs"]
    assert all(re.fullmatch("[0-9a-f]{32}", ref) for name in NAMES for ref in kept.column(name).drop_null().to_pylist())
    people = kept.column("people_refs").drop_null().to_pylist()
    assert all(re.fullmatch("[0-9a-f]{32}( [0-9a-f]{32})*", refs) for refs in people)


def test_a_child_who_was_confirmed_is_neither_asked_for_nor_enrolled_again(world: World) -> None:
    [match] = term(world, NOW)["matches.parquet"]
    ref = match["match_ref"]
    assert decide(world, NOW + timedelta(days=1), (ref, "confirm"))["enrolled"] == 1
    again = decide(world, NOW + timedelta(days=2), (ref, "confirm"))
    assert (again["enrolled"], again["not_enrolled"]) == (0, {"confirmed_before": 1})
    all_is_swept(world)
    spring = term(world, SPRING, pupils=[pupil(), pupil(2, forename="Bo", surname="Eze", dob=date(2014, 1, 2))])
    assert spring["excluded"] == {"confirmed_before": 1}
    assert spring["matches.parquet"] == []
    assert decide(world, SPRING + timedelta(days=1), (ref, "confirm"))["not_enrolled"] == {"confirmed_before": 1}
    assert enrolments(world) == [(upn(1), "enrolled")]


def test_a_child_who_was_confirmed_is_not_asked_for_on_another_claim(world: World) -> None:
    [match] = term(world, NOW)["matches.parquet"]
    assert decide(world, NOW + timedelta(days=1), (match["match_ref"], "confirm"))["enrolled"] == 1
    all_is_swept(world)
    assert term(world, SPRING, claims=[household("H2")])["excluded"] == {"confirmed_before": 1}


def test_a_confirmation_is_taken_back_in_a_later_term_and_the_school_borough_is_told(world: World) -> None:
    [match] = term(world, NOW)["matches.parquet"]
    ref = match["match_ref"]
    decide(world, NOW + timedelta(days=1), (ref, "confirm"))
    all_is_swept(world)
    assert decide(world, NOW + timedelta(days=50), (ref, "retract"))["not_enrolled"] == {"unknown_match_ref": 1}
    term(world, SPRING)
    assert decide(world, SPRING + timedelta(days=1), (ref, "reject"))["not_enrolled"] == {"needs_retract": 1}
    told = decide(world, SPRING + timedelta(days=2), (ref, "retract"))
    assert (told["withdrawn"], told["not_enrolled"]) == (1, {"retracted": 1})
    assert sorted(enrolments(world)) == [(upn(1), "enrolled"), (upn(1), "withdrawn")]
    # From then on it is a question again.
    [match] = term(world, SUMMER)["matches.parquet"]
    assert match["match_ref"] == ref


def test_a_pair_that_was_rejected_comes_back_only_with_other_evidence(world: World) -> None:
    # Another surname, and nobody on the claim who bears it: an officer looks at it.
    other = household(child_surname="Eze", claimant_surname="Eze")
    found = term(world, NOW, claims=[other])
    [pair] = [*found["matches.parquet"], *found["review.parquet"]]
    assert decide(world, NOW + timedelta(days=1), (pair["match_ref"], "reject"))["not_enrolled"] == {"reject": 1}
    rows_are_swept(world)
    spring = term(world, SPRING, claims=[other])
    assert (spring["excluded"], spring["review.parquet"], spring["matches.parquet"]) == ({"rejected_before": 1}, [], [])
    summer = term(world, SUMMER, claims=[household()])
    [again] = summer["matches.parquet"]
    assert (again["match_ref"], summer["excluded"]) == (pair["match_ref"], {})
    assert again["evidence"] != pair["evidence"]


def test_a_rejection_is_of_no_evidence_where_the_runs_before_it_found_two(world: World) -> None:
    """Nobody can say which of them the officer saw: the pair comes back, rather than be lost on new evidence."""
    found = term(world, NOW, claims=[household(child_surname="Eze", claimant_surname="Eze")])
    [pair] = [*found["matches.parquet"], *found["review.parquet"]]
    term(world, NOW + timedelta(hours=1))
    decide(world, NOW + timedelta(days=1), (pair["match_ref"], "reject"))
    rows_are_swept(world)
    assert len(term(world, SPRING)["matches.parquet"]) == 1


def test_decisions_are_forgotten_on_their_day(world: World) -> None:
    [match] = term(world, NOW)["matches.parquet"]
    decide(world, NOW + timedelta(days=1), (match["match_ref"], "opted_out"))
    days = world.agreement.retention.decisions_days
    assert days is not None
    short = world.agreement.retention.model_copy(update={"decisions_days": (SPRING - NOW).days - 1})
    forgetful = world.under(world.agreement.model_copy(update={"retention": short}))
    rows_are_swept(world)
    assert term(world, SPRING)["excluded"] == {"opted_out": 1}
    # What was written under the shorter line has come to its expiry.
    for blob in list(world.storage.decisions("lambeth").list()):
        world.storage.decisions("lambeth").delete(blob.name)
    decide(forgetful, NOW + timedelta(days=1), (match["match_ref"], "opted_out"))
    assert len(term(forgetful, SPRING + timedelta(days=2), claims=[household(paon="15")])["matches.parquet"]) == 1
