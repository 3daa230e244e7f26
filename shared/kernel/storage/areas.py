"""One area: a container, or one borough's part of a container, and what can be done with the blobs in it.

Every write is conditional, so that of two writers one wins and the other learns of it; every write is one request, so
that it happens wholly or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from azure.core import MatchConditions
from azure.storage.blob import BlobProperties, ContainerClient, ContentSettings

from shared.kernel.errors import Changed, Missing, UnusableName
from shared.kernel.storage.copies import Copy, destroy_copy, list_copies
from shared.kernel.storage.faults import translated
from shared.kernel.storage.listing import listing
from shared.kernel.storage.names import is_usable
from shared.kernel.storage.stored import stored, too_many

SINGLE_PUT_BYTES = 5_000 * 2**20
"""Up to here a write is one Put Blob (the service's own limit). A pass that may only create cannot put blocks."""


@dataclass(frozen=True)
class BlobFacts:
    """What is known of a blob without its bytes. `name` is relative to the area."""

    name: str
    size: int
    etag: str
    """In quotes, as HTTP has it; only ever compared."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    """UTC, whole seconds. `None` only if the service did not say."""
    kind: str = "BlockBlob"
    """How it was put: only a block blob comes whole in one request; `AppendBlob` and `PageBlob` begin empty."""


@dataclass(frozen=True)
class Blob:
    """A blob's bytes with the facts that held when they were read."""

    name: str
    data: bytes
    metadata: Mapping[str, str]
    etag: str
    created: datetime | None


@dataclass(frozen=True)
class Area:
    """A container, or what is under one prefix of it. Names are relative to the prefix and cannot leave it.

    Every method raises `StorageUnavailable` (STO-004) on transient trouble that outlasts the SDK's retries,
    `NotAllowed` (STO-005) when the credentials do not suffice, `UnusableName` (STO-008) for a name that would mean
    another blob, or none, and `Unreadable` (STO-010 to 012) for a blob that was put so that nobody here can read it.
    """

    client: ContainerClient
    prefix: str = ""
    """Empty, or ending in ``/``."""
    request_id: str | None = None
    """Goes with every request as its client request id, so that the storage logs can be joined with the ledger."""

    @property
    def container(self) -> str:
        """The container's name."""
        return str(self.client.container_name)

    def folder(self, name: str) -> Area:
        """What is under one folder of it."""
        return replace(self, prefix=f"{self._full(name)}/")

    def create(
        self,
        name: str,
        data: bytes,
        metadata: Mapping[str, str] | None = None,
        *,
        content_type: str = "application/octet-stream",
    ) -> BlobFacts:
        """Write a blob that is not there yet. Raises `AlreadyExists` (STO-002) and writes nothing if it is there.

        After a lost answer the SDK asks again and may meet its own blob: `AlreadyExists` says that there is a blob of
        that name, not who wrote it. So names are derived from what is in the blob.
        """
        return self._put(name, data, metadata, content_type, {"match_condition": MatchConditions.IfMissing})

    def replace(
        self,
        name: str,
        data: bytes,
        if_match: str,
        metadata: Mapping[str, str] | None = None,
        *,
        content_type: str = "application/octet-stream",
    ) -> BlobFacts:
        """Overwrite the blob that has the ETag `if_match`. Raises `Changed` (STO-003) if it is another one, or gone."""
        return self._put(name, data, metadata, content_type, _unchanged(if_match))

    def _put(
        self, name: str, data: bytes, metadata: Mapping[str, str] | None, content_type: str, condition: dict[str, Any]
    ) -> BlobFacts:
        described = dict(metadata or {})
        with translated(self.container):
            written = self.client.get_blob_client(self._full(name)).upload_blob(
                data,
                overwrite=True,  # the condition decides; without it the SDK would set one of its own
                metadata=described,
                content_settings=ContentSettings(content_type=content_type),
                **condition,
                **self._tagged(),
            )
        return BlobFacts(name, len(data), _quoted(written["etag"]), described, written["last_modified"])

    def facts(self, name: str) -> BlobFacts:
        """Size, ETag and metadata, without the bytes. Raises `Missing` (STO-001)."""
        with translated(self.container):
            found = self.client.get_blob_client(self._full(name)).get_blob_properties(**self._tagged())
        return self._facts(found, name)

    def exists(self, name: str) -> bool:
        """Whether there is a blob of that name."""
        try:
            self.facts(name)
        except Missing:
            return False
        return True

    def read(self, name: str, *, if_match: str | None = None, max_bytes: int | None = None) -> Blob:
        """The bytes of one version of the blob as they are stored, never of two, however many requests they take.

        Raises `Missing` (STO-001); `Changed` (STO-003) when it is not, or while it is being read no longer, the blob
        with the ETag `if_match`; `TooLarge` (STO-007), before a byte is fetched, when it has more than `max_bytes`.
        """
        if max_bytes is not None:
            seen = self.facts(name)
            if seen.size > max_bytes:
                raise too_many(seen.size, max_bytes)
            if_match = if_match or seen.etag
        condition = _unchanged(if_match) if if_match else {}
        with translated(self.container):
            blob = self.client.get_blob_client(self._full(name))
            properties, data = stored(blob, max_bytes=max_bytes, **condition, **self._tagged())
        found = self._facts(properties, name)
        return Blob(name, data, found.metadata, found.etag, found.created)

    def list(self, prefix: str = "") -> Iterator[BlobFacts]:
        """Facts of every blob whose name begins with `prefix`, in the order of their names."""
        with translated(self.container):
            for blob in listing(self.client, self.prefix + prefix, ["metadata"], **self._tagged()):
                name = blob.name.removeprefix(self.prefix)
                yield BlobFacts(name, blob.size, _quoted(blob.etag), blob.metadata, blob.created, blob.kind)

    def delete(self, name: str, *, if_match: str | None = None) -> None:
        """Remove the blob and its snapshots.

        Raises `Missing` (STO-001) if it is gone, `Changed` (STO-003) if it is not the one with the ETag `if_match`.
        """
        condition = _unchanged(if_match) if if_match else {}
        try:
            with translated(self.container):
                self.client.get_blob_client(self._full(name)).delete_blob(
                    delete_snapshots="include",  # who may create may also take snapshots, which would bar the deletion
                    **condition,
                    **self._tagged(),
                )
        except Changed:
            self.facts(name)  # what is gone fails the condition, too, and is `Missing`
            raise

    def copies(self) -> Iterator[Copy]:
        """Everything that is kept here: blobs, snapshots, versions, soft-deleted and uncommitted ones.

        For disposal: what `list` shows is not all that is there.
        """
        with translated(self.container):
            yield from list_copies(self.client, self.prefix, **self._tagged())

    def destroy(self, copy: Copy) -> None:
        """Remove one of `copies`, whatever its name; a blob goes with its snapshots.

        Raises `Missing` (STO-001) if it is gone, `Changed` (STO-003) if it is no longer what was listed, `Held`
        (STO-009) if something bars it.
        """
        name = self.prefix + copy.name
        try:
            with translated(self.container):
                destroy_copy(self.client, name, copy, **self._tagged())
        except Changed:
            with translated(self.container):
                there = [found.name for found in islice(listing(self.client, name, (), **self._tagged()), 1)]
            if there != [name]:  # what is gone fails the condition, too
                raise Missing("STO-001", f"There is no such blob; container {self.container}.") from None
            raise

    def _full(self, name: str) -> str:
        if not is_usable(name):
            raise UnusableName("STO-008", f"Not a usable blob name; container {self.container}.")
        return self.prefix + name

    def _tagged(self) -> dict[str, Any]:
        return {} if self.request_id is None else {"client_request_id": self.request_id}

    @staticmethod
    def _facts(found: BlobProperties, name: str) -> BlobFacts:
        kind = str(getattr(found.blob_type, "value", found.blob_type))
        return BlobFacts(name, found.size, _quoted(found.etag), dict(found.metadata or {}), found.creation_time, kind)


def _quoted(etag: str) -> str:
    """The service's listings leave the quotes out, its headers do not."""
    return '"' + etag.strip('"') + '"'


def _unchanged(etag: str) -> dict[str, Any]:
    return {"etag": _quoted(etag), "match_condition": MatchConditions.IfNotModified}
