"""The sweep's notes: what it is about to destroy, fixed before the first deletion; what is held, fixed after the last.

Both are claims: written once, found again by whoever finishes the work. A sweep that is killed between two deletions
would otherwise not know what the first of them was, and could not certify it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from shared.kernel.disposal.objects import OWN, HeldObject
from shared.kernel.errors import Missing
from shared.kernel.intake.identity import derived_id
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange

_PLAN = f"{OWN}plan-"
_HELD = f"{OWN}held-"


@dataclass(frozen=True)
class Sweep:
    """One day's sweep of one owner's objects."""

    owner: str
    day: date

    @property
    def id(self) -> str:
        """Derived: the same day's sweep of the same owner is the same sweep, however often its timer fires."""
        return derived_id("sweep", self.owner, self.day.isoformat())

    @property
    def subject(self) -> str:
        """In the ledger."""
        return f"sweep:{self.id}"


@dataclass(frozen=True)
class Plan:
    """What a sweep destroys, and what it missed: objects that an earlier one saw and that went without one."""

    now: datetime
    """The sweep's time: age is counted up to here."""
    objects: tuple[HeldObject, ...]
    lost: tuple[HeldObject, ...]
    since: str
    """When the lost ones were last seen."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do and nothing to say."""
        return not self.objects and not self.lost


@dataclass(frozen=True)
class Holding:
    """What a listing showed."""

    listed_at: str
    containers: tuple[Mapping[str, Any], ...]
    """By container: how many objects, the oldest, how many past their day, and a hash of the whole list."""
    objects: tuple[HeldObject, ...]
    spared: tuple[str, ...] = ()
    """Ids of what the sweep tried to destroy and could not: barred, or changed meanwhile and so another object."""


@dataclass(frozen=True)
class Notes:
    """One owner's notes, as one listing of its claims found them."""

    plans: tuple[str, ...]
    holdings: tuple[str, ...]


def notes(exchange: Exchange, owner: str) -> Notes:
    """Names of the owner's notes, oldest first."""
    names = [blob.name for blob in exchange.storage.claims(owner).list(OWN)]
    return Notes(
        tuple(name for name in names if name.startswith(_PLAN)),
        tuple(name for name in names if name.startswith(_HELD)),
    )


def sweep_of(owner: str, plan: str) -> Sweep:
    """The sweep that left the plan of this name."""
    return Sweep(owner, date.fromisoformat(plan.removeprefix(_PLAN).removesuffix(".json")))


def fix_plan(exchange: Exchange, sweep: Sweep, plan: Plan) -> Plan:
    """The sweep's plan: this one, unless there is one already."""
    facts = {
        "now": plan.now.isoformat(),
        "objects": [held.facts() for held in plan.objects],
        "lost": [held.facts() for held in plan.lost],
        "since": plan.since,
    }
    return _plan(exchange.storage.claim(sweep.owner, _PLAN + sweep.day.isoformat(), facts))


def open_plan(exchange: Exchange, owner: str, name: str) -> Plan:
    """A plan that an earlier sweep left."""
    return _plan(loads_once(exchange.storage.claims(owner).read(name).data))


def fix_holding(exchange: Exchange, sweep: Sweep, holding: Holding) -> Holding:
    """What the sweep left behind: this, unless it was said already."""
    facts = {
        "listed_at": holding.listed_at,
        "containers": [dict(container) for container in holding.containers],
        "objects": [held.facts() for held in holding.objects],
        "spared": list(holding.spared),
    }
    return _holding(exchange.storage.claim(sweep.owner, _HELD + sweep.day.isoformat(), facts))


def last_holding(exchange: Exchange, sweep: Sweep, found: Notes) -> Holding | None:
    """What was there after the last sweep before this one; `None` before the first."""
    earlier = [name for name in found.holdings if name < f"{_HELD}{sweep.day.isoformat()}.json"]
    if not earlier:
        return None
    return _holding(loads_once(exchange.storage.claims(sweep.owner).read(earlier[-1]).data))


def tidy(exchange: Exchange, sweep: Sweep, found: Notes) -> None:
    """Drop the notes that a finished sweep needs no more: its plan, and what was held before it."""
    today = f"{sweep.day.isoformat()}.json"
    for name in (*found.holdings, _PLAN + today):
        if name < _HELD + today or name == _PLAN + today:
            try:
                exchange.storage.claims(sweep.owner).delete(name)
            except Missing:
                continue


def _plan(facts: Mapping[str, Any]) -> Plan:
    return Plan(
        datetime.fromisoformat(facts["now"]),
        tuple(HeldObject(**held) for held in facts["objects"]),
        tuple(HeldObject(**held) for held in facts["lost"]),
        facts["since"],
    )


def _holding(facts: Mapping[str, Any]) -> Holding:
    return Holding(
        facts["listed_at"],
        tuple(facts["containers"]),
        tuple(HeldObject(**held) for held in facts["objects"]),
        tuple(facts["spared"]),
    )
