"""Disposal on the emulator: past its day means gone, proven and certified; before its day means untouched."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import RetentionPolicy
from azure.storage.queue import QueueClient

from shared.kernel.disposal.account import DataPlane
from shared.kernel.disposal.notes import Plan, Sweep, fix_plan, notes
from shared.kernel.disposal.remind import NoLog, WorkspaceLog
from shared.kernel.disposal.sweep import dispose, sweep
from shared.kernel.disposal.watch import watch, watch_subject
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.errors import BadSignature, KeyUnavailable, LedgerBroken, StorageUnavailable
from shared.kernel.ledger.chain import Ledger, verify_chain
from shared.kernel.storage.logs import SCOPE, ReadLog
from shared.kernel.storage.poison import QUEUE, PoisonMessage, PoisonQueue
from shared.kernel.storage.storage import Storage
from tests.azure_services import Credential, served
from tests.clock import both_say
from tests.poison import give_up, how_many, in_sight
from tests.wire import Fault, Killed, Request, Wire, at_write
from tests.world import PILOT, World, household, pupil

DAYS = 26
CONTAINERS = ("inbox", "outbox", "staging", "requests", "claims")


@pytest.fixture(autouse=True)
def _clocks_agree(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service goes by the exchange's clock, too."""
    both_say(monkeypatch, lambda: world.now[0])


@pytest.fixture
def poison(account: str) -> Iterator[PoisonQueue]:
    with PoisonQueue.connect(account) as queue:
        queue.every.ensure(QUEUE)
        yield queue


@pytest.fixture
def term(world: World) -> World:
    """A term is under way: drops, staged rows, results, receipts. The exchange's clock is that of the emulator."""
    world.now[0] = datetime.now(UTC).replace(microsecond=0)
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household(extract_date=world.now[0].date())]))
    world.carry_out_all()
    return world


def later(world: World, days: float) -> None:
    """The exchange's clock goes on; the emulator's, by which blobs are created, does not."""
    world.now[0] += timedelta(days=days)


def names(world: World, slug: str) -> dict[str, list[str]]:
    """What is held of a borough, the sweep's notes and delivered certificates left out."""
    return {
        kind: [
            copy.name
            for copy in getattr(world.storage, kind)(slug).copies()
            if not copy.name.startswith(("exchange/disposal-", "exchange/certificates/"))
        ]
        for kind in CONTAINERS
    }


def certificates(world: World, slug: str) -> list[dict[str, Any]]:
    """The bodies of the borough's kept certificates, each verified."""
    area = world.storage.certificates(slug)
    keys = world.exchange.keys
    return [verify_statement(area.read(blob.name).data, keys.public_key)["body"] for blob in area.list()]


def subject(world: World, slug: str) -> str:
    return Sweep(slug, world.now[0].date()).subject


def test_a_day_before_its_day_nothing_goes(term: World, poison: PoisonQueue) -> None:
    before = {slug: names(term, slug) for slug in PILOT}
    later(term, DAYS - 0.01)

    dispose(term.exchange, poison, NoLog())

    assert {slug: names(term, slug) for slug in PILOT} == before
    assert all(certificates(term, slug) == [] for slug in PILOT)
    assert all(term.steps(subject(term, slug)) == ["done"] for slug in (*PILOT, "exchange"))


def test_on_its_day_everything_goes_and_a_listing_and_a_certificate_prove_it(term: World, poison: PoisonQueue) -> None:
    before = names(term, "lambeth")
    assert all(before.values())
    later(term, DAYS + 0.01)

    dispose(term.exchange, poison, NoLog())

    assert not any(names(term, "lambeth").values())
    [body] = certificates(term, "lambeth")
    assert body["counts"]["objects"] == len(body["destroyed"]) == sum(map(len, before.values()))
    # Dropped, staged twice, its claim's reference in the index, matched; none in review. What is pending stays.
    assert body["counts"]["rows"] == 1 + 2 + 1 + 1 + 0
    assert {entry["kind"] for entry in body["destroyed"]} == set(CONTAINERS)
    assert {entry["clause"] for entry in body["destroyed"]} == {f"retention.sweep_days.{kind}" for kind in CONTAINERS}
    assert {entry["mechanism"] for entry in body["destroyed"]} == {"sweep"}
    assert {part["container"] for part in body["proof"]["containers"]} == {
        "lambeth-inbox", "lambeth-outbox", "staging", "pending", "decisions", "held", "requests", "claims"
    }  # fmt: skip
    left = {part["container"]: part["objects"] for part in body["proof"]["containers"] if part["objects"]}
    assert left == {"pending": 1}
    assert {part["past_their_day"] for part in body["proof"]["containers"]} == {0}
    assert (body["not_destroyed"], body["missing"]) == ([], [])
    assert term.steps(subject(term, "lambeth")) == ["destroyed", "certified", "done"]


