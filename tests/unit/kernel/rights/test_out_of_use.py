"""Ended, departed, held, in quarantine: told, destroyed or kept, and certified; nothing of it is worked with."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest

from shared.kernel.contract.objections import CONTRACT as LIST
from shared.kernel.disposal.account import Account, Configuration
from shared.kernel.disposal.objects import look
from shared.kernel.disposal.stopped import judge_of
from shared.kernel.disposal.watchdog import UNDER_HOLD, check
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import read_manifest
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.errors import RefusedEvent
from shared.kernel.intake.stops import key_mark
from shared.kernel.rights.orders import carry_out_order
from shared.kernel.storage.areas import Area
from shared.kernel.storage.storage import Storage
from shared.kernel.terms.orders import Order, digest_of
from shared.kernel.work import carry_out as carrying_out
from shared.kernel.work import send as sending
from tests.unit.kernel.rights.nights import QUEUE, certificates, night, order, staged, told
from tests.wire import Killed
from tests.world import NOW, World, decision, household, make_world, pupil, put_postcodes


def both_sides(world: World) -> str:
    drop = world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    return str(drop)


def ended(world: World) -> World:
    period = world.agreement.in_force.model_copy(update={"last": date(2026, 11, 21)})
    return world.under(world.agreement.model_copy(update={"in_force": period}))


def results(world: World) -> list[str]:
    return [name for slug in world.rings for name in world.outbox(slug) if name.endswith(".parquet")]


def test_what_lies_there_when_the_agreement_ends_is_told_destroyed_and_certified(world: World) -> None:
    world = ended(world)
    both_sides(world)
    night(world)
    assert staged(world, "lambeth")  # its last night
    assert told(world, "southwark") == []

    world.now[0] += timedelta(days=1)
    night(world)
    assert staged(world, "lambeth") == []
    assert list(world.storage.inbox("southwark").list()) == []
    assert told(world, "southwark") == told(world, "lambeth") == ["AGR-001"]
    [body] = certificates(world, "lambeth")
    rows = [entry for entry in body["destroyed"] if entry["kind"] == "staging" and entry["rows"]]
    assert {entry["clause"] for entry in rows} == {"in_force"}
    assert {entry["mechanism"] for entry in body["destroyed"]} == {"sweep"}


def test_results_stay_to_be_fetched_when_the_agreement_ends(world: World) -> None:
    world = ended(world)
    both_sides(world)
    world.carry_out_all()
    before = results(world)
    world.now[0] += timedelta(days=1)
    night(world)
    assert results(world) == before
    assert list(world.storage.pending("lambeth").list()) == []


def test_an_agreement_that_has_not_begun_loses_nothing(world: World) -> None:
    both_sides(world)
    world.wake()
    later = world.agreement.in_force.model_copy(update={"first": date(2026, 12, 1)})
    early = world.under(world.agreement.model_copy(update={"in_force": later, "version": "1.1.0"}))
    night(early)
    assert staged(early, "lambeth")
    assert told(early, "southwark") == []
    early.now[0] = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
    early.carry_out_all()
    early.carry_out_all()
    assert len(results(early)) == 2


def test_rows_of_and_for_a_party_that_left_are_told_destroyed_and_certified(world: World) -> None:
    both_sides(world)
    world.receive("lewisham", world.drop("lewisham", "pupils", [pupil(2, forename="Bo")]))
    world.receive("southwark", world.drop("southwark", "pupils", [pupil(3, home_la="E09000023", postcode="SE13 6TT")]))
    order(world, "leave", "lewisham", day=date(2026, 11, 23))
    night(world)
    assert told(world, "lewisham") == ["AGR-014"]

    world.now[0] = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    night(world)
    assert staged(world, "lewisham") == []
    assert [name for name in staged(world, "lambeth") if "lewisham" in name] == []
    assert [name for name in staged(world, "lambeth") if "southwark" in name]
    assert told(world, "lewisham") == ["AGR-009", "AGR-014"]
    assert told(world, "southwark") == ["AGR-009", "AGR-014"]
    assert told(world, "lambeth") == ["AGR-014"]
    clauses = {entry["clause"] for entry in certificates(world, "lewisham")[-1]["destroyed"]}
    assert "controllers" in clauses


def test_a_party_that_left_by_an_order_can_drop_nothing_and_gets_nothing(world: World) -> None:
    order(world, "leave", "lambeth", day=NOW.date())
    drop = world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    assert world.report("lambeth", drop)["status"] == "rejected"
    drop = world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    assert world.report("southwark", drop)["rows_in"] == 1
    assert staged(world, "lambeth") == []


def test_a_quarantined_drop_is_not_linked_and_its_result_is_taken_back(world: World) -> None:
    drop = both_sides(world)
    world.receive(
        "wandsworth", world.drop("wandsworth", "pupils", [pupil(4, forename="Bo", surname="Li", dob=date(2013, 1, 2))])
    )
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    order(world, "quarantine", "southwark", drops=(drop,))
    assert results(world) == []
    assert told(world, "lambeth") == told(world, "southwark") == ["QUA-001"]
    world.carry_out_all()
    assert world.results("lambeth", "matches").num_rows == 0
    assert len(results(world)) == 2  # over the other borough's pupils

    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    world.carry_out_all()
    assert not [name for name in world.outbox("southwark") if "/enrolments/" in name]
    night(world)
    assert [name for name in staged(world, "lambeth") if "southwark" in name] == []
    assert "quarantine" in {entry["clause"] for entry in certificates(world, "lambeth")[-1]["destroyed"]}


def test_what_a_compromised_key_brought_is_stopped_and_what_it_still_brings_is_refused(world: World) -> None:
    both_sides(world)
    world.wake()
    key = world.rings["southwark"].current("southwark", Use.SIGN)
    order(world, "quarantine", "southwark", keys=(key,), since=NOW - timedelta(hours=1))
    world.carry_out_all()
    assert results(world) == []
    drop = world.receive("southwark", world.drop("southwark", "pupils", [pupil(5)]))
    assert world.report("southwark", drop)["status"] == "rejected"
    assert told(world, "southwark") == ["QUA-001"]


def test_no_older_file_is_used_once_the_newest_is_in_quarantine_and_gone(world: World) -> None:
    both_sides(world)
    world.now[0] += timedelta(hours=1)
    other = pupil(2, forename="Bo", dob=date(2013, 1, 2))
    newest = world.receive("southwark", world.drop("southwark", "pupils", [other, pupil(home_la="E09000023")]))
    order(world, "quarantine", "southwark", drops=(str(newest),))
    night(world)
    world.now[0] += timedelta(days=1)
    world.receive("lambeth", world.drop("lambeth", "households", [household(), household("H2")]))
    world.carry_out_all()
    assert results(world) == []


def test_a_key_is_known_by_what_it_brought_though_that_is_gone(world: World) -> None:
    """Rows, the drop and the job's request are swept after 26 days; what awaits a decision lies for 45."""
    both_sides(world)
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    world.now[0] += timedelta(days=30)
    night(world)
    assert list(world.storage.requests("lambeth").list()) == list(world.storage.inbox("southwark").list()) == []
    key = world.rings["southwark"].current("southwark", Use.SIGN)
    order(world, "quarantine", "southwark", keys=(key,), since=NOW - timedelta(hours=1))
    assert told(world, "lambeth") == ["QUA-001"]
    rows = [decision(match["match_ref"], decided_on=world.now[0].date())]
    world.receive("lambeth", world.drop("lambeth", "decisions", rows))
    world.carry_out_all()
    assert not [name for name in world.outbox("southwark") if "/enrolments/" in name]


