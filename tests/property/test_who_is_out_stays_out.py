"""In any order of events: who was taken out is linked, released and enrolled no more, and all who had them are told.

The whole exchange over storage in memory. Two school boroughs and a home borough drop, leave out, move, bring back,
drop nothing, object and no longer do, and decide on references however old, as a seed says.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest

from shared.kernel.contract.objections import CONTRACT as OBJECTION_LIST
from tests.memory import MemoryBlobs
from tests.world import PILOT, World, decision, household, make_world, pupil, put_postcodes, upn

CHILDREN = {"Amara": "southwark", "Bola": "southwark", "Chidi": "wandsworth", "Dayo": "wandsworth"}
"""Each with the borough of their school. All of them may live in Lambeth."""
ELSEWHERE = {"home_la": "E09000023", "postcode": "SE13 6TT"}
STEPS = 20


@dataclass
class Year:
    """A world, and what the test knows of it by itself."""

    world: World
    random: Random
    roll: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By school borough: who is in its file that counts, as living in Lambeth."""
    claims: set[str] = field(default_factory=set)
    """Who is in the households file that counts."""
    ref_of: dict[str, str] = field(default_factory=dict)
    child_of: dict[str, str] = field(default_factory=dict)
    had: set[str] = field(default_factory=set)
    """Who is in the results that are current."""
    closed: set[str] = field(default_factory=set)

    objected: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By borough: who is on its list of objections."""
    kept_out: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By borough: who was on its list when its file came, or has been since: the next file brings them back."""

    def standing(self) -> set[str]:
        """Who is there on both sides, and has objected at neither."""
        return {
            child
            for child, school in CHILDREN.items()
            if child in self.roll[school] - self.kept_out[school] and child in self.claims - self.kept_out["lambeth"]
        }

    def object_or_lift(self) -> None:
        """A borough drops its list anew."""
        slug = self.random.choice(["southwark", "wandsworth", "lambeth"])
        child = self.random.choice([one for one, school in CHILDREN.items() if slug in (school, "lambeth")])
        self.objected[slug] ^= {child}
        rows = [
            {
                "objection_ref": f"o-{one}",
                "named_by": "person",
                "forename": one,
                "surname": f"Oka{one.lower()}",
                "dob": date(2014, [*CHILDREN].index(one) + 1, 9),
                "reason": "objection",
                "from_day": self.world.now[0].date(),
            }
            for one in sorted(self.objected[slug])
        ]
        table = pa.Table.from_pylist(rows, schema=OBJECTION_LIST.arrow_schema())
        sealed = self.world.seal(slug, "objections", table, prepared_at=self.world.now[0])
        drop = self.world.receive(slug, self.world.put(slug, sealed.data, sealed.metadata))
        assert self.world.report(slug, drop)["status"] == "accepted"
        self.kept_out[slug] |= self.objected[slug]

    def drop_pupils(self, school: str) -> None:
        own = [child for child, borough in CHILDREN.items() if borough == school]
        there = [child for child in own if self.random.random() < 0.6]
        moved = [child for child in own if child not in there and self.random.random() < 0.5]
        rows = [row(child, school) for child in there]
        rows += [row(child, school, **ELSEWHERE) for child in moved]
        if rows or self.random.random() < 0.5:
            rows += [row("Anchor", school, **ELSEWHERE)]
        if self.random.random() < 0.2:
            there, rows = [], []
        self.drop(school, "pupils", rows)
        self.roll[school] = set(there)
        self.kept_out[school] = set(self.objected[school])

    def drop_claims(self) -> None:
        there = [child for child in CHILDREN if self.random.random() < 0.7]
        if self.random.random() < 0.15:
            there = []
        rows = [claim(child, self.world.now[0].date()) for child in ("Anchor", *there)] if there else []
        self.drop("lambeth", "households", rows)
        self.claims = set(there)
        self.kept_out["lambeth"] = set(self.objected["lambeth"])

    def drop(self, slug: str, dataset: str, rows: list[dict[str, Any]]) -> str:
        name = self.world.drop(slug, dataset, rows, prepared_at=self.world.now[0])
        drop = self.world.receive(slug, name)
        assert drop is not None
        said = json.loads(self.world.answer(slug, drop, "receipt.json"))["payload"]["body"]
        assert said["status"].startswith("accepted"), said
        assert said.get("counts", "yes") == "yes", said
        return drop

    def decide(self) -> None:
        """On some of all references there ever were; whatever is enrolled stands."""
        refs = sorted(self.child_of)
        if not refs:
            return
        chosen = [self.random.choice(refs)]
        before = self.enrolled()
        at = self.world.now[0].date()
        self.drop("lambeth", "decisions", [decision(ref, decided_on=at) for ref in chosen])
        wake, self.world.wake = self.world.wake, lambda: None  # type: ignore[method-assign]
        self.world.carry_out_all()
        self.world.wake = wake  # type: ignore[method-assign]
        for child in self.enrolled() - before:
            assert child in self.standing(), "enrolled while out"
            self.closed.add(child)

    def run(self) -> None:
        told = self.told()
        self.world.carry_out_all()
        now = set()
        for release in ("matches", "review"):
            for name in self.world.outbox("lambeth"):
                if name.endswith(f"/{release}.parquet"):
                    for one in self.world.open("lambeth", name).to_pylist():
                        child = one["pupil_forename"]
                        self.ref_of[child] = one["match_ref"]
                        self.child_of[one["match_ref"]] = child
                        now.add(child)
        assert now <= self.standing(), "released while out"
        news = self.told()
        for child in sorted((self.had | self.closed) - self.standing()):
            for slug in ("lambeth", CHILDREN[child]):
                assert self.ref_of[child] in news[slug], f"{slug} had the row, and is not told"
        for slug in PILOT:
            assert len(news[slug]) >= len(told[slug])
        self.had = now

    def told(self) -> dict[str, list[str]]:
        """The references of all notices of a withdrawal, by who has them."""
        found: dict[str, list[str]] = {}
        for slug in PILOT:
            box = self.world.storage.outbox(slug)
            bodies = [
                json.loads(box.read(name).data)["payload"]["body"]
                for name in self.world.outbox(slug)
                if name.endswith("/notice.json")
            ]
            found[slug] = [one["ref"] for body in bodies if body["word"] == "withdrawal" for one in body["about"]]
        return found

    def enrolled(self) -> set[str]:
        names = {upn(serial): child for serial, child in enumerate(CHILDREN, 1)}
        found = set()
        for school in set(CHILDREN.values()):
            for name in self.world.outbox(school):
                if name.endswith("/enrolments.parquet"):
                    found |= {names[one["upn"]] for one in self.world.open(school, name).to_pylist()}
        return found