def test_results_that_a_newer_one_replaced_are_certified_as_replaced_and_nothing_is_missing(
    term: World, poison: PoisonQueue
) -> None:
    [old] = term.exchange.ledger.subjects("run")
    pupils = [pupil(2, forename="Bo", laestab="2091234")]
    term.receive("lewisham", term.drop("lewisham", "pupils", pupils))
    dispose(term.exchange, poison, NoLog())  # it sees a mark, results, and which is current
    term.carry_out_all()
    later(term, 1)

    dispose(term.exchange, poison, NoLog())

    [body] = certificates(term, "lambeth")
    assert body["missing"] == body["not_destroyed"] == []
    assert {entry["work"] for entry in body["destroyed"]} == {old.partition(":")[2]}
    assert {(entry["mechanism"], entry["kind"], entry["clause"]) for entry in body["destroyed"]} == {
        ("replaced", "outbox", "purposes")
    }
    assert len(body["destroyed"]) == 3
    [swept, _, _] = term.exchange.ledger.events(subject(term, "lambeth"))
    assert {"lost.replaced": 3}.items() <= swept.counts.items()
    assert swept.codes == ()


def test_the_same_day_again_does_nothing_again(term: World, poison: PoisonQueue) -> None:
    later(term, DAYS + 1)
    dispose(term.exchange, poison, NoLog())
    said = certificates(term, "lambeth"), term.steps(subject(term, "lambeth"))

    dispose(term.exchange, poison, NoLog())

    assert (certificates(term, "lambeth"), term.steps(subject(term, "lambeth"))) == said


def test_the_borough_finds_the_very_certificate_that_is_kept(term: World, poison: PoisonQueue) -> None:
    later(term, DAYS + 1)
    dispose(term.exchange, poison, NoLog())

    [kept] = term.storage.certificates("southwark").list()
    delivered = term.storage.outbox("southwark").read(f"exchange/certificates/{kept.name}").data
    assert delivered == term.storage.certificates("southwark").read(kept.name).data
    assert verify_statement(delivered, term.rings["southwark"].public_key)["kind"] == "certificate"
    assert list(term.storage.certificates("wandsworth").list()) == [], "nothing went there, so nothing is certified"


def test_delivered_certificates_go_too_and_are_not_certified_for_ever(term: World, poison: PoisonQueue) -> None:
    for _ in range(3):  # rows, what awaits a decision and has days of its own, nothing
        later(term, DAYS + 1)
        dispose(term.exchange, poison, NoLog())

    assert list(term.storage.outbox("lambeth").copies()) == []
    assert len(certificates(term, "lambeth")) == 2
    assert term.steps(subject(term, "lambeth")) == ["destroyed", "done"]


def test_a_certificate_names_nothing_that_a_borough_named(term: World, poison: PoisonQueue) -> None:
    term.storage.inbox("southwark").create("Amara Okafor 21-03-2015.parquet", b"x", {"note": "Okafor"})
    later(term, DAYS + 1)

    dispose(term.exchange, poison, NoLog())

    [kept] = term.storage.certificates("southwark").list()
    document = term.storage.certificates("southwark").read(kept.name).data.decode()
    assert "kafor" not in document
    assert ".parquet" not in document
    drop = next(subject for subject in term.exchange.ledger.subjects("drop") if f'"{subject[5:]}"' in document)
    assert term.exchange.ledger.recorded(drop, "done"), "what the ledger knows of it can be found"


def test_any_altered_byte_of_a_certificate_or_of_its_chain_shows(term: World, poison: PoisonQueue) -> None:
    later(term, DAYS + 1)
    dispose(term.exchange, poison, NoLog())
    area = term.storage.certificates("southwark")
    [kept] = area.list()
    document = area.read(kept.name).data

    for place in range(0, len(document), 7):
        altered = document[:place] + bytes([document[place] ^ 1]) + document[place + 1 :]
        with pytest.raises((BadSignature, KeyUnavailable)):
            verify_statement(altered, term.exchange.keys.public_key)

    stated = verify_statement(document, term.exchange.keys.public_key)["body"]["ledger"]
    events = term.exchange.ledger.events(stated["subject"])
    verify_chain(events, vouched=stated["head"])
    with pytest.raises(LedgerBroken):
        verify_chain([replace(events[0], counts={"rows": 0}), *events[1:]], vouched=stated["head"])
    with pytest.raises(LedgerBroken):
        verify_chain(events[:0], vouched=stated["head"])


