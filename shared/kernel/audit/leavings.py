"""Which parties have left, as a copy of the ledger has their orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.intake.stops import ORDERED, STOP, read_stop

if TYPE_CHECKING:
    from shared.kernel.audit.chains import LedgerCopy


@dataclass(frozen=True)
class Leaving:
    """A party that has left, by an order that the ledger has."""

    party: str
    agreement: str
    """Id; empty: every one."""
    on: str
    """The first day without it."""
    order: str


def leavings_of(ledger: LedgerCopy, last: str) -> tuple[Leaving, ...]:
    """Who had been ordered to leave by the last day of the period, by the day on which they leave."""
    chains = [chain.events for chain in ledger.chains.values() if chain.kind == STOP and chain.events]
    stops = [read_stop(tuple(events)) for events in chains if events[0].step in ORDERED and events[0].at[:10] <= last]
    left = [
        Leaving(stop.party, stop.agreement, stop.day.isoformat(), stop.id) for stop in stops if stop.word == "leaving"
    ]
    return tuple(sorted(left, key=lambda one: (one.on, one.party)))
