"""Every way in which the SDK says that something went wrong, and what it is called here."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import urllib3
from azure.core import exceptions as sdk
from azure.core.exceptions import HttpResponseError

from shared.agreements.registry import load_agreement
from shared.kernel.errors import (
    AlreadyExists,
    Changed,
    Held,
    Missing,
    NotAllowed,
    StorageFault,
    StorageUnavailable,
    TooLarge,
    Unreadable,
    UnusableName,
)
from shared.kernel.storage.areas import Area
from shared.kernel.storage.faults import fault_of, translated
from shared.kernel.storage.storage import Storage
from tests.memory import MemoryBlobs


class Said:
    """A response as far as an error looks at it."""

    reason = "reason"

    def __init__(self, status: int, code: str = "") -> None:
        self.status_code = status
        self.headers = {"x-ms-error-code": code} if code else {}


def http(status: int, code: str = "", kind: type[HttpResponseError] = HttpResponseError) -> HttpResponseError:
    return kind(response=Said(status, code))  # type: ignore[arg-type]


WITHOUT_A_STATUS = [
    sdk.ServiceRequestError("no connection"),
    sdk.ServiceRequestTimeoutError("no connection in time"),
    sdk.ServiceResponseError("no answer"),
    sdk.ServiceResponseTimeoutError("no answer in time"),
    sdk.IncompleteReadError("half an answer"),
    sdk.DecodeError("not what its label says"),
    sdk.HttpResponseError(sdk.DecodeError("as the SDK wraps it after three tries")),
    sdk.HttpResponseError("Unable to stream download"),
    sdk.AzureError("anything else"),
    sdk.DeserializationError("no XML"),
    urllib3.exceptions.SSLError("bad record"),
    urllib3.exceptions.ProtocolError("reset"),
]


@pytest.mark.parametrize("error", WITHOUT_A_STATUS, ids=lambda error: type(error).__name__)
def test_an_error_without_a_status_is_no_refusal_and_will_pass(error: Exception) -> None:
    assert type(fault_of(error, "inbox")) is StorageUnavailable
    with pytest.raises(StorageUnavailable, match="STO-004") as caught, translated("inbox"):
        raise error
    assert caught.value.__cause__ is None
    assert str(error) not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (sdk.ClientAuthenticationError("no token"), NotAllowed, "STO-005"),
        (http(401, kind=sdk.ClientAuthenticationError), NotAllowed, "STO-005"),
        (http(400, kind=sdk.ClientAuthenticationError), NotAllowed, "STO-005"),  # of the token's service
        (http(503, kind=sdk.ClientAuthenticationError), StorageUnavailable, "STO-004"),
        (http(403, "AuthorizationPermissionMismatch"), NotAllowed, "STO-005"),
        (http(403, "AuthenticationFailed"), NotAllowed, "STO-005"),
        (http(403, "UnauthorizedBlobOverwrite"), AlreadyExists, "STO-002"),
        (http(409, "BlobAlreadyExists"), AlreadyExists, "STO-002"),
        (http(404, "BlobNotFound"), Missing, "STO-001"),
        (http(404), Missing, "STO-001"),
        (http(404, "ContainerNotFound"), StorageFault, "STO-006"),
        (http(409, "BlobArchived"), Unreadable, "STO-010"),
        (http(409, "BlobBeingRehydrated"), Unreadable, "STO-010"),
        (http(409, "BlobUsesCustomerSpecifiedEncryption"), Unreadable, "STO-011"),
        (http(409, "PendingCopyOperation"), Unreadable, "STO-012"),
        (http(412, "ConditionNotMet"), Changed, "STO-003"),
        (http(412), Changed, "STO-003"),
        (http(412, "LeaseIdMissing"), Held, "STO-009"),
        (http(409, "BlobImmutableDueToPolicy"), Held, "STO-009"),
        (http(400, "InvalidUri"), UnusableName, "STO-008"),
        (http(400, "OutOfRangeInput"), UnusableName, "STO-008"),
        (http(414), UnusableName, "STO-008"),
        (http(400, "InvalidHeaderValue"), StorageFault, "STO-006"),
        (http(409, "ContainerBeingDeleted"), StorageFault, "STO-006"),
        (http(501), StorageFault, "STO-006"),
        (http(505), StorageFault, "STO-006"),
        *((http(status), StorageUnavailable, "STO-004") for status in (408, 429, 500, 502, 503, 504, 507, 520)),
        (http(206), StorageUnavailable, "STO-004"),  # a good answer that the SDK could not read
        (http(200, kind=sdk.DecodeError), StorageUnavailable, "STO-004"),
        (http(403, kind=sdk.DecodeError), StorageUnavailable, "STO-004"),
    ],
    ids=lambda value: "",
)
def test_what_the_service_says_is_said_in_our_words(error: Exception, kind: type[StorageFault], code: str) -> None:
    fault = fault_of(error, "inbox")
    assert (type(fault), fault.code) == (kind, code)


class Spoilt(MemoryBlobs):
    """An account whose answers to reads are spoilt on the way."""

    spoil = staticmethod(lambda headers, body: (headers, body))

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        answer = super().send(request, *args, **kwargs)
        if request.method != "GET":
            return answer
        headers, body = self.spoil(dict(answer.headers), answer.content)
        raw = urllib3.HTTPResponse(
            body if isinstance(body, io.RawIOBase) else io.BytesIO(body),
            headers,
            answer.status_code,
            preload_content=False,
            enforce_content_length=True,
        )
        return self.build_response(request, raw)


class Breaks(io.RawIOBase):
    """A connection that ends in the middle, in a way of its own."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, *_: Any) -> bytes:
        raise self._error


