"""Explains every operation: by a right, by work that the ledger records, or not at all.

Ten million operations are some hundred kinds. In each batch, rows that are the same in all that matters are counted
together, and the rules are asked once for each kind. What nothing explains is kept by the line, the first ones only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.audit.batches import Batch
from shared.kernel.audit.chains import LedgerCopy
from shared.kernel.audit.coded import Coded, Coder
from shared.kernel.audit.columns import Column, Mask, Numbers, column_of, together
from shared.kernel.audit.marks import Mark, Marker, micro
from shared.kernel.audit.people import SERVICE, Person, way
from shared.kernel.audit.register import Register
from shared.kernel.audit.report import SHOWN
from shared.kernel.audit.route import Kind
from shared.kernel.audit.rulebook import Rulebook
from shared.kernel.audit.schema import LIFECYCLE_AGENTS
from shared.kernel.terms.agreements import Agreements

MOST_ORIGINS = 1000
_AT_HOME_IN_AZURE = frozenset({"app", "records", "platform", "lifecycle"})
_POLICY = Person("lifecycle policy", "lifecycle")
_EVER = 2**62


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
    first: int = _EVER
    last: int = 0
    rows: list[Row] = field(default_factory=list)
    """The first ones."""
    origins: set[str] = field(default_factory=set)
    """Addresses that they came from, up to `MOST_ORIGINS`. Of the app and of Azure's own not asked: Azure gives them
    ever new ones."""

    def show(self, rows: Iterable[Row]) -> None:
        """Keep the first ones of these, too."""
        self.rows = sorted([*self.rows, *rows])[:SHOWN]


class Explainer:
    """Takes batch after batch; at the end `groups` says what there was. The order of batches does not matter."""

    def __init__(self, agreements: Agreements, register: Register, ledger: LedgerCopy, first: date, last: date) -> None:
        self.since, self._until = (micro(datetime.combine(day, time(), UTC)) for day in (first, last + timedelta(1)))
        self._accounts = pa.array([name.lower() for name in (*register.accounts, *register.vaults)])
        self._coder = Coder(agreements, register)
        self._rulebook = Rulebook(agreements)
        self._marker = Marker(ledger)
        self.groups: dict[Kind, Group] = {}
        self.outside = self.other_accounts = 0

    @property
    def events(self) -> set[str]:
        """Ids of events whose blob the storage logs show being read."""
        return self._marker.events

    def add(self, batch: Batch) -> Coded:
        """Count one batch. Returns those of its operations that count at all, up to the end of the period."""
        ours = np.asarray(pc.is_in(batch.operations.column("account"), value_set=self._accounts))
        at = np.asarray(batch.operations.column("at").cast(pa.int64()))
        self.other_accounts += int((~ours).sum())
        coded = self._coder.code(batch, ours & (at < self._until), at)
        inside = coded.at >= self.since
        self.outside += int((ours & (at >= self._until)).sum() + (~inside).sum())
        self._count(coded, inside)
        return coded

    def _count(self, coded: Coded, inside: Mask) -> None:
        rows = np.flatnonzero(inside)
        if not rows.size:
            return
        marks, scans = self._marker.mark(coded), _scans(coded)
        out_of_time = _out_of_time(coded) & ~scans
        told_apart: tuple[Numbers | Mask, ...] = (
            coded.operations.numbers,
            coded.outcomes.numbers,
            coded.authentications.numbers,
            coded.places.numbers,
            coded.people.numbers,
            marks.numbers,
            scans,
            out_of_time,
        )
        numbers, firsts = together(*(column[rows] for column in told_apart))
        order = np.argsort(numbers, kind="stable")
        for some, first in zip(np.split(rows[order], np.cumsum(np.bincount(numbers))[:-1]), rows[firsts], strict=True):
            kind = self._kind(coded, int(first), marks, bool(scans[first]), bool(out_of_time[first]))
            self._add(coded, kind, some)

    def _add(self, coded: Coded, kind: Kind, rows: Numbers) -> None:
        """Count these rows, which are of one kind."""
        group = self.groups.setdefault(kind, Group(kind))
        at = coded.at[rows]
        group.count += len(rows)
        group.first, group.last = min(group.first, int(np.min(at))), max(group.last, int(np.max(at)))
        if kind.person.role not in _AT_HOME_IN_AZURE and len(group.origins) < MOST_ORIGINS:
            group.origins |= origins(coded.callers, rows)
        if group.kind.is_in_doubt:
            group.show(self._rows(coded, rows, kind))

    def _kind(self, coded: Coded, row: int, marks: Column[Mark], scans: bool, out_of_time: bool) -> Kind:
        """What the operation of that row has in common with others."""
        mark = marks[row]
        return Kind(
            coded.operations[row],
            coded.outcomes[row],
            way(coded.authentications[row]),
            coded.places[row],
            _POLICY if scans else coded.people[row],
            out_of_time,
            mark.work,
            mark.tenant,
            mark.agreement,
            mark.event,
            self._rulebook,
        )

    def _rows(self, coded: Coded, rows: Numbers, kind: Kind) -> list[Row]:
        earliest = rows[np.argsort(coded.at[rows], kind="stable")[:SHOWN]]
        return [
            Row(
                int(coded.at[row]),
                *coded.whereabouts(row),
                self._coder.places.shown_name(kind.place.kind, coded.names[row]),
                origin(coded.callers[row]),
            )
            for row in earliest
        ]


def _scans(coded: Coded) -> Mask:
    """Whether it is the lifecycle policy: nobody else comes as the service itself under its agent's name."""
    agents = column_of(coded.table.column("agent"))
    by_name = agents.where(lambda agent: any(name in agent for name in LIFECYCLE_AGENTS))
    return by_name & coded.people.where(lambda person: person.name == SERVICE)


def _out_of_time(coded: Coded) -> Mask:
    """Whether whoever it is was not, at that time, who the register says."""
    since = coded.people.as_numbers(lambda person: micro(person.first) if person.first else 0)
    until = coded.people.as_numbers(lambda person: micro(person.last) if person.last else _EVER)
    return np.asarray((coded.at < since) | (coded.at >= until))


def origins(callers: Column[str], rows: Numbers) -> set[str]:
    """The addresses from which these came, each once."""
    distinct = np.unique(callers.numbers[rows])
    return {found for number in distinct if (found := origin(callers.values[number]))}


def origin(caller: str) -> str:
    """A caller's address without its port. What is no address is not repeated: anybody can write a header."""
    host = caller.rpartition(":")[0] if caller.count(":") == 1 or caller.startswith("[") else caller
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return ""
