"""Azure Key Vault in this process: its REST shapes, behind the SDK's own clients and transport.

Real: the SDK's clients, pipeline, challenge authentication, retries, paging and errors. Fake: only what answers the
request. Shapes as in the Key Vault REST reference (keys and secrets): versions are listed in pages, a key that does
not exist is 404, a disabled version is 403, a wrap that does not fit is 400, an unauthenticated call is a challenge.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import urllib3
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

VAULT_URL = "https://kv-exchange-test.vault.azure.net"
_TOKEN = "a-token-of-this-test"
_CHALLENGE = (
    f'Bearer authorization="https://login.microsoftonline.com/{uuid.UUID(int=7)}", resource="https://vault.azure.net"'
)
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class Credential:
    """Gives out the one token that the fake lets in."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == ("https://vault.azure.net/.default",)
        return AccessToken(_TOKEN, int(time.time()) + 3600)


@dataclass
class Refusal(Exception):  # an answer, not a failure of the test
    status: int
    code: str


@dataclass
class Version:
    id: str
    created: int
    body: dict[str, Any]
    private: rsa.RSAPrivateKey | None = None
    enabled: bool = True

    def attributes(self) -> dict[str, Any]:
        return {
            "enabled": self.enabled,
            "created": self.created,
            "updated": self.created,
            "recoveryLevel": "Recoverable",
        }


@dataclass
class FakeVault(requests.adapters.BaseAdapter):
    """Answers what the SDK sends. `calls` are the authenticated requests; `fault` is given instead of any answer."""

    keys: dict[str, list[Version]] = field(default_factory=dict)
    secrets: dict[str, list[Version]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    marks: list[str | None] = field(default_factory=list)
    """The client request id of each call: what the vault's log shows as `correlationId`."""
    fault: int | Exception | None = None
    _created: Any = field(default_factory=lambda: itertools.count(int(time.time())))

    def __post_init__(self) -> None:
        super().__init__()

    def transport(self) -> RequestsTransport:
        """A transport of azure-core whose requests end here."""
        session = requests.Session()
        session.mount("https://", self)
        return _Unhurried(session=session, session_owner=False)

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        if isinstance(self.fault, Exception):
            raise self.fault
        if request.headers.get("Authorization") != f"Bearer {_TOKEN}":
            return _response(request, 401, {"error": {"code": "Unauthorized"}}, {"WWW-Authenticate": _CHALLENGE})
        url = urlsplit(str(request.url))
        self.calls.append(f"{request.method} {url.path}")
        self.marks.append(request.headers.get("x-ms-client-request-id"))
        assert f"{url.scheme}://{url.netloc}" == VAULT_URL
        assert "api-version" in parse_qs(url.query)
        if self.fault is not None:
            return _response(request, self.fault, {"error": {"code": "Fault"}})
        try:
            answer = self._answer(str(request.method), url.path.strip("/").split("/"), request, parse_qs(url.query))
        except Refusal as refusal:
            return _response(request, refusal.status, {"error": {"code": refusal.code, "message": "refused"}})
        return _response(request, 200, answer)

    def close(self) -> None:
        """Nothing to close."""

    def _answer(self, method: str, path: list[str], request: Any, query: dict[str, list[str]]) -> dict[str, Any]:
        body = json.loads(request.body) if request.body else {}
        kind, name, *rest = path
        store = self.keys if kind == "keys" else self.secrets
        match method, rest:
            case "POST", ["create"]:
                return self._shown(kind, self._new_key(name, body))
            case "PUT", []:
                return self._shown(kind, self._new_secret(name, body))
            case "GET", ["versions"]:
                if kind == "keys" and name not in store:
                    raise Refusal(404, "KeyNotFound")
                return self._page(kind, name, store.get(name, []), int(query.get("$skip", ["0"])[0]))
        version = next((held for held in store.get(name, []) if held.id.endswith(rest[0])), None)
        if version is None:
            raise Refusal(404, "KeyNotFound" if kind == "keys" else "SecretNotFound")
        match method, rest[1:]:
            case "PATCH", []:
                version.enabled = body["attributes"]["enabled"]
                return self._shown(kind, version)
            case "GET", [] if kind == "keys" or version.enabled:
                return self._shown(kind, version)
            case "POST", ["unwrapkey"] if version.enabled:
                return self._unwrap(version, body)
        raise Refusal(403, "Forbidden")

    def _new_key(self, name: str, body: dict[str, Any]) -> Version:
        assert body["kty"] == "RSA"
        assert set(body["key_ops"]) == {"wrapKey", "unwrapKey"}
        private = rsa.generate_private_key(public_exponent=65537, key_size=body["key_size"])
        numbers = private.public_key().public_numbers()
        identity = f"{VAULT_URL}/keys/{name}/{uuid.uuid4().hex}"
        jwk = {"kid": identity, "kty": "RSA", "key_ops": body["key_ops"]}
        jwk |= {part: _text(getattr(numbers, part).to_bytes(400, "big").lstrip(b"\0")) for part in ("n", "e")}
        version = Version(identity, next(self._created), {"key": jwk}, private)
        self.keys.setdefault(name, []).append(version)
        return version

    def _new_secret(self, name: str, body: dict[str, Any]) -> Version:
        identity = f"{VAULT_URL}/secrets/{name}/{uuid.uuid4().hex}"
        facts = {part: body[part] for part in ("value", "contentType", "tags") if part in body}
        version = Version(identity, next(self._created), {"id": identity, **facts})
        self.secrets.setdefault(name, []).append(version)
        return version

    def _shown(self, kind: str, version: Version) -> dict[str, Any]:
        return {**version.body, "attributes": version.attributes()}

    def _page(self, kind: str, name: str, versions: list[Version], skip: int) -> dict[str, Any]:
        """One version a page, so that whoever reads only the first page is found out."""
        named = "kid" if kind == "keys" else "id"
        shown = [
            {named: version.id, "attributes": version.attributes(), "tags": version.body.get("tags")}
            for version in versions[skip : skip + 1]
        ]
        more = (
            f"{VAULT_URL}/{kind}/{name}/versions?api-version=7.6&$skip={skip + 1}" if skip + 1 < len(versions) else None
        )
        return {"value": shown, "nextLink": more}

    def _unwrap(self, version: Version, body: dict[str, Any]) -> dict[str, Any]:
        assert body["alg"] == "RSA-OAEP-256"
        assert version.private is not None
        try:
            opened = version.private.decrypt(base64.urlsafe_b64decode(body["value"] + "=="), _OAEP)
        except ValueError:
            raise Refusal(400, "BadParameter") from None
        return {"kid": version.id, "value": _text(opened)}


class _Unhurried(RequestsTransport):
    """The SDK's transport; between two tries it does not sleep."""

    def sleep(self, duration: float) -> None:
        """Return at once."""


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _response(
    request: requests.PreparedRequest, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
) -> requests.Response:
    content = json.dumps(body).encode()
    response = requests.Response()
    response.status_code = status
    response.request = request
    response.url = str(request.url)
    response.headers.update(
        {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
    )
    response.raw = urllib3.HTTPResponse(
        io.BytesIO(content), headers=response.headers, status=status, preload_content=False
    )
    return response
