"""Requests: a small blob that says which job is due. Its arrival is the event that starts the work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shared.kernel.errors import AlreadyExists, RefusedEvent
from shared.kernel.intake.identity import job_id
from shared.kernel.json_once import loads_once
from shared.kernel.terms.pipeline import Job

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange, Sharing

_MOST_BYTES = 1_000_000


def request_job(sharing: Sharing, job: Job) -> str:
    """Write the request, once, and return its name within the agreement's part of the party's requests."""
    name = _name(sharing, job)
    document = {"kind": job.kind, "collection": job.collection, "inputs": list(job.inputs)}
    try:
        sharing.requests(job.party).create(name, json.dumps(document, sort_keys=True).encode())
    except AlreadyExists:
        return name  # the name is derived from the content
    return name


def read_request(exchange: Exchange, party: str, name: str) -> tuple[Sharing, Job]:
    """Read back the request `name` (``<agreement>/<job id>.json``) of this party.

    Raises `Missing` when it is gone, `RefusedEvent` (EVT-002) when the blob is not a request that this exchange wrote
    under that name.
    """
    document = exchange.storage.requests(party).read(name, max_bytes=_MOST_BYTES).data
    agreement, _, within = name.partition("/")
    try:
        sharing = exchange.under(agreement)
        read = loads_once(document)
        job = Job(read["kind"], party, read["collection"], tuple(read["inputs"]))
        held = job.kind in sharing.pipeline.kinds and _name(sharing, job) == within
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        held = False
    if not held:
        raise RefusedEvent("EVT-002", "The blob is not a request of this exchange under an agreement in force.")
    return sharing, job


def _name(sharing: Sharing, job: Job) -> str:
    return f"{job_id(job, sharing.agreement.reference)}.json"
