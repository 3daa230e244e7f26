"""The wire between the SDK and the emulator, with faults to order: a busy service, a lost answer, a killed process.

The faults happen below the SDK, in the HTTP library's adapter, so the SDK's own retries and our translation of its
errors are the real ones::

    wire = Wire(at_write(3, Fault.KILLED_AFTER))
    with wire.storage(account) as storage, pytest.raises(Killed):
        receive(exchange_on(storage), ...)
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import urllib3
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import LinearRetry
from requests.adapters import HTTPAdapter

from shared.kernel.storage.storage import Storage
from tests.memory import MemoryBlobs


class Killed(BaseException):
    """The process was killed here: nothing in the product may catch this."""


class Fault(Enum):
    """What goes wrong with one request."""

    BUSY = auto()
    """503 at once; the service did nothing."""
    THROTTLED = auto()
    """429 at once; the service did nothing."""
    FAILED = auto()
    """500 at once; the service did nothing."""
    FORBIDDEN = auto()
    """403 at once, as of a role that is not in force yet; the service did nothing."""
    UNREACHABLE = auto()
    """No connection; the service did nothing."""
    ANSWER_LOST = auto()
    """The service did it, and the answer never came."""
    KILLED_BEFORE = auto()
    """The process ends; the service did nothing."""
    KILLED_AFTER = auto()
    """The service did it, and the process ends before it knows."""


_REFUSALS = {
    Fault.BUSY: (503, "ServerBusy"),
    Fault.THROTTLED: (429, "TooManyRequests"),
    Fault.FAILED: (500, "InternalError"),
    Fault.FORBIDDEN: (403, "AuthorizationPermissionMismatch"),
}


@dataclass(frozen=True)
class Request:
    """One request as it goes over the wire. Numbers count from 1."""

    number: int
    write_number: int
    """How many writes (PUT, DELETE) there were up to here, this one included."""
    method: str
    path: str
    """Decoded, such as ``/account/container/name``."""
    headers: dict[str, str]

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method in {"PUT", "DELETE"}


Plan = Callable[[Request], Fault | None]


def no_faults(_: Request) -> Fault | None:
    """All goes well."""
    return None


def always(fault: Fault, *, method: str | None = None) -> Plan:
    """Every request (of a method) meets the fault."""
    return lambda request: fault if method in {None, request.method} else None


def first(count: int, fault: Fault) -> Plan:
    """The first `count` requests meet the fault."""
    return lambda request: fault if request.number <= count else None


def at_write(number: int, fault: Fault) -> Plan:
    """The `number`-th write meets the fault."""
    return lambda request: fault if request.writes and request.write_number == number else None


class Wire(HTTPAdapter):
    """Carries requests to the emulator or to an account in memory, notes them, and lets a `plan` spoil them."""

    def __init__(self, plan: Plan = no_faults) -> None:
        super().__init__(pool_maxsize=32)
        self.plan = plan
        self.requests: list[Request] = []
        self._writes = 0
        self._noting = threading.Lock()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Carry one request, or not."""
        fault = self.plan(self._note(request))
        if fault is Fault.KILLED_BEFORE:
            raise Killed
        if fault is Fault.UNREACHABLE:
            raise requests.ConnectionError("unreachable")
        if fault in _REFUSALS:
            return self._refuse(request, *_REFUSALS[fault])
        memory = MemoryBlobs.at(str(request.url))
        carry = memory.send if memory else super().send
        answer = carry(request, *args, **kwargs)
        if fault is None:
            return answer
        answer.close()
        if fault is Fault.KILLED_AFTER:
            raise Killed
        raise requests.ReadTimeout("answer lost")

    def storage(self, account: str, **options: Any) -> Storage:
        """The exchange's storage in the account (a connection string) over this wire. Retries do not wait."""
        retries = LinearRetry(backoff=0, retry_total=3, random_jitter_range=0)
        return Storage.connect(account, transport=self.transport(), retry_policy=retries, **options)

    def transport(self) -> RequestsTransport:
        """This wire for any Azure client."""
        session = requests.Session()
        session.mount("http://", self)
        session.mount("https://", self)
        return RequestsTransport(session=session, session_owner=True)

    def _note(self, request: requests.PreparedRequest) -> Request:
        method, path = str(request.method), unquote(urlsplit(str(request.url)).path)
        with self._noting:
            self._writes += method in {"PUT", "DELETE"}
            noted = Request(len(self.requests) + 1, self._writes, method, path, dict(request.headers))
            self.requests.append(noted)
        return noted

    def _refuse(self, request: requests.PreparedRequest, status: int, code: str) -> requests.Response:
        headers = {"x-ms-error-code": code, "content-length": "0"}
        raw = urllib3.HTTPResponse(io.BytesIO(), headers, status, reason=code, preload_content=False)
        return self.build_response(request, raw)


class OneWrite(Wire):
    """A wire over which a process lives for one write: as soon as something new was written, it is killed; with
    `deletions`, as soon as something is gone, too."""

    def __init__(self, *, deletions: bool = False) -> None:
        super().__init__()
        self._ends = {("PUT", 201), ("DELETE", 202)} if deletions else {("PUT", 201)}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        answer = super().send(request, *args, **kwargs)
        if (request.method, answer.status_code) in self._ends:
            raise Killed
        return answer
