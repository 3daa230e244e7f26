"""The account that resource logs are kept in, as Azure Monitor writes them: to be copied, never to be written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azure.storage.blob import BlobServiceClient

from shared.kernel.storage.faults import translated
from shared.kernel.storage.storage import default_credential, sdk_options
from shared.kernel.storage.stored import stored

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

PREFIX = "insights-logs-"
_HOUR = re.compile(r"/y=(\d{4})/m=(\d{2})/d=(\d{2})/h=(\d{2})/")


@dataclass(frozen=True)
class LogFile:
    """One hour of one kind of log of one resource, or anything else that lies beside such."""

    container: str
    name: str
    hour: datetime | None
    """Its beginning, UTC; `None` when the folders that it lies in do not say it."""

    @property
    def path(self) -> str:
        """Where it belongs in a folder of copies."""
        return f"{self.container}/{self.name}"


class LogArchive:
    """The audit account. Close it, or use it in a `with`."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service

    @classmethod
    def connect(cls, where: str, *, credential: TokenCredential | None = None, **options: Any) -> LogArchive:
        """Connect by connection string, or by account URL with an Entra credential (default: whoever runs this)."""
        options = sdk_options() | options
        if not where.startswith(("https://", "http://")):
            return cls(BlobServiceClient.from_connection_string(where, **options))
        return cls(BlobServiceClient(where, credential=credential or default_credential(), **options))

    def __enter__(self) -> LogArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._service.close()

    def files(self, first: datetime, end: datetime) -> Iterator[LogFile]:
        """Every file of an hour that begins at `first` or later and before `end` (UTC), whatever it is called, and
        every file that does not say its hour: it may be of any. Raises a `StorageFault`.
        """
        with translated("(all)"):
            containers = [str(found.name) for found in self._service.list_containers(name_starts_with=PREFIX)]
        for container in containers:
            with translated(container):
                for blob in self._service.get_container_client(container).list_blobs():
                    hour = _hour(blob.name)
                    if hour is None or first <= hour < end:
                        yield LogFile(container, blob.name, hour)

    def read(self, file: LogFile) -> bytes:
        """The bytes as they are stored, so far: Azure may still be appending to the hour's file.

        What the blob says of its own encoding is not obeyed: it could make much of little.
        """
        with translated(file.container):
            return stored(self._service.get_blob_client(file.container, file.name))[1]


def _hour(name: str) -> datetime | None:
    found = _HOUR.search(name)
    if found is None:
        return None
    year, month, day, hour = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, tzinfo=UTC)
    except ValueError:
        return None