def test_snapshots_uncommitted_blocks_and_names_that_no_url_can_hold_go_too(world: World, poison: PoisonQueue) -> None:
    world.now[0] = datetime.now(UTC)
    client = world.storage.inbox("lambeth").client
    client.get_blob_client("kept/twice").upload_blob(b"1")
    client.get_blob_client("kept/twice").create_snapshot()
    client.get_blob_client("begun").stage_block("AAAA", b"a child's name")
    client.get_blob_client("empty").upload_blob(b"")
    for odd in ("a//b", "é ?&%41#", "ends."):
        client.get_blob_client(odd).upload_blob(b"1")
    later(world, DAYS + 1)

    dispose(world.exchange, poison, NoLog())

    assert list(world.storage.inbox("lambeth").copies()) == []
    [body] = certificates(world, "lambeth")
    states = sorted(entry["state"] for entry in body["destroyed"])
    assert states == ["current"] * 5 + ["snapshot", "uncommitted"]


def test_what_is_left_of_blocks_where_a_sweep_was_killed_goes_the_next_night(
    world: World, account: str, poison: PoisonQueue
) -> None:
    world.now[0] = datetime.now(UTC)
    inbox = world.storage.inbox("lambeth")
    inbox.client.get_blob_client("Okafor").stage_block("AAAA", b"a child's name")
    later(world, DAYS + 1)
    there = world.storage.containers()

    def killed_once_the_blocks_are_discarded(request: Request) -> Fault | None:
        return Fault.KILLED_BEFORE if request.method == "DELETE" else None

    with Wire(killed_once_the_blocks_are_discarded).storage(account) as storage, pytest.raises(Killed):
        sweep(replace(world.exchange, storage=storage), poison, "lambeth", there)
    assert [copy.state for copy in inbox.copies()] == ["discarded"]
    sweep(world.exchange, poison, "lambeth", there)
    later(world, 1)
    sweep(world.exchange, poison, "lambeth", there)

    assert list(inbox.copies()) == []
    states = [entry["state"] for body in certificates(world, "lambeth") for entry in body["destroyed"]]
    assert sorted(states) == ["discarded", "uncommitted"]


def test_a_lease_is_respected_and_reported_until_it_is_gone(world: World, poison: PoisonQueue) -> None:
    world.now[0] = datetime.now(UTC)
    client = world.storage.inbox("lambeth").client
    client.get_blob_client("free").upload_blob(b"1")
    client.get_blob_client("held").upload_blob(b"1")
    lease = client.get_blob_client("held").acquire_lease()
    later(world, DAYS + 1)
    dispose(world.exchange, poison, NoLog())

    [body] = certificates(world, "lambeth")
    assert (len(body["destroyed"]), [entry["why"] for entry in body["not_destroyed"]]) == (1, ["leased"])
    assert body["proof"]["containers"][0]["past_their_day"] == 1
    event = world.exchange.ledger.events(subject(world, "lambeth"))[0]
    assert (event.counts["left"], event.codes) == (1, ("left.leased",))
    assert [(f.code.code, f.owner) for f in watch(world.exchange, poison, DataPlane(world.exchange))][:1] == [
        ("DSP-003", "lambeth")
    ]

    lease.release()
    later(world, 1)
    dispose(world.exchange, poison, NoLog())
    assert [len(body["destroyed"]) for body in certificates(world, "lambeth")] == [1, 1]


@pytest.mark.parametrize("moment", ["leased", "changed"])
def test_what_is_leased_or_changed_under_the_sweeps_hand_is_left_and_not_certified(
    world: World, account: str, poison: PoisonQueue, moment: str
) -> None:
    world.now[0] = datetime.now(UTC)
    client = world.storage.inbox("lambeth").client.get_blob_client("x")
    client.upload_blob(b"1")
    later(world, DAYS + 1)

    def interfere(request: Request) -> None:
        if request.method == "DELETE" and request.path.endswith("lambeth-inbox/x"):
            client.acquire_lease() if moment == "leased" else client.set_blob_metadata({"touched": "yes"})

    with Wire(interfere).storage(account) as storage:
        sweep(replace(world.exchange, storage=storage), poison, "lambeth", storage.containers())

    assert certificates(world, "lambeth") == []
    event = world.exchange.ledger.events(subject(world, "lambeth"))[0]
    assert (event.counts["left"], event.codes) == (1, ("left.changed",))
    assert world.storage.inbox("lambeth").exists("x")


