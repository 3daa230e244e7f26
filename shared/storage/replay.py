"""Events that were given up, as an operator sees them, and how one is given to the host again.

A blob event waits in the host's own queue, in its words. In the private variant the event of a queue waits in that
queue's poison queue, as Event Grid wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.storage.grid import CREATED, NamedBlob, named_blob
from shared.storage.poison import POISON, QUEUE, PoisonMessage

if TYPE_CHECKING:
    from datetime import datetime

    from shared.storage.poison import Letter, PoisonQueue

_HOST = "Host.Functions."


@dataclass(frozen=True)
class GivenUp:
    """One event that was given up. `blob` is a sender's choice: it may hold a name, and is shown to nobody unasked."""

    letter: Letter
    function: str
    """Which function failed; empty where the message cannot be read."""
    named: NamedBlob | None
    """The blob that it is about; `None` where that cannot be read."""
    etag: str
    text: str
    """The message itself."""

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
        return self.letter.queue

    @property
    def since(self) -> datetime | None:
        """When it was given up, UTC."""
        return self.letter.created

    @property
    def waits_in_a_queue_of_events(self) -> bool:
        """Whether it came through a queue and can simply be put back into it."""
        return self.queue != QUEUE


@contextmanager
def given_up(poison: PoisonQueue) -> Iterator[tuple[GivenUp, ...]]:
    """Every event that was given up; what is neither removed nor put back is there again afterwards."""
    with poison.letters() as letters:
        yield tuple(_read(letter, poison.text_of(letter)) for letter in letters)


def put_back(poison: PoisonQueue, event: GivenUp) -> None:
    """Give an event of a queue to its queue again. It is there before it is gone from here: twice is better than never.

    Raises a `StorageFault` when that fails.
    """
    poison.send(event.queue.removesuffix(POISON), event.text)
    poison.remove(event.letter)


def grid_event(event: GivenUp, *, account: str, identity: str, at: str) -> str:
    """What Event Grid would say of the blob in the storage account, for the host's blobs webhook.

    The host reads container and name out of `data.url` alone, percent-encoded as there, and takes no event without it.
    """
    url = f"https://{account}.blob.core.windows.net/{event.container}/{quote(event.blob)}"
    return json.dumps(
        [
            {
                "id": identity,
                "topic": "",
                "subject": f"/blobServices/default/containers/{event.container}/blobs/{event.blob}",
                "eventType": CREATED,
                "eventTime": at,
                "data": {"api": "PutBlob", "eTag": event.etag.strip('"'), "blobType": "BlockBlob", "url": url},
                "dataVersion": "",
                "metadataVersion": "1",
            }
        ]
    )


def _read(letter: Letter, text: str) -> GivenUp:
    try:
        if letter.queue == QUEUE:
            said = PoisonMessage.from_json(text)
            named = NamedBlob(said.container, (said.blob,))
            return GivenUp(letter, said.function_id.removeprefix(_HOST), named, said.etag, text)
        event = json.loads(text)
        function = letter.queue.removesuffix(POISON).replace("-", "_")
        return GivenUp(letter, function, named_blob(event), str((event.get("data") or {}).get("eTag", "")), text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return GivenUp(letter, "", None, "", text)
