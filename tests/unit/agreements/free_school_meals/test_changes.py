"""A later correction reaches those who had the earlier one: signed, by reference, without a value."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.agreements.free_school_meals.changes import REASONS
from shared.kernel.disposal.remind import NoLog
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.ledger.chain import Ledger, verify_chain
from shared.kernel.rights.unread import NOT_KNOWN, UNREAD, Unread, look_at_notices
from shared.kernel.waiting.watch import look_at_waits
from tests.unit.agreements.free_school_meals.test_memory import enrolments, rows_are_swept
from tests.unit.agreements.free_school_meals.test_stands import (
    CLAIM,
    LATER,
    OTHER,
    OTHER_CLAIM,
    account,
    both,
    confirm,
    drop,
    refs,
    service,
    storage,
)
from tests.wire import Killed
from tests.world import NOW, PILOT, World, decision, pupil, upn

__all__ = ["account", "service", "storage"]


def notices(world: World, slug: str) -> list[dict[str, Any]]:
    """Those in the outbox, each verified."""
    box = world.storage.outbox(slug)
    names = [name for name in world.outbox(slug) if name.endswith("/notice.json")]
    payloads = [verify_statement(box.read(name).data, world.rings[slug].public_key) for name in names]
    assert {payload["kind"] for payload in payloads} <= {"notice"}
    return [payload["body"] for payload in payloads]


def told(world: World, slug: str) -> list[tuple[str, str, str]]:
    return sorted((n["code"], one["ref"], one["why"]) for n in notices(world, slug) for one in n["about"])


CHANGES = {
    "removed": ("southwark", "pupils", [OTHER], "NOT-002", "pupil_gone"),
    "moved": (
        "southwark",
        "pupils",
        [pupil(home_la="E09000023", postcode="SE13 6TT"), OTHER],
        "NOT-002",
        "pupil_gone",
    ),
    "claim ended": ("lambeth", "households", [OTHER_CLAIM], "NOT-002", "claim_changed"),
    "benefit ended": (
        "lambeth",
        "households",
        [CLAIM | {"qualifying_benefit": "NONE"}, OTHER_CLAIM],
        "NOT-002",
        "benefit_ended",
    ),
    "birthday at school": ("southwark", "pupils", [pupil(dob=date(2015, 3, 12)), OTHER], "NOT-001", "birthday"),
    "another school": (
        "southwark",
        "pupils",
        [pupil(urn="100043", laestab="2101235"), OTHER],
        "NOT-001",
        "school",
    ),
    "suppressed": ("lambeth", "households", [CLAIM | {"suppress_contact": True}, OTHER_CLAIM], "NOT-001", "contact"),
    "nobody left": ("southwark", "pupils", [], "NOT-002", "pupil_gone"),
}


@pytest.mark.parametrize(("slug", "dataset", "rows", "code", "why"), CHANGES.values(), ids=CHANGES)
def test_both_boroughs_are_told_of_what_has_changed(
    world: World, slug: str, dataset: str, rows: list[dict[str, Any]], code: str, why: str
) -> None:
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    assert [told(world, each) for each in PILOT] == [[], [], [], []]
    drop(world, slug, dataset, rows, LATER)
    world.carry_out_all()
    expected = [(code, ref[upn(1)], why)] + ([(code, ref[upn(2)], why)] if not rows else [])
    assert told(world, "lambeth") == told(world, "southwark") == sorted(expected)
    assert told(world, "lewisham") == told(world, "wandsworth") == []
    [notice] = notices(world, "southwark")
    assert (notice["to"], notice["collection"], notice["agreement"]) == ("southwark", "2026-autumn", "fsm@1.0.0")
    assert REASONS[why]
    # Nothing has changed since: nobody is told again.
    drop(
        world,
        slug,
        dataset,
        [*rows, *([pupil(8, forename="Zed")] if dataset == "pupils" else [])],
        LATER + timedelta(1),
    )
    world.carry_out_all()
    assert told(world, "lambeth") == sorted(expected)


@pytest.mark.parametrize(
    ("slug", "dataset", "rows", "code", "why"),
    [each for name, each in CHANGES.items() if not name.startswith("birthday")],
    ids=[name for name in CHANGES if not name.startswith("birthday")],
)
def test_they_are_told_at_once_though_the_other_sides_rows_are_gone(
    world: World, slug: str, dataset: str, rows: list[dict[str, Any]], code: str, why: str
) -> None:
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    rows_are_swept(world)
    drop(world, slug, dataset, rows, LATER)
    world.carry_out_all()
    expected = sorted([(code, ref[upn(1)], why)] + ([(code, ref[upn(2)], why)] if not rows else []))
    assert told(world, "lambeth") == told(world, "southwark") == expected
    assert told(world, "lewisham") == told(world, "wandsworth") == []
    # Once the other side is there again there is a run, and it tells nobody of it again.
    other = {"pupils": ("lambeth", "households", [CLAIM, OTHER_CLAIM])}
    drop(world, *other.get(dataset, ("southwark", "pupils", [pupil(), OTHER])), LATER + timedelta(hours=1))
    world.carry_out_all()
    assert told(world, "lambeth") == told(world, "southwark") == expected


def test_of_a_school_borough_that_the_next_run_does_not_cover_the_claims_say_it(world: World) -> None:
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    rows_are_swept(world)
    third = pupil(5, forename="Cy", dob=date(2014, 5, 5), laestab="2121234")
    for hours in (0, 1):
        drop(world, "wandsworth", "pupils", [third], LATER + timedelta(hours=hours))
        drop(world, "lambeth", "households", [OTHER_CLAIM], LATER + timedelta(hours=hours))
        world.carry_out_all()
        expected = [("NOT-002", ref[upn(1)], "claim_changed")]
        assert told(world, "lambeth") == told(world, "southwark") == expected
    assert told(world, "wandsworth") == []


def test_one_side_alone_that_changes_nothing_is_no_news_and_ends_no_wait(world: World) -> None:
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    rows_are_swept(world)
    drop(world, "southwark", "pupils", [pupil(), OTHER], LATER)
    world.carry_out_all()
    assert told(world, "lambeth") == told(world, "southwark") == []
    world.now[0] = datetime.now(UTC) + timedelta(days=8)  # its blobs go by the real time
    waits = {(wait.code.code, wait.party) for _, wait in look_at_waits(world.exchange).found}
    assert waits == {("WAI-001", "southwark"), ("WAI-002", "lambeth"), ("WAI-005", "exchange")}


def test_a_notice_is_in_the_ledger_with_counts_and_codes(world: World) -> None:
    both(world, [pupil()], [CLAIM])
    drop(world, "southwark", "pupils", [], LATER)
    world.carry_out_all()
    chains = [world.exchange.ledger.events(subject) for subject in world.exchange.ledger.subjects("notice")]
    for chain in chains:
        verify_chain(chain)
    assert sorted((chain[0].tenant, chain[0].counts["references"], chain[0].codes) for chain in chains) == [
        ("lambeth", 1, ("NOT-002", "2026-autumn", "pupil_gone")),
        ("southwark", 1, ("NOT-002", "2026-autumn", "pupil_gone")),
    ]


def test_a_notice_holds_no_value(world: World) -> None:
    both(world, [pupil()], [CLAIM])
    drop(world, "southwark", "pupils", [pupil(dob=date(2015, 3, 12), urn="100043", laestab="2101235")], LATER)
    world.carry_out_all()
    for slug in ("lambeth", "southwark"):
        [document] = [json.dumps(notice) for notice in notices(world, slug)]
        for value in (upn(1), "2015-03", "Amara", "Okafor", "100042", "100043", "H1"):
            assert value not in document


def test_the_school_borough_knows_by_its_enrolment_whom_a_notice_is_about(world: World) -> None:
    both(world, [pupil()], [CLAIM])
    ref = refs(world)[upn(1)]
    assert confirm(world, LATER, ref)["enrolled"] == 1
    drop(world, "lambeth", "households", [CLAIM | {"qualifying_benefit": "NONE"}], LATER + timedelta(hours=1))
    world.carry_out_all()
    [enrolled] = [name for name in world.outbox("southwark") if name.endswith("enrolments.parquet")]
    assert world.open("southwark", enrolled).column("match_ref").to_pylist() == [ref]
    assert told(world, "southwark") == [("NOT-002", ref, "benefit_ended")]


def test_of_a_borough_whose_rows_are_gone_nothing_is_said_until_it_drops_again(world: World) -> None:
    """A run that covers fewer says nothing of the others' rows: that they were destroyed is no correction."""
    drop(world, "wandsworth", "pupils", [OTHER | {"urn": "101050", "laestab": "2124000"}], NOW)
    both(world, [pupil()], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    staging = world.storage.staging("lambeth")
    for blob in list(staging.list()):
        if ".wandsworth." in blob.name or "/wandsworth." in blob.name:
            staging.delete(blob.name)
    drop(world, "southwark", "pupils", [pupil(), pupil(8, forename="Zed")], LATER)
    world.carry_out_all()
    assert told(world, "lambeth") == []
    drop(world, "wandsworth", "pupils", [], LATER + timedelta(hours=1))
    world.carry_out_all()
    assert told(world, "lambeth") == told(world, "wandsworth") == [("NOT-002", ref[upn(2)], "pupil_gone")]
    assert told(world, "southwark") == []


def test_what_the_family_or_an_officer_has_closed_is_no_news(world: World) -> None:
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    confirm(world, LATER, ref[upn(1)], choice="opted_out")
    confirm(world, LATER + timedelta(minutes=5), ref[upn(2)], choice="reject")
    drop(world, "southwark", "pupils", [], LATER + timedelta(hours=1))
    world.carry_out_all()
    assert told(world, "lambeth") == told(world, "southwark") == []
    assert enrolments(world) == []


@pytest.mark.parametrize("enrolled", [True, False])
def test_a_recall_tells_both_boroughs_and_ends_an_enrolment(world: World, enrolled: bool) -> None:
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)[upn(1)]
    if enrolled:
        confirm(world, LATER, ref)
    at = LATER + timedelta(hours=1)
    recall = decision(ref, "recall", decided_on=at.date(), reason="wrong_family")
    unknown = decision("m-" + "0" * 32, "recall", decided_on=at.date(), reason="wrong_family")
    drop(world, "lambeth", "decisions", [recall, unknown], at)
    world.carry_out_all()
    assert told(world, "lambeth") == told(world, "southwark") == [("NOT-003", ref, "wrong_family")]
    assert sorted(enrolments(world)) == ([(upn(1), "enrolled"), (upn(1), "withdrawn")] if enrolled else [])


