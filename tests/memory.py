"""The blob service in memory, below the SDK: what the product runs on it is its real storage room.

It answers HTTP requests as Azure documents them, so the SDK, our conditions and our translation of errors are the real
ones. `tests/integration/test_storage.py` runs over it and over the emulator alike: what holds there holds here. It goes
beyond the emulator where Azure does: archive and rehydration, keys of the customer's, copies under way, create-only
passes. It checks no signature; it is for tests that need no emulator, and it is fast::

    service = MemoryBlobs()
    with service.storage() as storage: ...
"""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from weakref import WeakValueDictionary
from xml.sax.saxutils import escape

import pytest
import requests
import urllib3
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import LinearRetry
from requests.adapters import HTTPAdapter

from shared.agreements.registry import load_agreement
from shared.kernel.storage.storage import Storage

HOST = "blobs.memory"
_KEY = base64.b64encode(b"no secret of anybody's").decode()
_PROPERTIES = {
    "content-type": "Content-Type",
    "content-encoding": "Content-Encoding",
    "content-language": "Content-Language",
    "content-disposition": "Content-Disposition",
    "cache-control": "Cache-Control",
    "content-md5": "Content-MD5",
}
_numbers = itertools.count(1)


_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class StoredBlob:
    """One blob: a test may set what only Azure itself would (rehydration, a copy under way)."""

    data: bytes
    metadata: dict[str, str]
    properties: dict[str, str]
    """What the sender said of it: `Content-Encoding` and its like, by the names of the answer's headers."""
    kind: str = "BlockBlob"
    tier: str = ""
    rehydrating: str = ""
    """`rehydrate-pending-to-hot`, while it is."""
    customer_key: str = ""
    """SHA-256 of the key that came with the request, which is then needed to see anything of the blob."""
    copy_status: str = ""
    number: int = field(default_factory=lambda: next(_numbers))
    created: datetime = _NEVER

    @property
    def etag(self) -> str:
        """In quotes, as headers have it."""
        return f'"0x{self.number:016X}"'

    def headers(self) -> dict[str, str]:
        """As the answer to a look at it."""
        at = format_datetime(self.created, usegmt=True)
        said = {
            **self.properties,
            "ETag": self.etag,
            "Last-Modified": at,
            "x-ms-creation-time": at,
            "x-ms-blob-type": self.kind,
            "x-ms-lease-status": "unlocked",
            "x-ms-lease-state": "available",
            "x-ms-access-tier": self.tier,
            "x-ms-archive-status": self.rehydrating,
            "x-ms-copy-status": self.copy_status,
        }
        return {n: v for n, v in said.items() if v} | {f"x-ms-meta-{n}": v for n, v in self.metadata.items()}


class Refusal(Exception):
    """The service says no: a status and its own code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass
class Answer:
    """What goes back."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Asked:
    """One request, taken apart."""

    method: str
    container: str
    blob: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes

    @classmethod
    def of(cls, request: requests.PreparedRequest) -> Asked:
        """Read a request as it would go over the wire."""
        url = urlsplit(str(request.url))
        _, _, rest = url.path.lstrip("/").partition("/")
        container, _, blob = rest.partition("/")
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        body = request.body or b""
        if hasattr(body, "read"):
            body = body.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        return cls(str(request.method), container, unquote(blob), query, headers, _bytes(body))


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)


