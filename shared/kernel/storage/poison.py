"""The poison queues: events that failed five times, in the functions host's own queues and words.

The host gives up a blob event into one queue of its own. In the private variant events come through queues, and one
that is given up goes, as it was, into the queue of the same name with ``-poison`` behind it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueServiceClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from shared.kernel.errors import Changed
from shared.kernel.storage.faults import translated
from shared.kernel.storage.storage import default_credential

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

QUEUE = "webjobs-blobtrigger-poison"
"""Where the host puts blob events that it gives up."""
POISON = "-poison"
"""How the name of every queue ends that the host puts events into that it gives up."""
PEEK_AT_MOST = 32
"""The service shows no more at a time."""
_OUT_SECONDS = 120
"""For how long a message that was taken out is out of sight, if whoever took it does not come back."""


@dataclass(frozen=True)
class PoisonMessage:
    """One event that was given up: which function, which version of which blob."""

    function_id: str
    """As the host writes it, such as ``Host.Functions.drop_surrey``."""
    container: str
    blob: str
    etag: str
    blob_type: str = "BlockBlob"

    def to_json(self) -> str:
        """The host's JSON."""
        return json.dumps(
            {
                "FunctionId": self.function_id,
                "BlobType": self.blob_type,
                "ContainerName": self.container,
                "BlobName": self.blob,
                "ETag": self.etag,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> PoisonMessage:
        """Read the host's JSON. Raises `ValueError` or `KeyError` when it is something else."""
        said = json.loads(text)
        return cls(said["FunctionId"], said["ContainerName"], said["BlobName"], said["ETag"], said["BlobType"])


@dataclass(frozen=True)
class Letter:
    """One message as disposal sees it: when it came and what it is called, not what it says."""

    queue: str
    id: str
    size: int
    """Bytes, as it is stored."""
    created: datetime | None
    """UTC, whole seconds."""
    expires: datetime | None
    """UTC: when the service deletes it, seven days after it came unless whoever put it said otherwise."""
    receipt: str
    """What the service wants to see of whoever removes it."""
    body: str = field(default="", repr=False)
    """What it says, in Base64. Disposal does not look at it."""


class PoisonQueue:
    """All poison queues in the account of the blobs (that is where the host puts them), as one."""

    def __init__(self, service: QueueServiceClient) -> None:
        self._service = service
        self._mark: dict[str, Any] = {}

    def with_request_id(self, request_id: str) -> PoisonQueue:
        """The same queues; every request bears this id, such as ``sweep:<id>``, as its client request id."""
        other = copy(self)
        other._mark = {"client_request_id": request_id}
        return other

    @classmethod
    def connect(cls, where: str, *, credential: TokenCredential | None = None, **options: Any) -> PoisonQueue:
        """Connect by connection string, or by the account's queue URL with an Entra credential."""
        if not where.startswith(("https://", "http://")):
            return cls(QueueServiceClient.from_connection_string(where, **options))
        return cls(QueueServiceClient(where, credential=credential or default_credential(), **options))

    def __enter__(self) -> PoisonQueue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._service.close()

    @property
    def account(self) -> str:
        """The storage account's name."""
        return str(self._service.account_name)

    def queues(self) -> tuple[str, ...]:
        """Names of the poison queues that there are. The host makes each when it first needs it."""
        return tuple(name for name in self.names() if name.endswith(POISON))

    def names(self) -> tuple[str, ...]:
        """Names of all queues of the account, those of events (the private variant) too."""
        with translated("(all)"):
            return tuple(str(found.name) for found in self._service.list_queues(**self._mark))

    def ensure(self, queue: str = QUEUE) -> None:
        """Make the queue unless it is there. In the cloud the template or the host has made it."""
        with translated(queue):
            try:
                self._of(queue).create_queue(**self._mark)
            except ResourceExistsError:
                return

    def put(self, message: PoisonMessage) -> None:
        """Give a blob event up, as the host does."""
        with translated(QUEUE):
            self._of(QUEUE).send_message(message.to_json(), **self._mark)

    def peek(self) -> list[PoisonMessage]:
        """The oldest blob events that were given up, at most 32, left where they are."""
        with translated(QUEUE):
            found = self._of(QUEUE).peek_messages(PEEK_AT_MOST, **self._mark)
        return [PoisonMessage.from_json(message.content) for message in found]

    def waiting(self) -> bool:
        """Whether any poison queue holds a message that can be seen; hides none from others."""
        for queue in self.queues():
            with translated(queue):
                if self._service.get_queue_client(queue).peek_messages(1, **self._mark):
                    return True
        return False

    @contextmanager
    def letters(self) -> Iterator[tuple[Letter, ...]]:
        """Every message of every poison queue, also those beyond the first 32.

        Meanwhile nobody else sees them; those that are not removed are put back at the end.
        """
        letters = tuple(letter for queue in self.queues() for letter in self._take_out(queue))
        try:
            yield letters
        finally:
            for letter in letters:
                self._put_back(letter)

    def _take_out(self, queue: str) -> Iterator[Letter]:
        with translated(queue):
            # Nothing is decoded here: a message that cannot be read has to go on its day all the same.
            for message in self._service.get_queue_client(queue).receive_messages(
                messages_per_page=PEEK_AT_MOST, visibility_timeout=_OUT_SECONDS, **self._mark
            ):
                body = str(message.content)
                yield Letter(
                    queue,
                    message.id,
                    len(body.encode()),
                    message.inserted_on,
                    message.expires_on,
                    str(message.pop_receipt),
                    body,
                )

    def _put_back(self, letter: Letter) -> None:
        with suppress(Changed), translated(letter.queue):  # it was out for too long, and is somebody else's now
            try:
                self._of(letter.queue).update_message(letter.id, letter.receipt, visibility_timeout=0, **self._mark)
            except ResourceNotFoundError:
                return  # it was removed

    def remove(self, letter: Letter) -> None:
        """Remove one of `letters`. Raises `Missing` (STO-001) if it is gone."""
        with translated(letter.queue):
            self._of(letter.queue).delete_message(letter.id, letter.receipt, **self._mark)

    def text_of(self, letter: Letter) -> str:
        """What the letter says; empty when it is no text in Base64, as the host writes it."""
        try:
            return base64.b64decode(letter.body, validate=True).decode()
        except ValueError:
            return ""

    def send(self, queue: str, text: str) -> None:
        """Put a text into a queue of events, as Event Grid does."""
        with translated(queue):
            self._of(queue).send_message(text, **self._mark)

    def count(self) -> int:
        """How many blob events were given up; the service calls it approximate."""
        with translated(QUEUE):
            return int(self._of(QUEUE).get_queue_properties(**self._mark).approximate_message_count or 0)

    def _of(self, queue: str) -> QueueClient:
        # The host writes its messages in Base64.
        return self._service.get_queue_client(
            queue, message_encode_policy=TextBase64EncodePolicy(), message_decode_policy=TextBase64DecodePolicy()
        )
