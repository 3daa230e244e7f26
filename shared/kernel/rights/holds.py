"""Holds: rows that an inquiry, a court or an incident wants kept, beyond the day on which they would be destroyed.

Where they lie the account's lifecycle policy would take them, which knows no hold. So what is held lies, byte for byte
and sealed as it is, once more in `held`, where no policy reaches and nobody works: only the sweep looks there, and
destroys it once no hold keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from shared.kernel.days import london_day
from shared.kernel.disposal.objects import owners
from shared.kernel.envelope.manifest import EXCHANGE, read_manifest
from shared.kernel.errors import AlreadyExists, Missing, UntrustedDrop
from shared.kernel.intake.identity import drop_id
from shared.kernel.intake.stops import STOP, as_it_stands
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.areas import Area
    from shared.kernel.storage.storage import Storage
    from shared.kernel.terms.stops import Stop

_AREAS: dict[str, Callable[[Storage, str], Area]] = {
    "staging": lambda storage, slug: storage.staging(slug),
    "pending": lambda storage, slug: storage.pending(slug),
}


def keep(exchange: Exchange) -> int:
    """Bring everything under a hold that keeps it to where it is kept; how many files were brought now.

    Done again, it brings what has come since.
    """
    exchange = as_it_stands(exchange)
    today = london_day(exchange.clock())
    holds = [stop for stop in exchange.stops.every if stop.keeps(today)]
    return sum(_keep(exchange.working_on(f"{STOP}:{hold.id}"), hold) for hold in holds)


def _keep(exchange: Exchange, hold: Stop) -> int:
    brought = 0
    there = exchange.storage.containers()
    for party in (owner for owner in owners(exchange.agreements, exchange.storage, there) if owner != EXCHANGE):
        held = exchange.storage.held(party)
        kept_before = {blob.name for blob in held.list(f"{hold.id}/")}
        for area, name, called in _concerned(exchange, hold, party, there):
            kept = f"{hold.id}/{called}"
            if kept in kept_before:
                continue
            with suppress(Missing, AlreadyExists):  # swept since it was listed; another worker was quicker
                blob = area.read(name)
                held.create(kept, blob.data, blob.metadata)
                brought += 1
    return brought


def _concerned(exchange: Exchange, hold: Stop, party: str, there: frozenset[str]) -> Iterator[tuple[Area, str, str]]:
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
