"""The borough's side of storage: a pass that only creates in its inbox, one that only reads its outbox, and the door.

A pass is a container URL with a shared access signature. Where a borough's officers have accounts of their own (Entra),
they need no pass, only the two roles; the door is the same.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from azure.storage.blob import ContainerClient, ContainerSasPermissions, generate_container_sas

from shared.kernel.errors import AlreadyExists, NotAllowed, StorageFault
from shared.kernel.storage.areas import Area, Blob, BlobFacts
from shared.kernel.storage.faults import translated
from shared.kernel.storage.line import Line
from shared.kernel.storage.storage import Storage, default_credential, sdk_options

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

_CLOCKS_DIFFER = timedelta(minutes=15)


def inbox_pass(storage: Storage, slug: str, *, issued: datetime, expires: datetime) -> str:
    """A URL that may create blobs in the borough's inbox, and may not read, list, overwrite or delete any.

    Signed with the account key where there is one, else with a user delegation key, which lasts at most seven days.
    """
    return _pass(storage, storage.inbox(slug), ContainerSasPermissions(create=True), issued, expires)


def outbox_pass(storage: Storage, slug: str, *, issued: datetime, expires: datetime) -> str:
    """A URL that may read and list the borough's outbox, and may not write to it."""
    return _pass(storage, storage.outbox(slug), ContainerSasPermissions(read=True, list=True), issued, expires)


def _pass(
    storage: Storage, area: Area, permission: ContainerSasPermissions, issued: datetime, expires: datetime
) -> str:
    service = storage.service
    starts = issued - _CLOCKS_DIFFER
    key: dict[str, Any] = {"account_key": getattr(service.credential, "account_key", None)}
    if key["account_key"] is None:
        with translated(area.container):
            key = {"user_delegation_key": service.get_user_delegation_key(starts, expires)}
    signature = generate_container_sas(
        str(service.account_name),
        area.container,
        permission=permission,
        start=starts,
        expiry=expires,
        protocol="https" if str(service.url).startswith("https:") else None,  # tests speak plain HTTP
        **key,
    )
    return f"{area.client.url}?{signature}"


class BoroughDoor:
    """What a borough does with storage: put into its inbox, list and fetch from its outbox. Nothing else is offered."""

    def __init__(
        self,
        inbox_url: str | None,
        outbox_url: str,
        *,
        credential: TokenCredential | None = None,
        line: Line | None = None,
        **options: Any,
    ) -> None:
        """Container URLs, each with a pass (SAS) in it; or both without, and an Entra credential (default: whoever
        runs this). Who only collects has no inbox. `line` is the way there; `options` go to the SDK's clients."""
        if not _has_pass(inbox_url or "") and not _has_pass(outbox_url):
            credential = credential or default_credential()
        self.line = line or Line()
        if verify := options.pop("connection_verify", None):
            self.line.trust = ssl.create_default_context(cafile=verify)
        self._may_create = "c" in "".join(parse_qs(urlsplit(inbox_url or "").query).get("sp", ["c"]))
        self._inbox = self._area(inbox_url, credential, options) if inbox_url else None
        self._outbox = self._area(outbox_url, credential, options)

    def _area(self, url: str, credential: TokenCredential | None, options: dict[str, Any]) -> Area:
        return Area(
            ContainerClient.from_container_url(url, credential, **sdk_options() | self.line.options() | options)
        )

    @classmethod
    def of_account(
        cls, account_url: str, slug: str, *, credential: TokenCredential | None = None, **options: Any
    ) -> BoroughDoor:
        """The door of an officer with an Entra account of their own."""
        base = f"{account_url.rstrip('/')}/{slug}"
        return cls(f"{base}-inbox", f"{base}-outbox", credential=credential, **options)

    def __enter__(self) -> BoroughDoor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        if self._inbox is not None:
            self._inbox.client.close()
        self._outbox.client.close()

    def put(self, name: str, data: bytes, metadata: Mapping[str, str]) -> BlobFacts:
        """Drop a file: one Put Blob that creates and never overwrites.

        Raises `AlreadyExists` (STO-002) when the name is taken; `line.unanswered` then says whether an earlier try of
        this very call may have taken it. Raises `NotAllowed` (STO-005) when the pass does not hold, or there is
        no inbox.
        """
        if self._inbox is None:
            raise NotAllowed("STO-005", "There is no inbox for who only collects.", "Nothing can be dropped from here.")
        self.line.unanswered = False
        try:
            return self._inbox.create(name, data, metadata)
        except NotAllowed:
            # A pass that may create is refused for its permission only where it would overwrite.
            if self.line.error_code == "AuthorizationPermissionMismatch" and self._may_create:
                message = f"There is a blob of that name already; container {self._inbox.container}."
                raise AlreadyExists("STO-002", message, "It was dropped before.") from None
            raise

    def greet(self) -> None:
        """Ask for next to nothing, so that `line` learns the service's clock before anything is sent.

        Raises as everything here does, but not when the service itself has answered, even if it refused.
        """
        self.line.ahead = None
        try:
            next(self._outbox.list("exchange/"), None)
        except StorageFault:
            if self.line.ahead is None:
                raise

    def list(self, prefix: str = "") -> Iterator[BlobFacts]:
        """What there is to collect."""
        return self._outbox.list(prefix)

    def fetch(self, name: str) -> Blob:
        """Collect one file. Raises `Missing` (STO-001)."""
        return self._outbox.read(name)


def _has_pass(url: str) -> bool:
    return "sig=" in url.partition("?")[2]