@pytest.fixture
def spoilt(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Spoilt, Area]]:
    monkeypatch.setattr("time.sleep", lambda _: None)  # the SDK waits between its tries
    service = Spoilt()
    with service.storage() as storage:
        storage.ensure_containers(load_agreement("fsm").controllers)
        inbox = storage.inbox("lambeth")
        inbox.create("name", b"0123456789")
        yield service, inbox


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers, body: (headers, body[:5]),
        lambda headers, body: (headers | {"Content-Length": "3"}, body[:3]),
        lambda headers, body: ({n: v for n, v in headers.items() if n != "Content-Range"}, body),
        lambda headers, body: (headers | {"Content-Range": "none"}, body),
        lambda headers, _: (headers, Breaks(TimeoutError("late"))),
        lambda headers, _: (headers, Breaks(ConnectionResetError("reset"))),
        lambda headers, _: (headers, Breaks(urllib3.connection.BaseSSLError("bad record"))),
    ],
    ids=["cut", "cut and told so", "no range", "another range", "late", "reset", "TLS"],
)
def test_an_answer_that_is_spoilt_on_the_way_is_to_be_tried_again(spoilt: tuple[Spoilt, Area], spoil: Any) -> None:
    service, inbox = spoilt
    assert inbox.read("name").data == b"0123456789"
    service.spoil = spoil  # type: ignore[method-assign]
    with pytest.raises(StorageUnavailable, match="STO-004"):
        inbox.read("name")


def test_a_list_that_is_no_xml_is_to_be_tried_again(spoilt: tuple[Spoilt, Area]) -> None:
    service, inbox = spoilt
    service.spoil = lambda headers, body: (headers, body[:-20])  # type: ignore[method-assign]
    with pytest.raises(StorageUnavailable, match="STO-004"):
        list(inbox.list())


def test_more_bytes_than_were_looked_at_are_not_taken(storage: Storage) -> None:
    """The size is looked at again when the bytes come, in case that it is another one by then."""
    from shared.kernel.storage.stored import stored

    storage.inbox("lambeth").create("name", b"0123456789")
    blob = storage.service.get_blob_client("lambeth-inbox", "name")
    with pytest.raises(TooLarge, match="STO-007: 10 bytes"):
        stored(blob, max_bytes=9)
    assert stored(blob, max_bytes=10)[1] == b"0123456789"