def test_a_recall_says_why_by_a_code_and_by_no_other_text(world: World) -> None:
    recall = decision("m-" + "0" * 32, "recall", reason="Mrs Okafor of 14 Acre Lane")
    drop = world.receive("lambeth", world.drop("lambeth", "decisions", [recall]))
    assert list(world.report("lambeth", drop)["rows_by_code"]) == ["DEC-011"]


class Log:
    """What the storage logs say."""

    def __init__(self, *names: str) -> None:
        self.names = frozenset(names)

    def collected(self, slug: str) -> frozenset[str] | None:
        return self.names


def test_a_notice_that_nobody_reads_is_alarmed_from_the_third_day_until_it_is_read(world: World) -> None:
    both(world, [pupil()], [CLAIM])
    drop(world, "southwark", "pupils", [], LATER)
    world.carry_out_all()
    [notice] = [name for name in world.outbox("lambeth") if name.endswith("notice.json")]
    world.now[0] = datetime.now(UTC) + timedelta(days=2)  # blobs bear the time of this machine
    assert look_at_notices(world.exchange, Log()) == ()
    world.now[0] += timedelta(days=2)
    for _ in range(2):
        found = look_at_notices(world.exchange, Log())
        assert found == (Unread(UNREAD, "lambeth", 1), Unread(UNREAD, "southwark", 1))
    assert look_at_notices(world.exchange, NoLog())[0] == Unread(NOT_KNOWN, "lambeth", 1)
    assert look_at_notices(world.exchange, Log(notice)) == (Unread(UNREAD, "southwark", 1),)
    id = notice.split("/")[2]
    assert world.steps(f"notice:{id}") == ["sent", "overdue", "read"]