def test_given_up_events_and_dead_letters_go_too(world: World, account: str, poison: PoisonQueue) -> None:
    world.now[0] = datetime.now(UTC)
    for number in range(40):
        give_up(poison, PoisonMessage("Host.Functions.drop_lambeth", "lambeth-inbox", f"Okafor {number}", '"0x1"'))
    poison.every.ensure("drop-lambeth-poison")
    with QueueClient.from_connection_string(account, "drop-lambeth-poison") as private:
        private.send_message('{"subject": "Okafor"}')
    world.storage.dead_letters().create("drop-lambeth/2026/11/21/9/a.json", b'[{"subject": "Okafor"}]')
    later(world, DAYS - 1)
    dispose(world.exchange, poison, NoLog())
    assert how_many(poison) == 40
    assert len(in_sight(poison)) == 32, "whoever looks after the sweep sees them"
    later(world, 2)

    dispose(world.exchange, poison, NoLog())

    assert how_many(poison) == 0
    [body] = certificates(world, "exchange")
    assert Counter(entry["kind"] for entry in body["destroyed"]) == {"poison": 41, "deadletter": 1}
    assert "kafor" not in json.dumps(body)


def test_where_no_event_was_ever_given_up_there_is_no_queue_and_no_fault(world: World, account: str) -> None:
    with PoisonQueue.connect(account) as none:
        dispose(world.exchange, none, NoLog())
    assert world.steps(subject(world, "exchange")) == ["done"]


def test_a_borough_that_left_the_agreement_is_swept_as_before(world: World, poison: PoisonQueue) -> None:
    world.now[0] = datetime.now(UTC)
    world.storage.inbox("lambeth").create("x", b"1")
    world.storage.staging("lewisham").create("pupils/x", b"1")
    for box in ("inbox", "outbox"):
        world.storage.service.delete_container(f"lewisham-{box}")
    left = world.agreement.model_copy(update={"controllers": ("southwark",)})
    later(world, DAYS + 1)

    dispose(world.under(left).exchange, poison, NoLog())

    assert list(world.storage.inbox("lambeth").copies()) == []
    assert list(world.storage.staging("lewisham").copies()) == []
    assert (len(certificates(world, "lambeth")), len(certificates(world, "lewisham"))) == (1, 1)


def test_what_the_lifecycle_policy_took_is_certified_as_such_and_what_vanished_is_not(
    world: World, poison: PoisonQueue
) -> None:
    world.now[0] = datetime.now(UTC)
    inbox = world.storage.inbox("lambeth")
    for name in ("early", "late"):
        inbox.create(name, b"1")
    world.storage.inbox("lambeth").client.get_blob_client("begun").stage_block("AAAA", b"1")
    dispose(world.exchange, poison, NoLog())
    inbox.delete("early")
    inbox.client.get_blob_client("begun").delete_blob()
    later(world, 1)
    dispose(world.exchange, poison, NoLog())
    inbox.delete("late")
    later(world, 27)

    dispose(world.exchange, poison, NoLog())

    first, second = certificates(world, "lambeth")
    assert [entry["mechanism"] for entry in first["destroyed"]] == ["expiry"]
    assert len(first["missing"]) == 1
    assert [entry["mechanism"] for entry in second["destroyed"]] == ["lifecycle_policy"]
    assert second["missing"] == []
    codes = [event.codes for event in world.exchange.ledger.events(Sweep("lambeth", world.now[0].date()).subject)]
    assert codes[0] == ()
    day_before = Sweep("lambeth", (world.now[0] - timedelta(days=27)).date())
    assert world.exchange.ledger.events(day_before.subject)[0].codes == ("DSP-001",)


