"""Nothing waits in silence: what lies here for days is found, recorded, alarmed, and told to whoever can end it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.kernel.errors import StorageUnavailable
from shared.kernel.ledger.chain import verify_chain
from shared.kernel.parties.model import Party
from shared.kernel.terms.agreements import Agreed
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Job, Lack
from shared.kernel.waiting import watch
from shared.kernel.waiting.codes import FEWER, LACKED, LACKS, ONE_SIDED, UNANSWERED, UNFINISHED
from shared.kernel.waiting.cover import covers_fewer
from shared.kernel.waiting.look import Wait, waits
from shared.kernel.waiting.lying import Done, lying_of
from shared.kernel.waiting.watch import look_at_waits
from shared.kernel.work.cover import remember
from tests.memory import MemoryBlobs
from tests.world import COLLECTION, NOW, PILOT, World, decision, household, pupil

IN_LEWISHAM = pupil(5, forename="Efe", home_la="E09000023", postcode="SE13 6TT")
TOLD = 7
_DATED = 1
"""Microseconds of a time that a test has set."""


def after(world: World, service: MemoryBlobs, days: float) -> None:
    """So many days later: blobs that are new bear the time that the world had until now."""
    for container in ("staging", "requests"):
        for blob in service.containers[container].values():
            if blob.created.microsecond != _DATED:
                blob.created = world.now[0].replace(microsecond=_DATED)
    world.now[0] += timedelta(days=days)


def sweep(world: World, days: int = 26) -> None:
    """What the sweep takes."""
    for slug in PILOT:
        for box in (world.storage.staging(slug), world.storage.requests(slug)):
            for blob in list(box.list()):
                if blob.created is not None and blob.created <= world.now[0] - timedelta(days=days):
                    box.delete(blob.name)


def drop(world: World, slug: str, dataset: str, rows: Iterable[dict[str, Any]], **facts: Any) -> str:
    id = world.receive(slug, world.drop(slug, dataset, rows, **facts))
    assert id is not None
    return id


def found(world: World) -> list[Wait]:
    waited = look_at_waits(world.exchange)
    assert waited.faults == ()
    assert {agreement for agreement, _ in waited.found} <= {"fsm"}
    return [wait for _, wait in waited.found]


def in_short(world: World) -> set[tuple[str, str, str, tuple[str, ...], str, int]]:
    return {(w.code.code, w.party, w.dataset, w.others, w.lacked, w.rows) for w in found(world)}


def reports(world: World, slug: str) -> list[dict[str, Any]]:
    """The reports in the outbox that say that something waits."""
    box = world.storage.outbox(slug)
    read = [json.loads(box.read(name).data) for name in world.outbox(slug) if name.endswith("/report.json")]
    return [report for report in read if report["status"] == "waiting"]


PUPILS_ALONE = {
    ("WAI-001", "southwark", "pupils", ("lambeth",), "households", 2),
    ("WAI-002", "lambeth", "pupils", ("southwark",), "households", 2),
    ("WAI-005", "exchange", "pupils", (), "households", 2),
}


def test_pupils_whose_homes_households_never_come_are_told_in_time(world: World, service: MemoryBlobs) -> None:
    id = drop(world, "southwark", "pupils", [pupil(), pupil(2)])
    after(world, service, TOLD - 0.1)
    assert found(world) == []
    after(world, service, 0.1)
    assert in_short(world) == PUPILS_ALONE
    [report] = reports(world, "southwark")
    facts = report["facts"]
    assert (facts["drop"], facts["dataset"], facts["collection"], facts["code"]) == (
        id,
        "pupils",
        COLLECTION,
        "WAI-001",
    )
    assert (facts["rows_waiting"], facts["waits_for"], facts["of"]) == (2, "households", "lambeth")
    assert facts["destroyed_on"] == "2026-12-17", "19 days are left"
    assert "Rows of pupils that wait: 2, for 7 days now, for households of Lambeth." in facts["what_it_means"]
    assert "destroyed on 17 December 2026" in facts["what_it_means"]
    assert facts["what_to_do"] == LACKS.remedy
    assert (report["rows_in"], report["refusal"]["code"]) == (None, "WAI-001")
    [asked] = reports(world, "lambeth")
    assert (
        "Rows of pupils of Southwark that wait: 2, for 7 days now, for households of you."
        in (asked["facts"]["what_it_means"])
    )
    assert reports(world, "lewisham") == reports(world, "wandsworth") == []


def test_each_day_it_is_found_and_once_it_is_told(world: World, service: MemoryBlobs) -> None:
    drop(world, "southwark", "pupils", [pupil(), pupil(2)])
    for _ in range(3):
        after(world, service, TOLD)
        assert in_short(world) == PUPILS_ALONE
    assert len(reports(world, "southwark")) == len(reports(world, "lambeth")) == 1
    chains = [world.exchange.ledger.events(subject) for subject in world.exchange.ledger.subjects("waiting")]
    assert sorted((chain[0].tenant, len(chain), chain[0].codes) for chain in chains) == [
        ("exchange", 1, ("WAI-005", "pupils", COLLECTION, "households")),
        ("lambeth", 1, ("WAI-002", "pupils", COLLECTION, "households")),
        ("southwark", 1, ("WAI-001", "pupils", COLLECTION, "households")),
    ]
    assert {(chain[0].step, chain[0].counts["days"], chain[0].counts["rows"]) for chain in chains} == {("told", 7, 2)}
    for chain in chains:
        verify_chain(chain)


def test_what_is_in_finished_work_waits_for_nothing(world: World, service: MemoryBlobs) -> None:
    drop(world, "southwark", "pupils", [pupil(), IN_LEWISHAM])
    drop(world, "lambeth", "households", [household()])
    drop(world, "lewisham", "households", [household("H2")])
    world.carry_out_all()
    after(world, service, 20)
    assert found(world) == []


def test_of_one_file_only_the_homes_that_lack_something_are_named(world: World, service: MemoryBlobs) -> None:
    drop(world, "southwark", "pupils", [pupil(), IN_LEWISHAM])
    drop(world, "wandsworth", "pupils", [pupil(7, home_la="E09000023", postcode="SE13 6TT")])
    drop(world, "lambeth", "households", [household()])
    world.carry_out_all()
    after(world, service, TOLD)
    assert in_short(world) == {
        ("WAI-001", "southwark", "pupils", ("lewisham",), "households", 1),
        ("WAI-001", "wandsworth", "pupils", ("lewisham",), "households", 1),
        ("WAI-002", "lewisham", "pupils", ("southwark", "wandsworth"), "households", 2),
    }


def test_households_without_pupils_are_told_that_a_collection_has_one_side(world: World, service: MemoryBlobs) -> None:
    drop(world, "lambeth", "households", [household()])
    after(world, service, TOLD)
    assert in_short(world) == {
        ("WAI-001", "lambeth", "households", (), "pupils", 1),
        ("WAI-005", "exchange", "households", (), "pupils", 1),
    }
    [report] = reports(world, "lambeth")
    assert "for pupils of any party" in report["facts"]["what_it_means"]


def test_who_lacks_a_file_of_its_own_is_not_told_that_others_wait_for_it(world: World, service: MemoryBlobs) -> None:
    class Own:
        contracts = world.sharing.pipeline.contracts

        def lacks(self, file: Partition, party: str, staged: Any) -> tuple[Lack, ...]:
            return (Lack("decisions", file.sender),)

        @property
        def pipeline(self) -> Any:
            return self

    drop(world, "southwark", "pupils", [pupil()])
    after(world, service, TOLD)
    lying = {slug: lying_of(world.sharing, slug) for slug in PILOT}
    told = waits(Agreed(world.agreement, Own()), lying, {}, world.now[0])
    assert {(wait.code, wait.party, wait.others) for wait in told} == {
        (LACKS, "southwark", ("southwark",)),
        (ONE_SIDED, "exchange", ()),
    }


def test_a_file_that_is_older_or_has_nobody_there_waits_for_nothing(world: World, service: MemoryBlobs) -> None:
    drop(world, "southwark", "pupils", [pupil(), IN_LEWISHAM])
    drop(world, "southwark", "pupils", [pupil()], prepared_at=NOW + timedelta(minutes=1))
    after(world, service, TOLD)
    assert {wait[2:] for wait in in_short(world)} == {
        ("pupils", ("lambeth",), "households", 1),
        ("pupils", ("southwark",), "households", 1),
        ("pupils", (), "households", 1),
    }


def test_households_swept_after_their_work_do_not_make_its_pupils_wait(world: World, service: MemoryBlobs) -> None:
    drop(world, "lambeth", "households", [household()])
    after(world, service, 10)
    drop(world, "southwark", "pupils", [pupil()])
    world.carry_out_all()
    after(world, service, 17)
    sweep(world)
    assert [partition.sender for partition in staged(world, "lambeth")] == ["southwark"]
    assert found(world) == []


def staged(world: World, party: str) -> list[Any]:
    files = lying_of(world.sharing, party).that_count(("pupils", "households"))
    return [file.partition for file in files]


def test_work_that_was_withdrawn_has_used_none_of_its_files(world: World, service: MemoryBlobs) -> None:
    drop(world, "southwark", "pupils", [pupil()])
    drop(world, "lambeth", "households", [household()])
    world.carry_out_all()
    [run] = world.exchange.ledger.subjects("run")
    after(world, service, 8)
    assert found(world) == []
    world.sharing.ledger.record(run, "withdrawn", service="work", tenant="lambeth")
    assert {wait.code for wait in found(world)} == {UNFINISHED}


def test_work_that_is_not_finished_is_the_exchanges_fault(world: World, service: MemoryBlobs) -> None:
    first = drop(world, "southwark", "pupils", [pupil()])
    second = drop(world, "lambeth", "households", [household()])
    decided = drop(world, "wandsworth", "decisions", [decision(f"{'a' * 12}-1-{'b' * 12}-1")])
    after(world, service, TOLD)
    waits = found(world)
    assert {(w.code, w.party, w.others, w.work) for w in waits} == {
        (UNFINISHED, "southwark", ("lambeth",), first),
        (UNFINISHED, "lambeth", ("lambeth",), second),
        (UNFINISHED, "wandsworth", ("wandsworth",), decided),
    }
    world.carry_out_all()
    assert found(world) == []


def test_a_question_that_nobody_answers_is_asked_again(world: World, service: MemoryBlobs) -> None:
    drop(world, "lambeth", "households", [household()])
    drop(world, "southwark", "pupils", [pupil()])
    world.carry_out_all()
    later = NOW + timedelta(minutes=1)
    question = drop(world, "southwark", "pupils", [pupil(9, forename="Bo")], prepared_at=later)
    late = drop(world, "southwark", "pupils", [pupil(8)], prepared_at=NOW - timedelta(minutes=1))
    after(world, service, TOLD - 0.1)
    assert found(world) == []
    after(world, service, 0.1)
    [wait] = found(world)
    assert (wait.code, wait.party, wait.work, wait.rows) == (UNANSWERED, "southwark", question, 1)
    assert late != question
    [report] = reports(world, "southwark")
    assert report["facts"]["what_to_do"] == UNANSWERED.remedy


def test_a_question_of_which_the_other_file_is_gone_is_still_asked(world: World, service: MemoryBlobs) -> None:
    drop(world, "southwark", "pupils", [pupil()])
    after(world, service, 20)
    question = drop(world, "southwark", "pupils", [pupil(9)])
    after(world, service, TOLD)
    sweep(world)
    assert [(wait.code, wait.work) for wait in found(world)] == [(UNANSWERED, question)]


def test_a_late_file_is_no_question_either_when_the_newer_one_is_gone(world: World, service: MemoryBlobs) -> None:
    drop(world, "southwark", "pupils", [pupil()])
    after(world, service, 20)
    drop(world, "southwark", "pupils", [pupil(9)], prepared_at=NOW - timedelta(minutes=1))
    after(world, service, TOLD)
    sweep(world)
    assert found(world) == []


def test_a_run_that_covers_fewer_senders_than_the_one_before_is_found_out(world: World, service: MemoryBlobs) -> None:
    """As it happens after 26 days: a borough corrects its households, and only one school borough's pupils are left."""
    for slug, number in (("southwark", 1), ("wandsworth", 2)):
        drop(world, slug, "pupils", [pupil(number)])
    drop(world, "lambeth", "households", [household()])
    world.carry_out_all()
    after(world, service, 20)
    assert found(world) == []
    drop(world, "southwark", "pupils", [pupil(1)])
    world.carry_out_all()
    after(world, service, 10)
    sweep(world)
    drop(world, "lambeth", "households", [household()])
    world.carry_out_all()
    after(world, service, 0.1)
    [wait] = found(world)
    assert (wait.code, wait.party, wait.dataset, wait.others) == (FEWER, "lambeth", "pupils", ("wandsworth",))
    [report] = reports(world, "lambeth")
    assert "No longer covered: pupils of Wandsworth." in report["facts"]["what_it_means"]
    after(world, service, 1)
    assert found(world) == [wait], "it is found until it is mended"
    assert len(reports(world, "lambeth")) == 1

    drop(world, "wandsworth", "pupils", [pupil(2)])
    world.carry_out_all()
    after(world, service, 0.1)
    assert found(world) == []
    [chain] = [world.exchange.ledger.events(subject) for subject in world.exchange.ledger.subjects("current")]
    assert [event.counts["covers"] for event in chain] == [3, 3, 2, 3]
    verify_chain(chain)


