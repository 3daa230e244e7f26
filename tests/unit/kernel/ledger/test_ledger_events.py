"""What an event may hold, and that it cannot be changed unnoticed."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.errors import LedgerBroken, LedgerRefused
from shared.kernel.ledger.events import START, Event, check_subject

EVENT = Event(
    seq=1,
    subject="drop:0123456789abcdef0123456789abcdef",
    step="received",
    at="2026-11-21T09:30:00Z",
    service="intake",
    tenant="hammersmith-and-fulham",
    agreement="fsm@1.0.0",
    previous=START,
    counts={"rows": 10_000, "excluded.no_qualifying_benefit": 3, "PUP-014": 2},
    hashes={"sha256": "ab" * 32, "matches": "0" * 64},
    codes=("pupils", "2026-autumn", "fsm-registration", "ENV-001", "208", "fsm@1.0.0", "partly_accepted"),
)

PERSONAL = [
    "Amy",
    "Okafor",
    "amy okafor",
    "O'Brien",
    "Łukasz",
    "B801200005001",
    "b801200005001",
    "9276308686",
    "AB123456C",
    "ab123456c",
    "100023336956",
    "2014-05-01",
    "20140501",
    "born-2014-05-01",
    "01/05/2014",
    "SW2 5SG",
    "SW25SG",
    "14 Acre Lane",
    "amy@example.org, Lambeth",
    "",
    "a" * 97,
]


@pytest.mark.parametrize("value", PERSONAL)
@pytest.mark.parametrize("field", ["step", "at", "service", "tenant", "agreement", "previous", "subject"])
def test_no_field_holds_a_personal_value(field: str, value: str) -> None:
    with pytest.raises(LedgerRefused, match=f"LED-003: The event's `{field}`") as refused:
        dataclasses.replace(EVENT, **{field: value})  # type: ignore[arg-type]
    assert not value or value not in str(refused.value)


@pytest.mark.parametrize("value", PERSONAL)
def test_no_code_key_or_hash_is_a_personal_value(value: str) -> None:
    changes: list[dict[str, Any]] = [
        {"codes": (value,)},
        {"counts": {value: 1}},
        {"hashes": {value: "ab" * 32}},
        {"hashes": {"sha256": value}},
    ]
    for change in changes:
        with pytest.raises(LedgerRefused):
            dataclasses.replace(EVENT, **change)


@pytest.mark.parametrize("count", [-1, 10**12 + 1, 1.0, True, "1", None])
def test_a_count_is_a_whole_number_of_rows(count: Any) -> None:
    with pytest.raises(LedgerRefused, match="counts"):
        dataclasses.replace(EVENT, counts={"rows": count})


@pytest.mark.parametrize("seq", [0, -1, True, "1"])
def test_a_place_in_the_chain_is_a_number_from_one(seq: Any) -> None:
    with pytest.raises(LedgerRefused, match="seq"):
        dataclasses.replace(EVENT, seq=seq)


@pytest.mark.parametrize("previous", [None, 7, "ab" * 16])
def test_the_event_before_is_a_whole_hash(previous: Any) -> None:
    with pytest.raises(LedgerRefused, match="previous"):
        dataclasses.replace(EVENT, previous=previous)


@pytest.mark.parametrize("subject", ["", "drop", "drop:", "drop:a/b", ":a", "drop:a:b", "drop:../a", "DROP:a"])
def test_a_subject_is_a_kind_and_an_id(subject: str) -> None:
    with pytest.raises(LedgerRefused, match="subject"):
        check_subject(subject)


def test_what_is_stored_is_read_back() -> None:
    assert Event.from_json(EVENT.to_json()) == EVENT


def test_the_same_event_has_the_same_bytes_whatever_the_order_of_its_facts() -> None:
    other = dataclasses.replace(EVENT, counts=dict(reversed(EVENT.counts.items())), codes=list(EVENT.codes))  # type: ignore[arg-type]
    assert (other.to_json(), other.hash) == (EVENT.to_json(), EVENT.hash)


@given(st.data())
def test_no_byte_of_a_stored_event_can_be_changed_unnoticed(data: st.DataObject) -> None:
    stored = EVENT.to_json()
    place = data.draw(st.integers(0, len(stored) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != stored[place]))
    try:
        read = Event.from_json(stored[:place] + bytes([byte]) + stored[place + 1 :])
    except LedgerBroken as broken:
        assert broken.code == "LED-001"  # noqa: PT017
    else:
        raise AssertionError(f"read as {read}")


@pytest.mark.parametrize("document", [b"", b"null", b"[]", b"{}", b'{"hash": "x"}', b"\xff", b"[" * 20_000])
def test_what_is_no_event_is_not_read_as_one(document: bytes) -> None:
    with pytest.raises(LedgerBroken, match="LED-001"):
        Event.from_json(document)


def test_an_event_with_a_further_field_is_refused() -> None:
    facts = json.loads(EVENT.to_json()) | {"surname": "Okafor"}
    with pytest.raises(LedgerBroken) as broken:
        Event.from_json(json.dumps(facts).encode())
    assert "Okafor" not in str(broken.value)
