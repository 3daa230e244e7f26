"""The local key ring, witnessed: what a vault would log of the use of its keys, in the schema of `AuditEvent` lines.

Only what takes a private part is witnessed, since a vault sees nothing else: wrapping and verifying happen on the
machine of whoever has the public part. A signing key is a secret that its user fetches, as in the cloud; there once
per process, here for every signature.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from local.identities import Identity
from shared.kernel.envelope.keys import KeyService, PublicKey, Use
from shared.kernel.envelope.pseudonyms import KeyedPseudonyms
from shared.kernel.envelope.vault_names import as_request_id, secret_name, vault_name

VAULT = "kv-exchange-local"
RESOURCE = (
    "/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000000/RESOURCEGROUPS/RG-EXCHANGE-LOCAL"
    f"/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/{VAULT.upper()}"
)
"""In capitals, as the vault's lines have it."""
UNWRAP, FETCH = "KeyUnwrap", "SecretGet"
ONLY_VERSION = "0" * 32
"""Of a secret, which a ring has one version of."""


@dataclass(frozen=True)
class KeyLog:
    """Where lines go: under `folder`, by category, resource and hour of `clock`, as Azure lays them out."""

    folder: Path
    clock: Callable[[], datetime]
    _writing: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    @contextmanager
    def witness(self, who: Identity, operation: str, version: str, request_id: str) -> Iterator[None]:
        """Write down one use of one version (``<name>/<version>``) of a key or secret, however it ends."""
        at, began = self.clock().astimezone(UTC), time.monotonic()
        status = 400
        try:
            yield
            status = 200
        finally:
            self._write(at, _line(at, who, operation, version, request_id, status, time.monotonic() - began))

    def _write(self, at: datetime, line: dict[str, object]) -> None:
        folder = self.folder / "insights-logs-auditevent" / f"resourceId={RESOURCE}" / f"{at:y=%Y/m=%m/d=%d/h=%H}/m=00"
        with self._writing:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / "PT1H.json").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


@dataclass(frozen=True)
class WitnessedKeys:
    """The key service `keys`, used by `who` for the subject `request_id` (a GUID; empty: none)."""

    keys: KeyService
    who: Identity
    log: KeyLog
    request_id: str = ""

    def working_on(self, subject: str) -> WitnessedKeys:
        """The same keys; their log repeats the subject's id."""
        return replace(self, request_id=as_request_id(subject))

    def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        """Decrypt a data key, and say so."""
        with self._witness(UNWRAP, key_id):
            return self.keys.unwrap(key_id, wrapped)

    def sign(self, key_id: str, message: bytes) -> bytes:
        """Sign, and say that the signing key was fetched for it."""
        with self._witness(FETCH, key_id):
            return self.keys.sign(key_id, message)

    def pseudonyms(self, agreement: str) -> KeyedPseudonyms:
        """As the ring says, and say that the secret was fetched for it."""
        with self.log.witness(self.who, FETCH, f"{secret_name(agreement)}/{ONLY_VERSION}", self.request_id):
            return self.keys.pseudonyms(agreement)

    def current(self, owner: str, use: Use) -> str:
        """As the ring says."""
        return self.keys.current(owner, use)

    def accepted(self, owner: str, use: Use) -> frozenset[str]:
        """As the ring says."""
        return self.keys.accepted(owner, use)

    def public_key(self, key_id: str) -> PublicKey:
        """As the ring says."""
        return self.keys.public_key(key_id)

    def wrap(self, key_id: str, data_key: bytes) -> bytes:
        """Encrypt to a public key: nobody is asked."""
        return self.keys.wrap(key_id, data_key)

    def verify(self, key_id: str, message: bytes, signature: bytes) -> None:
        """Check a signature: nobody is asked."""
        self.keys.verify(key_id, message, signature)

    @contextmanager
    def _witness(self, operation: str, key_id: str) -> Iterator[None]:
        key = self.keys.public_key(key_id)
        version = f"{vault_name(key.owner, key.use)}/{key_id.rpartition('/')[2]}"
        with self.log.witness(self.who, operation, version, self.request_id):
            yield


def _line(
    at: datetime, who: Identity, operation: str, version: str, request_id: str, status: int, seconds: float
) -> dict[str, object]:
    kept = "keys" if operation == UNWRAP else "secrets"
    url = f"https://{VAULT}.vault.azure.net/{kept}/{version}"
    done = status == 200
    return {
        "time": f"{at:%Y-%m-%dT%H:%M:%S.%f}0Z",
        "category": "AuditEvent",
        "operationName": operation,
        "resultType": "Success" if done else "Failure",
        "resultSignature": "OK" if done else "Bad Request",
        "durationMs": round(seconds * 1000),
        "callerIpAddress": "127.0.0.1",
        "correlationId": request_id,
        "identity": {"claim": {"oid": who.object_id, "appid": who.app_id, "idtyp": who.kind}},
        "properties": {
            "id": url,
            "requestUri": f"{url}/unwrapkey" if operation == UNWRAP else url,
            "clientInfo": "borough-exchange local key ring",
            "httpStatusCode": status,
        },
        "resourceId": RESOURCE,
    }
