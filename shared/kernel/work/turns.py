"""Work that remembers decisions is done for each party one job after the other, so that each knows what was decided.

One chain of the ledger for each agreement and party, with an event for each job, written before the job begins. Nothing
is locked: whoever finds that a job before it has not ended does that one first, so nobody waits for the dead. One that
meets a defect is set aside: the others go on without it, and once it can be done it takes a new turn, after them.
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
ASIDE = "aside"
"""The code of an event of such a chain which says that the job's turn before it is over; and the step of such a job."""
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
    """Ids of jobs that had not ended, oldest first; without those that were set aside."""


def before(sharing: Sharing, job: Job, id: str) -> tuple[str, ...]:
    """Take the job's turn, once; the ids of those that have an earlier one and have not ended, oldest first.

    All of them are to be done before this one looks at what is remembered. Those that come later look after it.
    """
    subject = _subject(sharing, job.party)
    for _ in range(_TRIES):
        seen = _look(sharing, subject)
        if id in seen.unended:
            return seen.unended[: seen.unended.index(id)]
        if _say(sharing, seen, job, id):
            return seen.unended
    raise _too_busy(job)


def set_aside(sharing: Sharing, job: Job, id: str) -> None:
    """Let those that come after this job go on without it, since it meets a defect."""
    sharing.ledger.record(f"{job.kind}:{id}", ASIDE, service=SERVICE, tenant=job.party)
    subject = _subject(sharing, job.party)
    for _ in range(_TRIES):
        seen = _look(sharing, subject)
        if id not in seen.unended or _say(sharing, seen, job, id, ASIDE):
            return
    raise _too_busy(job)


def tries(sharing: Sharing, job: Job, id: str) -> int:
    """How often the job was set aside."""
    chain = sharing.ledger.events(_subject(sharing, job.party))
    return sum(event.hashes[_JOB] == id and _is_aside(event) for event in chain)


def _say(sharing: Sharing, seen: _Look, job: Job, id: str, *more: str) -> bool:
    """Append to the chain; whether it still was as it was seen."""
    try:
        sharing.ledger.follow(
            seen.last,
            _subject(sharing, job.party),
            TURN,
            service=SERVICE,
            tenant=job.party,
            counts={},
            hashes={_JOB: id},
            codes=(job.kind, job.collection, *more),
        )
    except AlreadyExists:
        return False  # another took this place: it is before us, or it is us
    return True


def _look(sharing: Sharing, subject: str) -> _Look:
    last, unended, aside = None, [], set()
    for event in sharing.ledger.newest_first(subject):
        last = last or event
        id, kind = event.hashes[_JOB], event.codes[0]
        if _is_aside(event):
            aside.add(id)
        elif id in aside:
            aside.remove(id)
        elif sharing.ledger.steps(f"{kind}:{id}") & {DONE, SUPERSEDED}:
            break
        else:
            unended.append(id)
    return _Look(last, tuple(reversed(unended)))


def _is_aside(event: Event) -> bool:
    return ASIDE in event.codes[2:]


def _too_busy(job: Job) -> StorageUnavailable:
    return StorageUnavailable("STO-004", f"Too much work of {job.party} begins at once.", "Try again.")


def _subject(sharing: Sharing, party: str) -> str:
    return f"{TURN}:{derived_id(TURN, sharing.agreement.id, party)}"
