"""Work that is due: asked for at once, or put off while files still come.

Of work that waits a file leaves a mark: a blob without content, whose name is that of the staged file. Whoever finds
the marks of a collection old enough asks for the work over everything that lies there by then, and takes these marks
away; one that comes meanwhile stays. Nothing is locked: done twice, or killed half-way and done again, it asks for the
same jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal

from shared.kernel.errors import AlreadyExists, Missing
from shared.kernel.intake.identity import derived_id
from shared.kernel.intake.requests import request_job
from shared.kernel.intake.staging import StagedFor
from shared.kernel.intake.stops import as_it_stands
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.terms.model import Waits
    from shared.kernel.terms.pipeline import Job

SERVICE = "due"
MARKS = "due"
"""The folder of the marks, within the agreement's part of a party's claims."""
Reason = Literal["quiet", "longest", "asked"]
"""Why it waits no longer: nothing has come for a while, it has waited as long as it may, somebody asks for it."""


@dataclass(frozen=True)
class Mark:
    """One staged file whose work waits."""

    partition: Partition
    since: datetime


def ask(sharing: Sharing, arrived: Partition, party: str) -> None:
    """Ask for the work that is due for `party` now that this file is staged, or leave a mark of what waits.

    Where all work over such files waits, nobody looks what else lies there: that is for whoever finds the mark.
    """
    mine = [kind for kind, rights in sharing.pipeline.kinds.items() if arrived.dataset in rights.reads]
    waiting = [kind for kind in mine if _waits(sharing, kind)]
    if waiting:
        with suppress(AlreadyExists):  # an earlier try left it
            sharing.claims(party).create(f"{MARKS}/{arrived.name}", b"")
    if waiting == mine:
        return
    for job in sharing.pipeline.due(arrived, party, StagedFor(sharing, party)):
        if not _waits(sharing, job.kind):
            request_job(sharing, job)


def marks(sharing: Sharing, party: str) -> dict[str, list[Mark]]:
    """The marks of a party, by collection."""
    found: dict[str, list[Mark]] = {}
    for blob in sharing.claims(party).list(f"{MARKS}/"):
        partition = Partition.named(blob.name.removeprefix(f"{MARKS}/"))
        found.setdefault(partition.collection, []).append(Mark(partition, blob.created or sharing.clock()))
    return found


def why_now(waiting: Sequence[Mark], waits: Waits, now: datetime) -> Reason | None:
    """Why the work of these marks waits no longer at `now`; `None` while it does."""
    if now - max(mark.since for mark in waiting) >= timedelta(minutes=waits.quiet_minutes):
        return "quiet"
    if now - min(mark.since for mark in waiting) >= timedelta(hours=waits.at_most_hours):
        return "longest"
    return None


def begin(sharing: Sharing, party: str, waiting: Sequence[Mark], why: Reason) -> int:
    """Ask for the work that waits behind these marks, of one collection, and take them away; how many jobs that were.

    The ledger has it as ``wake:<id>``, before anything is done for it.
    """
    sharing = as_it_stands(sharing.exchange).under(sharing.agreement.id)
    names = sorted(mark.partition.name for mark in waiting)
    day = max(mark.since for mark in waiting).date().isoformat()  # the same marks may come again on another one
    subject = f"wake:{derived_id('wake', party, sharing.agreement.reference, day, *names)}"
    sharing = sharing.working_on(subject)
    collection = waiting[0].partition.collection
    counts = {"files": len(waiting)}
    sharing.ledger.record(subject, "began", service=SERVICE, tenant=party, counts=counts, codes=(collection, why))
    jobs = _due(sharing, party, waiting)
    for job in jobs:
        request_job(sharing, job)
    # Before the last mark goes: without marks nobody comes here again.
    sharing.ledger.record(subject, "done", service=SERVICE, tenant=party, counts={"requests": len(jobs)})
    area = sharing.claims(party)
    for name in names:
        with suppress(Missing):  # somebody else is at the same marks
            area.delete(f"{MARKS}/{name}")
    return len(jobs)


def begin_all(sharing: Sharing, party: str, collection: str | None = None) -> int:
    """Ask at once for all work of a party that waits, or for that of one collection; how many jobs that were."""
    return sum(
        begin(sharing, party, waiting, "asked")
        for found, waiting in sorted(marks(sharing, party).items())
        if collection in (None, found)
    )


def _waits(sharing: Sharing, kind: str) -> bool:
    return sharing.agreement.waits is not None and sharing.pipeline.kinds[kind].waits


def _due(sharing: Sharing, party: str, waiting: Iterable[Mark]) -> list[Job]:
    """The jobs that wait behind the marks, each once."""
    staged = _SeenOnce(StagedFor(sharing, party))
    due = (job for mark in waiting for job in sharing.pipeline.due(mark.partition, party, staged))
    return list(dict.fromkeys(job for job in due if _waits(sharing, job.kind)))


class _SeenOnce:
    """The files that lie staged for one party, each question answered once: thirty files ask the same."""

    def __init__(self, staged: StagedFor) -> None:
        self.counting, self.pending = cache(staged.counting), cache(staged.pending)
