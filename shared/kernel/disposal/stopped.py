"""Which of what is held may not be used any more, and what that means for the sweep: destroy it now, or keep it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from shared.kernel.days import london_day
from shared.kernel.disposal.objects import HELD, HeldObject, Judge
from shared.kernel.intake.identity import drop_id
from shared.kernel.intake.stops import as_it_stands
from shared.kernel.intake.usable import why_unusable
from shared.kernel.terms import stops
from shared.kernel.terms.gates import LEFT, NOT_IN_FORCE
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.stops import first_code, why_not

if TYPE_CHECKING:
    from datetime import date

    from shared.kernel.envelope.manifest import Manifest
    from shared.kernel.exchange import Exchange, Sharing

KEPT = stops.HELD.code
"""Why an object is kept beyond its day."""
CLAUSES = {
    NOT_IN_FORCE.code: "in_force",
    LEFT.code: "controllers",
    stops.QUARANTINED.code: "quarantine",
    stops.RELEASED.code: "hold",
}
"""What certificates name as the reason of a destruction before the day of an object's kind."""
_ROWS = ("staging", "pending", "decisions", "requests")


def judge_of(exchange: Exchange) -> Judge:
    """Answers why an object may not be used today, by a code; empty where it may."""
    exchange = as_it_stands(exchange)
    today = london_day(exchange.clock())
    keeping = {stop.id for stop in exchange.stops.every if stop.keeps(today)}
    sharings = {agreed.terms.id: exchange.under(agreed.terms.id) for agreed in exchange.agreements}

    def judge(kind: str, owner: str, name: str, manifest: Manifest | None) -> str:
        first, _, rest = name.partition("/")
        if kind == HELD:
            return KEPT if first in keeping else stops.RELEASED.code
        if kind == "inbox":
            return _drop(sharings, owner, manifest, today) if manifest else ""
        if kind in _ROWS and first in sharings:
            return _part(sharings[first], kind, owner, rest, today)
        return ""

    return judge


def goes_now(held: HeldObject) -> bool:
    """Whether the sweep destroys it whatever its age: nobody may use it, and nothing keeps it."""
    return held.stop in CLAUSES


def is_kept(held: HeldObject) -> bool:
    """Whether a hold keeps it, whatever its age."""
    return held.kind == HELD and held.stop == KEPT


def _part(sharing: Sharing, kind: str, owner: str, name: str, today: date) -> str:
    """Of what lies in a party's part: by the file where it is one, else by the party."""
    of_party = why_not(sharing.agreement, party=owner, sender=owner, dataset="", on=today)
    if kind == "decisions" and of_party is NOT_IN_FORCE:
        # Pseudonyms of families who want no letter: the version that follows, perhaps days late, must know them. They
        # go on a day of their own, and nobody works with them before there is such a version.
        return ""
    if of_party or kind in ("requests", "decisions"):
        return first_code([of_party])
    with suppress(ValueError):  # a tie: it holds two ids
        return first_code([why_unusable(sharing, owner, Partition.named(name), today)])
    return ""


def _drop(sharings: dict[str, Sharing], owner: str, manifest: Manifest, today: date) -> str:
    """Of a file in an inbox: by what its manifest says. What it says of another version is for intake to answer."""
    if (sharing := sharings.get(manifest.agreement)) is None:
        return ""
    terms = sharing.agreement
    drop = drop_id(owner, manifest.dataset, manifest.sha256, manifest.replaces)
    stop = sharing.exchange.stops.on(terms.id, owner, work=drop, on=today)
    of_party = why_not(terms, party=owner, sender=owner, dataset="", on=today)
    return first_code([of_party, stop.code(today) if stop else None])