def test_who_was_enrolled_by_nothing_is_asked_for_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job was killed before it was done, and its decisions were swept before it was tried again."""
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM])
    ref = refs(world)
    record = Ledger.record

    def killed_before_it_is_released(self: Ledger, subject: str, step: str, **facts: Any) -> Any:
        if (subject.partition(":")[0], step) == ("enrolment", "released"):
            raise Killed
        return record(self, subject, step, **facts)

    at = LATER + timedelta(hours=1)
    choices = {ref[upn(1)]: "confirm", ref[upn(2)]: "opted_out"}
    drop(world, "lambeth", "decisions", [decision(*said, decided_on=at.date()) for said in choices.items()], at)
    with monkeypatch.context() as now:
        now.setattr(Ledger, "record", killed_before_it_is_released)
        with pytest.raises(Killed):
            world.carry_out_all()
    staging = world.storage.staging("lambeth")
    for blob in list(staging.list("fsm/decisions/")):
        staging.delete(blob.name)
    for _ in range(2):
        world.carry_out_all()
    assert enrolments(world) == []
    both(world, [pupil(), OTHER], [CLAIM, OTHER_CLAIM], at + timedelta(days=2))
    assert set(refs(world)) == {upn(1)}, "the opt-out stands"
    confirm(world, at + timedelta(days=3), ref[upn(1)])
    assert enrolments(world) == [(upn(1), "enrolled")]
