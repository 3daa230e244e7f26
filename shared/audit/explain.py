"""Explains every operation: by a right, by work that the ledger records, or not at all.

Ten million operations are some hundred kinds. Each block's rows become numbers, rows of equal numbers are counted
together, and the rules are asked once for each kind. What nothing explains is kept by the line, the first ones only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shared.agreement.model import Agreement
from shared.audit.chains import LedgerCopy
from shared.audit.codes import Codes, Numbers, positions_of
from shared.audit.lots import Lot
from shared.audit.people import SERVICE, People, Person, way
from shared.audit.places import EXCHANGE, SHARED, Place, Places, shown_name
from shared.audit.register import Register
from shared.audit.report import SHOWN
from shared.audit.route import Kind
from shared.audit.schema import DENIED_STATUS, DENIED_WORDS, LIFECYCLE_AGENTS
from shared.intake.identity import derived_id

_BEFORE, _AFTER = timedelta(days=7), timedelta(days=1)
"""How long before a chain's first event, and after its last, an operation may name it. A sweep that was killed is
recorded days after it began; nothing is done for work that ended yesterday."""

MOST_ORIGINS = 1000
_AT_HOME_IN_AZURE = frozenset({"app", "records", "platform", "lifecycle"})

PLAIN, LIFECYCLE, OUT_OF_TIME = 0, 1, 2
DONE, DENIED, FAILED = 0, 1, 2
_OUTCOMES = ("done", "denied", "failed")


class Mark(NamedTuple):
    """The work that an operation names."""

    work: str
    """Kind of chain; empty for none, or for one that is not in the ledger, or not at that time."""
    tenant: str = ""
    event: str = ""
    """Of a key's use: the id of an event that storage logs must have seen."""


class Row(NamedTuple):
    """One operation that is to be shown."""

    at: int
    """Microseconds since 1970."""
    file: str
    line: int
    name: str
    """Of the object, where our own grammar made it."""
    origin: str = ""
    """Address that it came from, without the port; empty where the log has none, or what is none."""


@dataclass
class Group:
    """Operations of one kind."""

    kind: Kind
    count: int = 0
    first: int = 2**62
    last: int = 0
    rows: list[Row] = field(default_factory=list)
    """The first ones."""
    origins: set[str] = field(default_factory=set)
    """Addresses that they came from, up to `MOST_ORIGINS`. Of the app and of Azure's own not asked: Azure gives them
    ever new ones."""

    def show(self, rows: Iterable[Row]) -> None:
        """Keep the first ones of these, too."""
        self.rows = sorted([*self.rows, *rows])[:SHOWN]


@dataclass(frozen=True)
class Coded:
    """A lot within the period, as numbers: what else looks at operations need not look again."""

    files: tuple[str, ...]
    table: pa.Table
    at: Numbers
    services: Numbers
    places: Numbers
    operations: Numbers
    outcomes: Numbers
    people: Numbers

    def whereabouts(self, rows: Numbers) -> list[tuple[str, int]]:
        """File and line of each."""
        places = self.table.select(["file", "line"]).take(pa.array(rows))
        return [(self.files[file], line) for file, line in zip(*(c.to_pylist() for c in places.columns), strict=True)]


