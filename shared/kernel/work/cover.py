"""Whose files the results of a collection cover, remembered for as long as the ledger is kept.

One chain for each agreement, kind of job, party and collection, with an event for each result that became current. It
knows of results whose inputs have long been destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.kernel.intake.identity import derived_id
from shared.kernel.terms.current import CURRENT
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.ledger.events import Event
    from shared.kernel.terms.pipeline import Job

SERVICE = "work"
_GIVEN = "given."


def results(sharing: Sharing, job: Job) -> tuple[Event, ...]:
    """Every result that became current of this one's kind, party and collection."""
    return sharing.ledger.events(_subject(sharing, job))


def covers(job: Job) -> list[str]:
    """Whose file of which dataset the job is over, in a form that an event can hold."""
    return sorted({_given(file.dataset, file.sender) for file in map(Partition.named, job.inputs)})


def covered(event: Event) -> list[str]:
    """The same of a result that became current."""
    return sorted(value for name, value in event.hashes.items() if name.startswith(_GIVEN))


def no_longer(sharing: Sharing, before: Iterable[str], now: Iterable[str]) -> list[tuple[str, str]]:
    """Dataset and sender of what was covered before and is not now."""
    lost = set(before) - set(now)
    datasets, senders = (
        sorted(sharing.pipeline.contracts),
        sorted(party.slug for party in sharing.agreement.participants),
    )
    return [(dataset, sender) for dataset in datasets for sender in senders if _given(dataset, sender) in lost]


def remember(sharing: Sharing, job: Job, id: str) -> None:
    """Record, once for each job, that its result became current, and whose files it covers."""
    given = covers(job)
    sharing.ledger.record(
        _subject(sharing, job),
        CURRENT,
        service=SERVICE,
        tenant=job.party,
        counts={"covers": len(given)},
        hashes={"job": id, **{f"{_GIVEN}{number}": value for number, value in enumerate(given)}},
        codes=(job.collection,),
    )


def _subject(sharing: Sharing, job: Job) -> str:
    return f"{CURRENT}:{derived_id(CURRENT, sharing.agreement.id, job.kind, job.party, job.collection)}"


def _given(dataset: str, sender: str) -> str:
    """A digest: a slug may hold a number, which could be anybody's."""
    return derived_id("given", dataset, sender)
