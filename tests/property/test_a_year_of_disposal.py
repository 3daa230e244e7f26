"""A year of one borough, day by day, on an emulator whose clock runs with the exchange's.

Drops, results, requests and claims come in bursts; sweeps are killed between any two writes and started again; now and
then nothing sweeps for three days; the lifecycle policy runs when it likes, or not. Whatever happens:

- nothing is ever 30 days old,
- nothing goes before its day,
- what went is in exactly one certificate, and every certificate holds.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.agreement.load import load_agreement
from shared.disposal.objects import object_id
from shared.disposal.sweep import sweep
from shared.envelope.ring import LocalKeyRing
from shared.envelope.statement import verify_statement
from shared.exchange import Exchange
from shared.ledger.chain import Ledger, verify_chain
from shared.storage.areas import Area
from shared.storage.poison import PoisonQueue
from tests.clock import Clock, clocked_account
from tests.wire import Fault, Killed, Wire, at_write, no_faults

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
SLUG = "southwark"
AGREEMENT = load_agreement().model_copy(update={"controllers": (SLUG,)})
RETENTION = AGREEMENT.retention


@dataclass
class Year:
    """The borough's containers over the year, and an account of everything that was ever in them."""

    clock: Clock
    connection: str
    keys: Path
    chance: random.Random
    born: dict[str, datetime] = field(default_factory=dict)
    """Every object ever, by id."""
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What is still there: container and blob by id."""
    gone: dict[str, datetime] = field(default_factory=dict)
    by_policy: set[str] = field(default_factory=set)
    told: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.wire = Wire()
        self.storage = self.wire.storage(self.connection)
        self.poison = PoisonQueue.connect(self.connection)
        self.exchange = Exchange(
            agreement=AGREEMENT,
            storage=self.storage,
            keys=LocalKeyRing(self.keys),
            ledger=Ledger(self.storage.ledger(), agreement=AGREEMENT.reference, clock=self.clock),
            clock=self.clock,
        )
        self.storage.ensure_containers(AGREEMENT)
        self.there = self.storage.containers()

    def close(self) -> None:
        self.poison.close()
        self.storage.close()

    def arrive(self, day: int) -> None:
        """Some things are written, each into a container of the dice's choosing."""
        where = (self.storage.inbox, self.storage.outbox, self.storage.staging, self.storage.requests)
        for number in range(self.chance.randint(1, 6)):
            area = self.chance.choice((*where, self.storage.claims))(SLUG)
            name = f"{day}/{number}-{self.chance.getrandbits(128):032x}"
            self.note(area, name, area.create(name, b"x").etag)

    def note(self, area: Area, name: str, etag: str) -> None:
        held = object_id(area.container, area.prefix + name, etag)
        self.born[held] = self.clock.now.replace(microsecond=0)
        self.names[held] = (area.container, area.prefix + name)

    def apply_policy(self) -> None:
        """A run of the lifecycle policy: what is older than its days goes, most of it."""
        for held, (container, name) in list(self.names.items()):
            age = self.clock.now - self.born[held]
            if age > timedelta(days=RETENTION.lifecycle_days) and self.chance.random() < 0.8:
                self.storage.service.get_container_client(container).delete_blob(name)
                self.by_policy.add(held)
        self.look()

    def look(self) -> None:
        """What went since the last look? And is what is there young enough?"""
        there = set()
        for container in {container for container, _ in self.names.values()}:
            client = self.storage.service.get_container_client(container)
            there |= {(container, blob.name) for blob in client.list_blobs()}
        for held in [held for held, place in self.names.items() if place not in there]:
            del self.names[held]
            self.gone[held] = self.clock.now
            assert self.clock.now - self.born[held] >= timedelta(days=RETENTION.sweep_days["inbox"]), "too early"
        self.assert_young()

    def assert_young(self) -> None:
        """What is there now, as far as anybody has seen, is young enough."""
        for held in self.names:
            assert self.clock.now - self.born[held] < timedelta(days=RETENTION.promise_days), "too late"

    def sweep(self) -> None:
        """The nightly sweep; one in five is killed somewhere, and started again by the host until it is through."""
        self.assert_young()
        self.wire.requests.clear()
        if self.chance.random() < 0.2:
            self.wire.plan = at_write(self.chance.randint(1, 14), Fault.KILLED_AFTER)
            with suppress(Killed):
                sweep(self.exchange, self.poison, SLUG, self.there)
            self.wire.plan = no_faults
        sweep(self.exchange, self.poison, SLUG, self.there)
        self.look()

    def is_quiet(self) -> bool:
        """Whether nothing is near its day. The sweep would find nothing; in such weeks one a week has to do, so that
        the year does not take an hour."""
        oldest = min((self.born[held] for held in self.names), default=self.clock.now)
        return (
            self.clock.now - oldest < timedelta(days=RETENTION.sweep_days["inbox"] - 2) and self.clock.now.weekday() > 0
        )

    def certificates(self) -> Iterator[dict[str, Any]]:
        area = self.storage.certificates(SLUG)
        for blob in area.list():
            yield verify_statement(area.read(blob.name).data, self.exchange.keys.public_key)["body"]


@pytest.fixture(params=[20260901])
def year(request: pytest.FixtureRequest, tmp_path: Path, keys_folder: Path) -> Iterator[Year]:
    with clocked_account(tmp_path, START) as (clock, connection):
        year = Year(clock, connection, keys_folder / "keys", random.Random(request.param))
        yield year
        year.close()


def test_nothing_is_ever_too_old_and_nothing_goes_too_early(year: Year) -> None:
    outage, policy_due = 0, START
    busy = {first + day for first in range(0, 365, 45) for day in range(year.chance.randint(4, 8))}
    for day in range(365):
        year.clock.go(START + timedelta(days=day))
        if outage:
            outage -= 1
        elif year.is_quiet():
            pass
        elif year.chance.random() < 0.1:
            outage = 2  # and today: three nights without a sweep
        else:
            year.sweep()
        if year.clock.now >= policy_due and not year.is_quiet():
            year.apply_policy()
            policy_due = year.clock.now + timedelta(days=year.chance.randint(2, 4))
        if day in busy:
            year.clock.pass_by(hours=year.chance.uniform(0, 23))
            year.arrive(day)

    for body in year.certificates():
        assert (body["not_destroyed"], body["missing"]) == ([], [])
        year.told.update(entry["id"] for entry in body["destroyed"])
    assert len(year.gone) > 100
    assert year.by_policy, "the dice never let the policy come first"
    assert set(year.told) == set(year.gone)
    assert set(year.told.values()) == {1}
    ledger = year.exchange.ledger
    for subject in ledger.subjects("sweep"):
        verify_chain(ledger.events(subject))