def test_an_order_about_a_drop_is_about_what_took_its_place_without_whoever_objected(world: World) -> None:
    other = pupil(2, forename="Bo", surname="Li", dob=date(2013, 1, 2))
    drop = world.receive("southwark", world.drop("southwark", "pupils", [pupil(), other]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.carry_out_all()
    world.now[0] += timedelta(hours=1)
    for hours in (0, 1):
        world.now[0] += timedelta(hours=hours)
        row = {"objection_ref": "o-1", "named_by": "upn", "upn": other["upn"], "reason": "objection"}
        rows = pa.Table.from_pylist([row | {"from_day": NOW.date()}], schema=LIST.arrow_schema())
        sealed = world.seal("southwark", "objections", rows)
        world.receive("southwark", world.put("southwark", sealed.data, sealed.metadata))
        if hours == 0:
            world.carry_out_all()
            assert len(results(world)) == 2
            order(world, "quarantine", "southwark", drops=(str(drop),))
            assert results(world) == []
    world.carry_out_all()
    night(world)
    assert results(world) == []
    assert [name for name in staged(world, "lambeth") if "southwark" in name] == []


def test_what_came_before_the_key_was_compromised_is_still_used(world: World) -> None:
    both_sides(world)
    world.now[0] += timedelta(hours=2)
    key = world.rings["southwark"].current("southwark", Use.SIGN)
    order(world, "quarantine", "southwark", keys=(key,), since=NOW + timedelta(hours=1))
    world.carry_out_all()
    assert world.results("lambeth", "matches").num_rows == 1


def test_a_held_drop_is_out_of_use_and_kept_until_its_hold_ends(world: World) -> None:
    drop = both_sides(world)
    [dropped] = [blob.name for blob in world.storage.inbox("southwark").list()]
    hold = order(world, "hold", "southwark", drops=(drop,), why="court", day=date(2027, 2, 1))
    world.carry_out_all()
    assert results(world) == []
    assert told(world, "southwark") == ["HLD-001"]

    for days in (1, 25, 1, 1, 30):
        world.now[0] += timedelta(days=days)
        night(world)
    kept = [blob.name for slug in world.rings for blob in world.storage.held(slug).list()]
    assert len(kept) == 2  # the file as it was dropped, and its rows as they were staged
    assert not any(dropped in name for name in kept)  # its sender chose that name
    assert staged(world, "lambeth") == []
    body = certificates(world, "southwark")[-1]
    assert body["held"]["objects"] == 1
    assert body["held"]["holds"] == [{"hold": hold, "why": "court", "until": "2027-02-01", "objects": 1}]

    world.now[0] = datetime(2027, 2, 2, 2, 0, tzinfo=UTC)
    night(world)
    assert not [blob.name for slug in world.rings for blob in world.storage.held(slug).list()]
    [entry] = [each for each in certificates(world, "southwark")[-1]["destroyed"] if each["kind"] == "held"]
    assert (entry["clause"], entry["mechanism"], entry["work"]) == ("hold", "sweep", hold)
    last = certificates(world, "southwark")[-1]
    assert last["held"]["objects"] == last["counts"]["late"] == 0
    assert last["made_up"] is None


def test_a_hold_that_is_ended_early_is_destroyed_at_once(world: World) -> None:
    drop = both_sides(world)
    hold = order(world, "hold", "southwark", drops=(drop,), why="inquiry", day=date(2027, 6, 1))
    order(world, "end", "southwark", hold=hold)
    night(world)
    assert [name for name in staged(world, "lambeth") if "southwark" in name] == []
    assert not [blob.name for slug in world.rings for blob in world.storage.held(slug).list()]
    assert told(world, "southwark") == ["HLD-001", "HLD-002"]


def test_where_two_must_agree_one_person_keeps_nothing_and_ends_nothing(world: World) -> None:
    world = world.under(world.agreement.model_copy(update={"hold_consents": 2}))
    drop = both_sides(world)
    how = {"drops": (drop,), "why": "incident", "day": date(2027, 2, 1)}
    hold = order(world, "hold", "southwark", by="operator1", **how)
    night(world)
    assert not list(world.storage.held("southwark").list())
    order(world, "hold", "southwark", by=" Operator1", **how)
    assert not list(world.storage.held("southwark").list())
    assert order(world, "hold", "southwark", by="operator2", **how) == hold
    assert len(list(world.storage.held("southwark").list())) == 1

    order(world, "end", "southwark", by="operator2", hold=hold)
    world.now[0] += timedelta(days=1)
    night(world)
    assert len(list(world.storage.held("southwark").list())) == 1
    order(world, "end", "southwark", by="operator1", hold=hold)
    world.now[0] += timedelta(days=1)
    night(world)
    assert not list(world.storage.held("southwark").list())


def test_a_boroughs_rows_are_held_whoever_sent_them(world: World) -> None:
    both_sides(world)
    order(world, "hold", "lambeth", why="inquiry", day=date(2027, 2, 1))
    world.carry_out_all()
    assert results(world) == []
    kept = sorted(blob.name.split("/", 2)[2] for blob in world.storage.held("lambeth").list())
    assert [name.split("/")[1] for name in kept if name.startswith("fsm/") and name.count("/") > 1] == [
        "households",
        "pupils",
    ]


def test_the_watchdog_neither_cries_at_what_is_held_nor_forgets_it(world: World) -> None:
    drop = both_sides(world)
    order(world, "hold", "southwark", drops=(drop,), why="court", day=date(2027, 2, 1))

    def findings() -> list[tuple[str, str]]:
        storage = world.storage
        there = storage.containers()
        with look(storage, QUEUE, "southwark", there, judge_of(world.exchange)) as shelves:
            objects = tuple(found.held for shelf in shelves for found in shelf.found if shelf.kind == "held")
        today = world.now[0].date()
        account = Account({"southwark": objects}, {"southwark": today}, frozenset(), {}, Configuration())
        found = check(world.exchange.agreements, account, world.now[0])
        return [(one.code.code, one.where) for one in found if one.owner == "southwark"]

    world.now[0] += timedelta(days=50)
    assert findings() == [(UNDER_HOLD.code, "held")]
    world.now[0] = datetime(2027, 2, 3, 6, 0, tzinfo=UTC)
    assert findings() == [("DSP-002", "held")]  # its hold is over, and the sweep has not come


@pytest.mark.parametrize("other", ["lewisham", "wandsworth"])
def test_an_order_about_another_party_is_refused(world: World, other: str) -> None:
    paper = Order(word="quarantine", party="southwark", drops=("0" * 32,), by=digest_of("somebody"))
    world.storage.requests(other).create(paper.name, paper.document)
    with pytest.raises(RefusedEvent, match="QUA-002"):
        carry_out_order(world.exchange, party=other, name=paper.name)


def test_an_order_given_twice_is_given_once(world: World) -> None:
    drop = both_sides(world)
    for _ in range(3):
        order(world, "quarantine", "southwark", drops=(drop,))
    [stop] = list(world.exchange.ledger.subjects("stop"))
    assert world.steps(stop) == ["quarantined"]
    assert told(world, "southwark") == ["QUA-001"]


def test_all_parties_are_told_of_a_leaving_in_one_signed_statement(world: World) -> None:
    drop = both_sides(world)
    world.carry_out_all()
    order(world, "leave", "lambeth", day=date(2026, 12, 1))
    order(world, "leave", "lambeth", day=date(2026, 12, 1))
    statements = set()
    for slug in world.rings:
        [name] = [name for name in world.outbox(slug) if name.endswith("/leaving.json")]
        statements.add(world.answer_of(slug, name))
        assert "AGR-014" in told(world, slug)
    [document] = statements
    body = verify_statement(document, world.exchange.keys.public_key)["body"]
    assert (body["party"], body["leaves_on"]) == ("lambeth", "2026-12-01")
    assert {(row["dataset"], row["of"], row["for"], row["rows"]) for row in body["rows"]} == {
        ("pupils", "southwark", "lambeth", 1),
        ("households", "lambeth", "lambeth", 1),
    }
    assert drop in {row["drop"] for row in body["rows"]}
    assert {(one["release"], one["fetch_until"]) for one in body["results"]} == {
        ("matches", "2026-12-17"),
        ("review", "2026-12-17"),
    }
    assert body["keys"]["sign"] == [world.rings["lambeth"].current("lambeth", Use.SIGN)]


def test_every_event_of_a_drop_and_its_receipt_say_which_key_signed_it(world: World) -> None:
    drop = both_sides(world)
    key = world.rings["southwark"].current("southwark", Use.SIGN)
    events = world.exchange.ledger.events(f"drop:{drop}")
    assert {event.hashes["signed_with"] for event in events} == {key_mark(key)}
    receipt = json.loads(world.answer("southwark", drop, "receipt.json"))["payload"]["body"]
    assert receipt["signing_key_id"] == key
    assert receipt["agreement_ends"] == "2027-08-31"


def test_a_receipt_says_that_the_agreement_ends_soon(world: World) -> None:
    period = world.agreement.in_force.model_copy(update={"last": date(2026, 12, 1)})
    world = world.under(world.agreement.model_copy(update={"in_force": period}))
    drop = both_sides(world)
    receipt = json.loads(world.answer("southwark", drop, "receipt.json"))["payload"]["body"]
    assert "1 December 2026, 10 days from now" in receipt["agreement_notice_agr_010"]
    assert "agreement_notice_agr_010" in world.report("southwark", drop)["facts"]


@pytest.mark.parametrize(
    "during", ["carry_out.read_staged", "send.send_sealed", "send.send_summary", "carry_out.make_current"]
)
def test_an_order_that_comes_while_a_job_is_under_way_stops_it(world: World, during: str) -> None:
    drop = both_sides(world)
    world.wake()
    room, _, name = during.partition(".")
    real = getattr({"send": sending, "carry_out": carrying_out}[room], name)
    given: list[str] = []

    def meanwhile(*args: Any, **how: Any) -> Any:
        if not given:
            given.append(order(world, "quarantine", "southwark", drops=(drop,)))
        return real(*args, **how)

    with patch(f"shared.kernel.work.{during}", meanwhile):
        world.carry_out_all()
    assert results(world) == []
    assert list(world.storage.pending("lambeth").list()) == []


def test_a_job_that_ended_as_the_order_came_is_taken_back_by_the_night(world: World) -> None:
    drop = both_sides(world)
    world.wake()
    judged = carrying_out.may_not_work
    asked: list[str] = []

    def at_the_last(*given: Any) -> str:
        found = judged(*given)
        if len(asked) == 2:  # it has just been found that the job may end
            order(world, "quarantine", "southwark", drops=(drop,))
        asked.append(found)
        return found

    [request] = list(world.storage.requests("lambeth").list())
    with patch("shared.kernel.work.carry_out.may_not_work", at_the_last):
        carrying_out.carry_out(world.exchange, party="lambeth", name=request.name)
    assert len(results(world)) == 2
    night(world)
    assert results(world) == []
    assert "QUA-001" in told(world, "lambeth")


@pytest.mark.parametrize("word", ["hold", "quarantine"])
def test_a_pair_that_waits_for_a_decision_is_out_of_use_with_the_rows_that_it_rests_on(world: World, word: str) -> None:
    drop = both_sides(world)
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    what: dict[str, Any] = {"why": "court", "day": date(2027, 2, 1)} if word == "hold" else {}
    order(world, word, "southwark", drops=(drop,), **what)
    world.carry_out_all()
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    world.carry_out_all()
    assert not [name for name in world.outbox("southwark") if "/enrolments/" in name]


def test_a_result_that_an_earlier_try_sealed_to_a_key_that_was_revoked_since_is_sealed_again(
    storage: Storage, keys_folder: Path, tmp_path: Path, now: list[datetime]
) -> None:
    put_postcodes(storage)
    world = make_world(storage, Path(copytree(keys_folder, tmp_path / "keys of its own")), now=now)
    both_sides(world)
    ring = world.exchange.keys
    assert isinstance(ring, LocalKeyRing)
    old = ring.current("lambeth", Use.RELEASE)
    with pytest.raises(Killed), patch("shared.kernel.work.send.send_summary", side_effect=Killed):
        world.carry_out_all()
    new = world.rings["lambeth"].rotate("lambeth", Use.RELEASE)
    ring.import_public(world.rings["lambeth"].export_public("lambeth", Use.RELEASE))
    ring.revoke(old)
    world.carry_out_all()
    outbox = world.storage.outbox("lambeth")
    sealed = [read_manifest(outbox.facts(name).metadata).key_id for name in results_of(world, "lambeth")]
    assert sealed == [new, new]
    assert world.results("lambeth", "matches").num_rows == 1


def results_of(world: World, slug: str) -> list[str]:
    return [name for name in world.outbox(slug) if name.endswith(".parquet")]


def test_whoever_had_what_was_decided_on_a_result_in_quarantine_is_told(world: World) -> None:
    both_sides(world)
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    world.carry_out_all()
    assert len([name for name in world.outbox("southwark") if "/enrolments/" in name]) == 1
    claims = next(blob.name for blob in world.storage.staging("lambeth").list() if "/households/" in blob.name)
    order(world, "quarantine", "lambeth", drops=(claims.split(".")[-2],))
    assert told(world, "southwark") == ["QUA-001"]
    assert told(world, "lambeth") == ["QUA-001", "QUA-001"]  # whose rows they are, and whose result
    night(world)
    assert told(world, "southwark") == ["QUA-001"]


def test_whoever_has_a_result_that_rests_on_held_rows_is_told_to_keep_it(world: World) -> None:
    drop = both_sides(world)
    world.carry_out_all()
    order(world, "hold", "southwark", drops=(drop,), why="court", day=date(2027, 2, 1))
    assert told(world, "lambeth") == ["HLD-001"]
    assert len(results(world)) == 2


def test_a_result_of_a_party_that_has_left_is_taken_back_and_it_is_told(world: World) -> None:
    drop = both_sides(world)
    world.carry_out_all()
    order(world, "leave", "lambeth", day=NOW.date())
    assert len(results(world)) == 2, "it may still fetch what it was sent"
    order(world, "quarantine", "southwark", drops=(drop,))
    assert results(world) == []
    assert "QUA-001" in told(world, "lambeth")


def test_a_party_that_has_left_is_told_of_what_was_decided_on_a_result_in_quarantine(world: World) -> None:
    both_sides(world)
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    world.carry_out_all()
    order(world, "leave", "southwark", day=NOW.date())
    claims = next(blob.name for blob in world.storage.staging("lambeth").list() if "/households/" in blob.name)
    order(world, "quarantine", "lambeth", drops=(claims.split(".")[-2],))
    assert "QUA-001" in told(world, "southwark")


def test_what_a_job_wrote_to_a_party_that_left_meanwhile_is_withdrawn_with_the_rest(world: World) -> None:
    both_sides(world)
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    world.wake()
    with patch.object(sending, "send_notices", side_effect=Killed), pytest.raises(Killed):
        world.carry_out_all()
    assert [name for name in world.outbox("southwark") if "/enrolments/" in name]
    order(world, "leave", "southwark", day=NOW.date())
    claims = next(blob.name for blob in world.storage.staging("lambeth").list() if "/decisions/" in blob.name)
    order(world, "quarantine", "lambeth", drops=(claims.split(".")[-2],))
    world.carry_out_all()
    assert [name for name in world.outbox("southwark") if "/enrolments/" in name] == []


def replaced_by(world: World) -> tuple[str, str]:
    """A match of a run over a file that a newer one has replaced since: the newer file's drop, and the match."""
    other = household("H2", child_forename="Zed", child_surname="Other")
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household(), other]))
    world.carry_out_all()
    world.now[0] += timedelta(hours=1)
    newer = world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    return str(newer), str(match["match_ref"])


