"""What the blob service says when it says no, in this product's words.

The text of an SDK error can hold a whole URL, and with it a blob name that a borough chose and the signature of a
pass. So no SDK error leaves this room, not even as the cause of another: what leaves is a code, the container, the
service's own error code and its request id, by which the operator finds the rest in the storage logs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from shared.errors import AlreadyExists, Changed, Held, Missing, NotAllowed, StorageFault, StorageUnavailable

_TRANSIENT = (ServiceRequestError, ServiceResponseError, DecodeError)
_TRANSIENT_STATUS = {408, 429, 500, 502, 503, 504}
_BARRED = {"LeaseIdMissing", "BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold"}


@contextmanager
def translated(container: str) -> Iterator[None]:
    """Raise what the SDK raises inside as a `StorageFault` that names `container`."""
    try:
        yield
    except AzureError as error:
        raise fault_of(error, container) from None


def fault_of(error: AzureError, container: str) -> StorageFault:
    """The fault that an SDK error amounts to. A missing container is not a missing blob: it is not `Missing`."""
    status = error.status_code if isinstance(error, HttpResponseError) else None
    said = _error_code(error)
    where = f"container {container}{_evidence(error, said)}"
    broke_off = (
        status is None and isinstance(error, HttpResponseError) and not isinstance(error, ClientAuthenticationError)
    )
    if isinstance(error, _TRANSIENT) or status in _TRANSIENT_STATUS or broke_off:
        return StorageUnavailable("STO-004", f"The blob service did not answer as it should; {where}.", "Try again.")
    if status == 404 and said not in {"ContainerNotFound", "QueueNotFound"}:
        return Missing("STO-001", f"There is no such blob; {where}.")
    if said in {"BlobAlreadyExists", "UnauthorizedBlobOverwrite"}:
        return AlreadyExists("STO-002", f"There is a blob of that name already; {where}.")
    if said in _BARRED:
        return Held("STO-009", f"A lease, a hold or a policy bars it; {where}.", "Find out who set it and why.")
    if status == 412 and said in {"ConditionNotMet", ""}:
        return Changed("STO-003", f"The blob was overwritten since it was looked at; {where}.")
    if status in {401, 403} or isinstance(error, ClientAuthenticationError):
        return NotAllowed("STO-005", f"These credentials do not allow that; {where}.", "Renew the pass or the role.")
    return StorageFault("STO-006", f"The blob service refused; {where}.")


def _error_code(error: AzureError) -> str:
    """The service's code, such as ``BlobNotFound``; empty when there is none. HEAD has it only in a header."""
    code = getattr(error, "error_code", None) or _header(error, "x-ms-error-code")
    return str(getattr(code, "value", code))


def _evidence(error: AzureError, said: str) -> str:
    request = _header(error, "x-ms-request-id")
    return f", {said or type(error).__name__}" + (f", request {request}" if request else "")


def _header(error: AzureError, name: str) -> str:
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", {})
    return headers.get(name, "")
