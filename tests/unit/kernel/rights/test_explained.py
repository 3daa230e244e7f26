"""Whatever the exchange does to a blob for an order, or in a night of one, the audit can explain from the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa
import pytest
import requests

from shared.kernel.audit.marks import _AFTER, _BEFORE
from shared.kernel.audit.places import EXCHANGE, FOLDERS, SHARED, Place, Places
from shared.kernel.audit.reach import reach
from shared.kernel.audit.rulebook import Operation, Rulebook
from shared.kernel.contract.objections import CONTRACT as LIST
from shared.kernel.disposal.watch import watch_subject
from shared.kernel.envelope.keys import Use
from shared.kernel.rights.incidents import Scope, open_incident
from shared.kernel.waiting.watch import look_at_waits
from tests.memory import MemoryBlobs
from tests.unit.kernel.rights.nights import night, order
from tests.world import NOW, World, decision, household, make_world, pupil, put_postcodes

_VERBS = {"GET": "read", "HEAD": "look", "PUT": "create", "DELETE": "delete"}


@dataclass(frozen=True)
class Asked:
    """One request to the account."""

    verb: str
    container: str
    name: str
    subject: str
    at: datetime


@dataclass
class Seen(MemoryBlobs):
    """The account, which writes down what it was asked."""

    now: list[datetime]
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(lambda: self.now[0])

    __hash__ = object.__hash__

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = urlsplit(str(request.url))
        _, container, name = (*unquote(url.path).lstrip("/").split("/", 2), "", "")[:3]
        query = parse_qs(url.query)
        listed = query.get("comp") == ["list"]
        verb = ("list" if container else "survey") if listed else _VERBS[str(request.method)]
        name = "".join(query.get("prefix", [])) if listed else name
        subject = request.headers.get("x-ms-client-request-id", "")
        self.asked.append(Asked(verb, container, name, subject, self.now[0]))
        return super().send(request, *args, **kwargs)


@pytest.fixture
def service() -> Seen:
    return Seen([NOW])


@pytest.fixture
def seen(service: Seen, keys_folder: Path) -> Iterator[tuple[World, Seen]]:
    with service.storage() as storage:
        storage.ensure_containers(("lambeth", "lewisham", "southwark", "wandsworth"))
        put_postcodes(storage)
        yield make_world(storage, keys_folder, now=service.now), service


def unexplained(world: World, asked: list[Asked]) -> list[str]:
    """What no rule allows, each kind of it once."""
    agreements = world.exchange.agreements
    places, rules = Places(agreements), Rulebook(agreements)
    chains = {subject: world.exchange.ledger.events(subject) for subject in world.exchange.ledger.subjects()}
    found = []
    for one in asked:
        kind, tenant, agreement = "", "", EXCHANGE
        chain = chains.get(one.subject, ())
        if chain:
            first, last = (datetime.fromisoformat(chain[place].at) for place in (0, -1))
            if first - _BEFORE <= one.at <= last + _AFTER:
                kind, tenant = one.subject.partition(":")[0], chain[0].tenant
                agreement = chain[0].agreement.partition("@")[0]
        operation = Operation("app", "", one.verb, _place(places, one), kind, tenant, agreement)
        if kind != "event" and rules.explain(operation) is None:
            found.append(f"{one.verb} {operation.place} under {one.subject.partition(':')[0] or 'nothing'}")
    return sorted(set(found))


def _place(places: Places, asked: Asked) -> Place:
    place = places.container("blob", asked.container)
    folders = asked.name.split("/")[:-1]
    owner = place.owner
    if place.kind in SHARED:
        owner, folders = places.part(folders[0]) if folders else "", folders[1:]
    agreement, folder = places.within(place.kind, folders) if place.kind in FOLDERS else ("", "")
    return Place(place.kind, owner, agreement, folder)


def test_the_audit_explains_all_that_is_done_for_an_order_and_in_the_nights_after(seen: tuple[World, Seen]) -> None:
    world, account = seen
    drop = world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    other = world.receive("wandsworth", world.drop("wandsworth", "pupils", [pupil(2, forename="Bo")]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    world.carry_out_all()
    before = len(account.asked)

    def a_night() -> None:
        start = len(account.asked)
        night(world)
        look_at_waits(world.exchange.working_on(watch_subject(EXCHANGE, world.now[0].date())))
        done.extend(account.asked[start:])
        # The morning's watchdog records its chain.
        subject = watch_subject(EXCHANGE, world.now[0].date())
        world.exchange.ledger.record(subject, "watched", service="watchdog", tenant=EXCHANGE, counts={"held": 0})

    done: list[Asked] = []
    key = world.rings["wandsworth"].current("wandsworth", Use.SIGN)
    for word, party, what in (
        ("hold", "southwark", {"drops": (drop,), "why": "court", "day": date(2027, 1, 5)}),
        ("hold", "lambeth", {"agreement": "fsm", "why": "inquiry", "day": date(2027, 1, 4)}),
        ("quarantine", "wandsworth", {"drops": (other,)}),
        ("quarantine", "wandsworth", {"keys": (key,), "since": NOW}),
        ("leave", "lewisham", {"day": date(2026, 11, 23)}),
    ):
        start = len(account.asked)
        order(world, word, party, **what)
        # What the operator wrote, and the event of it, are explained elsewhere.
        done += [one for one in account.asked[start:] if one.subject.partition(":")[0] in ("stop", "stopped", "run")]
        a_night()
        world.now[0] += timedelta(days=1)
    world.now[0] = datetime(2027, 1, 6, 2, 0, tzinfo=UTC)
    a_night()
    assert len(account.asked) > before + 100
    assert len(done) > 100
    assert unexplained(world, done) == []


def test_the_audit_explains_what_is_taken_back_from_a_party_that_has_left(seen: tuple[World, Seen]) -> None:
    world, account = seen
    drop = world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.carry_out_all()
    order(world, "leave", "lambeth", day=NOW.date())
    start = len(account.asked)
    order(world, "quarantine", "southwark", drops=(drop,))
    done = [one for one in account.asked[start:] if one.subject.partition(":")[0] in ("stop", "stopped", "run")]
    assert [one for one in done if (one.verb, one.container) == ("delete", "lambeth-outbox")]
    assert unexplained(world, done) == []


def test_the_audit_explains_all_that_is_done_for_a_list_of_objections(seen: tuple[World, Seen]) -> None:
    """The list before any file, with files staged and a question waiting, and when the other side is gone; then an
    order about a file that was rid of somebody, an incident, and a party that leaves."""
    world, account = seen
    rows = [pupil(n, forename=name, dob=date(2015, n, 21)) for n, name in enumerate(("Amara", "Bo", "Cy"), 1)]
    claims = [household(f"H{n}", child_forename=row["forename"], child_dob=row["dob"]) for n, row in enumerate(rows, 1)]

    def object_(*upns: str) -> None:
        named = [{"objection_ref": f"o-{upn}", "named_by": "upn", "upn": upn, "reason": "objection"} for upn in upns]
        days = [{**row, "from_day": NOW.date(), "until_day": date(2026, 12, 5)} for row in named]
        sealed = world.seal("southwark", "objections", pa.Table.from_pylist(days, schema=LIST.arrow_schema()))
        world.receive("southwark", world.put("southwark", sealed.data, sealed.metadata))
        world.carry_out_all()
        world.now[0] += timedelta(hours=1)

    object_(rows[2]["upn"])
    drop = str(world.receive("southwark", world.drop("southwark", "pupils", rows)))
    world.receive("lambeth", world.drop("lambeth", "households", claims))
    world.carry_out_all()
    world.now[0] += timedelta(hours=1)
    world.receive("southwark", world.drop("southwark", "pupils", [pupil(9, forename="Di", dob=date(2014, 1, 2))]))
    world.carry_out_all()
    refs = [row["match_ref"] for row in world.results("lambeth", "matches").to_pylist()]
    assert len(refs) == 2
    object_(rows[0]["upn"], rows[2]["upn"])
    decided = [decision(ref, decided_on=world.now[0].date()) for ref in refs]
    world.receive("lambeth", world.drop("lambeth", "decisions", decided))
    world.carry_out_all()
    for blob in list(world.storage.staging("lambeth").list("fsm/households/")):
        world.storage.staging("lambeth").delete(blob.name)
    object_()
    world.receive("southwark", world.drop("southwark", "pupils", [rows[2]]))
    world.carry_out_all()
    order(world, "hold", "southwark", drops=(drop,), why="incident", day=date(2026, 12, 1))
    order(world, "leave", "wandsworth", day=date(2026, 11, 23))
    world.carry_out_all()
    night(world)
    world.exchange.ledger.record(
        watch_subject(EXCHANGE, world.now[0].date()), "watched", service="watchdog", tenant=EXCHANGE, counts={"held": 0}
    )
    kinds = {one.subject.partition(":")[0] for one in account.asked}
    assert {"objected", "drop", "check", "run", "wake", "enrolment", "notice", "stop", "stopped"} <= kinds
    # Requests of the test itself bear no subject; what reconciliation looks at is explained elsewhere.
    done = [one for one in account.asked if ":" in one.subject and not one.subject.startswith("reconcile")]
    assert unexplained(world, done) == []
    scope = Scope(begins=NOW, ends=world.now[0])
    chains = [world.exchange.ledger.events(subject) for subject in world.exchange.ledger.subjects()]
    reached = reach(chains, (), world.exchange.agreements, scope)
    open_incident(world.exchange.ledger, "read", world.now[0], scope, reached.counts)
    assert drop in {one.subject.partition(":")[2] for one in reached.drops}
    rules = Rulebook(world.exchange.agreements)
    written = Operation("operator", "", "create", Place("ledger", "incident"), "incident", EXCHANGE, EXCHANGE)
    assert rules.explain(written) is not None