class MemoryBlobs(HTTPAdapter):
    """One storage account."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        """With a clock its answers say the time (`Date`), as Azure's do. Without one it goes by the real time and does
        not say it: most worlds' exchanges have another."""
        super().__init__()
        self._says_time = clock is not None
        self._clock = clock or (lambda: datetime.now(UTC))
        self.name = f"memory{next(_numbers)}"
        self.containers: dict[str, dict[str, StoredBlob]] = {}
        self._one_at_a_time = threading.RLock()
        _accounts[self.name] = self

    @classmethod
    def at(cls, url: str) -> MemoryBlobs | None:
        """The account in memory that a request is for; `None` when it is for none of them."""
        parts = urlsplit(url)
        return _accounts.get(parts.path.split("/")[1]) if parts.hostname == HOST else None

    @property
    def connection_string(self) -> str:
        """How an SDK client finds it, given this account's transport or a `Wire`."""
        return f"AccountName={self.name};AccountKey={_KEY};BlobEndpoint=http://{HOST}/{self.name}"

    def storage(self, **options: Any) -> Storage:
        """The exchange's storage in this account. Retries do not wait."""
        retries = LinearRetry(backoff=0, retry_total=3, random_jitter_range=0)
        return Storage.connect(self.connection_string, transport=self.transport(), retry_policy=retries, **options)

    def transport(self) -> RequestsTransport:
        """This account's wire for any Azure client."""
        session = requests.Session()
        session.mount("http://", self)
        return RequestsTransport(session=session, session_owner=True)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Answer one request."""
        asked = Asked.of(request)
        with self._one_at_a_time:
            try:
                answer = self._answer(asked)
            except Refusal as refusal:
                answer = Answer(refusal.status, {"x-ms-error-code": refusal.code})
        headers = {"x-ms-request-id": f"memory-{next(_numbers)}", "Content-Length": str(len(answer.body))}
        if self._says_time:
            headers["Date"] = format_datetime(self._clock().astimezone(UTC), usegmt=True)
        raw = urllib3.HTTPResponse(
            io.BytesIO(b"" if asked.method == "HEAD" else answer.body),
            headers | answer.headers,
            answer.status,
            preload_content=False,
            request_method=asked.method,
        )
        return self.build_response(request, raw)

    def _answer(self, asked: Asked) -> Answer:
        if not asked.container:
            return self._account(asked)
        if not asked.blob:
            return self._container(asked)
        blobs = self._blobs(asked.container)
        _check_pass(asked, asked.blob in blobs)
        match asked.method:
            case "PUT":
                return self._put(asked, blobs)
            case "DELETE":
                _check_conditions(asked, blobs.get(asked.blob))
                _there(blobs, asked)
                del blobs[asked.blob]
                return Answer(202)
            case _:
                return self._read(asked, _there(blobs, asked))

    def _account(self, asked: Asked) -> Answer:
        if asked.query.get("comp") == "list":
            names = "".join(
                f"<Container><Name>{name}</Name><Properties><Etag>1</Etag></Properties></Container>"
                for name in sorted(self.containers)
            )
            return _xml(f"<EnumerationResults><Containers>{names}</Containers><NextMarker /></EnumerationResults>")
        return _xml(
            "<StorageServiceProperties><DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy>"
            "</StorageServiceProperties>"
        )

    def _container(self, asked: Asked) -> Answer:
        if asked.method == "PUT":
            if asked.container in self.containers:
                raise Refusal(409, "ContainerAlreadyExists")
            self.containers[asked.container] = {}
            return Answer(201)
        blobs = self._blobs(asked.container)
        if asked.method == "DELETE":
            del self.containers[asked.container]
            return Answer(202)
        if asked.query.get("comp") == "list":
            _check_pass(asked, there=True)
            return _xml(_listing(blobs, asked.query.get("prefix", ""), asked.query.get("delimiter", "")))
        return Answer(200, {"ETag": '"1"', "Last-Modified": format_datetime(datetime.now(UTC), usegmt=True)})

    def _blobs(self, container: str) -> dict[str, StoredBlob]:
        if container not in self.containers:
            raise Refusal(404, "ContainerNotFound")
        return self.containers[container]

    def _put(self, asked: Asked, blobs: dict[str, StoredBlob]) -> Answer:
        _check_conditions(asked, blobs.get(asked.blob))
        said = asked.headers
        key = said.get("x-ms-encryption-key-sha256", "")
        blob = StoredBlob(
            asked.body,
            {name.removeprefix("x-ms-meta-"): value for name, value in said.items() if name.startswith("x-ms-meta-")},
            {shown: said[f"x-ms-blob-{name}"] for name, shown in _PROPERTIES.items() if f"x-ms-blob-{name}" in said},
            kind=said.get("x-ms-blob-type", "BlockBlob"),
            tier=said.get("x-ms-access-tier", "Hot"),
            customer_key=key,
            created=self._clock().replace(microsecond=0),
        )
        blob.properties.setdefault("Content-Type", "application/octet-stream")
        if blob.kind == "PageBlob":
            blob.data = bytes(int(said["x-ms-blob-content-length"]))
        if not blob.customer_key:
            digest = base64.b64encode(hashlib.md5(blob.data, usedforsecurity=False).digest()).decode()
            blob.properties.setdefault("Content-MD5", digest)
        blobs[asked.blob] = blob
        last = {name: blob.headers()[name] for name in ("ETag", "Last-Modified")}
        return Answer(201, last | {"x-ms-request-server-encrypted": "true"})

    def _read(self, asked: Asked, blob: StoredBlob) -> Answer:
        _check_conditions(asked, blob)
        if blob.customer_key and asked.headers.get("x-ms-encryption-key-sha256") != blob.customer_key:
            raise Refusal(409, "BlobUsesCustomerSpecifiedEncryption")
        if asked.method == "HEAD":
            return Answer(200, blob.headers() | {"Content-Length": str(len(blob.data))})
        if blob.rehydrating:
            raise Refusal(409, "BlobBeingRehydrated")
        if blob.tier == "Archive":
            raise Refusal(409, "BlobArchived")
        if blob.copy_status == "pending":
            raise Refusal(409, "PendingCopyOperation")
        wanted = asked.headers.get("x-ms-range") or asked.headers.get("range")
        if not wanted:
            return Answer(200, blob.headers(), blob.data)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last), len(blob.data) - 1)
        if start >= len(blob.data):
            raise Refusal(416, "InvalidRange")
        headers = blob.headers() | {"Content-Range": f"bytes {start}-{end}/{len(blob.data)}"}
        return Answer(206, headers, blob.data[start : end + 1])


_accounts: WeakValueDictionary[str, MemoryBlobs] = WeakValueDictionary()


def _there(blobs: dict[str, StoredBlob], asked: Asked) -> StoredBlob:
    if asked.blob not in blobs:
        raise Refusal(404, "BlobNotFound")
    return blobs[asked.blob]


def _check_pass(asked: Asked, there: bool) -> None:
    """What a pass (`sp=` in the query) lets its bearer do. Requests without one come from the account itself."""
    if "sp" not in asked.query:
        return
    needed = "l" if not asked.blob else {"PUT": "c"}.get(asked.method, "r")
    if needed not in asked.query["sp"]:
        raise Refusal(403, "AuthorizationPermissionMismatch")
    if needed == "c" and there:
        raise Refusal(403, "UnauthorizedBlobOverwrite")


def _check_conditions(asked: Asked, blob: StoredBlob | None) -> None:
    if asked.headers.get("if-none-match") == "*" and blob is not None:
        raise Refusal(409, "BlobAlreadyExists")
    wanted = asked.headers.get("if-match")
    if wanted is None:
        return
    if blob is None and asked.method != "PUT":
        raise Refusal(404, "BlobNotFound")
    # In listings the service leaves the quotes out, and takes such an ETag back.
    if blob is None or blob.etag.strip('"') != wanted.strip('"'):
        raise Refusal(412, "ConditionNotMet")


def _xml(document: str) -> Answer:
    return Answer(
        200, {"Content-Type": "application/xml"}, f'<?xml version="1.0" encoding="utf-8"?>{document}'.encode()
    )


def _listing(blobs: dict[str, StoredBlob], prefix: str, delimiter: str) -> str:
    return (
        f"<EnumerationResults><Blobs>{''.join(_entries(blobs, prefix, delimiter))}</Blobs>"
        "<NextMarker /></EnumerationResults>"
    )


def _entries(blobs: dict[str, StoredBlob], prefix: str, delimiter: str) -> Iterator[str]:
    folders = set()
    for name in sorted(found for found in blobs if found.startswith(prefix)):
        folder, split, _ = name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        if split:
            if folder not in folders:
                folders.add(folder)
                yield f"<BlobPrefix><Name>{escape(prefix + folder + delimiter)}</Name></BlobPrefix>"
            continue
        blob = blobs[name]
        metadata = "" if blob.customer_key else "".join(f"<{n}>{escape(v)}</{n}>" for n, v in blob.metadata.items())
        at = format_datetime(blob.created, usegmt=True)
        shown = {
            "Etag": blob.etag.strip('"'),
            "Content-Length": str(len(blob.data)),
            "BlobType": blob.kind,
            "AccessTier": blob.tier,
            "Creation-Time": at,
            "Last-Modified": at,
            "LeaseStatus": "unlocked",
            **blob.properties,
        }
        properties = "".join(f"<{n}>{escape(v)}</{n}>" for n, v in shown.items() if v)
        yield (f"<Blob>{_name(name)}<Properties>{properties}</Properties><Metadata>{metadata}</Metadata></Blob>")


def _name(name: str) -> str:
    """Characters that XML cannot hold make the service write the whole name percent-encoded."""
    if name.isprintable():
        return f"<Name>{escape(name)}</Name>"
    return f'<Name Encoded="true">{quote(name)}</Name>'


@pytest.fixture
def service() -> MemoryBlobs:
    """An empty account in memory."""
    return MemoryBlobs()


@pytest.fixture
def account(service: MemoryBlobs) -> str:
    """Its connection string, for a `Wire` with faults."""
    return service.connection_string


@pytest.fixture
def storage(service: MemoryBlobs) -> Iterator[Storage]:
    """The exchange's storage in it, with the containers of the pilot boroughs."""
    with service.storage() as connected:
        connected.ensure_containers(load_agreement("fsm").controllers)
        yield connected