def test_less_covered_is_no_news_for_ever(world: World, service: MemoryBlobs) -> None:
    drop(world, "southwark", "pupils", [pupil(1)])
    drop(world, "wandsworth", "pupils", [pupil(2)])
    drop(world, "lambeth", "households", [household()])
    world.carry_out_all()
    found(world)
    after(world, service, 26)
    sweep(world)
    drop(world, "southwark", "pupils", [pupil(1)])
    drop(world, "lambeth", "households", [household()])
    world.carry_out_all()
    assert [wait.code for wait in found(world)] == [FEWER]
    after(world, service, 25)
    assert [wait.code for wait in found(world)] == [FEWER]
    after(world, service, 1)
    assert found(world) == []


def test_who_is_told_again_when_another_file_waits(world: World, service: MemoryBlobs) -> None:
    for _ in range(2):
        drop(world, "southwark", "pupils", [pupil()])
        after(world, service, TOLD)
        found(world)
        after(world, service, 20)
        sweep(world)
        assert found(world) == []
    assert len(reports(world, "southwark")) == len(reports(world, "lambeth")) == 2


def test_the_agreement_says_after_how_many_days(world: World, service: MemoryBlobs) -> None:
    retention = world.agreement.retention.model_copy(update={"waiting_days": 3})
    sooner = world.under(world.agreement.model_copy(update={"retention": retention}))
    drop(sooner, "southwark", "pupils", [pupil(), pupil(2)])
    after(sooner, service, 3)
    assert in_short(sooner) == PUPILS_ALONE


