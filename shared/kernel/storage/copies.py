"""Every form in which the service may keep a blob's bytes, and how each is removed.

A listing shows blobs. What retention has to find beside them: snapshots, earlier versions, soft-deleted blobs, and
blocks that were sent but never committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import ContainerClient

from shared.kernel.storage.listing import Listed, listing
from shared.kernel.storage.names import is_usable

State = Literal["current", "snapshot", "version", "deleted", "uncommitted", "discarded"]
Bar = Literal["", "leased", "legal_hold", "immutable", "soft_deleted"]

INCLUDED = ("metadata", "snapshots", "versions", "deleted", "uncommittedblobs", "immutabilitypolicy", "legalhold")
"""What every listing asks for beside the blobs themselves."""

_MARK = {"exchange": "discarded"}
"""Metadata of the empty blob that is made to discard blocks: `discarded` is what is left where that was interrupted."""


@dataclass(frozen=True)
class Copy:
    """One blob, or one more form of it. `name` is relative to the area."""

    name: str
    state: State
    mark: str
    """Which snapshot or version; empty for the others."""
    size: int
    """Bytes; 0 for uncommitted blocks, whose size the listing does not say."""
    etag: str
    created: datetime | None
    """UTC. A snapshot's is that of the blob it was taken of. `None` where the service does not say."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    md5: str = ""
    """Of the bytes, in hex, as the service computed it when they were written; empty where it did not."""
    bar: Bar = ""
    """What would keep it from being removed."""


def list_copies(client: ContainerClient, prefix: str, **request: Any) -> Iterator[Copy]:
    """Every copy under the prefix, in the order of names."""
    for found in listing(client, prefix, INCLUDED, **request):
        state = _state(found)
        if state == "current" and not found.size and not found.md5:
            discarded = _MARK.items() <= found.metadata.items()
            state = "discarded" if discarded else _committed(client, found.name, **request)
        yield Copy(
            name=found.name.removeprefix(prefix),
            state=state,
            mark=found.snapshot or (found.version if state == "version" else ""),
            size=found.size,
            etag=found.etag,
            created=found.created,
            metadata=found.metadata,
            md5=found.md5,
            bar=_bar(found, state),
        )


def destroy_copy(client: ContainerClient, full_name: str, copy: Copy, **request: Any) -> None:
    """Remove the copy. Raises what the SDK raises."""
    blob = client.get_blob_client(full_name, snapshot=copy.mark if copy.state == "snapshot" else None)
    if copy.state == "uncommitted":
        # A deletion does not see blocks that were never committed. An empty list of blocks discards them, and makes an
        # empty blob. If the sweep is killed here, its mark tells the next one that its days are over: its name is the
        # sender's choice.
        blob.commit_block_list([], metadata=_MARK, match_condition=MatchConditions.IfMissing, **request)
        blob.delete_blob(**request)
        return
    which: dict[str, Any] = {}
    if copy.state in ("current", "discarded"):
        condition = MatchConditions.IfNotModified
        which = {"delete_snapshots": "include", "etag": copy.etag, "match_condition": condition}
    elif copy.state == "version":
        which = {"version_id": copy.mark}
    if is_usable(full_name):
        blob.delete_blob(**which, **request)
        return
    if copy.state == "snapshot":
        which = {"snapshot": copy.mark}
    _destroy_by_batch(client, {"name": full_name, **which}, **request)


def _destroy_by_batch(client: ContainerClient, wanted: Mapping[str, Any], **request: Any) -> None:
    """Remove a blob whose name no URL can bear, by a batch of one: there the name travels in the body.

    In a URL, HTTP libraries resolve dot segments and turn a name into another blob's, and whoever may create a blob may
    give it such a name. Only the batch bears the client request id; what is in it has one that the SDK makes up.
    """
    [answer] = client.delete_blobs(dict(wanted), raise_on_any_failure=False, **request)
    if answer.status_code == 404:
        raise ResourceNotFoundError(response=answer)
    if answer.status_code >= 300:
        raise HttpResponseError(response=answer)


def _state(found: Listed) -> State:
    if found.deleted:
        return "deleted"
    if found.snapshot:
        return "snapshot"
    # Where versions are off the service says nothing of them.
    return "version" if found.version and not found.is_current_version else "current"


def _committed(client: ContainerClient, name: str, **request: Any) -> State:
    """An empty blob exists; a blob that is uncommitted blocks does not, though it is listed."""
    try:
        client.get_blob_client(name).get_blob_properties(**request)
    except ResourceNotFoundError:
        return "uncommitted"
    except HttpResponseError as error:
        if error.status_code != 409:
            raise
        # It is there, under a key that only its sender has: that bars looking at it, not removing it.
    return "current"


def _bar(found: Listed, state: State) -> Bar:
    if state == "deleted":
        return "soft_deleted"
    if found.has_legal_hold:
        return "legal_hold"
    if found.is_immutable:
        return "immutable"
    return "leased" if found.is_leased else ""
