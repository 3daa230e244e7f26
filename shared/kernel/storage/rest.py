"""Azure's other interfaces that this room reads: JSON over HTTPS with a token, in azure-core's own pipeline.

One object for one service. It only reads: a `get`, and a `post` for services whose questions travel in the body. What
goes wrong is told in this product's words; no answer of the service is repeated, because it may quote names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from azure.core import PipelineClient
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline.policies import (
    BearerTokenCredentialPolicy,
    HeadersPolicy,
    RequestIdPolicy,
    RetryPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest, HttpResponse

from shared.kernel.errors import Missing, NotAllowed, StorageFault, StorageUnavailable
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_TRANSIENT = {408, 429, 500, 502, 503, 504}


class RestService:
    """One service at `endpoint`, whose tokens have the scope `scope`. Close it when the process goes on without it."""

    def __init__(self, name: str, endpoint: str, scope: str, credential: TokenCredential, **options: Any) -> None:
        """`name` is what messages call it. `options` go to azure-core's transport."""
        self._name, self._endpoint = name, endpoint
        policies = [
            RequestIdPolicy(),
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy("borough-exchange"),
            # Throttled services say how long to wait, and the policy obeys; otherwise tries are few and close together.
            RetryPolicy(retry_total=3, retry_backoff_factor=options.pop("retry_backoff_factor", 0.8)),
            BearerTokenCredentialPolicy(credential, scope),
        ]
        self._client: PipelineClient[Any, Any] = PipelineClient(
            endpoint, policies=policies, connection_timeout=10, read_timeout=60, **options
        )

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at `path`, its query included.

        Raises `Missing` (STO-001), `NotAllowed` (STO-005), `StorageUnavailable` (STO-004) for what a later try may
        survive, and `StorageFault` (STO-006) for the rest.
        """
        return self._send(HttpRequest("GET", self._endpoint + path))

    def get_all(self, path: str) -> Iterator[dict[str, Any]]:
        """Every entry of a list that may come in pages. Raises as `get`."""
        page = self.get(path)
        yield from page.get("value", [])
        while next_page := page.get("nextLink"):
            if not str(next_page).startswith(f"{self._endpoint}/"):
                raise self._unavailable("its next page is elsewhere")  # and the token goes with every request
            page = self.get(str(next_page).removeprefix(self._endpoint))
            yield from page.get("value", [])

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that answers `body`. Raises as `get`."""
        return self._send(HttpRequest("POST", self._endpoint + path, json=body))

    def _send(self, request: HttpRequest) -> dict[str, Any]:
        try:
            response = self._client.send_request(request)
        except ClientAuthenticationError:
            raise self._refused("no token") from None
        except AzureError as error:
            raise self._unavailable(type(error).__name__) from None
        if response.status_code == 200:
            return self._read(response)
        status = f"{response.status_code} {_code(response)}".rstrip()
        if response.status_code in _TRANSIENT:
            raise self._unavailable(status)
        if response.status_code in (401, 403):
            raise self._refused(status)
        if response.status_code == 404:
            raise Missing("STO-001", f"{self._name} has no such thing; {status}.")
        raise StorageFault("STO-006", f"{self._name} refused; {status}.")

    def _read(self, response: HttpResponse) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = loads_once(response.text())
        except ValueError:
            raise self._unavailable("no JSON") from None
        return answer

    def _unavailable(self, status: str) -> StorageUnavailable:
        return StorageUnavailable("STO-004", f"{self._name} did not answer as it should; {status}.", "Try again.")

    def _refused(self, status: str) -> NotAllowed:
        return NotAllowed("STO-005", f"{self._name} does not let this identity in; {status}.", "Give it the role.")


def _code(response: HttpResponse) -> str:
    """The service's own error code, such as ``ManagementPolicyNotFound``: letters only, so it quotes nothing."""
    try:
        code = str(loads_once(response.text())["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""
    return code if code.isalpha() else ""
