"""A process that has recorded to a chain before does not list it again, and is right all the same when it has grown."""

from __future__ import annotations

import pytest

from shared.kernel.ledger.chain import Ledger, verify_chain
from shared.kernel.storage.storage import Storage
from tests.wire import Wire

SUBJECT = "drop:0123456789abcdef0123456789abcdef"
FACTS = {"service": "intake", "tenant": "lambeth"}


def steps(storage: Storage) -> list[str]:
    chain = Ledger(storage.ledger()).events(SUBJECT)
    verify_chain(chain)
    return [event.step for event in chain]


def test_each_further_step_is_one_write(storage: Storage, account: str) -> None:
    wire = Wire()
    with wire.storage(account) as other:
        ledger = Ledger(other.ledger())
        for step in ("received", "conserved", "done"):
            ledger.under("fsm@1.0.0").record(SUBJECT, step, **FACTS)
    assert [request.method for request in wire.requests] == ["GET", "PUT", "PUT", "PUT"]
    assert steps(storage) == ["received", "conserved", "done"]


@pytest.mark.parametrize("others", [["released"], ["released", "withdrawn"], ["done"], ["done", "replaced"]])
def test_what_another_process_recorded_meanwhile_is_found(storage: Storage, others: list[str]) -> None:
    ours, theirs = Ledger(storage.ledger()), Ledger(storage.ledger())
    ours.record(SUBJECT, "received", **FACTS)
    for step in others:
        theirs.record(SUBJECT, step, **FACTS)
    event = ours.record(SUBJECT, "done", **FACTS)
    assert steps(storage) == ["received", *others, *([] if "done" in others else ["done"])]
    assert event in ours.events(SUBJECT)
    ours.record(SUBJECT, "collected", **FACTS)
    assert steps(storage)[-1] == "collected"


def test_a_step_that_this_process_has_recorded_is_not_recorded_again(storage: Storage) -> None:
    ledger = Ledger(storage.ledger())
    first = ledger.record(SUBJECT, "received", **FACTS)
    assert ledger.record(SUBJECT, "received", **FACTS) == first
    assert steps(storage) == ["received"]


def test_a_chain_that_ended_begins_anew(storage: Storage) -> None:
    ledger = Ledger(storage.ledger())
    ledger.record(SUBJECT, "received", **FACTS)
    ledger.over(storage.ledger()).end(SUBJECT)
    ledger.record(SUBJECT, "done", **FACTS)
    assert steps(storage) == ["done"]


def test_no_more_than_so_many_ends_are_kept(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.kernel.ledger.chain._MOST_ENDS", 2)
    ledger = Ledger(storage.ledger())
    for number in range(5):
        ledger.record(f"drop:{number:032x}", "received", **FACTS)
    assert len(ledger._ends) <= 2
