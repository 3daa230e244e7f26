"""A period of the ledger costs what lies in the period, whatever lies around it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.kernel.ledger.chain import Ledger
from shared.kernel.ledger.events import Event
from shared.kernel.storage.areas import Area, Blob
from shared.kernel.storage.storage import Storage
from tests.memory import MemoryBlobs

FIRST = datetime(2026, 9, 1, tzinfo=UTC)
BEGINS, ENDS = FIRST + timedelta(days=20), FIRST + timedelta(days=27)


@pytest.fixture
def ledger(service: MemoryBlobs, storage: Storage) -> Ledger:
    """Forty days: a drop each day, which is released three days later."""
    now = [FIRST]
    ledger = Ledger(storage.ledger(), clock=lambda: now[0])
    container = service.containers["ledger"]
    for day in range(40):
        for subject, step in ((f"drop:{day:032x}", "received"), (f"drop:{day - 3:032x}", "done")):
            if day < 3 and step == "done":
                continue
            now[0] = FIRST + timedelta(days=day, hours=9)
            ledger.record(subject, step, service="intake", tenant="lambeth")
    for name, blob in container.items():
        seq, drop = int(name[-9:-5]), int(name.split("/")[1], 16)
        blob.created = FIRST + timedelta(days=drop + 3 * (seq - 1), hours=9)
    return ledger


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the blobs that are opened."""
    names: list[str] = []
    before = Area.read

    def note(self: Area, name: str, **how: object) -> Blob:
        names.append(name)
        return before(self, name, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Area, "read", note)
    return names


def subjects(chains: list[dict[str, bytes]]) -> list[str]:
    return [Event.from_json(next(iter(chain.values()))).subject for chain in chains]


def test_what_lies_outside_of_the_period_is_not_opened(ledger: Ledger, read: list[str]) -> None:
    chains = list(ledger.of_period(BEGINS, ENDS))
    assert subjects(chains) == [f"drop:{day:032x}" for day in range(16, 28)], "and those of a day around it"
    assert {len(chain) for chain in chains} == {2}, "whole"
    assert len(read) == 24


def test_a_chain_whose_blobs_claim_another_time_is_found_by_the_services_own(
    ledger: Ledger, service: MemoryBlobs
) -> None:
    altered = service.containers["ledger"][f"drop/{22:032x}/0001.json"]
    altered.metadata["at"] = "2020-01-01T00:00:00Z"
    service.containers["ledger"][f"drop/{22:032x}/0002.json"].metadata["at"] = "2020-01-01T00:00:00Z"
    assert f"drop:{22:032x}" in subjects(list(ledger.of_period(BEGINS, ENDS)))


def test_a_chain_of_before_events_told_their_time_is_read(ledger: Ledger, service: MemoryBlobs) -> None:
    del service.containers["ledger"][f"drop/{5:032x}/0001.json"].metadata["at"]
    assert f"drop:{5:032x}" in subjects(list(ledger.of_period(BEGINS, ENDS)))


def test_the_index_says_what_the_event_says(ledger: Ledger, service: MemoryBlobs) -> None:
    for blob in service.containers["ledger"].values():
        assert blob.metadata["at"] == json.loads(blob.data)["at"]
