"""Which exchange an operator works on: an account, told once and not on the command line.

An environment variable goes before the profile `operator.toml`, which `exchange up` writes for its own::

    account       = "bxexch…"   # EXCHANGE_ACCOUNT        name of the storage account, or a connection string
    audit_account = "bxaudit…"  # EXCHANGE_AUDIT_ACCOUNT  name of the account with the logs
    app           = "https://…" # EXCHANGE_APP            where the function app is, for a replay
    app_id        = "/subscri…" # EXCHANGE_APP_ID         resource id of the function app, for `exchange health`
    topic_id      = "/subscri…" # EXCHANGE_TOPIC_ID       resource id of the Event Grid topic, for `exchange health`
    vault         = "https://…" # EXCHANGE_KEY_VAULT      URL of the key vault, for keepers
    keys          = "keys"      # EXCHANGE_KEYS           folder of the exchange's own keys; on one machine only
    certificate   = "….pem"     # EXCHANGE_CERTIFICATE    what to trust beside the usual; on one machine only
    agreements    = "…"         # EXCHANGE_AGREEMENTS     folder of `<id>.yaml`; else those that are shipped

With a name, whoever is logged in to Azure works with their own roles. `azd env get-values` prints most of
these. A connection string holds a key, so it is no option: a command line can be read by others.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client.codes import invalid

if TYPE_CHECKING:
    from shared.kernel.envelope.vault import KeyVaultKeys
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.deployment import Deployment
    from shared.kernel.storage.logs_archive import LogArchive
    from shared.kernel.storage.poison import PoisonQueue
    from shared.kernel.storage.storage import Storage
    from shared.kernel.terms.agreements import Agreements

PROFILE = "operator.toml"
_PATHS = ("keys", "certificate", "agreements")
_NAME = re.compile(r"[a-z0-9]{3,24}")

Profile = Annotated[
    Path | None, typer.Option("--profile", help="Operator's settings; else EXCHANGE_OPERATOR, else ./operator.toml.")
]


def now() -> datetime:
    """This moment in UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, repr=False)
class OperatedSite:
    """Everything is text or absent until it is asked for. There is no repr: a connection string is a secret."""

    account: str | None = None
    audit_account: str | None = None
    app: str | None = None
    app_id: str | None = None
    topic_id: str | None = None
    vault: str | None = None
    keys: str | None = None
    certificate: str | None = None
    agreements: str | None = None

    def every_agreement(self) -> Agreements:
        """The agreements that the exchange carries out."""
        from shared.agreements.registry import load_agreements

        return load_agreements(Path(self.agreements) if self.agreements else None)

    def storage(self) -> Storage:
        """The exchange's account. Close it."""
        from shared.kernel.storage.storage import Storage

        return Storage.connect(_endpoint(self.need("account"), "blob"), **self._trust())

    def poison(self) -> PoisonQueue:
        """Its poison queues. Close them."""
        from shared.kernel.storage.poison import PoisonQueue

        return PoisonQueue.connect(_endpoint(self.need("account"), "queue"), **self._trust())

    def logs(self) -> LogArchive | None:
        """The account with the logs; `None` where none is named. Close it."""
        from shared.kernel.storage.logs_archive import LogArchive

        if self.audit_account is None:
            return None
        return LogArchive.connect(_endpoint(self.audit_account, "blob"), **self._trust())

    def exchange(self, storage: Storage) -> Exchange:
        """The whole exchange over its account, with its own keys: what the functions have. On one machine only."""
        from shared.kernel.envelope.ring import LocalKeyRing
        from shared.kernel.exchange import Exchange
        from shared.kernel.ledger.chain import Ledger

        ledger = Ledger(storage.ledger(), clock=now)
        return Exchange(self.every_agreement(), storage, LocalKeyRing(Path(self.need("keys"))), ledger, now)

    def deployment(self) -> Deployment:
        """The app and its topic as Azure has them. Close it."""
        from shared.kernel.storage.deployment import Deployment
        from shared.kernel.storage.storage import default_credential

        return Deployment(self.need("app_id"), self.need("topic_id"), default_credential())

    def vault_keys(self) -> KeyVaultKeys:
        """The keys of the exchange in the cloud, for whoever is logged in there."""
        from shared.kernel.envelope.vault import KeyVaultKeys
        from shared.kernel.storage.storage import default_credential

        return KeyVaultKeys(self.need("vault"), default_credential())

    def need(self, key: str) -> str:
        """The setting. Raises `InvalidInput` INP-040 when it is not there."""
        value: str | None = getattr(self, key)
        if not value:
            raise invalid("INP-040", setting=key, variable=_variable(key), profile=PROFILE)
        return value

    def _trust(self) -> dict[str, Any]:
        return {"connection_verify": self.certificate} if self.certificate else {}


def load_site(profile: Path | None = None, *, environment: Mapping[str, str] = os.environ) -> OperatedSite:
    """Settings out of environment and profile.

    Raises `InvalidInput` INP-001 when a profile is named and not there, INP-041 when it is wrong, naming the key.
    """
    named = profile or (Path(environment["EXCHANGE_OPERATOR"]) if environment.get("EXCHANGE_OPERATOR") else None)
    found = _read(named) if named else _read(Path(PROFILE)) if Path(PROFILE).is_file() else OperatedSite()
    given = {field.name: environment.get(_variable(field.name)) for field in fields(OperatedSite)}
    return replace(found, **{key: value for key, value in given.items() if value})


def _read(path: Path) -> OperatedSite:
    if not path.is_file():
        raise invalid("INP-001", path=path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise invalid("INP-041", path=path, key="it is not TOML") from None
    known = {field.name for field in fields(OperatedSite)}
    for key, value in document.items():
        if key not in known:
            raise invalid("INP-041", path=path, key=f"it has no key {key}")
        if not isinstance(value, str):
            raise invalid("INP-041", path=path, key=f"{key} must be text")
    return OperatedSite(**document | {key: str(path.parent / document[key]) for key in _PATHS if key in document})


def _endpoint(account: str, service: str) -> str:
    """A connection string as it is; of a name, the endpoint of a service."""
    return f"https://{account}.{service}.core.windows.net" if _NAME.fullmatch(account) else account


def _variable(key: str) -> str:
    return "EXCHANGE_KEY_VAULT" if key == "vault" else f"EXCHANGE_{key.upper()}"