def row(child: str, school: str, **changes: Any) -> dict[str, Any]:
    serial = [*CHILDREN, "Anchor"].index(child) + 1
    number = "210" if school == "southwark" else "212"
    at = {"urn": f"1000{number[1:]}", "laestab": f"{number}1234"}
    born = date(2014, serial, 9)
    if child == "Anchor":
        serial += 20 if school == "southwark" else 40
    return pupil(serial, forename=child, dob=born, surname=f"Oka{child.lower()}", **at) | changes


def claim(child: str, at: date) -> dict[str, Any]:
    serial = [*CHILDREN, "Anchor"].index(child) + 1
    surname = f"Oka{child.lower()}"
    return household(
        f"H{serial}",
        child_forename=child,
        child_surname=surname,
        claimant_surname=surname,
        child_dob=date(2014, serial, 9),
        extract_date=at,
    )


@pytest.fixture
def world(keys_folder: Path) -> Iterator[World]:
    with MemoryBlobs().storage() as storage:
        made = make_world(storage, keys_folder)
        storage.ensure_containers(made.agreement.controllers)
        put_postcodes(storage)
        yield made


@pytest.mark.parametrize("seed", [1, 3])
def test_who_is_out_stays_out_whatever_the_order(world: World, seed: int) -> None:
    year = Year(world, Random(seed))
    year.drop_pupils("southwark")
    year.drop_claims()
    year.run()
    for _ in range(STEPS):
        world.now[0] += timedelta(hours=year.random.randint(1, 20))
        event = year.random.choice(["southwark", "wandsworth", "claims", "run", "decide", "decide", "object"])
        if event == "claims":
            year.drop_claims()
        elif event == "run":
            year.run()
        elif event == "decide":
            year.decide()
        elif event == "object":
            year.object_or_lift()
        else:
            year.drop_pupils(event)
    world.now[0] += timedelta(hours=1)
    year.run()
