"""What Azure Resource Manager knows of one app and one topic, in the shapes that it documents."""

from __future__ import annotations

from typing import Any

from shared.kernel.storage.deployment import APP_VERSION, TOPIC_VERSION
from tests.azure_services import error

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-borough-exchange-pilot/providers"
APP = f"{GROUP}/Microsoft.Web/sites/func-bx-0a1b"
TOPIC = f"{GROUP}/Microsoft.EventGrid/systemTopics/evgt-bxexch0a1b"


class Azure:
    """Change its members to change what is deployed. Give `answer` to `served`."""

    KEY = "the-key-of-the-webhook"

    def __init__(self) -> None:
        self.functions: dict[str, bool] = {}
        """Each with whether it is disabled."""
        self.subscriptions: list[dict[str, Any]] = []
        self.urls: dict[str, str] = {}
        self.state = "Running"
        self.forbidden: set[str] = set()
        """Parts of paths that this identity may not ask."""
        self.page_size = 100
        self.url = ""

    def pushed(self, name: str, subject: str, function: str, host: str = "func-bx-0a1b.azurewebsites.net") -> None:
        """A subscription that calls a webhook, whose key Azure shows in no list."""
        base = f"https://{host}/runtime/webhooks/blobs"
        self.urls[name] = f"{base}?functionName={function}&code={self.KEY}"
        target = {"endpointType": "WebHook", "properties": {"endpointBaseUrl": base, "maxEventsPerBatch": 1}}
        self._subscribe(name, subject, {"destination": target})

    def queued(self, name: str, subject: str, queue: str) -> None:
        """A subscription that fills a queue by the topic's identity."""
        target = {"endpointType": "StorageQueue", "properties": {"resourceId": "/a", "queueName": queue}}
        way = {"identity": {"type": "SystemAssigned"}, "destination": target}
        self._subscribe(name, subject, {"destination": None, "deliveryWithResourceIdentity": way})

    def _subscribe(self, name: str, subject: str, how: dict[str, Any]) -> None:
        begins = {"subjectBeginsWith": subject} if subject else {}
        properties = {"provisioningState": "Succeeded", "filter": {"subjectEndsWith": "", **begins}, **how}
        self.subscriptions.append({"id": f"{TOPIC}/eventSubscriptions/{name}", "name": name, "properties": properties})

    def answer(self, path: str, body: Any) -> tuple[int, Any]:
        """As Azure Resource Manager answers it."""
        path, _, query = path.partition("?")
        version = query.partition("api-version=")[2].partition("&")[0]
        if any(f"/{part}" in path for part in self.forbidden):
            return error(403, "AuthorizationFailed")
        if path == APP and version == APP_VERSION:
            facts = {"state": self.state, "defaultHostName": "func-bx-0a1b.azurewebsites.net", "enabled": True}
            return 200, {"id": path, "name": "func-bx-0a1b", "properties": facts}
        if path == f"{APP}/functions" and version == APP_VERSION:
            return 200, self._page(path, query, [self._function(*one) for one in self.functions.items()])
        if path == f"{TOPIC}/eventSubscriptions" and version == TOPIC_VERSION:
            return 200, self._page(path, query, self.subscriptions)
        name = path.removeprefix(f"{TOPIC}/eventSubscriptions/").removesuffix("/getFullUrl")
        if name in self.urls and path.endswith("/getFullUrl") and body == {}:
            return 200, {"endpointUrl": self.urls[name]}
        return error(404, "ResourceNotFound")

    def _function(self, name: str, disabled: bool) -> dict[str, Any]:
        return {"id": f"{APP}/functions/{name}", "name": f"func-bx-0a1b/{name}", "properties": {"isDisabled": disabled}}

    def _page(self, path: str, query: str, rows: list[Any]) -> dict[str, Any]:
        start = int(query.partition("$skip=")[2] or 0)
        end = start + self.page_size
        version = query.partition("&")[0]
        following = {"nextLink": f"{self.url}{path}?{version}&$skip={end}"} if end < len(rows) else {}
        return {"value": rows[start:end], **following}
