"""Who is who on the local exchange: an identity each, as Entra would give it, with tokens that only the emulator takes.

The emulator looks at a token's issuer, audience and times, and not at its signature, so nobody has to sign these. What
it cannot do is refuse: on the local exchange roles are not enforced, only witnessed.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import NAMESPACE_DNS, uuid5

_LOCAL = uuid5(NAMESPACE_DNS, "local.borough-exchange.invalid")
TENANT = str(uuid5(_LOCAL, "tenant"))
"""The directory that all local identities are in."""
AUDIENCE = "https://storage.azure.com"
_TOKEN_LASTS = timedelta(hours=24)
_RENEWED_BEFORE = timedelta(hours=1)


@dataclass(frozen=True)
class Identity:
    """A principal. Its ids hang on its name alone, so they are the same on every machine."""

    name: str
    kind: Literal["app", "user"] = "app"
    """`app`: a managed identity or a service principal; `user`: a person."""

    @property
    def object_id(self) -> str:
        """What the logs name it by."""
        return str(uuid5(_LOCAL, f"object/{self.name}"))

    @property
    def app_id(self) -> str:
        """The application that asks: its own, or for a person the command line they use."""
        return str(uuid5(_LOCAL, f"app/{self.name if self.kind == 'app' else 'command-line'}"))


APP = Identity("app")
"""The function app's managed identity."""
HOST = Identity("host")
"""The local stand-in for Event Grid: it looks for new blobs, which in the cloud nobody has to."""
DEPLOYER = Identity("deployer")
"""Who makes containers and queue, as Bicep does in the cloud, and issues the passes."""
OPERATOR = Identity("operator", "user")
"""Who runs the exchange: brings reference data, copies ledger and certificates for an audit."""


def borough(slug: str) -> Identity:
    """The identity of a borough's own system."""
    return Identity(slug)


def officer(slug: str, number: int = 1) -> Identity:
    """One of a borough's named officers."""
    return Identity(f"{slug}-officer-{number}", "user")


class Token(NamedTuple):
    """What the Azure SDK wants of a credential; by its shape, since `local/` imports no Azure."""

    token: str
    expires_on: int
    """Seconds since 1970 by the machine's clock: always past, so that the SDK asks again. The emulator may go by
    another clock, and what it takes is written in the token."""


class Login:
    """A credential: `identity` is logged in, by the emulator's `clock`."""

    def __init__(self, identity: Identity, clock: Callable[[], datetime]) -> None:
        self.identity = identity
        self._clock = clock
        self._held: tuple[str, datetime] | None = None

    def get_token(self, *_scopes: str, **_options: object) -> Token:
        """A token that holds now; the same one for hours, as Entra's are. Any number of threads may ask."""
        now = self._clock()
        held = self._held
        if held is None or not held[1] - _TOKEN_LASTS <= now < held[1] - _RENEWED_BEFORE:
            self._held = held = (_encode(self._claims(now)), now + _TOKEN_LASTS)
        return Token(held[0], int(time.time()))

    def _claims(self, now: datetime) -> dict[str, Any]:
        since = int(now.timestamp()) - 60
        return {
            "aud": AUDIENCE,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": since,
            "nbf": since,
            "exp": int((now + _TOKEN_LASTS).timestamp()),
            "appid": self.identity.app_id,
            "idtyp": self.identity.kind,
            "oid": self.identity.object_id,
            "tid": TENANT,
        }


def _encode(claims: dict[str, Any]) -> str:
    parts = [{"alg": "none", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "unsigned"])
