"""The queues of an account. A message is taken, is out of sight for a while, and then is removed or given back. One
that is neither comes back by itself, with one more try counted.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueServiceClient

from shared.kernel.storage.faults import translated
from shared.kernel.storage.storage import default_credential

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

AT_MOST = 32
"""The service gives no more messages at a time."""
_LIVES_SECONDS = 7 * 24 * 3600
"""What the host puts into a queue is gone after a week."""


@dataclass(frozen=True)
class QueueMessage:
    """A message that was taken out of its queue and is out of sight there."""

    queue: str
    id: str
    receipt: str
    """What the service wants to see of whoever removes it or gives it back."""
    tries: int
    """How often it was taken, this time included."""
    created: datetime | None
    """UTC, whole seconds."""
    expires: datetime | None
    """UTC: when the service deletes it, seven days after it came unless whoever put it wanted another time."""
    body: str = field(repr=False)
    """As it is stored. It may name a blob, and a blob's name may be a child's."""

    @property
    def size(self) -> int:
        """Bytes, as it is stored."""
        return len(self.body.encode())

    @property
    def text(self) -> str | None:
        """The text that the body is in Base64, as the host writes it; `None` where it is no such thing."""
        try:
            return base64.b64decode(self.body, validate=True).decode()
        except ValueError:
            return None


class Queues:
    """The queues of one storage account, by name."""

    def __init__(self, service: QueueServiceClient) -> None:
        self.service = service
        self._mark: dict[str, Any] = {}

    @classmethod
    def connect(cls, where: str, *, credential: TokenCredential | None = None, **options: Any) -> Queues:
        """Connect by connection string, or by the account's queue URL with an Entra credential."""
        if not where.startswith(("https://", "http://")):
            return cls(QueueServiceClient.from_connection_string(where, **options))
        return cls(QueueServiceClient(where, credential=credential or default_credential(), **options))

    def with_request_id(self, request_id: str) -> Queues:
        """The same queues; every request bears this id, such as ``sweep:<id>``, as its client request id."""
        other = copy(self)
        other._mark = {"client_request_id": request_id}
        return other

    def __enter__(self) -> Queues:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self.service.close()

    @property
    def account(self) -> str:
        """The storage account's name."""
        return str(self.service.account_name)

    def names(self) -> tuple[str, ...]:
        """The names of all queues that there are."""
        with translated("(all)"):
            return tuple(str(found.name) for found in self.service.list_queues(**self._mark))

    def ensure(self, queue: str) -> None:
        """Make the queue unless it is there."""
        with translated(queue):
            try:
                self._of(queue).create_queue(**self._mark)
            except ResourceExistsError:
                return

    def put(self, queue: str, text: str) -> None:
        """Put a text in, in Base64, as Event Grid and the host do."""
        self.put_body(queue, base64.b64encode(text.encode(errors="surrogatepass")).decode())

    def put_body(self, queue: str, body: str) -> None:
        """Put a body in as it is."""
        with translated(queue):
            self._of(queue).send_message(body, time_to_live=_LIVES_SECONDS, **self._mark)

    def take(self, queue: str, at_most: int, hidden_seconds: int) -> tuple[QueueMessage, ...]:
        """Take up to 32 messages out; nothing where there is no such queue."""
        return tuple(self._taken(queue, hidden_seconds, max_messages=at_most))

    def take_all(self, queue: str, hidden_seconds: int) -> Iterator[QueueMessage]:
        """Take every message out, one after the other; nothing where there is no such queue."""
        return self._taken(queue, hidden_seconds, messages_per_page=AT_MOST)

    def _taken(self, queue: str, hidden_seconds: int, **how_many: int) -> Iterator[QueueMessage]:
        with translated(queue):
            try:
                # Nothing is decoded here: a message that cannot be read has to go on its day all the same.
                for one in self._of(queue).receive_messages(
                    visibility_timeout=hidden_seconds, **how_many, **self._mark
                ):
                    receipt, tries = str(one.pop_receipt), int(one.dequeue_count or 0)
                    yield QueueMessage(queue, one.id, receipt, tries, one.inserted_on, one.expires_on, str(one.content))
            except ResourceNotFoundError:
                return

    def hide(self, message: QueueMessage, seconds: int) -> QueueMessage:
        """Keep it out of sight for so long from now on; 0 gives it back. Returns it with its new receipt.

        Raises `Missing` (STO-001) if it is gone, `Changed` (STO-003) if somebody else has it by now.
        """
        with translated(message.queue):
            queue = self._of(message.queue)
            update = queue.update_message(message.id, message.receipt, visibility_timeout=seconds, **self._mark)
        return replace(message, receipt=str(update.pop_receipt))

    def remove(self, message: QueueMessage) -> None:
        """Remove it. Raises `Missing` (STO-001) if it is gone, `Changed` (STO-003) if somebody else has it by now."""
        with translated(message.queue):
            self._of(message.queue).delete_message(message.id, message.receipt, **self._mark)

    def shows_any(self, queue: str) -> bool:
        """Whether a message of it can be seen; hides none from others."""
        with translated(queue):
            return bool(self._of(queue).peek_messages(1, **self._mark))

    def count(self, queue: str) -> int:
        """How many messages there are, those out of sight too; 0 where there is no such queue."""
        with translated(queue):
            try:
                return int(self._of(queue).get_queue_properties(**self._mark).approximate_message_count or 0)
            except ResourceNotFoundError:
                return 0

    def oldest(self, queue: str) -> datetime | None:
        """When the oldest message came that can be seen, of those that the service shows first; hides none from others.
        `None` where none can be seen: there is none, or somebody is at each."""
        with translated(queue):
            try:
                seen = self._of(queue).peek_messages(AT_MOST, **self._mark)
            except ResourceNotFoundError:
                return None
            return min((one.inserted_on for one in seen if one.inserted_on), default=None)

    def _of(self, queue: str) -> QueueClient:
        return self.service.get_queue_client(queue)
