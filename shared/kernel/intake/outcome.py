"""What is left behind when the work on a blob has ended, however it ended: reconciliation passes such a blob over.

It is a claim, so it is destroyed with the other facts of a party's work, and no earlier than the blob.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from shared.kernel.errors import Missing, RefusedEvent
from shared.kernel.terms.agreements import NONE

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange

T = TypeVar("T")

FOUND = "found"
"""The step of an event whose blob was there: it tells a late copy of the event from a name that did not travel."""
ASKED = "asked"
"""The step of an event whose blob asks for work that waits: how many jobs were asked for."""
RENAMED = "renamed"
"""The step of an event that named a blob otherwise than it is called."""
_PREFIX = f"{NONE}/outcome-"


def attend(
    exchange: Exchange, event: str, *, party: str, service: str, read: Callable[[], T], act: Callable[[T], str | None]
) -> str | None:
    """Read what a blob among a party's requests asks for, record that it was found, and do it; what `act` returns.

    `None` where the blob is gone, which `read` says by raising `Missing`. A `RefusedEvent` that it raises is recorded
    and raised: nobody tries such a blob again.
    """
    try:
        what = read()
    except Missing:
        exchange.ledger.record(event, "gone", service=service, tenant=party)
        return None
    except RefusedEvent as refusal:
        exchange.ledger.record(event, "refused", service=service, tenant=party, codes=(refusal.code,))
        settle(exchange, party, event)
        raise
    exchange.ledger.record(event, FOUND, service=service, tenant=party)
    done = act(what)
    settle(exchange, party, event)
    return done


def settle(exchange: Exchange, tenant: str, event: str) -> None:
    """Leave behind that the work on the blob of this event (``event:<id>``) has ended, today.

    The day is in the name, because a name in an inbox comes again: next month's file may be called like this one's.
    """
    exchange.storage.claim(tenant, f"{_PREFIX}{_id(event)}-{exchange.clock():%Y%m%d}", {})


def settled(exchange: Exchange, tenant: str) -> dict[str, datetime]:
    """The events (``event:<id>``) of this party's inbox and requests whose work has ended, and when it last did."""
    ended: dict[str, datetime] = {}
    for blob in exchange.storage.claims(tenant).list(_PREFIX):
        event = f"event:{blob.name.removeprefix(_PREFIX).partition('-')[0]}"
        if blob.created and (event not in ended or ended[event] < blob.created):
            ended[event] = blob.created
    return ended


def _id(event: str) -> str:
    return event.partition(":")[2]
