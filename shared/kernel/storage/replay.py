"""Events that were given up, as an operator sees them, and how one is given to the host again.

A blob event waits in the host's own queue, in its words. In the private variant the event of a queue waits in that
queue's poison queue, as Event Grid wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.kernel.errors import UnusableName
from shared.kernel.json_once import loads_once
from shared.kernel.storage.grid import CREATED, NamedBlob, named_blob
from shared.kernel.storage.poison import POISON, QUEUE, PoisonMessage

if TYPE_CHECKING:
    from datetime import datetime

    from shared.kernel.storage.poison import PoisonQueue
    from shared.kernel.storage.queues import QueueMessage

_HOST = "Host.Functions."


@dataclass(frozen=True)
class GivenUp:
    """One event that was given up. `blob` is a sender's choice: it may hold a name, and is shown to nobody unasked."""

    message: QueueMessage
    function: str
    """Which function failed; empty where the message cannot be read."""
    named: NamedBlob | None
    """The blob that it is about; `None` where that cannot be read."""
    etag: str
    text: str
    """What the message says; empty where that cannot be read."""

    @property
    def container(self) -> str:
        """Where the blob lies; empty where that cannot be read."""
        return self.named.container if self.named else ""

    @property
    def blob(self) -> str:
        """The blob's name; empty where that cannot be read."""
        return self.named.names[0] if self.named else ""

    @property
    def queue(self) -> str:
        """Where it waits."""
        return self.message.queue

    @property
    def since(self) -> datetime | None:
        """When it was given up, UTC."""
        return self.message.created

    @property
    def gone_on(self) -> datetime | None:
        """When Azure removes it, UTC."""
        return self.message.expires

    @property
    def waits_in_a_queue_of_events(self) -> bool:
        """Whether it came through a queue and can simply be put back into it."""
        return self.queue != QUEUE


@contextmanager
def given_up(poison: PoisonQueue) -> Iterator[tuple[GivenUp, ...]]:
    """Every event that was given up; what is neither removed nor put back is there again afterwards."""
    with poison.messages() as messages:
        yield tuple(_read(message, message.text or "") for message in messages)


def put_back(poison: PoisonQueue, event: GivenUp) -> None:
    """Give an event of a queue to its queue again. It stays here too: twice is better than never.

    Raises a `StorageFault` when that fails.
    """
    poison.every.put(event.queue.removesuffix(POISON), event.text)


def grid_event(event: GivenUp, *, account: str, identity: str, at: str) -> str:
    """What Event Grid would say of the blob in the storage account, for the host's blobs webhook.

    Raises `UnusableName` (STO-008) for a name that gets lost on the way.
    """
    facts = {
        "id": identity,
        "topic": "",
        "subject": f"/blobServices/default/containers/{event.container}/blobs/{event.blob}",
        "eventType": CREATED,
        "eventTime": at,
        "data": {"api": "PutBlob", "eTag": event.etag.strip('"'), "blobType": "BlockBlob"},
        "dataVersion": "",
        "metadataVersion": "1",
    }
    return grid_events(facts, event.named, account=account)[0]


def grid_events(event: Mapping[str, Any], named: NamedBlob | None, *, account: str) -> list[str]:
    """A blob event of Event Grid's, fit for the host's blobs webhook: once for each blob that it may mean.

    The host drops the ones that are not there. Raises `UnusableName` (STO-008) where every name gets lost on the way.
    """
    facts = event.get("data")
    data = {"blobType": "BlockBlob", **(facts if isinstance(facts, dict) else {})}
    urls = [url for name in named.names if (url := _url(account, named.container, name))] if named else []
    if not urls:
        raise UnusableName(
            "STO-008",
            "The blob's name has a dot segment, or is no text: on its way to the app it would become another.",
            "Ask its sender to drop the file again under a plain name.",
        )
    return [json.dumps([{**event, "data": {**data, "url": url}}]) for url in urls]


def _url(account: str, container: str, blob: str) -> str:
    """The blob's address, percent-encoded: out of it alone the host reads container and name.

    Empty where the name would become another on its way.
    """
    if {".", ".."} & set(blob.split("/")):
        return ""
    try:
        return f"https://{account}.blob.core.windows.net/{container}/{quote(blob)}"
    except UnicodeEncodeError:
        return ""


def _read(message: QueueMessage, text: str) -> GivenUp:
    try:
        if message.queue == QUEUE:
            read = PoisonMessage.from_json(text)
            if not all(isinstance(part, str) for part in (read.function_id, read.container, read.blob, read.etag)):
                raise TypeError
            named = NamedBlob(read.container, (read.blob,))
            return GivenUp(message, read.function_id.removeprefix(_HOST), named, read.etag, text)
        event = loads_once(text)
        function = message.queue.removesuffix(POISON).replace("-", "_")
        return GivenUp(message, function, named_blob(event), str((event.get("data") or {}).get("eTag", "")), text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return GivenUp(message, "", None, "", text)
