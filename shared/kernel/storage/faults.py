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
    DeserializationError,
    HttpResponseError,
)
from urllib3.exceptions import HTTPError

from shared.kernel.errors import (
    AlreadyExists,
    Changed,
    Held,
    Missing,
    NotAllowed,
    StorageFault,
    StorageUnavailable,
    Unreadable,
    UnusableName,
)

_FROM_THE_SDK = (AzureError, DeserializationError, HTTPError)
"""What the SDK raises. The last is of the library below it, for a TLS connection that breaks while a blob is read."""
_TRANSIENT_STATUS = {408, 429}
_NEVER_TRANSIENT = {501, 505}
_ABSENT_CONTAINER = {"ContainerNotFound", "QueueNotFound"}
_TAKEN = {"BlobAlreadyExists", "UnauthorizedBlobOverwrite"}
_BARRED = {"LeaseIdMissing", "BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold"}
_NO_NAME = {"InvalidUri", "InvalidResourceName", "OutOfRangeInput", "RequestUrlFailedToParse"}
_UNREADABLE = {
    "BlobArchived": ("STO-010", "It lies in the archive, where nothing can be read"),
    "BlobBeingRehydrated": ("STO-010", "It is on its way out of the archive, and cannot be read yet"),
    "BlobUsesCustomerSpecifiedEncryption": ("STO-011", "It is encrypted with a key that only who put it has"),
    "BlobCustomerSpecifiedEncryptionMismatch": ("STO-011", "It is encrypted with a key that only who put it has"),
    "PendingCopyOperation": ("STO-012", "It is a copy that is not finished"),
    "OperationNotAllowedOnIncrementalCopyBlob": ("STO-012", "It is a copy that is never finished"),
}
"""The service's words for blobs that were put so that nobody can read them, and ours."""


@contextmanager
def translated(container: str) -> Iterator[None]:
    """Raise what the SDK raises inside as a `StorageFault` that names `container`."""
    try:
        yield
    except _FROM_THE_SDK as error:
        raise fault_of(error, container) from None


def fault_of(error: Exception, container: str) -> StorageFault:
    """The fault that an SDK error amounts to. A missing container is not a missing blob: it is not `Missing`."""
    status = error.status_code if isinstance(error, HttpResponseError) else None
    code_of_service = _error_code(error)
    where = f"container {container}{_evidence(error, code_of_service)}"
    if _will_pass(error, status):
        return StorageUnavailable("STO-004", f"The blob service did not answer as it should; {where}.", "Try again.")
    if code_of_service in _UNREADABLE:
        code, why = _UNREADABLE[code_of_service]
        return Unreadable(code, f"{why}; {where}.", "Put it anew, as one block blob without such headers.")
    if status == 404 and code_of_service not in _ABSENT_CONTAINER:
        return Missing("STO-001", f"There is no such blob; {where}.")
    if code_of_service in _TAKEN:
        return AlreadyExists("STO-002", f"There is a blob of that name already; {where}.")
    if code_of_service in _BARRED:
        return Held("STO-009", f"A lease, a hold or a policy bars it; {where}.", "Find out who set it and why.")
    if code_of_service in _NO_NAME or status == 414:
        return UnusableName("STO-008", f"The service takes no such name; {where}.")
    if code_of_service == "PopReceiptMismatch":
        return Changed("STO-003", f"Somebody else has taken the message meanwhile; {where}.")
    if status == 412 and code_of_service in {"ConditionNotMet", ""}:
        return Changed("STO-003", f"The blob was overwritten since it was looked at; {where}.")
    if status in {401, 403} or isinstance(error, ClientAuthenticationError):
        return NotAllowed("STO-005", f"These credentials do not allow that; {where}.", "Renew the pass or the role.")
    return StorageFault("STO-006", f"The blob service refused; {where}.")


def _will_pass(error: Exception, status: int | None) -> bool:
    """Whether a later try may survive it.

    Without a status the service has not said no: a connection broke, an answer was cut, late or not what it should be.
    Only one such error is a no: that there is no token for whoever asks.
    """
    if status is None:
        return not isinstance(error, ClientAuthenticationError)
    if isinstance(error, DecodeError) or status < 300 or status in _TRANSIENT_STATUS:
        return True  # a good answer that could not be read
    return status >= 500 and status not in _NEVER_TRANSIENT


def _error_code(error: Exception) -> str:
    """The service's code, such as ``BlobNotFound``; empty when there is none. HEAD has it only in a header."""
    code = getattr(error, "error_code", None) or _header(error, "x-ms-error-code")
    return str(getattr(code, "value", code))


def _evidence(error: Exception, code_of_service: str) -> str:
    request = _header(error, "x-ms-request-id")
    return f", {code_of_service or type(error).__name__}" + (f", request {request}" if request else "")


def _header(error: Exception, name: str) -> str:
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", {})
    return headers.get(name, "")
