"""A year of two boroughs, day by day, on an emulator whose clock runs with the exchange's.

Drops, results, requests and claims come in bursts, some with snapshots, some only as blocks that nobody committed;
events are given up into both kinds of poison queue, others become dead letters. Sweeps are killed between any two
writes and started again; now and then nothing sweeps for three nights; the lifecycle policy runs when it likes, or not.
Whatever happens:

- nothing is ever 30 days old,
- nothing goes before its day,
- what went is in exactly one certificate, and every certificate holds.
"""

from __future__ import annotations

import base64
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.queue import QueueClient

from shared.agreements.registry import load_agreement
from shared.kernel.disposal.objects import object_id
from shared.kernel.disposal.sweep import sweep
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.exchange import Exchange
from shared.kernel.intake.identity import derived_id
from shared.kernel.ledger.chain import Ledger, verify_chain
from shared.kernel.storage.areas import Area
from shared.kernel.storage.poison import QUEUE, PoisonQueue
from tests.clock import Clock, clocked_account
from tests.wire import Fault, Killed, Wire, at_write, no_faults
from tests.world import agreements_of

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
SLUGS = ("lambeth", "southwark")
OWNERS = (*SLUGS, EXCHANGE)
AGREEMENT = load_agreement("fsm").model_copy(update={"controllers": SLUGS})
RETENTION = AGREEMENT.retention
DAYS = RETENTION.sweep_days["inbox"]
NIGHTS_WITHOUT = 3
"""As many as may be missed in a row: the promise is made for that."""
POISON = (QUEUE, "drop-lambeth-poison")


@dataclass(frozen=True)
class Thing:
    """One object that was ever there, as the service lists it and not as the product does."""

    place: str
    """Container or queue."""
    name: str
    """Of the blob, or id of the message."""
    snapshot: str = ""


@dataclass
class Year:
    """The account over the year, and an account of everything that was ever in it."""

    clock: Clock
    connection: str
    keys: Path
    chance: random.Random
    born: dict[Thing, datetime] = field(default_factory=dict)
    ids: dict[Thing, str] = field(default_factory=dict)
    """What certificates call it."""
    owner: dict[Thing, str] = field(default_factory=dict)
    here: set[Thing] = field(default_factory=set)
    blocks: set[Thing] = field(default_factory=set)
    """Blocks that were never committed: nobody is about to, so they may go at once."""
    gone: dict[Thing, datetime] = field(default_factory=dict)
    by_policy: set[Thing] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.wire = Wire()
        self.storage = self.wire.storage(self.connection)
        self.poison = PoisonQueue.connect(self.connection)
        self.exchange = Exchange(
            agreements=agreements_of(AGREEMENT),
            storage=self.storage,
            keys=LocalKeyRing(self.keys),
            ledger=Ledger(self.storage.ledger(), clock=self.clock),
            clock=self.clock,
        )
        self.storage.ensure_containers(AGREEMENT.controllers)
        for queue in POISON:
            self.poison.every.ensure(queue)
        self.there = self.storage.containers()
        self.queues = {name: QueueClient.from_connection_string(self.connection, name) for name in POISON}

    def close(self) -> None:
        for queue in self.queues.values():
            queue.close()
        self.poison.every.close()
        self.storage.close()

    def arrive(self, day: int) -> None:
        """Some things come to be, where the dice say."""
        storage, dice = self.storage, self.chance
        for number in range(dice.randint(3, 7)):
            slug, name = dice.choice(SLUGS), f"{day}/{number}-{dice.getrandbits(128):032x}"
            kind = dice.choice(
                ("inbox", "outbox", "staging", "requests", "claims", "inbox", "blocks", "poison", "dead")
            )
            if kind == "poison":
                place = dice.choice(POISON)
                # As the host keeps them: without an end of their own.
                sent = self.queues[place].send_message(base64.b64encode(name.encode()).decode(), time_to_live=-1)
                self._note(Thing(place, str(sent.id)), EXCHANGE, derived_id("message", str(sent.id)))
            elif kind == "dead":
                letters = storage.dead_letters()
                self._note_blob(letters, name, EXCHANGE, letters.create(name, b"[]").etag)
            elif kind == "blocks":
                inbox = storage.inbox(slug)
                inbox.client.get_blob_client(name).stage_block("AAAA", b"begun")
                [listed] = inbox.client.list_blobs(name_starts_with=name, include=["uncommittedblobs"])
                self.blocks.add(self._note_blob(inbox, name, slug, str(listed.etag or "")))
            else:
                area = getattr(storage, kind)(slug)
                etag = area.create(name, b"x").etag
                self._note_blob(area, name, slug, etag)
                if kind == "inbox" and dice.random() < 0.4:
                    mark = area.client.get_blob_client(name).create_snapshot()["snapshot"]
                    self._note_blob(area, name, slug, etag, mark)

    def _note_blob(self, area: Area, name: str, owner: str, etag: str, snapshot: str = "") -> Thing:
        full = area.prefix + name
        return self._note(Thing(area.container, full, snapshot), owner, object_id(area.container, full, etag, snapshot))

    def _note(self, thing: Thing, owner: str, known_as: str) -> Thing:
        self.born[thing] = self.clock.now.replace(microsecond=0)
        self.ids[thing], self.owner[thing] = known_as, owner
        self.here.add(thing)
        return thing

    def apply_policy(self) -> None:
        """A run of the lifecycle policy: of blobs that are older than its days, most go, with their snapshots."""
        for thing in sorted(self.here, key=lambda thing: (thing.place, thing.name)):
            age = self.clock.now - self.born[thing]
            if thing.place in POISON or thing.snapshot or thing in self.blocks:
                continue
            if age > timedelta(days=RETENTION.lifecycle_days) and self.chance.random() < 0.8:
                self.storage.service.get_container_client(thing.place).delete_blob(
                    thing.name, delete_snapshots="include"
                )
                self.by_policy.add(thing)
        self.look()

    def look(self) -> None:
        """What went since the last look? And is what is there young enough?"""
        for thing in self.here - self._listed():
            self.here.remove(thing)
            self.gone[thing] = self.clock.now
            early = self.clock.now - self.born[thing] < timedelta(days=DAYS)
            assert not early or thing in self.blocks, f"too early: {thing.place}"
        self.assert_young()

    def _listed(self) -> set[Thing]:
        there = set()
        for place in {thing.place for thing in self.here}:
            if place in POISON:
                there |= {Thing(place, str(message.id)) for message in self.queues[place].peek_messages(32)}
                continue
            found = self.storage.service.get_container_client(place).list_blobs(
                include=["snapshots", "uncommittedblobs"]
            )
            there |= {Thing(place, blob.name, blob.snapshot or "") for blob in found}
        return there

    def assert_young(self) -> None:
        """What is there now, as far as anybody has seen, is young enough."""
        for thing in self.here:
            assert self.clock.now - self.born[thing] < timedelta(days=RETENTION.promise_days), (
                f"too late: {thing.place}"
            )

    def sweep(self, owner: str) -> None:
        """The nightly sweep; one in five is killed somewhere, and started again by the host until it is through."""
        self.assert_young()
        self.wire.requests.clear()
        if self.chance.random() < 0.2:
            self.wire.plan = at_write(self.chance.randint(1, 14), Fault.KILLED_AFTER)
            with suppress(Killed):
                sweep(self.exchange, self.poison, owner, self.there)
            self.wire.plan = no_faults
        sweep(self.exchange, self.poison, owner, self.there)

    def is_quiet(self, owner: str) -> bool:
        """Whether nothing of the owner's is near its day. The sweep would find nothing; in such weeks one a week has to
        do, so that the year does not take an hour."""
        oldest = min((self.born[thing] for thing in self.here if self.owner[thing] == owner), default=self.clock.now)
        return self.clock.now - oldest < timedelta(days=DAYS - 1) and self.clock.now.weekday() > 0

    def certificates(self) -> Iterator[dict[str, Any]]:
        for owner in OWNERS:
            area = self.storage.certificates(owner)
            for blob in area.list():
                body = verify_statement(area.read(blob.name).data, self.exchange.keys.public_key)["body"]
                assert body["borough"] == owner
                yield body


