"""Departed, ended, held, in quarantine, of another version: in whatever order events come, nothing of it is linked,
released or enrolled afterwards, and every sender of what lay there is told.

Random schedules of drops, work, decisions, orders and nights in the small world, over the blob service in memory. What
may be used is worked out anew here, from the schedule alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from shared.agreements.registry import load_agreement
from shared.kernel.errors import NotAgreed
from tests.memory import MemoryBlobs
from tests.unit.kernel.rights.nights import night, order, told
from tests.world import NOW, World, decision, household, make_world, pupil, put_postcodes

SCHOOLS = ("southwark", "wandsworth", "lewisham")
HOME = "lambeth"
LAST = date(2026, 12, 20)
"""The agreement's last day in these worlds."""
STEPS = 22
SEEDS = (1, 3)
_NAMES = ("Amara", "Bola", "Chidi", "Dayo", "Efe", "Femi")


@dataclass
class Schedule:
    """The world, what has happened in it, and what may be used by that."""

    world: World
    chance: random.Random
    drops: list[tuple[str, str, frozenset[int]]] = field(default_factory=list)
    """Sender, id and children of every file of pupils that was taken in, oldest first."""
    stopped: set[str] = field(default_factory=set)
    """Drops that were quarantined or held, whether the hold has ended or not."""
    holds: list[str] = field(default_factory=list)
    left: dict[str, date] = field(default_factory=dict)
    version: int = 0
    seen: set[str] = field(default_factory=set)
    """Releases that were there before."""
    done: list[str] = field(default_factory=list)
    """What happened, to be read when it goes wrong."""

    @property
    def today(self) -> date:
        return self.world.now[0].date()  # in winter London's day is UTC's

    def has_left(self, slug: str) -> bool:
        return slug in self.left and self.today >= self.left[slug]

    def usable(self) -> set[int]:
        """The children of the files that count of each borough and may be used."""
        if self.today > LAST or self.has_left(HOME):
            return set()
        found: set[int] = set()
        for slug in SCHOOLS:
            own = [(drop, children) for sender, drop, children in self.drops if sender == slug]
            if own and not self.has_left(slug) and own[-1][0] not in self.stopped:
                found |= own[-1][1]
        return found

    def step(self) -> None:
        steps = (
            self.drop,
            self.drop,
            self.claims,
            self.work,
            self.work,
            self.decide,
            self.order,
            self.renew,
            self.wait,
        )
        chosen = self.chance.choice(steps)
        self.done.append(chosen.__name__)
        chosen()
        self.check()

    def drop(self) -> None:
        slug = self.chance.choice(SCHOOLS)
        children = sorted(self.chance.sample(range(len(_NAMES)), self.chance.randint(1, 3)))
        mine = [child(number, slug) for number in children]
        id = self.world.receive(slug, self.world.drop(slug, "pupils", mine))
        report = self.world.report(slug, id)
        assert report["status"].startswith(("accepted", "rejected")), report["status"]
        # Of two that share no child the first counts, until its sender says otherwise.
        if id and report["facts"].get("counts") == "yes":
            # Numbers of children of one borough, so that no two boroughs share any.
            self.drops.append((slug, id, frozenset(number_of(slug, number) for number in children)))
        self.world.now[0] += timedelta(seconds=1)

    def claims(self) -> None:
        rows = [
            household(
                f"H{number_of(slug, n)}", child_forename=name, child_dob=born(n, slug), paon=str(number_of(slug, n))
            )
            for slug in SCHOOLS
            for n, name in enumerate(_NAMES)
        ]
        self.world.receive(HOME, self.world.drop(HOME, "households", rows))
        self.world.now[0] += timedelta(seconds=1)

    def work(self) -> None:
        with suppress(NotAgreed):
            self.world.carry_out_all()

    def decide(self) -> None:
        """Everything is confirmed that was ever sent home."""
        refs = {
            row["match_ref"]
            for name in self.seen
            if name.endswith("/matches.parquet") and name in self.releases()
            for row in self.world.open(HOME, name.partition("/")[2]).to_pylist()
        }
        if refs:
            rows = [decision(ref, decided_on=self.today) for ref in sorted(refs)]
            self.world.receive(HOME, self.world.drop(HOME, "decisions", rows))
            self.world.now[0] += timedelta(seconds=1)

    def order(self) -> None:
        word = self.chance.choice(("quarantine", "hold", "hold", "end", "leave"))
        if word == "leave" and not self.left:
            slug = self.chance.choice((*SCHOOLS, HOME) if self.chance.random() < 0.2 else SCHOOLS)
            self.left[slug] = self.today + timedelta(days=self.chance.choice((0, 0, 2)))
            order(self.world, "leave", slug, day=self.left[slug])
        elif word == "end" and self.holds:
            hold, sender = self.holds.pop().split()
            order(self.world, "end", sender, hold=hold)
        elif word in ("hold", "quarantine") and self.drops:
            sender, drop, _ = self.chance.choice(self.drops)
            what = {"why": "court", "day": date(2027, 3, 1)} if word == "hold" else {}
            id = order(self.world, word, sender, drops=(drop,), **what)
            self.stopped.add(drop)
            if word == "hold":
                self.holds.append(f"{id} {sender}")

    def renew(self) -> None:
        """Another version of the agreement is deployed."""
        self.version += 1
        self.world = self.world.under(self.world.agreement.model_copy(update={"version": f"1.{self.version}.0"}))

    def wait(self) -> None:
        """Days go by, each with its night."""
        for _ in range(self.chance.choice((1, 1, 3, 12))):
            self.world.now[0] += timedelta(days=1)
        night(self.world)
        for sender, drop, _ in self.drops:
            if self.lies(drop) and drop in self.stopped:
                assert {"QUA-001", "HLD-001", "HLD-002"} & set(told(self.world, sender)), self.done

    def lies(self, drop: str) -> bool:
        names = [blob.name for blob in self.world.storage.staging(HOME).list() if "/pupils/" in blob.name]
        return any(drop in name for name in names)

    def releases(self) -> set[str]:
        return {
            f"{slug}/{name}"
            for slug in self.world.rings
            for name in self.world.outbox(slug)
            if name.endswith(".parquet")
        }

    def check(self) -> None:
        usable = self.usable()
        for name in self.releases() - self.seen:
            slug, _, blob = name.partition("/")
            assert not self.has_left(slug), self.done
            rows = self.world.open(slug, blob).to_pylist()
            if blob.endswith("/enrolments.parquet"):
                children = {number_of_upn(row["upn"]) for row in rows}
            else:
                children = {int(row["household_ref"].removeprefix("H")) for row in rows}
            assert children <= usable, (name, sorted(children - usable), self.done)
        self.seen |= self.releases()


