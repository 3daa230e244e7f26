"""Work that covers fewer senders than the work of its collection before it, as the ledger remembers it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.kernel.waiting.codes import FEWER
from shared.kernel.waiting.look import Wait
from shared.kernel.work.cover import covered, no_longer, results

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.ledger.events import Event
    from shared.kernel.terms.pipeline import Job
    from shared.kernel.waiting.lying import Done


def covers_fewer(sharing: Sharing, done: Iterable[Done], now: datetime) -> Iterator[Wait]:
    """What the current result of each collection covers less than the one before it, for as long as its inputs may lie
    here; `done` are the finished jobs of one party."""
    kinds = sharing.pipeline.kinds
    newest = {(one.job.kind, one.job.collection): one.job for one in done if kinds[one.job.kind].has_results}
    for _, job in sorted(newest.items()):
        before, *last = results(sharing, job)[-2:] or (None,)
        if before and last:
            yield from _fewer(sharing, job, before, last[0], now)


def _fewer(sharing: Sharing, job: Job, before: Event, newest: Event, now: datetime) -> Iterator[Wait]:
    since = datetime.fromisoformat(newest.at)
    until = since + timedelta(days=sharing.agreement.retention.sweep_days["staging"])
    lost = no_longer(sharing, covered(before), covered(newest)) if now < until else []
    for dataset in dict.fromkeys(dataset for dataset, _ in lost):
        senders = tuple(sender for of, sender in lost if of == dataset)
        yield Wait(FEWER, job.party, dataset, job.collection, since, until, others=senders, work=newest.hashes["job"])
