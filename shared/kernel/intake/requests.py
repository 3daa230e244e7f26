"""Requests: a small blob that says which job is due. Its arrival is the event that starts the work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel import names
from shared.kernel.envelope.manifest import from_metadata
from shared.kernel.errors import AlreadyExists, Missing, RefusedEvent, UntrustedDrop
from shared.kernel.intake.identity import job_id
from shared.kernel.json_once import loads_once
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Job

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange, Sharing

_MOST_BYTES = 1_000_000


def request_job(sharing: Sharing, job: Job) -> str:
    """Write the request, once, and return its name within the agreement's part of the party's requests."""
    name = _name(job, sharing.agreement.reference)
    document = {
        "kind": job.kind,
        "collection": job.collection,
        "inputs": list(job.inputs),
        "agreement": sharing.agreement.reference,
    }
    try:
        sharing.requests(job.party).create(name, json.dumps(document, sort_keys=True).encode())
    except AlreadyExists:
        return name  # the name is derived from the content
    return name


@dataclass(frozen=True)
class Asked:
    """A request, read back."""

    sharing: Sharing
    job: Job
    version: str
    """The agreement's reference (`id@version`) under which it was asked for."""

    @property
    def is_of_another_version(self) -> bool:
        """Whether the agreement has another version by now."""
        return self.version != self.sharing.agreement.reference


def read_request(exchange: Exchange, party: str, name: str) -> Asked:
    """Read back the request `name` (``<agreement>/<job id>.json``) of this party.

    Raises `Missing` when it is gone, `RefusedEvent` (EVT-002) when the blob is not a request that this exchange wrote
    under that name, under whatever version of an agreement that there is.
    """
    document = exchange.storage.requests(party).read(name, max_bytes=_MOST_BYTES).data
    agreement, _, within = name.partition("/")
    try:
        sharing = exchange.under(agreement)
        read = loads_once(document)
        job = Job(read["kind"], party, read["collection"], tuple(read["inputs"]))
        if job.kind in sharing.pipeline.kinds:
            for version in _versions(sharing, job, read.get("agreement")):
                if _name(job, version) == within:
                    return Asked(sharing, job, version)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise RefusedEvent("EVT-002", "The blob is not a request of this exchange under an agreement that it has.")


def _versions(sharing: Sharing, job: Job, said: object) -> Iterator[str]:
    """The versions of the agreement under which the request may have been written: the one there is, the one that it
    names; of one that names none, those of the files that it is over."""
    yield sharing.agreement.reference
    if isinstance(said, str):
        if names.is_reference(said) and said.partition("@")[0] == sharing.agreement.id:
            yield said
        return
    area = sharing.staging(job.party)
    for name in job.inputs:
        Partition.named(name)
        with suppress(Missing, UntrustedDrop):
            yield from_metadata(area.facts(name).metadata)[0].reference


def _name(job: Job, version: str) -> str:
    return f"{job_id(job, version)}.json"
