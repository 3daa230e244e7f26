"""Queues of events, as the functions host works on them: a message is taken, out of sight for a while, and then removed
or given back. A message that is neither comes back by itself, with one more try counted.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueServiceClient

from shared.kernel.storage.faults import translated
from shared.kernel.storage.storage import default_credential

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from shared.kernel.storage.poison import PoisonQueue

_LIVES_SECONDS = 7 * 24 * 3600
"""What the host puts into a queue is gone after a week."""


@dataclass(frozen=True)
class Taken:
    """A message that was taken out of its queue and is out of sight there."""

    queue: str
    id: str
    receipt: str
    """What the service wants to see of whoever removes it or gives it back."""
    tries: int
    """How often it was taken, this time included."""
    body: str = field(repr=False)
    """As it is stored. It may name a blob, and a blob's name may be a child's."""

    @property
    def text(self) -> str | None:
        """What the body says in Base64; `None` where it is no such thing."""
        try:
            return base64.b64decode(self.body, validate=True).decode(errors="replace")
        except ValueError:
            return None


class Queues:
    """The queues of one storage account, by name."""

    def __init__(self, service: QueueServiceClient) -> None:
        self._service = service

    @classmethod
    def connect(cls, where: str, *, credential: TokenCredential | None = None, **options: Any) -> Queues:
        """Connect by connection string, or by the account's queue URL with an Entra credential."""
        if not where.startswith(("https://", "http://")):
            return cls(QueueServiceClient.from_connection_string(where, **options))
        return cls(QueueServiceClient(where, credential=credential or default_credential(), **options))

    @classmethod
    def beside(cls, poison: PoisonQueue) -> Queues:
        """The queues of the same account, over the same connection."""
        return cls(poison._service)

    def __enter__(self) -> Queues:
        return self

    def __exit__(self, *_: object) -> None:
        self._service.close()

    def ensure(self, queue: str) -> None:
        """Make the queue unless it is there."""
        with translated(queue):
            try:
                self._of(queue).create_queue()
            except ResourceExistsError:
                return

    def put(self, queue: str, text: str) -> None:
        """Put a text in, in Base64, as Event Grid and the host do."""
        self.put_body(queue, base64.b64encode(text.encode(errors="surrogatepass")).decode())

    def put_body(self, queue: str, body: str) -> None:
        """Put a body in as it is."""
        with translated(queue):
            self._of(queue).send_message(body, time_to_live=_LIVES_SECONDS)

    def take(self, queue: str, at_most: int, hidden_seconds: int) -> tuple[Taken, ...]:
        """Take messages out; nothing where there is no such queue. At most 32 at a time."""
        with translated(queue):
            try:
                found = self._of(queue).receive_messages(max_messages=at_most, visibility_timeout=hidden_seconds)
                return tuple(
                    Taken(queue, one.id, str(one.pop_receipt), int(one.dequeue_count or 0), str(one.content))
                    for one in found
                )
            except ResourceNotFoundError:
                return ()

    def hide(self, taken: Taken, seconds: int) -> Taken:
        """Keep it out of sight for so long from now on; 0 gives it back. Returns it with its new receipt."""
        with translated(taken.queue):
            update = self._of(taken.queue).update_message(taken.id, taken.receipt, visibility_timeout=seconds)
        return Taken(taken.queue, taken.id, str(update.pop_receipt), taken.tries, taken.body)

    def remove(self, taken: Taken) -> None:
        """Remove it. Raises `Missing` (STO-001) if somebody else has it by now."""
        with translated(taken.queue):
            self._of(taken.queue).delete_message(taken.id, taken.receipt)

    def count(self, queue: str) -> int:
        """How many messages there are, those out of sight too; 0 where there is no such queue."""
        with translated(queue):
            try:
                return int(self._of(queue).get_queue_properties().approximate_message_count or 0)
            except ResourceNotFoundError:
                return 0

    def _of(self, queue: str) -> QueueClient:
        return self._service.get_queue_client(queue)