@pytest.fixture(params=[20260901])
def year(request: pytest.FixtureRequest, keys_folder: Path) -> Iterator[Year]:
    clock, connection = clocked_account(START)
    year = Year(clock, connection, keys_folder / "keys", random.Random(request.param))
    yield year
    year.close()


def test_nothing_is_ever_too_old_and_nothing_goes_too_early(year: Year) -> None:
    dice, outage, rested, outages, policy_due = year.chance, 0, 0, 0, START
    busy = {first + day for first in range(0, 365, 73) for day in range(dice.randint(3, 6))}
    for day in range(365):
        year.clock.go(START + timedelta(days=day))
        awake = [owner for owner in OWNERS if not year.is_quiet(owner)]
        rested += 1
        if outage:
            outage, rested = outage - 1, 0
        elif awake and rested > NIGHTS_WITHOUT and dice.random() < 0.2:
            outage, outages = NIGHTS_WITHOUT - 1, outages + 1
        else:
            for owner in awake:
                year.sweep(owner)
        if awake:
            year.look()
        if awake and year.clock.now >= policy_due:
            year.apply_policy()
            policy_due = year.clock.now + timedelta(days=dice.randint(2, 6))
        if day in busy:
            year.clock.pass_by(hours=dice.uniform(0, 23))
            year.arrive(day)

    told: Counter[str] = Counter()
    ways: Counter[str] = Counter()
    for body in year.certificates():
        assert (body["not_destroyed"], body["missing"]) == ([], [])
        # Where a sweep was killed between discarding blocks and deleting what that made, the rest is one thing more.
        told.update(entry["id"] for entry in body["destroyed"] if entry["state"] != "discarded")
        ways.update(entry["mechanism"] for entry in body["destroyed"])
    assert set(told) == {year.ids[thing] for thing in year.gone}
    assert set(told.values()) == {1}
    ledger = year.exchange.ledger
    for subject in ledger.subjects("sweep"):
        verify_chain(ledger.events(subject))
    # The dice have shown all of it.
    assert len(year.gone) > 100
    assert {thing.place for thing in year.gone} >= {*POISON, "deadletter", *(f"{slug}-inbox" for slug in SLUGS)}
    assert year.blocks & set(year.gone)
    assert any(thing.snapshot for thing in year.gone)
    assert year.by_policy, "the dice never let the policy come first"
    assert ways["lifecycle_policy"]
    assert ways["sweep"]
    assert outages > 1
