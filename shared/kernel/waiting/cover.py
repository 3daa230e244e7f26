"""Which senders the work of a collection covered, remembered: newer work that covers fewer of them is found out.

One chain of the ledger for each agreement, party, kind of job and collection, with an event for each finished job. It
is kept as long as the ledger, so it knows of work whose inputs have long been destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.kernel.errors import AlreadyExists
from shared.kernel.intake.identity import derived_id
from shared.kernel.terms.partition import Partition
from shared.kernel.waiting.codes import FEWER
from shared.kernel.waiting.look import Wait

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.ledger.events import Event
    from shared.kernel.waiting.lying import Done

SERVICE = "waiting"
COVERED = "covered"
"""The step of a finished job: the one step of these chains."""


def covers_fewer(sharing: Sharing, party: str, done: Sequence[Done], now: datetime) -> Iterator[Wait]:
    """Remember the party's finished jobs, in their order; what the newest of a collection covers less than the one
    before it, for as long as its inputs may lie here."""
    for kind, collection in sorted({(one.job.kind, one.job.collection) for one in done}):
        of_these = [one for one in done if (one.job.kind, one.job.collection) == (kind, collection)]
        subject = f"cover:{derived_id('cover', sharing.agreement.id, party, kind, collection)}"
        chain = _remember(sharing, subject, party, of_these)
        if len(chain) > 1:
            yield from _fewer(sharing, party, collection, chain[-2:], now)


def _remember(sharing: Sharing, subject: str, party: str, done: Iterable[Done]) -> tuple[Event, ...]:
    chain = sharing.ledger.events(subject)
    known = {event.hashes["job"] for event in chain}
    for one in done:
        if one.id in known:
            continue
        senders = sorted({_digest(file.dataset, file.sender) for file in map(Partition.named, one.job.inputs)})
        with suppress(AlreadyExists):  # another worker was quicker, with the same
            sharing.ledger.follow(
                chain,
                subject,
                COVERED,
                service=SERVICE,
                tenant=party,
                counts={"senders": len(senders)},
                hashes={"job": one.id, **{f"sender.{number}": sender for number, sender in enumerate(senders)}},
                codes=(one.job.collection,),
            )
        chain = sharing.ledger.events(subject)
    return chain


def _fewer(sharing: Sharing, party: str, collection: str, last: Sequence[Event], now: datetime) -> Iterator[Wait]:
    before, newest = last
    since = datetime.fromisoformat(newest.at)
    until = since + timedelta(days=sharing.agreement.retention.sweep_days["staging"])
    lost = {*before.hashes.values()} - {*newest.hashes.values(), before.hashes["job"]}
    if until <= now:
        return
    for dataset in sorted(sharing.pipeline.contracts):
        slugs = (sender.slug for sender in sharing.agreement.participants)
        if senders := tuple(slug for slug in slugs if _digest(dataset, slug) in lost):
            yield Wait(FEWER, party, dataset, collection, since, until, others=senders, work=newest.hashes["job"])


def _digest(dataset: str, sender: str) -> str:
    """Who gave which dataset, as an event can hold it: a school's slug has a number that could be anybody's."""
    return derived_id("sender", dataset, sender)
