"""Over which drops a job was, said in the clear on what it leaves pending, which lies longer than its request does."""

from __future__ import annotations

from collections.abc import Mapping

from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Job

Over = frozenset[tuple[str, str]]
"""Sender and drop of each file."""
_KIND, _OVER = "job_kind", "job_over"


def over(job: Job) -> Over:
    """What the job is over."""
    return frozenset((file.sender, file.drop) for file in map(Partition.named, job.inputs))


def told_of(job: Job) -> dict[str, str]:
    """As metadata has it."""
    return {_KIND: job.kind, _OVER: ",".join(sorted(".".join(pair) for pair in over(job)))}


def read_over(told: Mapping[str, str]) -> tuple[str, Over] | None:
    """The kind of the job that left this, and what it was over; `None` of what an earlier version left."""
    if _KIND not in told:
        return None
    pairs = (pair.partition(".") for pair in told[_OVER].split(","))
    return told[_KIND], frozenset((sender, drop) for sender, _, drop in pairs)