class Explainer:
    """Takes lot after lot; at the end `groups` says what there was. The order of lots does not matter."""

    def __init__(self, agreement: Agreement, register: Register, ledger: LedgerCopy, first: date, last: date) -> None:
        self.since, self._until = (_micro(datetime.combine(day, time(), UTC)) for day in (first, last + timedelta(1)))
        self._accounts = pa.array([*register.accounts, *register.vaults])
        self._people = People(register)
        self._map = Places(agreement)
        self._ledger = ledger
        self._by_id = {chain.subject.partition(":")[2]: chain for chain in ledger.chains.values() if chain.events}
        self.operations, self.categories = Codes(7), Codes(2)
        self.services, self._containers, self._parts = Codes(2), Codes(16), Codes(20)
        self.places, self.people, self._marks = Codes(10), Codes(14), Codes(18)
        self.authentications = Codes(4)
        self.groups: dict[int, Group] = {}
        self.events: set[str] = set()
        """Ids of events whose blob the storage logs show being read."""
        self._events_checked: dict[tuple[str, str, str], bool] = {}
        self.outside = self.other_accounts = 0

    def add(self, lot: Lot) -> Coded:
        """Count one lot. Returns those of its operations that count at all, up to the end of the period."""
        table = lot.operations
        ours = pc.is_in(table.column("account"), self._accounts)
        self.other_accounts += table.num_rows - (pc.sum(ours).as_py() or 0)
        at = np.asarray(table.column("at").cast(pa.int64()))
        keep = np.logical_and(np.asarray(ours), at < self._until)
        if not keep.all():
            table, at = table.filter(pa.array(keep)), at[keep]
        coded = self._code(lot.files, table, at)
        inside = at >= self.since
        self.outside += int((np.asarray(ours) & ~keep).sum() + (~inside).sum())
        self._count(coded, inside)
        return coded

    def _code(self, files: tuple[str, ...], table: pa.Table, at: Numbers) -> Coded:
        status, texts = np.asarray(table.column("status")), table.column("status_text")
        denied = np.isin(status, DENIED_STATUS) | np.asarray(pc.is_in(texts, pa.array(DENIED_WORDS)))
        outcomes = np.where(denied, DENIED, np.where((status >= 400) | (status == 0), FAILED, DONE))
        services = self.services.encode(table.column("service"))
        return Coded(
            files,
            table,
            at,
            services,
            self._place(table, services),
            self.operations.encode(table.column("operation")),
            outcomes,
            self._who(table),
        )

    def _who(self, table: pa.Table) -> Numbers:
        """By principal and authentication together."""
        authentication, ways = positions_of(table.column("authentication"))
        principal, ids = positions_of(table.column("principal"))
        positions, pairs = pd.factorize(principal * len(ways) + authentication)
        numbers = [self.people.number(self._people.find(ids[p // len(ways)], ways[p % len(ways)])) for p in pairs]
        return np.asarray(np.asarray(numbers, np.int64)[positions])

    def _place(self, table: pa.Table, services: Numbers) -> Numbers:
        """By service, container and, where a container is shared, the part."""
        containers = self._containers.encode(table.column("container"))
        vault = services == self.services.number("vault")
        split = np.flatnonzero(vault | np.isin(containers, [self._containers.number(name) for name in SHARED]))
        parts = np.full(len(services), self._parts.number(""), np.int64)
        parts[split] = self._parts.encode(_parts(table.select(["blob", "listed"]).take(pa.array(split)), vault[split]))
        keys = (services << 36) | (containers << 20) | parts
        positions, distinct = pd.factorize(keys)
        numbers = [self.places.number(self._place_of(int(key))) for key in distinct]
        return np.asarray(np.asarray(numbers, np.int64)[positions])

    def _place_of(self, key: int) -> Place:
        container = self._containers.texts[(key >> 20) & 0xFFFF]
        part = self._parts.texts[key & 0xFFFFF]
        place = self._map.container(self.services.texts[key >> 36], container)
        if place.kind == "vault":
            return Place("vault", self._map.part(part.rpartition("/")[2].partition("-")[2]) or EXCHANGE)
        return replace(place, owner=self._map.part(part)) if place.kind in SHARED else place

    def _condition(self, coded: Coded) -> Numbers:
        """Whether it is the lifecycle policy's, and whether whoever it is was so at that time."""
        agents, texts = positions_of(coded.table.column("agent"))
        scans = np.fromiter((any(name in text for name in LIFECYCLE_AGENTS) for text in texts), bool, len(texts))[
            agents
        ]
        nobody = np.fromiter((person.name == SERVICE for person in self.people.texts), bool)
        since = np.fromiter((_micro(person.first) if person.first else 0 for person in self.people.texts), np.int64)
        until = np.fromiter((_micro(person.last) if person.last else 2**62 for person in self.people.texts), np.int64)
        late = (coded.at < since[coded.people]) | (coded.at >= until[coded.people])
        return np.where(scans & nobody[coded.people], LIFECYCLE, np.where(late, OUT_OF_TIME, PLAIN))

    def _mark(self, coded: Coded) -> Numbers:
        """The number of the work that each operation names."""
        request, vault = coded.table.column("request"), coded.services == self.services.number("vault")
        # An id without a colon is none of ours, except that the vault takes and shows ours without.
        ours = pc.or_(pa.array(vault), pc.match_substring(request, ":"))
        positions, texts = positions_of(pc.if_else(ours, request, ""))
        chains = [self._by_id.get(text.rpartition(":")[2]) for text in texts]
        named = [
            chain if chain and (chain.subject == text or ":" not in text) else None
            for chain, text in zip(chains, texts, strict=True)
        ]
        none = self._marks.number(Mark(""))
        plain = np.fromiter(
            (self._marks.number(Mark(c.kind, c.tenant)) if c else none for c in named), np.int64, len(texts)
        )
        spans = [(_micro(c.span[0] - _BEFORE), _micro(c.span[1] + _AFTER)) if c else (0, 2**62) for c in named]
        since, until = (np.fromiter((span[end] for span in spans), np.int64, len(spans)) for end in (0, 1))
        numbers = plain[positions]
        numbers[(coded.at < since[positions]) | (coded.at > until[positions])] = none
        event = np.fromiter((text.startswith("event:") for text in texts), bool, len(texts))[positions]
        for row in np.flatnonzero(event):
            numbers[row] = self._event(coded, int(row), texts[positions[row]].partition(":")[2])
        for row in np.flatnonzero(vault & (numbers == none)):
            text = texts[positions[row]]
            if text:
                owner = self.places.texts[coded.places[row]].owner
                numbers[row] = self._marks.number(Mark("event", owner, text))
        return numbers

    def _event(self, coded: Coded, row: int, event: str) -> int:
        """An event's id is that of the blob that arrived: where the blob stands in the line, it must be."""
        place = self.places.texts[coded.places[row]]
        if place.kind in ("inbox", "requests"):
            container, blob = (coded.table.column(name)[row].as_py() for name in ("container", "blob"))
            asked = (event, container, blob)
            if asked not in self._events_checked:
                name = blob if place.kind == "inbox" else blob.partition("/")[2]
                told = place.owner if place.kind == "requests" else container
                ids = (
                    derived_id("event", "requests", told, name)
                    if place.kind == "requests"
                    else derived_id("event", place.owner, container, name)
                )
                self._events_checked[asked] = ids == event
            if not self._events_checked[asked]:
                return self._marks.number(Mark(""))
            self.events.add(event)
        return self._marks.number(Mark("event", place.owner))

    def _count(self, coded: Coded, inside: np.ndarray) -> None:
        if not inside.any():
            return
        keys = self._marks_and_all(coded)[inside]
        rows = np.flatnonzero(inside)
        numbers, distinct = pd.factorize(keys)
        # Of small numbers numpy's stable sort is by digits: no comparison, one pass.
        order = np.argsort(numbers.astype(np.uint16) if len(distinct) < 2**16 else numbers, kind="stable")
        counts = np.bincount(numbers, minlength=len(distinct))
        starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
        at = coded.at[rows][order]
        firsts, lasts = np.minimum.reduceat(at, starts), np.maximum.reduceat(at, starts)
        for key, start, count, first, last in zip(distinct, starts, counts, firsts, lasts, strict=True):
            group = self.groups.get(int(key))
            if group is None:
                group = self.groups[int(key)] = Group(self._kind(int(key)))
            group.count += int(count)
            group.first, group.last = min(group.first, int(first)), max(group.last, int(last))
            if group.kind.person.role not in _AT_HOME_IN_AZURE and len(group.origins) < MOST_ORIGINS:
                group.origins |= origins(coded.table.column("ip").take(pa.array(rows[order[start : start + count]])))
            if group.kind.is_in_doubt:
                group.show(self._rows(coded, rows[order[start : start + count]], group))

    def _rows(self, coded: Coded, rows: Numbers, group: Group) -> list[Row]:
        earliest = rows[np.argsort(coded.at[rows], kind="stable")[:SHOWN]]
        names, callers = (coded.table.column(name).take(pa.array(earliest)).to_pylist() for name in ("blob", "ip"))
        places = coded.whereabouts(earliest)
        return [
            Row(int(at), file, line, shown_name(group.kind.place.kind, name), origin(caller))
            for at, (file, line), name, caller in zip(coded.at[earliest], places, names, callers, strict=True)
        ]

    def _marks_and_all(self, coded: Coded) -> Numbers:
        """All that tells kinds of operations apart, in one number."""
        keys = self._mark(coded)
        for numbers, bits in (
            (self._condition(coded), 2),
            (coded.people, 14),
            (coded.places, 10),
            (self.authentications.encode(coded.table.column("authentication")), 4),
            (coded.outcomes, 2),
            (coded.operations, 7),
        ):
            keys = (keys << bits) | numbers
        return keys

    def _kind(self, key: int) -> Kind:
        def take(bits: int) -> int:
            nonlocal key
            key, number = key >> bits, key & ((1 << bits) - 1)
            return number

        operation, outcome = self.operations.texts[take(7)], _OUTCOMES[take(2)]
        authentication, place = way(self.authentications.texts[take(4)]), self.places.texts[take(10)]
        person: Person = self.people.texts[take(14)]
        condition = take(2)
        mark: Mark = self._marks.texts[key]
        if condition == LIFECYCLE:
            person = Person("lifecycle policy", "lifecycle")
        return Kind(
            operation,
            outcome,
            authentication,
            place,
            person,
            condition == OUT_OF_TIME,
            mark.work,
            mark.tenant,
            mark.event,
        )


def _parts(names: pa.Table, vault: np.ndarray) -> pa.ChunkedArray:
    """What tells whose part of a shared container it is: the first segment of a name or prefix, or the key's name."""
    name = pc.if_else(pc.equal(names.column("blob"), ""), names.column("listed"), names.column("blob"))
    first = pc.list_element(pc.split_pattern(pc.binary_join_element_wise(name, "/", ""), "/", max_splits=1), 0)
    return pc.if_else(pa.array(vault), name, first)


def origins(callers: pa.ChunkedArray) -> set[str]:
    """The addresses among these callers, each once."""
    return {found for caller in callers.unique().to_pylist() if (found := origin(caller))}


def origin(caller: str) -> str:
    """A caller's address without its port. What is no address is not repeated: anybody can write a header."""
    host = caller.rpartition(":")[0] if caller.count(":") == 1 or caller.startswith("[") else caller
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return ""


def _micro(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
