"""The blob service in memory in the place of the SDK's own clients: for campaigns of many thousand requests.

`tests/memory.py` stands below the SDK, which takes 2 ms for each request and more for each listing. Here nothing is
parsed: what the exchange's storage room calls of the SDK is answered from a dictionary, with the SDK's own errors. Both
hold the same blobs. `tests/unit/test_quick_blobs.py` asks both the same::

    with storage_over(MemoryBlobs(clock)) as storage: ...
"""

from __future__ import annotations

import base64
import hashlib
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any, cast
from xml.etree.ElementTree import Element, SubElement

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.core.pipeline.policies import ContentDecodePolicy

from shared.kernel.storage.storage import Storage
from tests.memory import MemoryBlobs, StoredBlob


def storage_over(account: MemoryBlobs) -> Storage:
    """The exchange's storage over these blobs, without the SDK's work on each request."""
    return Storage(cast(Any, Service(account)))


@dataclass(frozen=True)
class Service:
    """In the place of a `BlobServiceClient`."""

    account: MemoryBlobs
    in_order: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The names in each container, sorted: a listing looks at what it lists, and at no other."""

    def get_container_client(self, container: str) -> Container:
        """The container, whether it is there or not."""
        return Container(self, container)

    def create_container(self, name: str) -> None:
        """Make it. Raises `ResourceExistsError`."""
        if name in self.account.containers:
            raise ResourceExistsError
        self.account.containers[name] = {}

    def list_containers(self, **_: Any) -> Iterator[SimpleNamespace]:
        """All of them."""
        for name in sorted(self.account.containers):
            yield SimpleNamespace(name=name, has_legal_hold=False, has_immutability_policy=False)

    def get_service_properties(self, **_: Any) -> Mapping[str, Any]:
        """Nothing that was deleted is kept."""
        return {"delete_retention_policy": SimpleNamespace(enabled=False, days=None)}

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Container:
    """In the place of a `ContainerClient`."""

    service: Service
    container_name: str

    @property
    def blobs(self) -> dict[str, StoredBlob]:
        """By name. Raises what the SDK raises where there is no such container."""
        if (found := self.service.account.containers.get(self.container_name)) is None:
            raise _refusal(404, "ContainerNotFound")
        return found

    @property
    def in_order(self) -> list[str]:
        """The names, sorted."""
        return self.service.in_order[self.container_name]

    def get_blob_client(self, name: str, snapshot: str | None = None) -> Client:
        """The blob, whether it is there or not."""
        assert snapshot is None
        return Client(self, name)

    def get_container_properties(self, *, raw_response_hook: Callable[[Any], None] | None = None, **_: Any) -> None:
        """That it is there; and the service's time, for whoever listens."""
        assert self.blobs is not None
        if raw_response_hook is not None:
            date = format_datetime(self.service.account._clock().astimezone(UTC), usegmt=True)
            headers = {"Date": date}
            raw_response_hook(SimpleNamespace(http_response=SimpleNamespace(headers=headers)))

    def names(self, name_starts_with: str = "") -> list[str]:
        """Those that begin so, sorted."""
        blobs, names = self.blobs, self.in_order
        first = bisect_left(names, name_starts_with)
        last = bisect_left(names, name_starts_with + "\U0010ffff", first)
        return [name for name in names[first:last] if name in blobs]

    def list_blob_names(
        self, *, name_starts_with: str, raw_response_hook: Callable[[Any], None], **_: Any
    ) -> SimpleNamespace:
        """One page, whose answer goes to the hook as the service's XML would."""

        def by_page() -> Iterator[list[str]]:
            names, blobs = self.names(name_starts_with), self.blobs
            answer = Element("EnumerationResults")
            SubElement(answer, "Blobs").extend(_line(name, blob) for name in names if (blob := blobs.get(name)))
            raw_response_hook(SimpleNamespace(context={ContentDecodePolicy.CONTEXT_NAME: answer}))
            yield names

        return SimpleNamespace(by_page=by_page)

    def walk_blobs(self, *, delimiter: str, **_: Any) -> Iterator[SimpleNamespace]:
        """The folders, and what lies in none."""
        parts = {first + split for first, split, _ in (name.partition(delimiter) for name in self.names())}
        return (SimpleNamespace(name=part) for part in sorted(parts))


@dataclass(frozen=True)
class Client:
    """In the place of a `BlobClient`."""

    container: Container
    name: str

    def upload_blob(self, data: bytes, *, metadata: Mapping[str, str], **how: Any) -> dict[str, Any]:
        """Put it, on its condition."""
        blobs = self.container.blobs
        there = blobs.get(self.name)
        if how["match_condition"] == MatchConditions.IfMissing and there is not None:
            raise _refusal(409, "BlobAlreadyExists")
        _check(there, how)
        created = self.container.service.account._clock().replace(microsecond=0)
        blob = StoredBlob(data, dict(metadata), {"Content-Type": how["content_settings"].content_type}, created=created)
        if there is None:
            insort(self.container.in_order, self.name)
        blobs[self.name] = blob
        return {"etag": blob.etag, "last_modified": created}

    def get_blob_properties(self, **_: Any) -> SimpleNamespace:
        """What is known of it."""
        return _properties(self.name, self._there())

    def download_blob(self, **how: Any) -> SimpleNamespace:
        """Its bytes, on their condition."""
        blob = self._there()
        _check(blob, how)
        properties = _properties(self.name, blob)
        return SimpleNamespace(size=len(blob.data), properties=properties, readall=lambda: blob.data)

    def delete_blob(self, **how: Any) -> None:
        """Remove it, on its condition."""
        _check(self._there(), how)
        del self.container.blobs[self.name]
        names = self.container.in_order
        place = bisect_left(names, self.name)
        if names[place : place + 1] == [self.name]:
            del names[place]

    def _there(self) -> StoredBlob:
        if (blob := self.container.blobs.get(self.name)) is None:
            raise _refusal(404, "BlobNotFound")
        return blob


def _check(there: StoredBlob | None, how: Mapping[str, Any]) -> None:
    if how.get("match_condition") != MatchConditions.IfNotModified:
        return
    if there is None or there.etag.strip('"') != how["etag"].strip('"'):
        raise _refusal(412, "ConditionNotMet")


def _properties(name: str, blob: StoredBlob) -> SimpleNamespace:
    return SimpleNamespace(
        name=name,
        size=len(blob.data),
        etag=blob.etag,
        metadata=dict(blob.metadata),
        creation_time=blob.created,
        blob_type=blob.kind,
    )


def _line(name: str, blob: StoredBlob) -> Element:
    """One blob of a listing."""
    line = Element("Blob")
    SubElement(line, "Name").text = name
    said = {
        "Content-Length": str(len(blob.data)),
        "Etag": blob.etag.strip('"'),
        "Creation-Time": format_datetime(blob.created, usegmt=True),
        "BlobType": blob.kind,
        "Content-MD5": base64.b64encode(hashlib.md5(blob.data, usedforsecurity=False).digest()).decode(),
    }
    for part, values in (("Properties", said), ("Metadata", blob.metadata)):
        under = SubElement(line, part)
        for tag, value in values.items():
            SubElement(under, tag).text = value
    return line


def _refusal(status: int, code: str) -> HttpResponseError:
    error = HttpResponseError(code)
    error.status_code, error.error_code = status, code  # type: ignore[attr-defined]
    return error
