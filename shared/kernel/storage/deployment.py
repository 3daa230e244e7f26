"""What is deployed, as Azure Resource Manager says it: the app's functions, and which of them is told of which blobs.

Needs the actions `sites/read` and `sites/functions/read` on the app, `eventSubscriptions/read` and, for a webhook,
`eventSubscriptions/getFullUrl/action` on the topic. It changes nothing. The URL of a webhook holds its key: only host
and function are kept of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from shared.kernel.storage.management import ENDPOINT, SCOPE, where_allowed
from shared.kernel.storage.rest import RestService

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

APP_VERSION = "2024-04-01"
TOPIC_VERSION = "2025-02-15"
"""Those of the templates in `infra/bicep`."""
_HOST = "Host.Functions."
_WEBHOOK, _QUEUE = "WebHook", "StorageQueue"


@dataclass(frozen=True)
class AppState:
    """The app itself."""

    running: bool
    host: str
    """Its host name, in lower case."""


@dataclass(frozen=True)
class AppFunction:
    """One function that the app has."""

    name: str
    disabled: bool


@dataclass(frozen=True)
class Subscription:
    """One event subscription of the topic."""

    name: str
    in_force: bool
    """Whether Azure has finished making it."""
    subject: str
    """How the subjects of its events begin; empty: every blob of the account."""
    queue: str
    """The queue that it fills; empty where it calls a webhook."""
    function: str | None
    """The function that its webhook names: empty where it names none, `None` where it has no webhook or that may not be
    seen."""
    host: str | None
    """The host name of its webhook, in lower case; `None` as above."""


class Deployment:
    """The app and the topic with these resource ids, through Azure Resource Manager."""

    def __init__(
        self, app_id: str, topic_id: str, credential: TokenCredential, *, endpoint: str = ENDPOINT, **options: Any
    ) -> None:
        self._app, self._topic = app_id, topic_id
        self._service = RestService("Azure Resource Manager", endpoint, SCOPE, credential, **options)

    def close(self) -> None:
        """Give back the connections."""
        self._service.close()

    def app(self) -> AppState | None:
        """The app's state; `None` where this identity may not look.

        Raises a `StorageFault` when Azure Resource Manager does not answer, `Missing` when it knows no such app.
        """
        found = where_allowed(lambda: self._service.get(f"{self._app}?api-version={APP_VERSION}"))
        if found is None:
            return None
        facts = found["properties"]
        return AppState(facts.get("state") == "Running", str(facts.get("defaultHostName", "")).lower())

    def functions(self) -> tuple[AppFunction, ...] | None:
        """Every function that the app has; `None` where this identity may not look. Raises as `app`."""
        found = where_allowed(lambda: list(self._service.get_all(f"{self._app}/functions?api-version={APP_VERSION}")))
        return None if found is None else tuple(map(_function, found))

    def subscriptions(self) -> tuple[Subscription, ...] | None:
        """Every event subscription of the topic; `None` where this identity may not look. Raises as `app`."""
        path = f"{self._topic}/eventSubscriptions?api-version={TOPIC_VERSION}"
        found = where_allowed(lambda: list(self._service.get_all(path)))
        return None if found is None else tuple(map(self._subscription, found))

    def _subscription(self, found: dict[str, Any]) -> Subscription:
        facts = found["properties"]
        target = facts.get("destination") or (facts.get("deliveryWithResourceIdentity") or {}).get("destination") or {}
        kind, name = target.get("endpointType"), str(found["name"])
        function, host = self._called(name) if kind == _WEBHOOK else (None, None)
        return Subscription(
            name=name,
            in_force=facts.get("provisioningState") == "Succeeded",
            subject=str((facts.get("filter") or {}).get("subjectBeginsWith") or ""),
            queue=str(target["properties"].get("queueName", "")) if kind == _QUEUE else "",
            function=function,
            host=host,
        )

    def _called(self, name: str) -> tuple[str | None, str | None]:
        path = f"{self._topic}/eventSubscriptions/{name}/getFullUrl?api-version={TOPIC_VERSION}"
        found = where_allowed(lambda: self._service.post(path, {}))
        if found is None:
            return None, None
        url = urlsplit(str(found.get("endpointUrl", "")))
        named = parse_qs(url.query).get("functionName", [""])[0]
        return named.removeprefix(_HOST), (url.hostname or "").lower()


def _function(found: dict[str, Any]) -> AppFunction:
    # Azure calls it `<app>/<function>`.
    return AppFunction(str(found["name"]).rpartition("/")[2], bool(found["properties"].get("isDisabled")))
