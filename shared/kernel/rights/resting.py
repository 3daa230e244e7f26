"""What jobs rest on, for as long as anything of theirs can be used, and not only while their requests lie here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.disposal.objects import owners
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.intake.over import Over, over, read_over
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Job
from shared.kernel.waiting.lying import Done, asked_for

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange, Sharing


def everybody(exchange: Exchange) -> tuple[str, ...]:
    """All parties, and all that were parties and have anything here: of who has left, results may still be fetched."""
    every = owners(exchange.agreements, exchange.storage, exchange.storage.containers())
    return tuple(slug for slug in every if slug != EXCHANGE)


@dataclass(frozen=True)
class Rests:
    """A job, done or under way, and what it was over."""

    done: Done
    over: Over


def resting(sharing: Sharing, party: str) -> tuple[Rests, ...]:
    """Every job of the party of which there may be anything: that was asked for, or has left something pending."""
    found = [Rests(done, over(done.job)) for done in asked_for(sharing, party)]
    known = {one.done.id for one in found}
    for blob in sharing.pending(party).list():
        left, said = Partition.named(blob.name), read_over(blob.metadata)
        if said and left.drop not in known:
            kind, of_it = said
            done = Done(left.drop, Job(kind, party, left.collection, ()), blob.created or left.prepared_at)
            found.append(Rests(done, of_it))
    return tuple(found)
