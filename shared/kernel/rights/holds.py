"""Holds: rows that an inquiry, a court or an incident wants kept, beyond the day on which they would be destroyed.

Where they lie the account's lifecycle policy would take them, which knows no hold. So what is held lies, byte for byte
and sealed as it is, once more in `held`, where no policy reaches and nobody works: only the sweep looks there, and
destroys it once no hold keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.kernel.days import london_day
from shared.kernel.disposal.objects import owners
from shared.kernel.envelope.manifest import EXCHANGE, read_manifest
from shared.kernel.errors import AlreadyExists, Missing, UntrustedDrop
from shared.kernel.intake.identity import derived_id, drop_id
from shared.kernel.intake.stops import KEPT, STOP, as_it_stands
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from datetime import date

    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.areas import Area
    from shared.kernel.storage.storage import Storage
    from shared.kernel.terms.stops import Stop

_AREAS: dict[str, Callable[[Storage, str], Area]] = {
    "staging": lambda storage, slug: storage.staging(slug),
    "pending": lambda storage, slug: storage.pending(slug),
}


def keep(exchange: Exchange) -> int:
    """Bring everything under a hold that keeps it to where it is kept; how many files that was.

    Done again, it brings what has come since. The look bears the caller's mark; what is read and written bears the
    hold's, whose chain says so first.
    """
    exchange = as_it_stands(exchange)
    today = london_day(exchange.clock())
    holds = [stop for stop in exchange.stops.every if stop.keeps(today)]
    return sum(_keep(exchange, hold, today) for hold in holds)


def _keep(exchange: Exchange, hold: Stop, today: date) -> int:
    there, subject = exchange.storage.containers(), f"{STOP}:{hold.id}"
    found: list[_Kept] = []
    for party in (owner for owner in owners(exchange.agreements, exchange.storage, there) if owner != EXCHANGE):
        held = exchange.storage.held(party)
        before = {blob.name for blob in held.list(f"{hold.id}/")}
        named = (_Kept(area, name, held, f"{hold.id}/{as_}") for area, name, as_ in _lies(exchange, hold, party, there))
        found += [one for one in named if one.kept_as not in before]
    if found:
        exchange.ledger.record(
            subject,
            KEPT,
            service="rights",
            tenant=hold.party,
            counts={"files": len(found)},
            hashes={"night": derived_id("night", today.isoformat(), *(one.kept_as for one in found))},
        )
    for one in found:
        one.bring(subject)
    return len(found)


@dataclass(frozen=True)
class _Kept:
    """One file that a hold is about, and where it is kept."""

    area: Area
    name: str
    held: Area
    kept_as: str

    def bring(self, subject: str) -> None:
        """Copy it, sealed as it is, under the mark of the hold."""
        with suppress(Missing, AlreadyExists):  # swept since it was listed; another worker was quicker
            blob = replace(self.area, request_id=subject).read(self.name)
            replace(self.held, request_id=subject).create(self.kept_as, blob.data, blob.metadata)


def _lies(exchange: Exchange, hold: Stop, party: str, there: frozenset[str]) -> Iterator[tuple[Area, str, str]]:
    """Every file of the party's that the hold is about: area, name in it, and what it is called where it is kept."""
    for kind, of in _AREAS.items():
        area = of(exchange.storage, party)
        for blob in area.list():
            agreement, _, rest = blob.name.partition("/")
            if agreement not in exchange.agreements:
                continue
            with suppress(ValueError):  # an index, a tie: they hold no row
                file = Partition.named(rest)
                rows = kind == "pending" or file.dataset in exchange.agreements[agreement].contracts
                if rows and hold.concerns(agreement, party, file.sender, work=file.drop):
                    yield area, blob.name, f"{kind}/{blob.name}"
    inbox = exchange.storage.inbox(party)
    if party != hold.party or inbox.container not in there:
        return
    for blob in inbox.list():
        with suppress(UntrustedDrop):
            manifest = read_manifest(blob.metadata)
            drop = drop_id(party, manifest.dataset, manifest.sha256, manifest.replaces)
            if hold.concerns(manifest.agreement, party, work=drop):
                # A party chose the name, and may have put anybody's into it.
                yield inbox, blob.name, f"inbox/{manifest.agreement}/{drop}.parquet"
