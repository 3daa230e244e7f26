"""Two years of random events, and after each: is anything linked, sent or enrolled that may not be, is everybody told?

::

    python -m tests.chaos.two_years 100 1     so many schedules, the first by this seed

Six terms of two homes and two school boroughs: files dropped anew, earlier ones late, and strangers' that wait as a
question; children who are removed, move, and come back; claims that end; objections with and without an end; decisions
on references however old; holds, quarantines by drop and by key, a key that is revoked, a new version of the agreement,
a party that leaves, and the agreement's own end. Every few days a night sweeps what is past its day. What may be used
is worked out in `promises`, from the schedule alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from shutil import copytree
from typing import Any

import pyarrow as pa

from local.site import make_keys
from shared.agreements.registry import load_agreement
from shared.kernel.contract.objections import CONTRACT as OBJECTION_LIST
from shared.kernel.envelope.keys import Use
from shared.kernel.errors import NotAgreed
from shared.kernel.intake.identity import derived_id
from shared.kernel.objected import OBJECTED
from shared.kernel.rights.unread import look_at_notices
from shared.kernel.terms.model import Agreement, Period
from tests.chaos.promises import CHILDREN, ELSEWHERE, HOMES, SCHOOLS, Book, File, Objection, Sent
from tests.memory import MemoryBlobs
from tests.quick_blobs import storage_over
from tests.unit.kernel.rights.nights import night, order
from tests.world import World, decision, desks, household, make_world, pupil, put_postcodes, table, upn

BEGINS = date(2026, 9, 7)
TERMS = tuple(f"{year}-{term}" for year, term in (
    (2026, "autumn"), (2027, "spring"), (2027, "summer"), (2027, "autumn"), (2028, "spring"), (2028, "summer"),
))  # fmt: skip
TERM_DAYS = 122
EVENTS = 18
"""In each term."""
NIGHTS = 3
"""Days from one sweep to the next, at the most."""
_AT = {"lambeth": ("E09000022", "SW2 5SG"), "lewisham": ("E09000023", "SE13 6TT"), ELSEWHERE: ("E10000030", "GU1 1AA")}
_NUMBER = {"southwark": "210", "wandsworth": "212"}
_STOPPED = {"QUA-001", "HLD-001", "HLD-002"}
_NOBODY = "Zola"
"""Lives elsewhere, on every file of pupils that is not empty, so that two files of a school share a pupil."""


@dataclass
class Log:
    """What the storage logs say is read."""

    read: set[str] = field(default_factory=set)

    def collected(self, slug: str) -> frozenset[str]:
        """Names in that outbox."""
        return frozenset(name.partition("/")[2] for name in self.read if name.startswith(f"{slug}/"))


@dataclass
class Years:
    """One schedule in a world of its own."""

    world: World
    account: MemoryBlobs
    chance: Random
    book: Book
    seen: set[str] = field(default_factory=set)
    """What has lain in any outbox."""
    told: dict[str, set[str]] = field(default_factory=dict)
    """By borough: the references of all withdrawals that it was told of."""
    holds: list[tuple[str, str]] = field(default_factory=list)
    """Order and party of each hold that nobody has ended."""
    quarantined: set[str] = field(default_factory=set)
    """Drops, as their senders know them."""
    log: Log = field(default_factory=Log)
    version: int = 0
    serial: int = 0
    wrong: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    """What happened, to be read when it goes wrong."""

    @property
    def now(self) -> datetime:
        return self.world.now[0]

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def collection(self) -> str:
        """That of today's term."""
        return TERMS[min((self.today - BEGINS).days // TERM_DAYS, len(TERMS) - 1)]

    def run(self, events: int = EVENTS) -> None:
        """All of it, with so many events in each term."""
        for number in range(len(TERMS)):
            self.go_to(BEGINS + timedelta(days=TERM_DAYS * number + 1))
            for school in SCHOOLS:
                self.drop_pupils(school)
            for home in HOMES:
                self.drop_claims(home)
            self.work()
            for _ in range(events):
                self.step(late=number >= 3)
        self.go_to(self.book.last_day + timedelta(days=1))
        self.work()
        self.night()
        for slug in self.world.rings:
            staged = [blob.name for blob in self.world.storage.staging(slug).list()]
            if left := [name for name in staged if name.split("/")[1] in ("pupils", "households", "decisions")]:
                self.fail(f"{len(left)} files lie there after the agreement's end")

    def step(self, *, late: bool) -> None:
        """One event, and some time after it."""
        often = (self.drop_pupils, self.drop_claims, self.work, self.decide)
        seldom = (
            self.stranger,
            self.earlier,
            self.object,
            self.object,
            self.order,
            self.renew,
            self.new_key,
            self.read,
        )
        chosen = self.chance.choice(often if self.chance.random() < 0.6 else seldom)
        if chosen in (self.drop_pupils, self.stranger, self.earlier, self.new_key):
            chosen(self.chance.choice(SCHOOLS))
        elif chosen == self.drop_claims:
            self.drop_claims(self.chance.choice(HOMES))
        elif chosen == self.order:
            self.order(late=late)
        else:
            chosen()  # type: ignore[call-arg]
        days = self.chance.choice((0, 0, 0, 1, 1, 2, 3, 5, 9, 28))
        self.go_to(self.today + timedelta(days=days))
        self.world.now[0] += timedelta(minutes=self.chance.randint(1, 90))

    def go_to(self, day: date) -> None:
        """Let days pass, with their nights. What waits never waits for a day (`waits.at_most_hours`)."""
        if self.today < day:
            self.work()
        while self.today < day:
            # Where nothing lies that goes before long, nothing can come of a night.
            days = min(NIGHTS if self._lies_anything() else 5 * NIGHTS, (day - self.today).days)
            self.world.now[0] = datetime.combine(self.today + timedelta(days=days), self.now.time(), UTC)
            self.night()

    # What parties do.

    def drop_pupils(self, school: str) -> None:
        """A school borough's newest file: anybody may be left out, move, or come back."""
        people = {child: self._home() for child in self._of(school) if self.chance.random() < 0.75}
        self._pupils(school, people, none=self.chance.random() < 0.1)

    def stranger(self, school: str) -> None:
        """A file that shares nobody with the one before, or says that it replaces it all the same."""
        people = {child: self._home() for child in self._of(school) if self.chance.random() < 0.7}
        counts = self.book.counting.get((school, "pupils", self.collection))
        stated = counts.drop if counts and self.chance.random() < 0.3 else None
        self._pupils(school, people, shared=False, replaces=stated)

    def earlier(self, school: str) -> None:
        """A file that was made some days ago, and comes now."""
        people = {child: self._home() for child in self._of(school) if self.chance.random() < 0.75}
        self._pupils(school, people, ago=timedelta(days=self.chance.randint(1, 12)))

    def drop_claims(self, home: str) -> None:
        """A home borough's newest file."""
        people = dict.fromkeys((child for child in CHILDREN if self.chance.random() < 0.75), home)
        rows = [self._claim(child, home) for child in [*people, _NOBODY]]
        if self.chance.random() < 0.1:
            people, rows = {}, []
        self._file(home, "households", rows, people)

    def object(self) -> None:
        """A borough's list anew: somebody comes onto it, or goes."""
        slug = self.chance.choice((*SCHOOLS, *HOMES))
        child = self.chance.choice([c for c, school in CHILDREN.items() if slug in HOMES or slug == school])
        _, before = self.book.lists.get(slug, (self.today, {}))
        entries = dict(before)
        if entries.pop(child, None) is None:
            ends = self.today + timedelta(days=self.chance.randint(0, 90)) if self.chance.random() < 0.5 else None
            entries[child] = Objection(self.today, ends)
        rows = [
            {"objection_ref": f"o-{one}", "reason": "objection", **self._named(one, slug)}
            | {"from_day": entry.begins, "until_day": entry.ends}
            for one, entry in sorted(entries.items())
        ]
        rows_of_list = pa.Table.from_pylist(rows, schema=OBJECTION_LIST.arrow_schema())
        drop = self._put(slug, "objections", rows_of_list)
        if drop is None:
            return
        self.book.lists[slug] = (self.today, entries)
        out = self.book.objecting(slug, self.today)
        for known, file in list(self.book.files.items()):
            if file.sender == slug:
                file.kept_out |= out
                self.book.files[derived_id(OBJECTED, known, drop)] = file

    def decide(self) -> None:
        """Anything, on any two references there ever were."""
        if not self.book.refs:
            return
        newest = sorted(self.book.refs, key=lambda ref: self.book.refs[ref][2], reverse=True)
        for ref in {self.chance.choice(newest), self.chance.choice(newest[:4])}:
            _, home, collection = self.book.refs[ref]
            choice = self.chance.choice(("confirm", "confirm", "confirm", "opted_out", "reject", "retract", "recall"))
            why = {"reject": "Not theirs", "recall": "wrong_family"}.get(choice)
            rows = table("decisions", [decision(ref, choice, decided_on=self.today, reason=why)])
            if self._put(home, "decisions", rows, collection=collection) and choice in (
                "opted_out",
                "reject",
                "recall",
            ):
                self.book.closed.add(ref)
        self._carry_out()
        self.check()

    def read(self) -> None:
        """A borough collects all that it has."""
        slug = self.chance.choice((*SCHOOLS, *HOMES))
        self.log.read |= {f"{slug}/{name}" for name in self.world.outbox(slug)}

    # What the exchange and its operators do.

    def work(self) -> None:
        """Whatever waits is asked for and done; whoever is owed a word has it."""
        before = {slug: set(refs) for slug, refs in self.told.items()}
        with suppress(NotAgreed):
            self.world.wake()
        self._carry_out()
        self.check()
        for ref, slug in self.book.owed(self.now):
            if ref not in self.told.get(slug, set()):
                self.fail(f"{slug} had {self.book.refs[ref]} and is not told that it stands no more")
        for key, sent in self.book.sent.items():
            if self.book.may(*key, self.today) and all(self._lies(file) for file in self.book.sides(*key)):
                sent.last = self.now
        assert all(self.told.get(slug, set()) >= refs for slug, refs in before.items())

    def order(self, *, late: bool) -> None:
        """The operators hold, put into quarantine, end a hold; late in the schedule a party leaves."""
        word = self.chance.choice(("quarantine", "key", "hold", "hold", "end", *(("leave",) if late else ())))
        files = [file for file in self.book.counting.values() if file.collection == self.collection]
        if word == "leave" and not self.book.left:
            slug = self.chance.choice(SCHOOLS if self.chance.random() < 0.8 else HOMES)
            self.book.left[slug] = self.today + timedelta(days=self.chance.choice((0, 1, 5)))
            self._leave(slug)
        elif word == "end" and self.holds:
            hold, party = self.holds.pop(self.chance.randrange(len(self.holds)))
            order(self.world, "end", party, hold=hold)
        elif word in ("hold", "quarantine") and files:
            file = self.chance.choice(files)
            what: dict[str, Any] = {"drops": (file.drop,)}
            if word == "hold":
                what |= {"why": "court", "day": self.today + timedelta(days=self.chance.randint(1, 120))}
            id = order(self.world, word, file.sender, **what)
            self.done[-1:] += [f"{word} of {file.sender}"]
            self._stopped({file.drop}, id, file.sender, for_good=word == "quarantine")
            if word == "hold":
                self.quarantined.discard(file.drop)
                self.holds.append((id, file.sender))
        elif word == "key" and files:
            file = self.chance.choice(files)
            self._by_key(file.sender, file.key)

    def new_key(self, slug: str) -> None:
        """The borough has lost its key: another takes its place, and all that the old one brought is stopped."""
        ring, old = self.world.rings[slug], self.world.rings[slug].current(slug, Use.SIGN)
        ring.create_key(slug, Use.SIGN)
        self.world.exchange.keys.import_public(ring.export_public(slug, Use.SIGN))  # type: ignore[attr-defined]
        for each in (ring, self.world.exchange.keys):
            each.revoke(old)  # type: ignore[attr-defined]
        if self.chance.random() < 0.7:
            self._by_key(slug, old)

    def renew(self) -> None:
        """Another version of the agreement is deployed."""
        self.version += 1
        self.world = self.world.under(self.world.agreement.model_copy(update={"version": f"1.{self.version}.0"}))

    def night(self) -> None:
        """What the timers do, and what must be so afterwards."""
        night(self.world)
        self._look_at_outboxes()
        unread = {one.party: one.count for one in look_at_notices(self.world.exchange, self.log)}
        for slug in self.world.rings:
            late = [name for name in self.world.outbox(slug) if name.endswith("/notice.json")]
            late = [name for name in late if f"{slug}/{name}" not in self.log.read and self._is_old(slug, name)]
            if len(late) != unread.get(slug, 0) and not self.book.has_left(slug, self.today):
                self.fail(f"{len(late)} notices of {slug} lie unread, and {unread.get(slug, 0)} are alarmed")
        self._check_what_lies()

    # What must hold.

    def check(self) -> None:
        """Nothing new is of anybody who may not be used; what is new is written down."""
        for slug, name in self._look_at_outboxes():
            if not name.endswith(".parquet"):
                continue
            _, folder, collection, *_ = name.split("/")
            rows = self.world.open(slug, name).to_pylist()
            if self.book.has_left(slug, self.today) and rows:
                self.fail(f"{slug} has left and was sent {len(rows)} rows")
            if name.endswith("/outcomes.parquet"):
                continue  # what came of one's own decisions, by reference
            for row in rows:
                if folder == "enrolments":
                    child, home, of = self.book.refs[row["match_ref"]]
                    if row["status"] == "enrolled" and not self.book.may(child, home, of, self.today):
                        self.fail(f"{child} of {home} was enrolled at {slug}: {self._why(child, home, of)}")
                    continue
                child = row["pupil_forename"]
                self.book.refs[row["match_ref"]] = (child, slug, collection)
                self.book.sent[child, slug, collection] = Sent(row["match_ref"], self.now)
                if not self.book.may(child, slug, collection, self.today):
                    self.fail(f"{child} was sent to {slug}: {self._why(child, slug, collection)}")

    def fail(self, what: str) -> None:
        """Something is wrong."""
        self.wrong.append(f"{self.today} {what}; after {', '.join(self.done[-12:])}")

    def _why(self, child: str, home: str, collection: str) -> str:
        sides = self.book.sides(child, home, collection)
        there = ["has them" if file and file.has(child, home) else "has them not" for file in sides]
        usable = ["usable" if self.book.is_usable(file, self.today) else "not usable" for file in sides]
        return f"{collection}; school {there[0]}, {usable[0]}; home {there[1]}, {usable[1]}"

    def _look_at_outboxes(self) -> list[tuple[str, str]]:
        """What is new in them; notices of withdrawals are written down."""
        new = [
            (slug, n) for slug in self.world.rings for n in self.world.outbox(slug) if f"{slug}/{n}" not in self.seen
        ]
        for slug, name in new:
            self.seen.add(f"{slug}/{name}")
            if name.endswith("/notice.json"):
                body = json.loads(self.world.answer_of(slug, name))["payload"]["body"]
                if body["word"] == "withdrawal":
                    self.told.setdefault(slug, set()).update(one["ref"] for one in body["about"])
        return new

    def _check_what_lies(self) -> None:
        """After a night: nothing past its promised day, nothing in quarantine, of who left, or after its hold."""
        retention = self.world.agreement.retention
        for container, blobs in self.account.containers.items():
            kind = container.rpartition("-")[2]
            if kind in retention.kinds:
                promised = timedelta(days=retention.line(kind).promise)
                if late := [name for name, blob in blobs.items() if self.now - blob.created >= promised]:
                    self.fail(f"{len(late)} objects in {container} are older than promised")
        for slug in self.world.rings:
            names = [blob.name.split("/") for blob in self.world.storage.staging(slug).list()]
            for _, dataset, _, file in (name for name in names if name[1] in ("pupils", "households")):
                sender, drop = file.split(".")[0], file.split(".")[-2]
                known = self.book.files.get(drop)
                if self.book.has_left(sender, self.today) or self.book.has_left(slug, self.today):
                    self.fail(f"{dataset} of {sender} for {slug} lie there though one has left")
                elif known and known.drop in self.quarantined:
                    self.fail(f"{dataset} of {sender} lie there though they are in quarantine")
        live = {hold for hold, _ in self.holds}
        kept = {blob.name.split("/")[0] for slug in self.world.rings for blob in self.world.storage.held(slug).list()}
        stops = {stop.id: stop for stop in self._stops()}
        for hold in kept:
            if hold not in stops or not stops[hold].keeps(self.today):
                self.fail("what a hold kept lies there after its end")
        assert live >= {hold for hold in kept if stops[hold].keeps(self.today)}

    def _stops(self) -> Any:
        from shared.kernel.intake.stops import stops_of

        return stops_of(self.world.exchange).every

    # How it is done.

    def _carry_out(self) -> None:
        wake, self.world.wake = self.world.wake, lambda: None  # type: ignore[method-assign]
        try:
            with suppress(NotAgreed):
                self.world.carry_out_all()
        finally:
            self.world.wake = wake  # type: ignore[method-assign]

    def _of(self, school: str) -> list[str]:
        return [child for child, borough in CHILDREN.items() if borough == school]

    def _home(self) -> str:
        return self.chance.choice((*HOMES, *HOMES, *HOMES, ELSEWHERE))

    def _pupils(
        self,
        school: str,
        people: dict[str, str],
        *,
        none: bool = False,
        shared: bool = True,
        replaces: str | None = None,
        ago: timedelta = timedelta(0),
    ) -> None:
        rows = [self._pupil(child, school, home) for child, home in people.items()]
        self.serial += 1
        rows += [self._pupil(_NOBODY, school, ELSEWHERE, 0 if shared else self.serial)]
        if none:
            people, rows = {}, []
        self._file(school, "pupils", rows, people, replaces=replaces, prepared_at=self.now - ago)

    def _file(self, slug: str, dataset: str, rows: list[dict[str, Any]], people: dict[str, str], **facts: Any) -> None:
        key = self.world.rings[slug].current(slug, Use.SIGN)
        out = self.book.objecting(slug, self.today)
        collection = self.collection
        drop = self._put(slug, dataset, table(dataset, rows), **facts)
        if drop is None:
            return
        said = self.world.report(slug, drop)["facts"]
        file = File(slug, dataset, collection, drop, key, self.now, people, out)
        self.book.files[drop] = file
        if said["counts"] == "yes":
            self.book.counts(file)
        elif (other := self.book.files.get(said.get("other_drop", ""))) is not None:
            self.book.counts(other)

    def _put(self, slug: str, dataset: str, rows: pa.Table, **facts: Any) -> str | None:
        """Drop it; the drop's id where it was taken in."""
        self.world.now[0] += timedelta(seconds=1)
        self.done.append(f"{dataset} of {slug}")
        sealed = self.world.seal(slug, dataset, rows, **{"collection": self.collection, **facts})
        name = self.world.put(slug, sealed.data, sealed.metadata)
        drop = self.world.receive(slug, name)
        status = self.world.report(slug, drop)["status"]
        if status.startswith("accepted"):
            return drop
        expected = self.book.has_left(slug, self.today) or self.today > self.book.last_day
        expected |= "replaces" in facts or "prepared_at" in facts
        if not expected:
            self.fail(f"{dataset} of {slug} are {status}")
        return None

    def _by_key(self, slug: str, key: str) -> None:
        self.done.append(f"quarantine by a key of {slug}")
        drops = {file.drop for file in self.book.files.values() if file.sender == slug and file.key == key}
        id = order(self.world, "quarantine", slug, keys=(key,))
        self._stopped(drops, id, slug, for_good=True)
        if key == self.world.rings[slug].current(slug, Use.SIGN):
            self.new_key(slug)

    def _stopped(self, drops: set[str], id: str, sender: str, *, for_good: bool) -> None:
        # What is stopped already is told already, and what a hold keeps no quarantine destroys.
        drops = drops - set(self.book.stopped)
        self.quarantined |= drops if for_good else set()
        files = [file for file in self.book.files.values() if file.drop in drops]
        homes = {
            key[1] for key in self.book.known(self.now) if any(f and f.drop in drops for f in self.book.sides(*key))
        }
        self.book.stop(drops, id)
        staged = any(
            self._lies(file) and any(home in HOMES and file.has(child, home) for child, home in file.people.items())
            for file in files
        )
        told = {slug for slug, name in self._look_at_outboxes() if self._is_of_a_stop(slug, name)}
        for slug in (homes | ({sender} if staged else set())) - told:
            if not self.book.has_left(slug, self.today):
                self.fail(f"{slug} is not told of what was stopped")

    def _is_of_a_stop(self, slug: str, name: str) -> bool:
        if not name.endswith("/report.json"):
            return False
        said = json.loads(self.world.answer_of(slug, name))
        return said["status"] == "stopped" and said["facts"]["code"] in _STOPPED

    def _leave(self, slug: str) -> None:
        self.done.append(f"{slug} leaves")
        order(self.world, "leave", slug, day=self.book.left[slug])
        new = self._look_at_outboxes()
        for each in self.world.rings:
            if not any(to == each and name.endswith("/leaving.json") for to, name in new):
                self.fail(f"{each} is not told that {slug} leaves")

    def _lies_anything(self) -> bool:
        kinds = self.world.agreement.retention.sweep_days
        return any(blobs for name, blobs in self.account.containers.items() if name.rpartition("-")[2] in kinds)

    def _lies(self, file: File | None) -> bool:
        """Whether the exchange still has the file's rows, by its age alone."""
        return file is not None and self.now - file.came < timedelta(days=self._sweep_days - NIGHTS)

    @property
    def _sweep_days(self) -> int:
        return self.world.agreement.retention.line("staging").sweep

    def _is_old(self, slug: str, name: str) -> bool:
        return self.account.containers[f"{slug}-outbox"][name].created <= self.now - timedelta(days=3)

    def _named(self, child: str, slug: str) -> dict[str, Any]:
        number = _number(child)
        how = self.chance.choice(("person", "claim" if slug in HOMES else "upn"))
        if how == "person":
            return {"named_by": how, "forename": child, "surname": _surname(child), "dob": _born(child)}
        return {"named_by": how, **({"claim": f"H{number}"} if how == "claim" else {"upn": upn(number)})}

    def _pupil(self, child: str, school: str, home: str, serial: int = 0) -> dict[str, Any]:
        number = _number(child) if child != _NOBODY else 200 + serial + 5000 * SCHOOLS.index(school)
        code, postcode = _AT[home]
        of_school = {"laestab": f"{_NUMBER[school]}1234", "home_la": code, "postcode": postcode, "paon": str(number)}
        return pupil(number, forename=child, surname=_surname(child), dob=_born(child), **of_school)

    def _claim(self, child: str, home: str) -> dict[str, Any]:
        number = _number(child)
        return household(f"H{number}", child_forename=child, child_surname=_surname(child), child_dob=_born(child),
                         claimant_surname=_surname(child), postcode=_AT[home][1], paon=str(number),
                         extract_date=self.today)  # fmt: skip


def _number(child: str) -> int:
    return 1 + ([*CHILDREN].index(child) if child in CHILDREN else len(CHILDREN))


def _born(child: str) -> date:
    return date(2016, _number(child), 9)


def _surname(child: str) -> str:
    return f"Oka{child.lower()}"


def terms_of_two_years(last: date) -> Agreement:
    """The agreement, from the first term to that day, with a collection for each term."""
    terms = load_agreement("fsm")
    ends = date(2029, 1, 31)
    datasets = {
        name: each.model_copy(update={"collections": dict.fromkeys(TERMS, Period.model_validate(
            {"from": date(2026, 9, 1), "to": ends}))})
        for name, each in terms.datasets.items()
    }  # fmt: skip
    period = terms.in_force.model_copy(update={"last": last})
    return terms.model_copy(update={"in_force": period, "datasets": datasets})


@contextmanager
def two_years(seed: int, keys: Path) -> Iterator[Years]:
    """A world at its beginning, over a copy of these keys."""
    chance = Random(seed)
    last = BEGINS + timedelta(days=TERM_DAYS * len(TERMS) + chance.randint(0, 20))
    now = [datetime.combine(BEGINS, datetime.min.time(), UTC) + timedelta(hours=9)]
    account = MemoryBlobs(lambda: now[0])
    with tempfile.TemporaryDirectory() as folder, storage_over(account) as storage:
        own = Path(folder) / "keys"
        copytree(keys, own)
        terms = terms_of_two_years(last)
        storage.ensure_containers(terms.controllers)
        put_postcodes(storage)
        yield Years(make_world(storage, own, terms, now), account, chance, Book(last))


def main() -> int:
    """Run them and say what came of it; 1 where anything is wrong."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    first = int(sys.argv[2]) if len(sys.argv) > 2 else Random().randrange(10**6)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        make_keys(Path(folder) / "keys", desks(Path(folder)))
        for seed in range(first, first + count):
            with two_years(seed, Path(folder)) as years:
                years.run()
                wrong += [f"seed {seed}: {what}" for what in years.wrong]
                sys.stderr.write(f"seed {seed}: {len(years.done)} events, {len(years.wrong)} wrong\n")
    sys.stdout.write(f"{count} schedules of two years from seed {first}\n")
    sys.stdout.write("\n".join([f"{len(wrong)} wrong", *wrong]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
