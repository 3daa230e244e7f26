"""Wakes work that waits: asks for it once nothing new has come for a while, or once it has waited long enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.intake.due import begin, marks, why_now

if TYPE_CHECKING:
    from datetime import datetime

    from shared.kernel.exchange import Exchange
    from shared.kernel.terms.agreements import Agreements
    from shared.kernel.terms.model import Waits


@dataclass(frozen=True)
class Woken:
    """What one look at the marks of all parties has done."""

    requested: int
    """Jobs."""
    faults: tuple[Exception, ...]
    """Of each party and agreement at which it failed: its marks stay, and the next round looks again."""


def wake(exchange: Exchange, look: Exchange, now: datetime) -> Woken:
    """Ask for the work of every party that waits no longer at `now`; `look` is the exchange with the id of looks."""
    requested = 0
    faults: list[Exception] = []
    for agreement, waits, party in _all_that_wait(exchange.agreements):
        try:
            for waiting in marks(look.under(agreement), party).values():
                if why := why_now(waiting, waits, now):
                    requested += begin(exchange.under(agreement), party, waiting, why)
        except Exception as fault:  # noqa: BLE001 - the others have their turn, and the round raises what is a defect
            faults.append(fault)
    return Woken(requested, tuple(faults))


def _all_that_wait(agreements: Agreements) -> Iterator[tuple[str, Waits, str]]:
    """The id of each agreement in which work waits, how long, and each party to it."""
    for agreed in agreements:
        if (waits := agreed.terms.waits) is not None:
            for party in agreed.terms.participants:
                yield agreed.terms.id, waits, party.slug