def enrolled(world: World) -> int:
    names = [name for name in world.outbox("southwark") if name.endswith("/enrolments.parquet")]
    return sum(world.open("southwark", name).num_rows for name in names)


@pytest.mark.parametrize(
    ("word", "what"), [("hold", {"why": "court", "day": date(2027, 2, 1)}), ("quarantine", {}), ("", {})]
)
def test_no_decision_goes_by_the_run_over_a_file_that_one_out_of_use_has_replaced(
    world: World, word: str, what: dict[str, Any]
) -> None:
    drop, ref = replaced_by(world)
    if word:
        order(world, word, "lambeth", drops=(drop,), **what)
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(ref)]))
    world.carry_out_all()
    assert enrolled(world) == (0 if word else 1)


def test_no_decision_goes_by_it_either_when_the_order_comes_while_it_is_carried_out(world: World) -> None:
    drop, ref = replaced_by(world)
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(ref)]))
    world.wake()
    with patch.object(carrying_out, "_carried", side_effect=Killed), pytest.raises(Killed):
        world.carry_out_all()
    order(world, "hold", "lambeth", drops=(drop,), why="court", day=date(2027, 2, 1))
    world.carry_out_all()
    assert enrolled(world) == 0


def test_no_word_names_a_result_that_was_taken_back_until_another_follows(world: World) -> None:
    drop = both_sides(world)
    world.carry_out_all()
    word = "fsm/results/2026-autumn/current.json"
    assert word in world.outbox("lambeth")
    order(world, "quarantine", "southwark", drops=(drop,))
    assert word not in world.outbox("lambeth")
    other = pupil(4, forename="Bo", surname="Li", dob=date(2013, 1, 2))
    world.receive("wandsworth", world.drop("wandsworth", "pupils", [other]))
    world.carry_out_all()
    assert word in world.outbox("lambeth")
    assert world.results("lambeth", "matches").num_rows == 0


def test_what_an_order_was_killed_in_taking_back_is_taken_back_by_the_next_try(world: World) -> None:
    drop = both_sides(world)
    world.carry_out_all()
    with patch.object(Area, "delete", side_effect=Killed), pytest.raises(Killed):
        order(world, "quarantine", "southwark", drops=(drop,))
    assert len(results(world)) == 2
    order(world, "quarantine", "southwark", drops=(drop,))
    assert results(world) == []
    assert told(world, "lambeth") == ["QUA-001"]