def number_of(slug: str, child: int) -> int:
    return 100 * (1 + SCHOOLS.index(slug)) + child


def number_of_upn(upn: str) -> int:
    return int(upn[-5:])


def born(child: int, slug: str) -> date:
    return date(2012 + SCHOOLS.index(slug), 1 + child, 9)


def child(number: int, slug: str) -> dict[str, object]:
    la = {"southwark": "210", "wandsworth": "212", "lewisham": "209"}[slug]
    return pupil(
        number_of(slug, number), forename=_NAMES[number], dob=born(number, slug), paon=str(number_of(slug, number)),
        laestab=f"{la}1234",
    )  # fmt: skip


@pytest.fixture
def schedule(request: pytest.FixtureRequest, keys_folder: Path) -> Iterator[Schedule]:
    now: list[datetime] = [NOW]
    terms = load_agreement("fsm")
    terms = terms.model_copy(update={"in_force": terms.in_force.model_copy(update={"last": LAST})})
    with MemoryBlobs(lambda: now[0]).storage() as storage:
        storage.ensure_containers(terms.controllers)
        put_postcodes(storage)
        yield Schedule(make_world(storage, keys_folder, terms, now), random.Random(request.param))


@pytest.mark.parametrize("schedule", SEEDS, indirect=True)
def test_nothing_that_is_stopped_is_worked_with_and_every_sender_is_told(schedule: Schedule) -> None:
    schedule.claims()
    for _ in range(STEPS):
        schedule.step()
    schedule.world.now[0] = datetime(2026, 12, 21, 2, 0, tzinfo=NOW.tzinfo)
    schedule.work()
    schedule.check()
    night(schedule.world)
    assert not [
        blob.name
        for slug in schedule.world.rings
        for blob in schedule.world.storage.staging(slug).list()
        if blob.name.split("/")[1] in ("pupils", "households", "decisions")
    ], schedule.done