def test_killed_between_any_two_writes_it_is_finished_the_next_day_and_certified_whole(
    world: World, account: str, poison: PoisonQueue
) -> None:
    world.now[0] = datetime.now(UTC)
    slugs = iter(world.agreement.by_slug)
    kills = 0
    for fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER):
        for number in range(1, 40):
            slug = next(slugs)
            inbox, outbox = world.storage.inbox(slug), world.storage.outbox(slug)
            for area in (inbox, outbox):
                with suppress(ResourceExistsError):
                    area.client.create_container()
            for name in ("a", "b"):
                inbox.create(name, b"1")
            there = world.storage.containers()
            later(world, DAYS + 1)
            with Wire(at_write(number, fault)).storage(account) as storage:
                try:
                    sweep(replace(world.exchange, storage=storage, ledger=ledger(world, storage)), poison, slug, there)
                    killed = False
                except Killed:
                    kills, killed = kills + 1, True
            first_day = Sweep(slug, world.now[0].date())
            later(world, 1)
            sweep(world.exchange, poison, slug, there)
            destroyed = [entry["id"] for body in certificates(world, slug) for entry in body["destroyed"]]
            assert len(destroyed) == len(set(destroyed)) == 2, f"{fault} at write {number}"
            assert [copy.name for copy in inbox.copies()] == []
            for day in (first_day, Sweep(slug, world.now[0].date())):
                verify_chain(world.exchange.ledger.events(day.subject))
            assert notes(world.exchange, slug).plans == ()
            world.now[0] = datetime.now(UTC)
            if not killed:
                break
    assert kills > 12


def test_two_workers_at_once_and_one_after_leave_one_certificate(term: World, poison: PoisonQueue) -> None:
    later(term, DAYS + 1)
    there = term.storage.containers()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: sweep(term.exchange, poison, "lambeth", there), range(3)))

    [body] = certificates(term, "lambeth")
    assert term.steps(subject(term, "lambeth")) == ["destroyed", "certified", "done"]
    assert notes(term.exchange, "lambeth").plans == ()
    assert len(body["destroyed"]) == body["counts"]["objects"]


def test_what_a_second_worker_destroys_first_is_certified_as_destroyed(
    term: World, account: str, poison: PoisonQueue
) -> None:
    later(term, DAYS + 1)
    before = names(term, "lambeth")
    begun = False

    def second_worker(request: Request) -> None:
        nonlocal begun
        if request.method == "DELETE" and not begun:
            begun = True
            for kind, held in before.items():
                for name in held:
                    getattr(term.storage, kind)("lambeth").delete(name)

    with Wire(second_worker).storage(account) as storage:
        there = storage.containers()
        sweep(replace(term.exchange, storage=storage), poison, "lambeth", there)

    [body] = certificates(term, "lambeth")
    assert body["counts"]["objects"] == sum(map(len, before.values()))
    assert body["not_destroyed"] == []


def test_a_plan_that_another_worker_has_finished_is_put_away(world: World, poison: PoisonQueue) -> None:
    world.now[0] = datetime.now(UTC)
    there = world.storage.containers()
    sweep(world.exchange, poison, "lambeth", there)
    today = Sweep("lambeth", world.now[0].date())
    fix_plan(world.exchange, today, Plan(world.now[0], (), (), ""))

    sweep(world.exchange, poison, "lambeth", there)
    assert notes(world.exchange, "lambeth").plans == ()

    fix_plan(world.exchange, today, Plan(world.now[0], (), (), ""))
    later(world, 1)
    sweep(world.exchange, poison, "lambeth", there)
    assert notes(world.exchange, "lambeth").plans == ()
    assert world.steps(today.subject) == ["done"]


def test_a_fault_at_one_borough_keeps_no_other_from_being_swept(
    world: World, account: str, poison: PoisonQueue
) -> None:
    world.now[0] = datetime.now(UTC)
    for slug in PILOT:
        world.storage.inbox(slug).create("x", b"1")
    later(world, DAYS + 1)

    def broken(request: Request) -> Fault | None:
        return Fault.BUSY if "lambeth-inbox" in request.path else None

    with Wire(broken).storage(account) as storage, pytest.raises(StorageUnavailable):
        dispose(replace(world.exchange, storage=storage), poison, NoLog())

    assert [len(certificates(world, slug)) for slug in PILOT] == [0, 1, 1, 1]


def ledger(world: World, storage: Storage) -> Ledger:
    return Ledger(storage.ledger(), clock=lambda: world.now[0])


class Log:
    """Storage logs that know who read what."""

    def __init__(self, *names: str) -> None:
        self.names = frozenset(names)

    def collected(self, slug: str) -> frozenset[str]:
        return self.names


def reminders(world: World) -> list[tuple[int, tuple[str, ...]]]:
    ledger = world.exchange.ledger
    events = [event for subject in ledger.subjects("result") for event in ledger.events(subject)]
    return [(event.counts["days_left"], event.codes) for event in events]


