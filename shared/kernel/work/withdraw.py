"""Takes back what a job wrote that began and can never end: its inputs are gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from shared.kernel.errors import Missing
from shared.kernel.work.current import no_longer_current
from shared.kernel.work.memory import take_back

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.storage.areas import Area
    from shared.kernel.terms.pipeline import Job

SERVICE = "work"
WITHDRAWN = "withdrawn"


def withdraw(sharing: Sharing, job: Job, id: str) -> None:
    """Record what there is of the job, then delete it: its files in every outbox, and what it kept for later.

    What it remembers of decisions stays: a family that wants no letter has said so, whatever became of the job. What
    hangs on what it sent is taken back with that: a child who was enrolled by nothing is not remembered as enrolled.
    """
    found = [*_sent(sharing, job, id), *_kept(sharing, job, id)]
    counts = {"files": len(found)}
    sharing.ledger.record(f"{job.kind}:{id}", WITHDRAWN, service=SERVICE, tenant=job.party, counts=counts)
    for area, name in found:
        with suppress(Missing):  # an earlier try has deleted it
            area.delete(name)
    if sharing.pipeline.kinds[job.kind].has_results:
        no_longer_current(sharing, job, id)
    for word, taken_back_by in sharing.pipeline.kinds[job.kind].remembers.items():
        take_back(sharing, job, id, word, taken_back_by)


def _sent(sharing: Sharing, job: Job, id: str) -> Iterator[tuple[Area, str]]:
    rights = sharing.pipeline.kinds[job.kind]
    folders = {job.party: {rights.folder}}
    # Of who has left meanwhile, too: what was sent lies there until its day.
    left = {stop.party for stop in sharing.exchange.stops.every if stop.word == "leaving"}
    outboxes = {*left, *(party.slug for party in sharing.agreement.participants)}
    for release, folder in rights.sends.items():
        terms = sharing.agreement.release_terms(release)
        for slug in sorted(outboxes) if terms else ():
            if terms and (terms.to == "any" or (slug == job.party) == (terms.to == "own")):
                folders.setdefault(slug, set()).add(folder)
    for slug, named in folders.items():
        outbox = sharing.outbox(slug)
        with suppress(Missing):  # who has left may have none any more
            for folder in sorted(named):
                yield from ((outbox, blob.name) for blob in outbox.list(f"{folder}/{job.collection}/{id}/"))


def _kept(sharing: Sharing, job: Job, id: str) -> Iterator[tuple[Area, str]]:
    rights = sharing.pipeline.kinds[job.kind]
    areas = ((sharing.staging(job.party), rights.keeps), (sharing.pending(job.party), rights.leaves_pending))
    for area, words in areas:
        for word in sorted(words):
            for blob in area.list(f"{word}/{job.collection}/"):
                if blob.name.endswith(f".{id}.parquet"):
                    yield area, blob.name
