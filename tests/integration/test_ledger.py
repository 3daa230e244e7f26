"""The ledger on the real emulator: one event per step, whoever records it and however often."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest

from shared.kernel.errors import ConservationBroken, LedgerBroken, LedgerRefused, StorageUnavailable
from shared.kernel.ledger.chain import Ledger, verify_chain
from shared.kernel.storage.storage import Storage
from tests.wire import Fault, Killed, Wire, at_write

DROP = "drop:0123456789abcdef0123456789abcdef"
OF_LAMBETH = {"service": "intake", "tenant": "lambeth"}


def ticking() -> Iterator[datetime]:
    """A clock that moves on by a second at each look."""
    return (datetime(2026, 11, 21, 9, 30, tzinfo=UTC) + timedelta(seconds=seconds) for seconds in count())


def ledger_on(storage: Storage) -> Ledger:
    return Ledger(storage.ledger(), agreement="fsm@1.0.0", clock=ticking().__next__)


@pytest.fixture
def ledger(storage: Storage) -> Ledger:
    return ledger_on(storage)


def test_steps_form_a_chain(ledger: Ledger) -> None:
    received = ledger.record(DROP, "received", **OF_LAMBETH, counts={"rows": 3}, hashes={"sha256": "ab" * 32})
    done = ledger.record(DROP, "done", **OF_LAMBETH, codes=["accepted"])
    assert ledger.events(DROP) == (received, done)
    assert ledger.head(DROP) == done
    assert (received.seq, done.seq, done.previous) == (1, 2, received.hash)
    assert (done.at, done.agreement, done.codes) == ("2026-11-21T09:30:01Z", "fsm@1.0.0", ("accepted",))
    verify_chain(ledger.events(DROP), vouched=done.hash)


def test_of_a_subject_that_nothing_happened_to_there_is_nothing(ledger: Ledger) -> None:
    assert ledger.events(DROP) == ()
    assert ledger.head(DROP) is None
    assert not ledger.recorded(DROP, "received")
    assert list(ledger.subjects()) == []


def test_a_step_that_is_recorded_again_is_the_step_that_is_there(ledger: Ledger) -> None:
    first_time = ledger.record(DROP, "received", **OF_LAMBETH)
    ledger.record(DROP, "done", **OF_LAMBETH)
    assert ledger.record(DROP, "received", **OF_LAMBETH) == first_time
    assert [event.step for event in ledger.events(DROP)] == ["received", "done"]
    assert ledger.recorded(DROP, "done")
    assert not ledger.recorded(DROP, "refused")


def test_chains_of_different_subjects_are_apart(ledger: Ledger) -> None:
    for subject in (DROP, f"{DROP}0", "run:00"):
        assert ledger.record(subject, "received", **OF_LAMBETH).seq == 1
        assert ledger.record(subject, "done", **OF_LAMBETH).seq == 2
    assert list(ledger.subjects()) == sorted([DROP, f"{DROP}0", "run:00"])
    assert list(ledger.subjects("run")) == ["run:00"]


def test_times_are_utc_wherever_the_clock_hangs(storage: Storage) -> None:
    paris = datetime(2026, 7, 1, 12, 0, 30, 999, tzinfo=timezone(timedelta(hours=2)))
    event = Ledger(storage.ledger(), agreement="fsm@1.0.0", clock=lambda: paris).record(DROP, "received", **OF_LAMBETH)
    assert event.at == "2026-07-01T10:00:30Z"
    now = Ledger(storage.ledger(), agreement="fsm@1.0.0").record(DROP, "done", **OF_LAMBETH).at
    assert abs(datetime.fromisoformat(now) - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("steps", [["received"] * 8, [f"step-{letter}" for letter in "abcdefgh"]], ids=["same", "each"])
def test_workers_who_record_at_once_leave_one_event_per_step(storage: Storage, steps: list[str]) -> None:
    together = threading.Barrier(len(steps))

    def record(step: str) -> str:
        together.wait()
        return ledger_on(storage).record(DROP, step, **OF_LAMBETH).hash

    with ThreadPoolExecutor(len(steps)) as pool:
        recorded = set(pool.map(record, steps))
    events = ledger_on(storage).events(DROP)
    verify_chain(events)
    assert sorted(event.step for event in events) == sorted(set(steps))
    assert {event.hash for event in events} == recorded


def test_a_chain_that_others_keep_writing_to_is_tried_again_later(storage: Storage) -> None:
    rival = ledger_on(storage)
    names = (f"rival-{letter}{other}" for letter in "abcdefghij" for other in "abcdefghij")

    def while_the_rival_is_quicker() -> datetime:
        rival.record(DROP, next(names), **OF_LAMBETH)
        return datetime(2026, 11, 21, tzinfo=UTC)

    slow = Ledger(storage.ledger(), agreement="fsm@1.0.0", clock=while_the_rival_is_quicker)
    with pytest.raises(StorageUnavailable, match="too busy"):
        slow.record(DROP, "received", **OF_LAMBETH)
    verify_chain(rival.events(DROP))


def test_an_event_whose_answer_is_lost_is_there_once(account: str, storage: Storage) -> None:
    ledger_on(storage).record(DROP, "received", **OF_LAMBETH)
    with Wire(at_write(1, Fault.ANSWER_LOST)).storage(account) as shaky:
        ledger_on(shaky).record(DROP, "done", **OF_LAMBETH)
    assert [event.step for event in ledger_on(storage).events(DROP)] == ["received", "done"]


@pytest.mark.parametrize("fault", [Fault.KILLED_BEFORE, Fault.KILLED_AFTER])
def test_whoever_is_killed_while_recording_can_start_again(account: str, storage: Storage, fault: Fault) -> None:
    with Wire(at_write(1, fault)).storage(account) as doomed, pytest.raises(Killed):
        ledger_on(doomed).record(DROP, "received", **OF_LAMBETH)
    again = ledger_on(storage).record(DROP, "received", **OF_LAMBETH)
    assert ledger_on(storage).events(DROP) == (again,)


def test_recording_a_step_takes_two_requests_however_long_the_chain(account: str, storage: Storage) -> None:
    for letter in "abcdef":
        ledger_on(storage).record(DROP, f"step-{letter}", **OF_LAMBETH)
    wire = Wire()
    with wire.storage(account) as watched:
        ledger_on(watched).record(DROP, "done", **OF_LAMBETH)
    assert [request.method for request in wire.requests] == ["GET", "PUT"]


def test_what_could_be_personal_is_not_recorded(ledger: Ledger) -> None:
    with pytest.raises(LedgerRefused):
        ledger.record(DROP, "received", **OF_LAMBETH, codes=["Okafor"])
    with pytest.raises(LedgerRefused):
        ledger.record("drop:", "received", **OF_LAMBETH)
    assert list(ledger.subjects()) == []


def test_rows_that_balance_are_recorded(ledger: Ledger) -> None:
    event = ledger.conserve(
        DROP, **OF_LAMBETH, rows_in=10, ends={"rejected": 3, "excluded.home_unknown": 2, "routed": 5}
    )
    assert (event.step, event.counts) == (
        "conserved",
        {"rows_in": 10, "rejected": 3, "excluded.home_unknown": 2, "routed": 5},
    )


def test_rows_that_do_not_balance_stop_the_work_and_leave_a_trace(ledger: Ledger) -> None:
    for _ in range(2):
        with pytest.raises(ConservationBroken, match="LED-002"):
            ledger.conserve(DROP, **OF_LAMBETH, rows_in=10, ends={"matched": 12, "review": -1})
    (event,) = ledger.events(DROP)
    assert (event.step, event.codes, event.counts) == ("unbalanced", ("LED-002",), {"rows_in": 10, "matched": 12})
    ledger.conserve(DROP, **OF_LAMBETH, rows_in=10, ends={"matched": 10})
    assert [event.step for event in ledger.events(DROP)] == ["unbalanced", "conserved"]


def test_an_event_that_was_removed_shows_at_the_next_look(storage: Storage, ledger: Ledger) -> None:
    for step in ("received", "staged", "done"):
        ledger.record(DROP, step, **OF_LAMBETH)
    storage.ledger().delete(DROP.replace(":", "/") + "/0002.json")
    anew = Ledger(storage.ledger())  # who has just recorded to a chain does not look at it again
    for look in (ledger.events, ledger.head, lambda drop: anew.record(drop, "more", **OF_LAMBETH)):
        with pytest.raises(LedgerBroken, match="gap"):
            look(DROP)


def test_an_event_that_was_altered_shows_when_it_is_read(storage: Storage, ledger: Ledger) -> None:
    ledger.record(DROP, "received", **OF_LAMBETH, counts={"rows": 3})
    area, name = storage.ledger(), DROP.replace(":", "/") + "/0001.json"
    blob = area.read(name)
    area.replace(name, blob.data.replace(b'"rows":3', b'"rows":2'), blob.etag, blob.metadata)
    with pytest.raises(LedgerBroken, match=r"Event 1 of drop:\w+ was altered"):
        ledger.events(DROP)


def test_a_blob_that_somebody_laid_among_the_events_shows(storage: Storage, ledger: Ledger) -> None:
    storage.ledger().create(DROP.replace(":", "/") + "/0001.json", b"{}")
    for look in (lambda drop: ledger.record(drop, "more", **OF_LAMBETH), lambda drop: ledger.recorded(drop, "more")):
        with pytest.raises(LedgerBroken, match="no event"):
            look(DROP)
