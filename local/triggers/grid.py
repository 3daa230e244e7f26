"""In place of Event Grid: looks which blobs are new, or new again, and says so to whoever has subscribed.

An event that is not taken is said again at the next look. What was taken is said no more, also by the next process, if
there is a file to remember it in. The file holds digests: a blob's name may be a child's.
"""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from local.triggers.machine import Machine

if TYPE_CHECKING:
    from local.triggers.app import Triggers
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.areas import Area
    from shared.kernel.storage.queues import Queues
    from shared.kernel.storage.storage import Storage

ACCOUNT = "exchange"


@dataclass(frozen=True)
class NewBlob:
    """A blob that is new, or new again."""

    container: str
    name: str
    etag: str

    @property
    def digest(self) -> str:
        """By which it is remembered."""
        text = "\0".join((self.container, self.name, self.etag))
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()

    def event(self, at: datetime, *, raw: bool = False) -> dict[str, object]:
        """What Event Grid says of it; `raw`: with the name in the url as it is. Which of the two is so is not known."""
        name = self.name if raw else quote(self.name, errors="surrogatepass")
        return {
            "topic": f"/subscriptions/0/resourceGroups/0/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}",
            "subject": f"/blobServices/default/containers/{self.container}/blobs/{self.name}",
            "eventType": "Microsoft.Storage.BlobCreated",
            "id": str(uuid.uuid4()),
            "eventTime": at.isoformat(),
            "data": {
                "api": "PutBlob",
                "eTag": self.etag.strip('"'),
                "blobType": "BlockBlob",
                "url": f"https://{ACCOUNT}.blob.core.windows.net/{self.container}/{name}",
            },
            "dataVersion": "",
            "metadataVersion": "1",
        }


@dataclass(frozen=True)
class Delivery:
    """How events come. The default is kind; the cloud is not."""

    copies: int = 1
    """How often each event comes; copies may run at the same time. 0: there is no subscription."""
    shuffled: bool = False
    """Whether the events found by one look come in an order of the seed's choosing."""
    seed: int = 0
    raw: bool = False
    """Whether the url in an event has the blob's name as it is, and not percent-encoded."""


class EventGrid:
    """Watches the inboxes of `exchange` and its requests, through `watched`."""

    def __init__(
        self,
        exchange: Exchange,
        triggers: Triggers,
        delivery: Delivery,
        *,
        watched: Storage,
        queues: Queues,
        memory: Path | None = None,
    ) -> None:
        self._exchange = exchange
        self._triggers = triggers
        self._delivery = delivery
        self._watched = watched
        self._queues = queues
        self._memory = memory
        self._said = set(memory.read_text(encoding="ascii").split()) if memory and memory.is_file() else set[str]()
        self._random = random.Random(delivery.seed)  # noqa: S311 - an order, not a secret

    def tell(self, machine: Machine) -> int:
        """Look, and tell of what is new. Returns how many events were due."""
        fresh = [blob for blob in self._present() if blob.digest not in self._said]
        due = [blob for blob in fresh for _ in range(self._delivery.copies)]
        if self._delivery.shuffled:
            self._random.shuffle(due)
        for blob in due:
            if self._say(machine, blob):
                self._remember(blob)
        if not self._delivery.copies:
            for blob in fresh:
                self._remember(blob)  # where nobody has subscribed nobody is told, then or later
        return len(due)

    def _say(self, machine: Machine, blob: NewBlob) -> bool:
        event = blob.event(self._exchange.clock(), raw=self._delivery.raw)
        if queue := self._queue_of(blob.container):
            self._queues.put(queue, json.dumps(event))
            return True
        status, _ = machine.post(self._triggers.by_container[blob.container], json.dumps([event]).encode())
        return 200 <= status < 300

    def _queue_of(self, container: str) -> str | None:
        """The queue that is fed instead, in the private variant."""
        queue = f"drop-{container.removesuffix('-inbox')}" if container.endswith("-inbox") else "request"
        return queue if queue in self._triggers.by_queue else None

    def _remember(self, blob: NewBlob) -> None:
        if self._memory and blob.digest not in self._said:
            with self._memory.open("a", encoding="ascii") as file:
                file.write(f"{blob.digest}\n")
        self._said.add(blob.digest)

    def _present(self) -> Iterator[NewBlob]:
        for area in self._areas():
            for blob in area.list():
                yield NewBlob(area.container, area.prefix + blob.name, blob.etag)

    def _areas(self) -> Iterator[Area]:
        for slug in self._exchange.agreements.parties:
            if slug in self._exchange.agreements.senders:
                yield self._watched.inbox(slug)
            yield self._watched.requests(slug)
