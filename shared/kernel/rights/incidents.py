"""Incidents: one chain ``incident:<id>`` each, with its own clock and who was told when. Counts, codes and times alone.

UK GDPR article 33: whoever decides on the data tells the Commissioner within 72 hours of having become aware, and
whoever works on its behalf tells it without undue delay. The clock runs from when somebody noticed, not from when it
was typed in here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.intake.identity import derived_id
from shared.kernel.rights.incident_codes import NO_COMMISSIONER, OTHER_OUTCOME, TOLD_WHEN, UNTOLD

if TYPE_CHECKING:
    from shared.kernel.ledger.chain import Ledger
    from shared.kernel.ledger.events import Event

INCIDENT = "incident"
"""The kind of these chains."""
SERVICE = "incident"
OPENED, INFORMED, CLOSED = "opened", "informed", "closed"
WHY = ("key-lost", "pass-lost", "read", "wrong-receiver", "wrong-link", "altered", "lost", "other")
"""What happened, in a word: the rest stands in the operators' own file on it, never here."""
COMMISSIONER = "ico"
OTHERS = (COMMISSIONER, "families", "police")
"""Who may be told beside the parties."""
TOLD, NO_RISK, NO_BREACH = "told", "no-risk", "no-breach"
OUTCOMES = (TOLD, NO_RISK, NO_BREACH)
"""`no-risk`: a breach that is unlikely to harm anybody, so that the Commissioner need not be told; it is recorded
(article 33(5)). `no-breach`: it was none."""
CLOCK = timedelta(hours=72)
_FIELDS = ("party", "container")


@dataclass(frozen=True)
class Scope:
    """What an incident is about: a time, and in it a key, a party, a kind of container, or all of them."""

    begins: datetime | None = None
    ends: datetime | None = None
    """Not part of it."""
    key: str = ""
    """The key's mark (`key_mark`): an event names no key otherwise."""
    party: str = ""
    container: str = ""
    """`inbox`, `staging`, `pending`, `outbox`; empty for all."""


@dataclass(frozen=True)
class Telling:
    """That somebody was told."""

    whom: str
    at: datetime


@dataclass(frozen=True)
class Incident:
    """One incident, as the ledger has it."""

    id: str
    why: str
    noticed: datetime
    opened: datetime
    scope: Scope
    counted: Mapping[str, int]
    """What it reached when it was opened: drops, releases, rows, parties."""
    told: tuple[Telling, ...] = ()
    outcome: str = ""
    """Empty while it is open."""

    @property
    def due(self) -> datetime:
        """When the 72 hours are over."""
        return self.noticed + CLOCK

    def was_told(self, whom: str) -> datetime | None:
        """When somebody was told first."""
        return min((one.at for one in self.told if one.whom == whom), default=None)

    def hours_left(self, now: datetime) -> int:
        """Whole hours until the clock is over; below zero, since."""
        return int((self.due - now).total_seconds() // 3600)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the clock is over, the Commissioner is not told, and nobody has said that this need not be."""
        return now > self.due and self.was_told(COMMISSIONER) is None and self.outcome in ("", TOLD)

    def untold(self, parties: Iterable[str]) -> tuple[str, ...]:
        """Which of these parties have not been told."""
        return tuple(sorted(party for party in parties if self.was_told(party) is None))


def open_incident(ledger: Ledger, why: str, noticed: datetime, scope: Scope, counted: Mapping[str, int]) -> str:
    """Record an incident and return its id. The same, opened again, is the same."""
    times = {name: at for name, at in (("from", scope.begins), ("until", scope.ends)) if at is not None}
    facts = [why, noticed.isoformat(), *(f"{name} {at.isoformat()}" for name, at in times.items())]
    facts += [scope.key, *(f"{name}.{getattr(scope, name)}" for name in _FIELDS)]
    id = derived_id(INCIDENT, *facts)
    ledger.record(
        f"{INCIDENT}:{id}",
        OPENED,
        service=SERVICE,
        tenant=EXCHANGE,
        counts={"noticed": _seconds(noticed), **{name: _seconds(at) for name, at in times.items()}, **counted},
        hashes={"key": scope.key} if scope.key else {},
        codes=(why, *(f"{name}.{said}" for name in _FIELDS if (said := getattr(scope, name)))),
    )
    return id


def inform(ledger: Ledger, incident: Incident, whom: str, at: datetime, now: datetime) -> None:
    """Record that somebody was told; told twice at one time, it is recorded once.

    Raises `InvalidInput` INC-003 where that was before anybody noticed, or is still to come.
    """
    if not incident.noticed <= at <= now:
        raise TOLD_WHEN.refusal()
    ledger.record(
        f"{INCIDENT}:{incident.id}",
        INFORMED,
        service=SERVICE,
        tenant=EXCHANGE,
        counts={"at": _seconds(at)},
        hashes={"telling": derived_id(INCIDENT, incident.id, whom, at.isoformat())},
        codes=(whom,),
    )


def close_incident(ledger: Ledger, incident: Incident, outcome: str, parties: Iterable[str]) -> None:
    """Record how it ended. `parties` are those whose rows it reached.

    Raises `InvalidInput` INC-004 while one of them has not been told, INC-005 where the Commissioner should have been,
    INC-006 where it has ended otherwise.
    """
    if incident.outcome not in ("", outcome):
        raise OTHER_OUTCOME.refusal()
    if outcome != NO_BREACH and (untold := incident.untold(parties)):
        raise UNTOLD.refusal(f"Still to be told: {', '.join(untold)}.")
    if outcome == TOLD and incident.was_told(COMMISSIONER) is None:
        raise NO_COMMISSIONER.refusal()
    ledger.record(f"{INCIDENT}:{incident.id}", CLOSED, service=SERVICE, tenant=EXCHANGE, codes=(outcome,))


def incidents_in(ledger: Ledger) -> tuple[Incident, ...]:
    """Every incident that a ledger has, the oldest first."""
    chains = (ledger.events(subject) for subject in ledger.subjects(INCIDENT))
    return tuple(sorted((read_incident(chain) for chain in chains if chain), key=lambda one: (one.noticed, one.id)))


def read_incident(chain: Iterable[Event]) -> Incident:
    """What one chain says."""
    first, *later = chain
    why, *said = first.codes
    named = dict(code.split(".", 1) for code in said)
    counts = dict(first.counts)
    times = {name: _time(counts.pop(name)) if name in counts else None for name in ("noticed", "from", "until")}
    incident = Incident(
        id=first.subject.partition(":")[2],
        why=why,
        noticed=times["noticed"] or datetime.fromisoformat(first.at),
        opened=datetime.fromisoformat(first.at),
        scope=Scope(times["from"], times["until"], first.hashes.get("key", ""), **named),
        counted=counts,
    )
    for event in later:
        if event.step == INFORMED:
            incident = replace(incident, told=(*incident.told, Telling(event.codes[0], _time(event.counts["at"]))))
        if event.step == CLOSED:
            incident = replace(incident, outcome=event.codes[0])
    return incident


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
