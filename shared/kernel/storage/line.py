"""A borough's line to the exchange: whom it trusts, how long it waits, how often it asks again, what it says at last.

An office's line is not a data centre's: it is slow, a proxy or a filter stands in it, and somebody else's certificate
may be shown. So a body goes in small pieces, each of which may take its time; a busy service is asked again when it
says; and every cause has one sentence of its own (`line_faults`).
"""

from __future__ import annotations

import email.utils
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from azure.core.exceptions import AzureError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import HTTPPolicy
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter

from shared.kernel.errors import StorageUnavailable
from shared.kernel.storage.line_faults import fault_of_answer, fault_of_error

CONNECT_SECONDS = 20.0
"""To connect, and for each piece of a body to leave."""
ANSWER_SECONDS = 60.0
SLOWEST_BYTES_A_SECOND = 125_000
"""1 Mbit/s: a proxy may take a whole file at once and pass it on at this rate before there can be an answer."""
TRIES = 4
PAUSE_SECONDS = 1.0
LONGEST_PAUSE = 60.0
"""A service that asks to be left alone for longer is not waited for: the command says when to come back."""

_TRANSIENT = {408, 429, 500, 502, 503, 504}
_STORAGE_OPTIONS = (
    "retry_total", "retry_connect", "retry_read", "retry_status", "retry_to_secondary", "location_mode", "hosts",
    "retry_hook",
)  # fmt: skip
Told = Callable[[int, int], None]


@dataclass
class Line:
    """One borough's line. It notes what the service's clock said, and whether a request may have been heard in vain."""

    trust: ssl.SSLContext | None = None
    """Whose certificates are believed; `None` for what the HTTP library believes."""
    told: Told | None = None
    """Told how many bytes of how many have gone."""
    ahead: float | None = None
    """Seconds that this machine's clock is ahead of the service's, as the last answer showed; negative when behind."""
    unanswered: bool = False
    """A request was sent and its answer was lost: what it asked for may have been done."""
    error_code: str = ""
    """The service's own code in its last answer, such as ``BlobNotFound``; empty when it had none."""

    def options(self) -> dict[str, Any]:
        """For the SDK's clients."""
        session = requests.Session()
        session.auth = _nothing  # else the library would look for a password in ~/.netrc and spoil the pass
        adapter = _Adapter(self)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        transport = RequestsTransport(
            session=session, session_owner=True, connection_timeout=CONNECT_SECONDS, read_timeout=ANSWER_SECONDS
        )
        return {"transport": transport, "retry_policy": _Patience(self)}

    def note(self, headers: Any) -> None:
        """Take from an answer what it says of the clock and of itself."""
        self.error_code = str(headers.get("x-ms-error-code") or "")
        try:
            there = email.utils.parsedate_to_datetime(str(headers.get("Date") or ""))
        except (TypeError, ValueError):
            return
        self.ahead = (datetime.now(UTC) - there).total_seconds()


def _nothing(request: Any) -> Any:
    return request


class _Body:
    """A body that is sent piece by piece: the time that a socket is given holds for a piece and not for the whole."""

    def __init__(self, data: bytes, told: Told | None) -> None:
        self._data, self._sent, self._told = data, 0, told

    def __len__(self) -> int:
        return len(self._data)

    def read(self, size: int = -1) -> bytes:
        piece = self._data[self._sent :] if size < 0 else self._data[self._sent : self._sent + size]
        if self._told is not None:
            self._told(self._sent, len(self._data))
        self._sent += len(piece)
        return piece


class _Adapter(HTTPAdapter):
    """The HTTP library's own, with our trust and our pace."""

    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs | self._trusting())

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, **kwargs | self._trusting())

    def _trusting(self) -> dict[str, Any]:
        return {} if self._line.trust is None else {"ssl_context": self._line.trust}

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        return (host, tls) if self._line.trust is None else (host, self._trusting())

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        if self._line.trust is None:  # else the context has it all, and the library's own list must not be added
            super().cert_verify(conn, url, verify, cert)

    def send(self, request: Any, stream: bool = False, timeout: Any = None, *rest: Any, **more: Any) -> Any:
        body = request.body
        if isinstance(body, bytes) and body:
            connect, answer = timeout
            timeout = (connect, answer + len(body) / SLOWEST_BYTES_A_SECOND)
            request.body = _Body(body, self._line.told)
        return super().send(request, stream, timeout, *rest, **more)


class _Patience(HTTPPolicy[Any, Any]):
    """Asks again what may succeed later, as soon as the service says or after a pause; says at once what will not."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        for option in _STORAGE_OPTIONS:
            request.context.options.pop(option, None)
        for left in reversed(range(TRIES)):
            pause: float | None = PAUSE_SECONDS
            try:
                response = self.next.send(request)
            except AzureError as error:
                fault = fault_of_error(error, str(request.http_request.url))
                self._line.unanswered |= fault.code == "STO-027"
            else:
                answer = response.http_response
                self._line.note(answer.headers)
                found = fault_of_answer(answer)
                if found is None:
                    answer.location_mode = "primary"
                    return response
                answer.internal_response.close()  # nobody will read it
                fault, pause = found, _asked_to_wait(answer.headers)
                # A gateway that gives up may have passed the request on.
                self._line.unanswered |= answer.status_code in {408, 500, 502, 504}
            if not isinstance(fault, StorageUnavailable) or not left or pause is None:
                raise fault
            time.sleep(pause)
        raise AssertionError("TRIES is at least 1")  # pragma: no cover


def _asked_to_wait(headers: Any) -> float | None:
    """Seconds to wait before asking again: what the service says; `None` when that is too long."""
    wait = str(headers.get("Retry-After") or "")
    seconds = PAUSE_SECONDS
    if wait.isdigit():
        seconds = float(wait)
    elif wait:
        try:
            seconds = (email.utils.parsedate_to_datetime(wait) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            seconds = PAUSE_SECONDS
    return None if seconds > LONGEST_PAUSE else max(seconds, 0.0)
