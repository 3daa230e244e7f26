"""A year of many boroughs with a few rows each: three terms, files dropped anew, opt-outs, retractions, sweeps.

::

    python -m tests.chaos.year 33     so many boroughs

Each borough is home to four children who go to school in the next two. Whatever its officers decide in a term holds in
the terms after it: no family that opted out is written to, no child is asked for or enrolled twice, and nothing is kept
for longer than the agreement promises.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from local.boroughs import chosen, write_agreements
from local.site import Desk, make_keys
from shared.agreements.registry import load_agreement
from shared.kernel.disposal.sweep import sweep
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.work.carry_out import carry_out
from tests.memory import MemoryBlobs
from tests.world import World, decision, household, make_world, pupil, put_postcodes, upn

TERMS = {"2026-autumn": date(2026, 10, 5), "2027-spring": date(2027, 1, 25), "2027-summer": date(2027, 5, 10)}
AGAIN, TAKEN_BACK = 9, 16
"""Days into a term: everybody drops anew; one confirmation is taken back."""
SWEEPS, SWEEPS_OF_NOTHING = 3, 15
"""Days from one sweep to the next: where something is past its days, and where nothing is."""
END = date(2027, 8, 20)
CHOICES = {"Amara": "confirm", "Bola": "opted_out", "Chi": "reject", "Dayo": "confirm"}
BACK = "Dayo"
"""Whose confirmation is taken back, in the first term."""


class NoPoison:
    """No event is given up in this year."""

    def with_request_id(self, _: str) -> NoPoison:
        """The same."""
        return self


@dataclass
class Year:
    """The exchange, its boroughs, and what they were told."""

    world: World
    account: MemoryBlobs
    slugs: tuple[str, ...]
    asked: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    """How often a home was asked to decide on a child of its own, by home and forename."""
    decided: dict[tuple[str, str], str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.world.now[0].date()

    def go_to(self, day: date) -> None:
        """Let days pass, with a sweep every few of them, and nothing kept for too long."""
        while self.today < day:
            self.world.now[0] += timedelta(days=1)
            if self.today.toordinal() % (SWEEPS if self._something_is_due() else SWEEPS_OF_NOTHING) == 0:
                self._sweep()

    def term(self, collection: str, begins: date) -> None:
        """Drop, decide, drop anew."""
        self.go_to(begins)
        self._drop(collection)
        found = {slug: self._found(slug, collection) for slug in self.slugs}
        for slug, refs in found.items():
            self._decide(
                slug, collection, {name: ref for name, ref in refs.items() if (slug, name) not in self.decided}
            )
        self.go_to(begins + timedelta(days=AGAIN))
        self._drop(collection)
        for slug in self.slugs:
            self._found(slug, collection)
        self.go_to(begins + timedelta(days=TAKEN_BACK))
        for slug, refs in found.items():
            if self.decided[slug, BACK] == "confirm" and BACK in refs:
                self._send(slug, "decisions", [self._decision(refs[BACK], "retract")], collection)
                self.decided[slug, BACK] = "retract"
        self._work()

    def check(self) -> None:
        """What must hold at the end of the year."""
        for (slug, name), times in sorted(self.asked.items()):
            most = 2 if name == BACK else 1
            if times > most:
                self.wrong.append(f"{slug} was asked {times} times about {name}")
        if set(self.asked) != {(slug, name) for slug in self.slugs for name in CHOICES}:
            self.wrong.append("somebody was never asked")

    def _drop(self, collection: str) -> None:
        """Everybody drops; their order changes from one time to the next."""
        turned = self.slugs if self.today.day % 2 else self.slugs[::-1]
        for slug in turned:
            homes = [self.slugs[(self.slugs.index(slug) - back) % len(self.slugs)] for back in (1, 2)]
            pupils = [self._pupil(home, name) for home in homes for name in self._at(home, slug)]
            claims = [self._claim(slug, name) for name in CHOICES]
            self._send(slug, "pupils", pupils[:: 1 if self.today.day % 2 else -1], collection)
            self._send(slug, "households", claims, collection)
        self._work()

    def _at(self, home: str, school: str) -> list[str]:
        next_one = self.slugs[(self.slugs.index(home) + 1) % len(self.slugs)] == school
        return list(CHOICES)[:2] if next_one else list(CHOICES)[2:]

    def _pupil(self, home: str, name: str) -> dict[str, Any]:
        place = self.world.agreement.by_slug[home]
        number = self._number(home, name)
        return pupil(number, upn=upn(number), forename=name, surname=_surname(number), dob=_born(number)) | {
            "home_la": place.ons_code,
            "postcode": None,
        }

    def _claim(self, home: str, name: str) -> dict[str, Any]:
        number = self._number(home, name)
        return household(
            f"H{number}", child_forename=name, child_surname=_surname(number), claimant_surname=_surname(number),
            child_dob=_born(number), child_upn=upn(number), extract_date=self.today,
        )  # fmt: skip

    def _number(self, home: str, name: str) -> int:
        return 1 + self.slugs.index(home) * len(CHOICES) + list(CHOICES).index(name)

    def _found(self, slug: str, collection: str) -> dict[str, str]:
        """The references of the current result by forename; whoever should not be in it is wrong."""
        begun = f"fsm/results/{collection}/"
        names = [name for name in self.world.outbox(slug) if name.startswith(begun) and name.endswith(".parquet")]
        rows = pa.concat_tables([self.world.open(slug, name).select(["child_forename", "match_ref"]) for name in names])
        found = dict(zip(rows["child_forename"].to_pylist(), rows["match_ref"].to_pylist(), strict=True))
        for name in found:
            if (said := self.decided.get((slug, name))) not in (None, "retract"):
                self.wrong.append(f"{self.today}: {slug} is told of {name}, who is {said}")
        return found

    def _decide(self, slug: str, collection: str, refs: dict[str, str]) -> None:
        rows = []
        for name, ref in sorted(refs.items()):
            self.asked[slug, name] += 1
            self.decided[slug, name] = CHOICES[name]
            rows.append(self._decision(ref, CHOICES[name]))
        for half in (rows[::2], rows[1::2]):
            if half:
                self._send(slug, "decisions", half, collection)
        self._work()

    def _decision(self, ref: str, choice: str) -> dict[str, Any]:
        return decision(ref, choice, decided_on=self.today)

    def _send(self, slug: str, dataset: str, rows: list[dict[str, Any]], collection: str) -> None:
        self.world.now[0] += timedelta(seconds=1)
        drop = self.world.receive(slug, self.world.drop(slug, dataset, rows, collection=collection))
        report = self.world.report(slug, drop)
        if report["rows_in"] != report["rows_accepted"]:
            self.wrong.append(f"{self.today}: {slug}'s {dataset} are not accepted")

    def _work(self) -> None:
        self.world.wake()
        for slug in self.slugs:
            for blob in list(self.world.storage.requests(slug).list()):
                carry_out(self.world.exchange, party=slug, name=blob.name)

    def _something_is_due(self) -> bool:
        retention = self.world.agreement.retention
        return any(
            self.world.now[0] - blob.created >= timedelta(days=retention.line(kind).sweep)
            for container, blobs in self.account.containers.items()
            if (kind := container.rpartition("-")[2]) in retention.kinds
            for blob in blobs.values()
        )

    def _sweep(self) -> None:
        exchange = self.world.exchange
        there = exchange.storage.containers()
        for slug in self.slugs:
            sweep(exchange, NoPoison(), slug, there)  # type: ignore[arg-type]
        retention = self.world.agreement.retention
        for container, blobs in self.account.containers.items():
            kind = container.rpartition("-")[2]
            if kind not in (*retention.kinds,):
                continue
            oldest = timedelta(days=retention.line(kind).promise)
            late = [name for name, blob in blobs.items() if self.world.now[0] - blob.created >= oldest]
            if late:
                self.wrong.append(f"{self.today}: {len(late)} objects in {container} are older than promised")


def go_through(named: str) -> Year:
    """A whole year of these boroughs (as `exchange demo --boroughs` names them)."""
    slugs = chosen(named)
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder)
        make_keys(site / "keys", tuple(Desk(slug, site / slug) for slug in slugs))
        terms = load_agreement("fsm", write_agreements(slugs, site))
        now = [datetime(2026, 10, 1, 9, tzinfo=UTC)]
        account = MemoryBlobs(lambda: now[0])
        with account.storage() as storage:
            rings = {slug: LocalKeyRing(site / slug / "keys") for slug in slugs}
            year = Year(replace(make_world(storage, site, terms, now), rings=rings), account, slugs)
            storage.ensure_containers(slugs)
            put_postcodes(storage)
            for collection, begins in TERMS.items():
                year.term(collection, begins)
            year.go_to(END)
            year.check()
            return year


def _surname(number: int) -> str:
    return "Family" + "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _born(number: int) -> date:
    return date(2014, 1, 1) + timedelta(days=number * 3)


def main() -> int:
    """Say what came of it; 1 where anything is wrong."""
    year = go_through(sys.argv[1] if len(sys.argv) > 1 else "all")
    sys.stdout.write(f"{len(year.slugs)} boroughs, {sum(year.asked.values())} pairs decided on\n")
    sys.stdout.write("\n".join([f"{len(year.wrong)} wrong", *year.wrong]) + "\n")
    return 1 if year.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
