"""Judges a job when it is worked on, by the agreement as it is at that moment, and ends what may not go on.

A job may have been asked for long before: meanwhile the agreement may have ended or have another version, a party may
have left, rows may be held or in quarantine. Nobody is refused in silence: what can still be done is asked for again,
and what cannot is recorded, and told to whoever sent the rows (`rights.quarantine`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.kernel.intake.due import ask
from shared.kernel.intake.identity import job_id
from shared.kernel.intake.stops import as_it_stands
from shared.kernel.intake.usable import is_usable, why_unusable
from shared.kernel.terms.gates import LEFT, NOT_IN_FORCE
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.stops import first_code
from shared.kernel.work.withdraw import withdraw

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.intake.requests import Asked
    from shared.kernel.terms.pipeline import Job

SERVICE = "work"
STOPPED = "stopped"
"""The step of a job that may not be done, or not go on; its code says why."""
AGAIN = "asked.again"
"""The step of a job that was asked for under an earlier version: what it is over is asked for anew."""


def judged_now(sharing: Sharing) -> Sharing:
    """The agreement as it stands at this moment: work takes time, and orders come meanwhile."""
    return as_it_stands(sharing.exchange).under(sharing.agreement.id)


def may_not_work(sharing: Sharing, job: Job) -> str:
    """The code of the reason why this job may not be worked on now; empty where it may.

    Raises `NotAgreed` (AGR-001) where the agreement has not begun yet: the job waits.
    """
    terms, today = sharing.agreement, sharing.today
    if terms.in_force.is_over(today):
        return NOT_IN_FORCE.code
    if not terms.in_force.covers(today):
        raise NOT_IN_FORCE.refusal()
    if all(job.party != party.slug for party in terms.participants):
        return LEFT.code
    return first_code(why_unusable(sharing, job.party, Partition.named(name)) for name in job.inputs)


def stop(sharing: Sharing, job: Job, id: str, why: str) -> None:
    """End a job that may not be done: record why, take back what it wrote, and ask for the work on the rest."""
    subject = f"{job.kind}:{id}"
    sharing.ledger.record(subject, STOPPED, service=SERVICE, tenant=job.party, codes=(why,))
    if sharing.claimed(job.party, f"{job.kind}-{id}") is not None:
        withdraw(sharing, job, id)
    ask_for_the_rest(sharing, job)
    sharing.ledger.record(subject, "done", service=SERVICE, tenant=job.party)


def ask_again(asked: Asked) -> str:
    """A request of an earlier version: nothing where its job is done, else the work over what still lies there is asked
    for under the version there is. Returns the id of the job of the earlier version."""
    job, sharing = asked.job, asked.sharing
    id = job_id(job, asked.version)
    subject = f"{job.kind}:{id}"
    sharing = sharing.working_on(subject)
    if "done" in sharing.ledger.steps(subject):
        return id
    sharing.ledger.record(subject, AGAIN, service=SERVICE, tenant=job.party)
    if sharing.claimed(job.party, f"{job.kind}-{id}") is not None:
        withdraw(sharing, job, id)
    ask_for_the_rest(sharing, job)
    sharing.ledger.record(subject, "done", service=SERVICE, tenant=job.party)
    return id


def ask_for_the_rest(sharing: Sharing, job: Job) -> None:
    """Ask for the work over those of the job's files that still lie there and may be used."""
    staging = sharing.staging(job.party)
    for file in map(Partition.named, job.inputs):
        if is_usable(sharing, job.party, file) and staging.exists(file.name):
            ask(sharing, file, job.party)
