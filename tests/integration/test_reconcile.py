"""An event is a hint, the inbox is the truth: what has no outcome is taken in, without anybody."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.queue import QueueClient

from shared.kernel.envelope.manifest import from_metadata
from shared.kernel.errors import ExchangeError, KeyUnavailable
from shared.kernel.intake.outcome import settled
from shared.kernel.intake.receive import receive
from shared.kernel.ledger.chain import Ledger, verify_chain
from shared.kernel.reconcile import letters
from shared.kernel.reconcile.attempts import Attempts
from shared.kernel.reconcile.attend import attend
from shared.kernel.reconcile.round import Round, reconcile
from shared.kernel.reconcile.tasks import Task
from shared.kernel.storage.poison import QUEUE, PoisonMessage, PoisonQueue
from shared.kernel.storage.storage import Storage
from tests.clock import Clock, clocked_account
from tests.poison import give_up, how_many
from tests.wire import Fault, Wire
from tests.world import NOW, World, household, make_world, pupil, put_postcodes, table

APP = "app@1.0.0"


class Keys:
    """A key service that can be away, as a vault that is throttled or refuses."""

    def __init__(self, held: Any) -> None:
        self._held = held
        self.away: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        if self.away and name == "unwrap":
            raise KeyUnavailable(min(self.away), "The vault gives no answer.")
        return getattr(self._held, name)

    def working_on(self, subject: str) -> Keys:
        return self


@dataclass
class Place:
    """A world in an emulator that goes by a clock of its own, and what reconciles it."""

    world: World
    poison: PoisonQueue
    clock: Clock
    wire: Wire
    keys: Keys
    account: str
    attempts: Attempts = field(default_factory=lambda: Attempts(APP))

    def round(self, **passed: float) -> Round:
        """Let time pass, then do a round."""
        self.clock.pass_by(**passed)
        return reconcile(self.world.exchange, self.poison, self.attempts)

    def fire(self, slug: str, name: str) -> None:
        """What the function of an event does; a fault that will pass ends here, as at the boundary."""
        with suppress(ExchangeError):
            attend(self.world.exchange, self.task(slug, name), self.attempts)

    def task(self, slug: str, name: str) -> Task:
        return Task("drop", slug, f"{slug}-inbox", name)

    def drop(self, slug: str = "southwark", dataset: str = "pupils", **facts: Any) -> str:
        row = pupil() if dataset == "pupils" else household()
        return self.world.drop(slug, dataset, [row], prepared_at=self.clock.now, **facts)

    def steps(self, slug: str, name: str) -> list[str]:
        return self.world.steps(self.task(slug, name).event)


@pytest.fixture
def place(keys_folder: Path) -> Iterator[Place]:
    clock, account = clocked_account(NOW)
    wire = Wire()
    with wire.storage(account) as storage, PoisonQueue.connect(account) as poison:
        made = make_world(storage, keys_folder)
        storage.ensure_containers(made.agreement.controllers)
        put_postcodes(storage)
        poison.every.ensure(QUEUE)
        keys = Keys(made.exchange.keys)
        ledger = Ledger(storage.ledger(), clock=clock)
        exchange = replace(made.exchange, clock=clock, ledger=ledger, keys=keys)  # type: ignore[arg-type]
        yield Place(replace(made, exchange=exchange), poison, clock, wire, keys, account)


def test_drops_of_which_no_event_ever_came_are_taken_in_and_linked_once_nothing_more_comes(place: Place) -> None:
    place.drop("southwark", "pupils")
    place.drop("lambeth", "households")

    first, second, third, fourth, fifth = (place.round(minutes=minutes) for minutes in (5, 29, 1, 5, 5))

    assert (first.taken, first.no_event, first.woken) == (2, 2, 0)
    assert (second.taken, second.woken) == (0, 0), "the second of the two came 29 minutes ago"
    assert (third.taken, third.woken) == (0, 1)
    assert (fourth.taken, fourth.no_event) == (1, 1)  # the run that the two have made due
    assert (fifth.taken, fifth.waiting, fifth.looked, fifth.woken) == (0, (), 3, 0)
    [match] = place.world.results("lambeth", "matches").to_pylist()
    assert match["household_ref"] == "H1"


def test_a_new_drop_is_left_to_its_event_for_some_minutes(place: Place) -> None:
    place.drop()

    assert [len(place.round(minutes=minutes).waiting) for minutes in (1, 1)] == [1, 1]
    assert place.round(minutes=1).taken == 1


def test_what_its_event_has_ended_is_passed_over_and_nothing_is_recorded(place: Place) -> None:
    place.fire("southwark", place.drop())

    done = place.round(minutes=10)

    assert (done.looked, done.taken, done.waiting) == (1, 0, ())
    assert list(place.world.exchange.ledger.subjects("reconcile")) == []


def test_a_refused_drop_has_ended(place: Place) -> None:
    name = place.world.put("southwark", b"no sealed file", {})
    place.fire("southwark", name)

    assert place.round(minutes=10).waiting == ()
    assert place.world.statuses("southwark") == ["rejected"]


def test_an_outage_of_the_vault_ends_as_without_it_and_every_attempt_is_in_the_ledger(place: Place) -> None:
    place.keys.away = {"KEY-003"}
    name = place.drop()
    place.fire("southwark", name)
    late = [bool(place.round(minutes=5).late) for _ in range(6)]
    place.keys.away = set()
    healed = [place.round(minutes=5) for _ in range(6)]

    assert late == [False, False, False, True, True, True]
    assert not healed[-1].late
    assert place.world.statuses("southwark") == ["accepted"]
    chain = place.world.exchange.ledger.events(place.task("southwark", name).event)
    assert [event.step for event in chain] == ["found", "attempted", "attempted", "attempted", "attempted"]
    assert {event.codes for event in chain[1:]} == {("KEY-003", APP)}
    verify_chain(chain)


def test_after_a_day_there_is_one_alarm_and_a_line_for_the_sender_and_it_goes_on(place: Place) -> None:
    place.keys.away = {"KEY-003"}
    name = place.drop()
    place.fire("southwark", name)

    rounds = [place.round(hours=1) for _ in range(30)]

    assert sum(len(done.given_up) for done in rounds) == 1
    assert place.world.statuses("southwark") == ["delayed"]
    assert place.steps("southwark", name).count("delayed") == 1
    outbox = place.world.storage.outbox("southwark")
    receipt = next(b.name for b in outbox.list("exchange/reports/") if b.name.endswith("receipt.json"))
    body = json.loads(outbox.read(receipt).data)["payload"]["body"]
    sealed = place.world.storage.inbox("southwark").facts(name)
    assert (body["code"], body["sha256"]) == ("DRP-016", from_metadata(sealed.metadata)[0].sha256)

    place.keys.away = set()
    place.round(hours=25)
    assert place.world.statuses("southwark") == ["accepted", "delayed"]


def test_a_defect_is_tried_again_as_soon_as_there_is_a_new_version(place: Place) -> None:
    place.keys.away = {"KEY-001"}
    name = place.drop()
    place.fire("southwark", name)
    place.keys.away = set()

    assert place.round(minutes=1).taken == 0
    place.attempts = Attempts("app@1.0.1")
    assert place.round(minutes=1).taken == 1
    assert place.world.statuses("southwark") == ["accepted"]


def test_while_the_account_is_away_attempts_are_kept_and_recorded_when_it_is_back(place: Place) -> None:
    name = place.drop()
    place.wire.plan = lambda _: Fault.UNREACHABLE
    place.fire("southwark", name)
    with pytest.raises(ExchangeError, match="STO-004"):
        place.round(minutes=3)
    place.wire.plan = lambda _: None

    assert place.round(minutes=4).taken == 1
    chain = place.world.exchange.ledger.events(place.task("southwark", name).event)
    assert [(event.step, event.counts.get("minutes_ago")) for event in chain] == [("attempted", 7), ("found", None)]


def test_one_borough_that_cannot_be_looked_into_holds_up_no_other(place: Place) -> None:
    place.drop("southwark", "pupils")
    place.drop("lambeth", "households")
    place.wire.plan = lambda request: Fault.UNREACHABLE if "lambeth-inbox" in request.path else None

    done = place.round(minutes=5)

    assert (done.unseen, done.taken) == (1, 1)
    assert place.world.statuses("southwark") == ["accepted"]


def test_what_a_function_has_begun_is_not_begun_twice_until_it_must_have_ended(place: Place) -> None:
    name = place.drop()
    place.world.exchange.ledger.record(
        place.task("southwark", name).event, "found", service="intake", tenant="southwark"
    )

    rounds = [place.round(minutes=10) for _ in range(4)]

    assert [done.taken for done in rounds] == [0, 0, 1, 0]
    assert not any(done.late for done in rounds), "a long run is no alarm"


NAMES = ["Year 6.parquet", "a+b", "a%20b", "a#b", "a?b", "Zoë.parquet", "😀", "a//b", "trailing ", "a%2Fb"]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_loses_a_drop(place: Place, name: str) -> None:
    sealed = place.world.seal("southwark", "pupils", table("pupils", [pupil()]))
    client = place.world.storage.service.get_blob_client("southwark-inbox", name)
    client.upload_blob(sealed.data, metadata=sealed.metadata)

    done = [place.round(minutes=5) for _ in range(2)]

    assert done[-1].waiting == ()
    assert place.world.statuses("southwark") == (["rejected"] if name == "a//b" else ["accepted"])


def test_an_event_that_names_a_blob_otherwise_than_it_is_called_means_the_one_that_is_there(place: Place) -> None:
    sealed = place.world.seal("southwark", "pupils", table("pupils", [pupil()]))
    place.world.storage.inbox("southwark").create("Year%206.parquet", sealed.data, sealed.metadata)

    drop = receive(place.world.exchange, tenant="southwark", container="southwark-inbox", name="Year 6.parquet")

    assert place.world.report("southwark", drop)["status"] == "accepted"
    assert place.steps("southwark", "Year 6.parquet") == ["renamed"]
    assert place.round(minutes=10).waiting == ()


def poisoned(place: Place, container: str, name: str, function: str = "drop_southwark") -> None:
    give_up(place.poison, PoisonMessage(f"Host.Functions.{function}", container, name, '"0x1"'))


def test_a_poison_message_goes_when_its_blob_has_an_outcome_is_gone_or_is_cared_for(place: Place) -> None:
    ended, fresh = place.drop(), "fresh.parquet"
    place.fire("southwark", ended)
    sealed = place.world.seal("southwark", "pupils", table("pupils", [pupil(2)]))
    place.world.storage.inbox("southwark").create(fresh, sealed.data, sealed.metadata)
    for name in (ended, fresh, "never-there.parquet"):
        poisoned(place, "southwark-inbox", name)

    done = place.round(minutes=1)

    assert (done.cleared, done.stays) == (3, ())
    assert how_many(place.poison) == 0
    assert place.steps("southwark", "never-there.parquet") == ["gone", "cleared"]
    assert place.steps("southwark", ended) == ["found", "cleared"]
    assert len(done.waiting) == 1  # the fresh one: its grace is not over


def test_what_cannot_be_read_or_is_nobodys_stays_with_its_age_and_its_last_day(place: Place) -> None:
    with QueueClient.from_connection_string(place.account, "webjobs-blobtrigger-poison") as raw:
        raw.send_message("[" * 20_000)
        raw.send_message(base64.b64encode(b"{}").decode())
    poisoned(place, "somebody-else", "a.parquet")

    place.clock.pass_by(days=2)
    done = place.round(minutes=1)

    [stays] = done.stays
    assert (stays.where, stays.count, done.cleared) == ("webjobs-blobtrigger-poison", 3, 0)
    assert stays.since is not None
    assert stays.gone_on is not None
    assert stays.gone_on - stays.since == timedelta(days=7)
    assert how_many(place.poison) == 3


def test_what_cannot_be_settled_now_is_for_a_person_only_after_a_day(place: Place) -> None:
    poisoned(place, "southwark-inbox", place.drop())
    place.wire.plan = lambda request: Fault.UNREACHABLE if "/event/" in request.path else None

    assert [(done.cleared, done.stays) for done in [place.round(minutes=5)]] == [(0, ())]
    [stays] = place.round(days=1).stays
    assert (stays.where, stays.count) == ("webjobs-blobtrigger-poison", 1)
    place.wire.plan = lambda _: None
    assert place.round(minutes=5).stays == ()
    assert how_many(place.poison) == 0


def test_a_letter_that_meets_a_defect_stays_and_holds_up_no_other(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bad.parquet", "good.parquet"):
        poisoned(place, "southwark-inbox", name)
    sound = letters.attend

    def attend_but_one(exchange: Any, task: Task, attempts: Attempts) -> Any:
        if task.name == "bad.parquet":
            raise ValueError("a defect")
        return sound(exchange, task, attempts)

    monkeypatch.setattr(letters, "attend", attend_but_one)

    done = place.round(minutes=1)

    assert (done.cleared, [stays.count for stays in done.stays]) == (1, [1])


def test_an_attempt_that_no_ledger_will_ever_take_does_not_bar_the_others(place: Place) -> None:
    name = place.drop()
    place.wire.plan = lambda _: Fault.UNREACHABLE
    place.fire("southwark", name)
    place.wire.plan = lambda _: None
    chain = place.task("southwark", name).event.replace(":", "/")
    place.world.storage.ledger().create(f"{chain}/0007.json", b"{}", {"step": "found", "hash": "0" * 64})
    place.drop("lambeth", "households")

    done = place.round(minutes=20)

    assert (done.taken, [waiting.code for waiting in done.waiting]) == (1, ["LED-001"])
    assert len(done.late) == 1


def test_dead_letters_go_in_the_same_way_whole_files_at_a_time(place: Place) -> None:
    name = place.drop()
    box = place.world.storage.dead_letters()

    def event(container: str, blob: str) -> dict[str, Any]:
        url = f"https://bxexch.blob.core.windows.net/{container}/{blob}"
        return {
            "id": "1", "eventType": "Microsoft.Storage.BlobCreated", "data": {"url": url},
            "subject": f"/blobServices/default/containers/{container}/blobs/{blob}",
        }  # fmt: skip

    box.create("one.json", json.dumps([event("southwark-inbox", name)]).encode())
    box.create("two.json", json.dumps([event("southwark-inbox", name), event("stranger", "b")]).encode())
    box.create("three.json", b"{")

    done = place.round(minutes=5)

    assert [blob.name for blob in box.list()] == ["three.json", "two.json"]
    assert done.cleared == 1
    assert [(left.where, left.count) for left in done.stays] == [("deadletter", 2)]


def test_what_a_round_does_is_a_subject_of_the_ledger(place: Place) -> None:
    place.drop()
    place.round(minutes=5)

    [subject] = place.world.exchange.ledger.subjects("reconcile")
    [event] = place.world.exchange.ledger.events(subject)
    assert subject.startswith("reconcile:20261121-0935-")
    assert event.counts == {
        "looked": 1, "unseen": 0, "taken": 1, "no_event": 1, "woken": 0, "waiting": 0, "oldest_minutes": 0,
        "given_up": 0, "cleared": 0, "stays": 0,
    }  # fmt: skip


def test_what_is_late_is_told_to_the_ledger_once_an_hour(place: Place) -> None:
    place.keys.away = {"KEY-003"}
    place.fire("southwark", place.drop())

    for _ in range(24):  # two hours
        place.round(minutes=5)

    ledger = place.world.exchange.ledger
    counts = [ledger.events(subject)[0].counts for subject in ledger.subjects("reconcile")]
    assert [(said["waiting"], said["oldest_minutes"]) for said in counts] == [(1, 30), (1, 90)]


def test_what_has_ended_is_known_for_each_borough_apart(place: Place) -> None:
    place.fire("southwark", place.drop())

    assert len(settled(place.world.exchange, "southwark")) == 1
    assert settled(place.world.exchange, "lambeth") == {}


def test_a_name_that_comes_again_is_another_file(place: Place) -> None:
    """As of a supplier who calls every month's extract the same: the sweep has taken the last one."""
    inbox = place.world.storage.inbox("southwark")
    for serial in (1, 2):
        sealed = place.world.seal("southwark", "pupils", table("pupils", [pupil(serial)]), prepared_at=place.clock.now)
        inbox.create("pupils.parquet", sealed.data, sealed.metadata)
        assert place.round(minutes=5).taken == 1
        inbox.delete("pupils.parquet")
        place.clock.pass_by(days=1)

    assert place.world.statuses("southwark") == ["accepted", "accepted"]


def test_a_file_under_a_name_that_an_event_had_in_vain_is_taken_in(place: Place) -> None:
    place.fire("southwark", "early.parquet")
    sealed = place.world.seal("southwark", "pupils", table("pupils", [pupil()]))
    place.world.storage.inbox("southwark").create("early.parquet", sealed.data, sealed.metadata)

    place.round(minutes=40)

    assert place.world.statuses("southwark") == ["accepted", "rejected"]


def test_storage_is_only_looked_at_for_what_it_is(place: Place) -> None:
    """No blob is read in a round that has nothing to do."""
    place.fire("southwark", place.drop())
    place.round(minutes=10)
    place.wire.requests.clear()

    place.round(minutes=5)

    paths = [request.path for request in place.wire.requests]
    assert {request.method for request in place.wire.requests} == {"GET"}
    # Inbox, requests, outcomes, and marks of work that waits.
    assert len(paths) == 4 * len(place.world.agreement.controllers) + 1
    assert not any(path.endswith(".parquet") for path in paths)
    assert isinstance(place.world.storage, Storage)