def test_what_nobody_has_collected_is_named_once_before_it_goes(term: World, poison: PoisonQueue) -> None:
    matches, review = [name for name in term.outbox("lambeth") if name.endswith(".parquet")]
    dispose(term.exchange, poison, Log(matches))
    assert reminders(term) == []
    later(term, 19.5)

    dispose(term.exchange, poison, Log(matches))
    later(term, 1)
    dispose(term.exchange, poison, Log(matches))

    assert reminders(term) == [(7, ("uncollected",))]
    assert term.storage.outbox("lambeth").exists(review)


class SilentLog:
    """Storage logs that do not answer."""

    def collected(self, slug: str) -> frozenset[str]:
        raise StorageUnavailable("STO-004", "Log Analytics did not answer.")


def test_logs_that_do_not_answer_keep_nobody_from_being_swept(term: World, poison: PoisonQueue) -> None:
    later(term, DAYS + 1)

    with pytest.raises(StorageUnavailable):
        dispose(term.exchange, poison, SilentLog())

    assert not any(names(term, "lambeth").values())
    assert all("done" in term.steps(subject(term, slug)) for slug in (*PILOT, "exchange"))


def test_who_has_collected_is_asked_of_the_workspace(term: World, poison: PoisonQueue, tmp_path: Path) -> None:
    matches, review = [name for name in term.outbox("lambeth") if name.endswith(".parquet")]

    def answer(path: str, body: Any) -> tuple[int, Any]:
        rows = [[""], [f"/bxexch0/lambeth-outbox/{matches}"]] if "lambeth-outbox" in body["query"] else [[""]]
        return 200, {"tables": [{"name": "PrimaryResult", "columns": [], "rows": rows}]}

    later(term, 19.5)
    with served(answer, tmp_path) as (_, options):
        log = ReadLog("0-a", "bxexch0", "0-b", Credential(SCOPE), **options)
        dispose(term.exchange, poison, WorkspaceLog(log, 27))
        log.close()

    assert reminders(term) == [(7, ("uncollected",))]
    assert term.storage.outbox("lambeth").exists(review)


def test_without_logs_the_reminder_says_that_it_does_not_know(term: World, poison: PoisonQueue) -> None:
    later(term, 19.5)
    dispose(term.exchange, poison, NoLog())
    assert reminders(term) == [(7, ("not_known",)), (7, ("not_known",))]


def test_the_watchdog_alarms_on_day_29_and_says_what_it_cannot_see(world: World, poison: PoisonQueue) -> None:
    world.now[0] = datetime.now(UTC)
    world.storage.inbox("lambeth").create("x", b"1")
    world.storage.service.get_container_client("staging").upload_blob("stray", b"1")
    later(world, 29.01)

    findings = watch(world.exchange, poison, DataPlane(world.exchange))
    watch(world.exchange, poison, DataPlane(world.exchange))

    alarms = {(f.code.code, f.owner) for f in findings if f.code.severity == "alarm"}
    assert alarms == {
        ("DSP-002", "lambeth"),
        ("DSP-011", "exchange"),
        *(("DSP-007", owner) for owner in (*PILOT, "exchange")),
    }
    assert world.steps(watch_subject("lambeth", world.now[0].date())) == ["alarm", "watched"]
    [alarm, watched] = world.exchange.ledger.events(watch_subject("lambeth", world.now[0].date()))
    assert (alarm.codes, alarm.counts) == (("DSP-002", "DSP-007"), {"DSP-002": 1, "DSP-007": 1})
    assert watched.counts == {"held": 1}
    [_, account] = world.exchange.ledger.events(watch_subject("exchange", world.now[0].date()))
    assert "lifecycle" in account.codes


def test_the_watchdog_is_content_after_a_sweep(term: World, poison: PoisonQueue) -> None:
    later(term, DAYS + 1)
    dispose(term.exchange, poison, NoLog())
    later(term, 1)
    assert {f.code.severity for f in watch(term.exchange, poison, DataPlane(term.exchange))} == {"unknown"}


def test_soft_delete_is_seen_where_it_is_on(world: World, poison: PoisonQueue) -> None:
    world.storage.service.set_service_properties(delete_retention_policy=RetentionPolicy(enabled=True, days=7))
    findings = watch(world.exchange, poison, DataPlane(world.exchange))
    assert ("DSP-005", 7) in {(f.code.code, f.count) for f in findings}
