"""What awaits a decision and may not be decided on: of a file that it rests on a newer one counts, and is out of use.

An older file never comes to count in the place of one that is held or in quarantine; nor does what was linked of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.kernel.intake.order import order_of
from shared.kernel.intake.over import read_over
from shared.kernel.intake.successors import first_of, successors
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from datetime import datetime

    from shared.kernel.exchange import Sharing
    from shared.kernel.terms.stops import Stop


def undecidable(sharing: Sharing, party: str, word: str) -> frozenset[str]:
    """Names of what is pending under this word of the party's that may not be decided on for that reason."""
    stops = [
        stop for stop in sharing.exchange.stops.every if stop.drops and stop.agreement in ("", sharing.agreement.id)
    ]
    if not stops:
        return frozenset()
    blobs = list(sharing.pending(party).list(f"{word}/"))
    over = {Partition.named(blob.name): said[1] for blob in blobs if (said := read_over(blob.metadata))}
    found: set[str] = set()
    for collection in {file.collection for file in over}:
        files = {file: pairs for file, pairs in over.items() if file.collection == collection}
        for stop in stops:
            replaced = _replaced(sharing, stop, collection, min(file.prepared_at for file in files))
            found |= {
                file.name
                for file, pairs in files.items()
                if replaced & {drop for of, drop in pairs if of == stop.party}
            }
    return frozenset(found)


def _replaced(sharing: Sharing, stop: Stop, collection: str, oldest: datetime) -> frozenset[str]:
    """The party's drops of the collection that the drops of the order have replaced, and what took the place of any
    here; nothing where all that is pending is younger than the order."""
    if stop.at < oldest:
        return frozenset()
    before = {drop for dataset in sharing.pipeline.contracts for drop in _before(sharing, stop, dataset, collection)}
    origin = successors(sharing.ledger, stop.party) if before else {}
    return frozenset({*before, *(later for later in origin if first_of(later, origin) in before)})


def _before(sharing: Sharing, stop: Stop, dataset: str, collection: str) -> Iterator[str]:
    chain = order_of(sharing, Partition(dataset, collection, stop.party, stop.at, "")).events
    counted = [event.hashes["drop"] for event in chain]
    last = max((place for place, drop in enumerate(counted) if drop in stop.drops), default=0)
    yield from (drop for drop in counted[:last] if drop not in stop.drops)