def test_killed_between_the_report_and_its_record_it_is_told_once(
    world: World, service: MemoryBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(world, "southwark", "pupils", [pupil(), pupil(2)])
    after(world, service, TOLD)

    def away(*_: Any, **__: Any) -> None:
        raise StorageUnavailable("STO-004", "Away.", "Try again.")

    with monkeypatch.context() as patched:
        patched.setattr(type(world.exchange.ledger), "record", away)
        assert [fault.code for fault in look_at_waits(world.exchange).faults] == ["STO-004"] * 3
    first = reports(world, "southwark")
    after(world, service, 1)
    assert in_short(world) == PUPILS_ALONE
    assert reports(world, "southwark") == first


def test_a_fault_under_one_agreement_keeps_no_other_from_being_looked_at(
    world: World, service: MemoryBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(world, "southwark", "pupils", [pupil(), pupil(2)])
    after(world, service, TOLD)
    [fsm] = world.exchange.agreements
    other = replace(fsm, terms=fsm.terms.model_copy(update={"id": "other"}))
    both = replace(world.exchange.agreements, every=(other, fsm))
    inner = watch.lying_of

    def away(sharing: Any, party: str) -> Any:
        if sharing.agreement.id == "other":
            raise StorageUnavailable("STO-004", "Away.", "Try again.")
        return inner(sharing, party)

    monkeypatch.setattr(watch, "lying_of", away)
    waited = look_at_waits(replace(world.exchange, agreements=both))
    assert [fault.code for fault in waited.faults] == ["STO-004"]
    assert {wait.code for _, wait in waited.found} == {LACKS, LACKED, ONE_SIDED}


def test_a_sender_whose_name_has_a_number_is_remembered_too(world: World) -> None:
    """As a school's: an event holds no six digits in a row."""
    school = Party(slug="school-100785", name="A school", kind="school", urn="100785")
    terms = world.agreement.model_copy(update={"parties": (school,), "recipients": (school.slug,)})
    vars(terms).pop("by_slug", None)  # of the agreement that it is a copy of
    sharing = replace(world.sharing, agreement=terms)
    files = [
        Partition("pupils", COLLECTION, slug, NOW, f"{n}" * 32) for n, slug in enumerate(("lewisham", school.slug))
    ]
    jobs = [Job("run", "lambeth", COLLECTION, tuple(file.name for file in files[:count])) for count in (2, 1)]
    done = [Done(f"{n}" * 32, job, NOW) for n, job in enumerate(jobs)]
    for one in done:
        remember(sharing, one.job, one.id)
    [wait] = covers_fewer(sharing, done, NOW)
    assert (wait.code, wait.dataset, wait.others) == (FEWER, "pupils", (school.slug,))


def test_none_is_no_silence(world: World, service: MemoryBlobs) -> None:
    """Southwark has nobody who lives in Lambeth, and says so: Lambeth waits for the others, and no collection is
    one-sided. Once the others have said it, too, nobody waits."""
    drop(world, "lambeth", "households", [household()])
    drop(world, "southwark", "pupils", [])
    after(world, service, TOLD)
    assert in_short(world) == {("WAI-001", "lambeth", "households", (), "pupils", 1)}
    drop(world, "lewisham", "pupils", [])
    drop(world, "wandsworth", "pupils", [pupil(home_la="E09000023", postcode="SE13 6TT")])
    assert in_short(world) == set()
    after(world, service, TOLD)
    assert {wait.party for wait in found(world)} == {"wandsworth", "lewisham"}, "of the pupil in Lewisham"
