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
            raise InvalidSettings("SYS-002", "Set EXCHANGE_EVENTS to grid or queue.", "See docs/operators/settings.md.")
        return self.events == "queue"

    def check(self) -> None:
        """Raise `InvalidSettings` unless there is exactly one home for blobs and exactly one for keys."""
        if (self.connection_string is None) == (self.blob_service_uri is None):
            raise _either(CONNECTION, f"{CONNECTION}__blobServiceUri")
        if (self.blob_service_uri is None) != (self.queue_service_uri is None):
            raise InvalidSettings(
                "SYS-002",
                f"Set {CONNECTION}__blobServiceUri and {CONNECTION}__queueServiceUri together.",
                "See docs/operators/settings.md.",
            )
        if (self.key_vault is None) == (self.key_ring is None):
            raise _either("EXCHANGE_KEY_VAULT", "EXCHANGE_KEY_RING")
        if self.account_id is not None and not _ACCOUNT_ID.fullmatch(self.account_id):
            raise InvalidSettings(
                "SYS-002", "EXCHANGE_ACCOUNT_ID is no storage account's resource id.", "See docs/operators/settings.md."
            )
        if self.log_workspace is not None and not (self.account_id and self.client_id):
            raise InvalidSettings(
                "SYS-002",
                f"EXCHANGE_LOG_WORKSPACE needs EXCHANGE_ACCOUNT_ID and {CONNECTION}__clientId beside it.",
                "See docs/operators/settings.md.",
            )


def _either(one: str, other: str) -> InvalidSettings:
    return InvalidSettings("SYS-002", f"Set either {one} or {other}.", "See docs/operators/settings.md.")
