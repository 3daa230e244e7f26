"""Work that remembers decisions is done for each party one job after the other, so that each knows what was decided.

One chain of the ledger for each agreement and party, with an event for each job, written before the job begins. Nothing
is locked: whoever finds that a job before it has not ended does that one first, so nobody waits for the dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.errors import AlreadyExists, StorageUnavailable
from shared.kernel.intake.identity import derived_id

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.ledger.events import Event
    from shared.kernel.terms.pipeline import Job

SERVICE = "work"
TURN = "turn"
"""The kind of these chains, and their one step."""
DONE, SUPERSEDED = "done", "superseded"
"""The steps with which a job ends."""
_TRIES = 20
_JOB = "job"


@dataclass(frozen=True)
class _Look:
    """A chain as it was when it was read, as far back as the newest job that has ended: all before that one had."""

    last: Event | None
    """The last event; `None`: there is none yet."""
    unended: tuple[str, ...]
    """Ids of jobs that had not ended, oldest first."""


def before(sharing: Sharing, job: Job, id: str) -> tuple[str, ...]:
    """Take the job's turn, once; the ids of those that have an earlier one and have not ended, oldest first.

    All of them are to be done before this one looks at what is remembered. Those that come later look after it.
    """
    subject = _subject(sharing, job.party)
    for _ in range(_TRIES):
        seen = _look(sharing, subject)
        if id in seen.unended:
            return seen.unended[: seen.unended.index(id)]
        try:
            sharing.ledger.follow(
                seen.last,
                subject,
                TURN,
                service=SERVICE,
                tenant=job.party,
                counts={},
                hashes={_JOB: id},
                codes=(job.kind, job.collection),
            )
        except AlreadyExists:
            continue  # another took this place: it is before us, or it is us
        return seen.unended
    raise StorageUnavailable("STO-004", f"Too much work of {job.party} begins at once.", "Try again.")


def _look(sharing: Sharing, subject: str) -> _Look:
    last, unended = None, []
    for event in sharing.ledger.newest_first(subject):
        last = last or event
        id, kind = event.hashes[_JOB], event.codes[0]
        if sharing.ledger.steps(f"{kind}:{id}") & {DONE, SUPERSEDED}:
            break
        unended.append(id)
    return _Look(last, tuple(reversed(unended)))


def _subject(sharing: Sharing, party: str) -> str:
    return f"{TURN}:{derived_id(TURN, sharing.agreement.id, party)}"
