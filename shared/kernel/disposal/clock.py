"""A clock is a witness, not a judge: nothing is destroyed by a clock that a second one contradicts.

Azure's machines are set by a time service, and one that is not would, in a single night, destroy what is a day old. The
second clock is the storage service's own; where that does not say its time, the last certificate, which cannot be of
the future, and after which no month goes by.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from shared.kernel.errors import ClockImplausible

if TYPE_CHECKING:
    from datetime import datetime

    from shared.kernel.exchange import Exchange

APART = timedelta(minutes=10)
"""More than any machine is that asks a time service, and less than any retention."""
_REMEDY = "Set the clock of the machine (its time service). Nothing was destroyed; the next try goes on."


def check_clock(exchange: Exchange, owner: str) -> None:
    """Raise `ClockImplausible` (CLK-001) unless this clock and a second one agree."""
    now, theirs = exchange.clock(), exchange.storage.now()
    if theirs is None:
        _check_by_certificates(exchange, owner, now)
    elif abs(now - theirs) > APART:
        which = "ahead of" if now > theirs else "behind"
        raise _implausible(f"The clock of this machine is {_span(abs(now - theirs))} {which} the storage service's.")


def _check_by_certificates(exchange: Exchange, owner: str, now: datetime) -> None:
    names = (blob.name for blob in exchange.storage.certificates(owner).list())
    days = [date.fromisoformat(name[:10]) for name in names if "/" not in name]
    longest = max(agreed.terms.retention.promise_days for agreed in exchange.agreements)
    if not days:
        return  # nothing here is older than the first certificate
    if now.date() < days[-1]:
        raise _implausible("The last certificate is of a day that by the clock of this machine is still to come.")
    if now.date() > days[-1] + timedelta(days=longest):
        old = (now.date() - days[-1]).days
        raise _implausible(f"By the clock of this machine the last certificate is {old} days old.")


def _implausible(what: str) -> ClockImplausible:
    return ClockImplausible("CLK-001", what, _REMEDY)


def _span(apart: timedelta) -> str:
    return f"{apart.days} days" if apart.days else f"{round(apart.total_seconds() / 60)} minutes"
