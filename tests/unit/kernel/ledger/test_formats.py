"""Every format that was ever written is read; what is newer is said to be newer; nothing says a thing twice."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.kernel.errors import LedgerBroken, NewerVersion
from shared.kernel.ledger.chain import SET_BACK, Ledger, verify_chain
from shared.kernel.ledger.events import FORMAT, START, Event
from shared.kernel.storage.storage import Storage

SUBJECT = f"drop:{'ab' * 16}"
EVENT = Event(1, SUBJECT, "received", "2026-11-21T09:30:00Z", "intake", "lambeth", "fsm@1.0.0", START, {"rows": 3})
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
FACTS: dict[str, Any] = {"service": "intake", "tenant": "lambeth"}


def hashed(facts: dict[str, Any]) -> bytes:
    """The facts as any version stores them: canonical, with their hash."""
    facts.pop("hash", None)
    document = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    whole = facts | {"hash": hashlib.sha256(document).hexdigest()}
    return json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()


def test_an_event_without_a_format_is_of_the_first() -> None:
    facts = json.loads(EVENT.to_json())
    del facts["format"]
    document = hashed(facts)
    event = Event.from_json(document)
    assert event.format == 1
    assert event.to_json() == document


def test_an_event_of_a_newer_version_is_said_to_be_one() -> None:
    facts = json.loads(EVENT.to_json()) | {"format": FORMAT + 1, "something": {"new": []}}
    with pytest.raises(NewerVersion, match="LED-010: An event of the ledger was written by a newer version"):
        Event.from_json(hashed(facts))


def test_an_altered_event_is_not_newer() -> None:
    document = EVENT.to_json().replace(f'"format":{FORMAT}'.encode(), f'"format":{FORMAT + 1}'.encode())
    with pytest.raises(LedgerBroken):
        Event.from_json(document)


@pytest.mark.parametrize(
    "document",
    [
        EVENT.to_json().replace(b'{"agreement"', b'{"counts":{"rows":9},"agreement"'),
        EVENT.to_json().replace(b'"rows":3', b'"rows":9,"rows":3'),
        EVENT.to_json().replace(b'"seq":1', b'"seq": 1'),
        EVENT.to_json() + b"\n",
    ],
    ids=["a name twice", "a name twice within", "a space", "a line end"],
)
def test_an_event_is_what_is_stored_to_the_last_byte(document: bytes) -> None:
    with pytest.raises(LedgerBroken):
        Event.from_json(document)


def test_a_chain_that_began_in_an_older_format_goes_on_in_this_one() -> None:
    first = Event.from_json(hashed({k: v for k, v in json.loads(EVENT.to_json()).items() if k != "format"}))
    second = Event(2, SUBJECT, "done", first.at, "intake", "lambeth", "fsm@1.0.0", first.hash)
    verify_chain((first, second))
    third = Event(3, SUBJECT, "repeated", first.at, "intake", "lambeth", "fsm@1.0.0", second.hash, format=1)
    with pytest.raises(LedgerBroken, match="older format"):
        verify_chain((first, second, third))


@pytest.mark.parametrize(("behind", "codes"), [(1, ()), (3600, (SET_BACK,))])
def test_events_of_a_chain_never_go_back_in_time(storage: Storage, behind: int, codes: tuple[str, ...]) -> None:
    now = [NOON]
    ledger = Ledger(storage.ledger(), agreement="fsm@1.0.0", clock=lambda: now[0])
    first = ledger.record(SUBJECT, "received", **FACTS)
    now[0] -= timedelta(seconds=behind)
    second = ledger.record(SUBJECT, "conserved", **FACTS)
    third = ledger.follow(second, SUBJECT, "done", **FACTS)
    assert [event.at for event in (second, third)] == [first.at, first.at]
    assert second.codes == third.codes == codes
    verify_chain(ledger.events(SUBJECT))


def test_time_that_goes_back_shows() -> None:
    later = Event(2, SUBJECT, "done", "2026-11-21T09:29:59Z", "intake", "lambeth", "fsm@1.0.0", EVENT.hash)
    with pytest.raises(LedgerBroken, match="Time goes back"):
        verify_chain((EVENT, later))
