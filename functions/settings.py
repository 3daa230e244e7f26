"""The app's settings: what the composition root reads from the environment, each with its trap."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.kernel.errors import ExchangeError

CONNECTION = "Exchange"
"""The connection that the triggers name: the host reads the same `Exchange…` settings as this module."""


_ACCOUNT_ID = re.compile(
    r"/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[\w.()-]{1,90}"
    r"/providers/Microsoft\.Storage/storageAccounts/[a-z0-9]{3,24}"
)


class InvalidSettings(ExchangeError):
    """A setting is missing or contradicts another (SYS-002); the message names it."""


@dataclass(frozen=True)
class Endpoints:
    """The two endpoints of the exchange's account, used with a managed identity."""

    blobs: str
    queues: str


@dataclass(frozen=True)
class LogWorkspace:
    """Where the logs of the exchange's account are, and who reads them."""

    id: str
    account: str
    """The account's name."""
    client_id: str


@dataclass(frozen=True)
class Settings:
    """Where the blobs are, where the keys are, which agreement holds."""

    connection_string: str | None
    """`Exchange`: for the emulator and development only; the deployed account refuses shared keys."""
    blob_service_uri: str | None
    """`Exchange__blobServiceUri`: the account's blob endpoint, used with the app's managed identity."""
    queue_service_uri: str | None
    """`Exchange__queueServiceUri`: the queue endpoint of the same account. The host puts events there that it gives up,
    and the sweep takes those out that are past their day."""
    client_id: str | None
    """`Exchange__clientId`: of a user-assigned identity; without it the system-assigned one."""
    key_vault: str | None
    """`EXCHANGE_KEY_VAULT`: URL of the vault."""
    key_ring: Path | None
    """`EXCHANGE_KEY_RING`: folder of a local key ring, instead of a vault. Private keys in files: not for the cloud."""
    agreements: Path | None
    """`EXCHANGE_AGREEMENTS`: folder with `<id>.yaml` of every agreement, if not those deployed with the code."""
    events: str | None
    """`EXCHANGE_EVENTS`: `grid` (or nothing): Event Grid calls the app; `queue`: events wait in storage queues. It
    must say what the subscriptions do, or no event arrives."""

    account_id: str | None
    """`EXCHANGE_ACCOUNT_ID`: resource id of the exchange's storage account, by which the watchdog sees its set-up.
    Without it the watchdog says what it cannot see."""
    log_workspace: str | None
    """`EXCHANGE_LOG_WORKSPACE`: id (a GUID) of the Log Analytics workspace with the account's logs. Without it nobody
    knows what was collected, and reminders say so."""
    records_client_id: str | None
    """`EXCHANGE_RECORDS_CLIENT_ID`: of the identity that ends records. The app's own cannot delete any."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; an empty value is as good as none."""

        def value(name: str) -> str | None:
            return environment.get(name, "").strip() or None

        def folder(name: str) -> Path | None:
            return Path(text) if (text := value(name)) else None

        return cls(
            connection_string=value(CONNECTION),
            blob_service_uri=value(f"{CONNECTION}__blobServiceUri"),
            queue_service_uri=value(f"{CONNECTION}__queueServiceUri"),
            client_id=value(f"{CONNECTION}__clientId"),
            key_vault=value("EXCHANGE_KEY_VAULT"),
            key_ring=folder("EXCHANGE_KEY_RING"),
            agreements=folder("EXCHANGE_AGREEMENTS"),
            events=value("EXCHANGE_EVENTS"),
            account_id=value("EXCHANGE_ACCOUNT_ID"),
            log_workspace=value("EXCHANGE_LOG_WORKSPACE"),
            records_client_id=value("EXCHANGE_RECORDS_CLIENT_ID"),
        )

    @property
    def events_are_queued(self) -> bool:
        """Whether events come through storage queues. Raises `InvalidSettings` for a word that is neither."""
        if self.events not in (None, "grid", "queue"):
            raise _invalid("Set EXCHANGE_EVENTS to grid or queue.")
        return self.events == "queue"

    def check(self) -> None:
        """Raise `InvalidSettings` for whatever `account`, `key_home`, `management` and `logs` would raise."""
        self.account()
        self.key_home()
        self.management()
        self.logs()

    def account(self) -> str | Endpoints:
        """The account of the blobs: a connection string, or its endpoints. Raises `InvalidSettings` unless exactly one
        of the two is set, and whole."""
        if (self.connection_string is None) == (self.blob_service_uri is None):
            raise _invalid(f"Set either {CONNECTION} or {CONNECTION}__blobServiceUri.")
        if self.blob_service_uri is not None and self.queue_service_uri is not None:
            return Endpoints(self.blob_service_uri, self.queue_service_uri)
        if self.connection_string is None or self.queue_service_uri is not None:
            raise _invalid(f"Set {CONNECTION}__blobServiceUri and {CONNECTION}__queueServiceUri together.")
        return self.connection_string

    def key_home(self) -> str | Path:
        """A vault's URL, or the folder of a key ring. Raises `InvalidSettings` unless exactly one of the two is set."""
        if self.key_vault is not None and self.key_ring is None:
            return self.key_vault
        if self.key_ring is not None and self.key_vault is None:
            return self.key_ring
        raise _invalid("Set either EXCHANGE_KEY_VAULT or EXCHANGE_KEY_RING.")

    def management(self) -> str | None:
        """The resource id of the account, if it is set. Raises `InvalidSettings` when it is none."""
        if self.account_id is not None and not _ACCOUNT_ID.fullmatch(self.account_id):
            raise _invalid("EXCHANGE_ACCOUNT_ID is no storage account's resource id.")
        return self.account_id

    def logs(self) -> LogWorkspace | None:
        """The account's logs, if they are set. Raises `InvalidSettings` when what they need beside them is not."""
        if self.log_workspace is None:
            return None
        account = self.management()
        if account is None or self.client_id is None:
            raise _invalid(f"EXCHANGE_LOG_WORKSPACE needs EXCHANGE_ACCOUNT_ID and {CONNECTION}__clientId beside it.")
        return LogWorkspace(self.log_workspace, account.rpartition("/")[2], self.client_id)


def _invalid(problem: str) -> InvalidSettings:
    return InvalidSettings("SYS-002", problem, "See docs/operators/settings.md.")
