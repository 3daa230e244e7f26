"""Derived ids: the same bytes are the same drop, the same inputs are the same job."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from shared.kernel.terms.pipeline import Job


def derived_id(*parts: str) -> str:
    """32 hex digits of SHA-256 over the parts, with a separator that no part can hold between them.

    A part may be a blob's name out of an event's JSON, which can hold what is no text: it has an id all the same.
    """
    return hashlib.sha256("\x1f".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]


def drop_id(tenant: str, dataset: str, sha256: str, replaces: str | None = None) -> str:
    """The id of a drop whose envelope holds. The same bytes that now say what they replace are another drop."""
    return derived_id("drop", tenant, dataset, sha256, *((replaces,) if replaces else ()))


def untrusted_drop_id(tenant: str, sha256: str, metadata: Iterable[tuple[str, str]]) -> str:
    """The id of a drop whose envelope does not hold.

    It covers the metadata too, so that the same bytes, dropped again with the right signature, are a new drop and not
    one that was already refused.
    """
    described = (f"{key}={value}" for key, value in sorted(metadata))
    return derived_id("untrusted", tenant, sha256, *described)


def job_id(job: Job, agreement: str) -> str:
    """The id of one job under one agreement (`id@version`): of the same kind over the same staged files."""
    return derived_id(job.kind, job.party, agreement, *sorted(job.inputs))


def drop_event(tenant: str, container: str, name: str) -> str:
    """The ledger's subject of one blob in an inbox, as a trigger is handed it."""
    return f"event:{derived_id('event', tenant, container, name)}"


def request_event(party: str, name: str) -> str:
    """The ledger's subject of one request of a party; `name` is relative to its part of `requests`."""
    return f"event:{derived_id('event', 'requests', party, name)}"
