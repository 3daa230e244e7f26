"""The daily look at what waits, under every agreement. What it does can be done again: it looks, and tells once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.days import london_day
from shared.kernel.errors import ExchangeError
from shared.kernel.intake.stops import as_it_stands
from shared.kernel.waiting.cover import covers_fewer
from shared.kernel.waiting.look import Wait, waits
from shared.kernel.waiting.lying import finished, lying_of
from shared.kernel.waiting.tell import tell

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange, Sharing


@dataclass(frozen=True)
class Waited:
    """What one look has found."""

    found: tuple[tuple[str, Wait], ...]
    """Under which agreement, and what waits, told before or just now."""
    faults: tuple[ExchangeError, ...]
    """Of each agreement that could not be looked at, and of each wait that could not be told: the others were."""


def look_at_waits(exchange: Exchange) -> Waited:
    """Find what waits for as long as its agreement says, and tell whoever can end it."""
    found: list[tuple[str, Wait]] = []
    faults: list[ExchangeError] = []
    exchange = as_it_stands(exchange)
    for agreed in exchange.agreements.in_force(london_day(exchange.clock())):
        try:
            found += [(agreed.terms.id, wait) for wait in _found(exchange.under(agreed.terms.id))]
        except ExchangeError as fault:
            faults.append(fault)
    for agreement, wait in found:
        try:
            tell(exchange.under(agreement), wait, exchange.clock())
        except ExchangeError as fault:
            faults.append(fault)
    return Waited(tuple(found), tuple(faults))


def _found(sharing: Sharing) -> list[Wait]:
    now = sharing.clock()
    parties = [party.slug for party in sharing.agreement.participants]
    lying = {party: lying_of(sharing, party) for party in parties}
    done = {party: finished(sharing, party) for party in parties}
    fewer = [wait for party in parties for wait in covers_fewer(sharing, done[party], now)]
    agreed = sharing.exchange.agreements[sharing.agreement.id]
    return [*waits(agreed, lying, done, now), *fewer]
