"""The poison queue: events that failed five times, in the functions host's own queue and words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from shared.storage.faults import translated
from shared.storage.storage import default_credential

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

QUEUE = "webjobs-blobtrigger-poison"
PEEK_AT_MOST = 32
"""The service shows no more at a time."""
_OUT_SECONDS = 120
"""For how long a message that was taken out is out of sight, if whoever took it does not come back."""


@dataclass(frozen=True)
class PoisonMessage:
    """One event that was given up: which function, which version of which blob."""

    function_id: str
    """As the host writes it, such as ``Host.Functions.drop_lambeth``."""
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

    id: str
    size: int
    created: datetime | None
    """UTC, whole seconds."""
    receipt: str
    """What the service wants to see of whoever removes it."""


class PoisonQueue:
    """The queue in the account of the blobs (that is where the host puts it)."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client
        self._mark: dict[str, Any] = {}

    def with_request_id(self, request_id: str) -> PoisonQueue:
        """The same queue; every request bears this id, such as ``sweep:<id>``, as its client request id."""
        other = copy(self)
        other._mark = {"client_request_id": request_id}
        return other

    @classmethod
    def connect(cls, where: str, *, credential: TokenCredential | None = None, **options: Any) -> PoisonQueue:
        """Connect by connection string, or by the account's queue URL with an Entra credential."""
        # The host writes its messages in Base64.
        options["message_encode_policy"] = TextBase64EncodePolicy()
        options["message_decode_policy"] = TextBase64DecodePolicy()
        if not where.startswith(("https://", "http://")):
            return cls(QueueClient.from_connection_string(where, QUEUE, **options))
        return cls(QueueClient(where, QUEUE, credential=credential or default_credential(), **options))

    def __enter__(self) -> PoisonQueue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def ensure(self) -> None:
        """Make the queue unless it is there. In the cloud the host makes it when it first needs it."""
        with translated(QUEUE):
            try:
                self._client.create_queue(**self._mark)
            except ResourceExistsError:
                return

    def put(self, message: PoisonMessage) -> None:
        """Give an event up."""
        with translated(QUEUE):
            self._client.send_message(message.to_json(), **self._mark)

    def peek(self) -> list[PoisonMessage]:
        """The oldest messages, at most 32, left where they are."""
        with translated(QUEUE):
            found = self._client.peek_messages(PEEK_AT_MOST, **self._mark)
        return [PoisonMessage.from_json(message.content) for message in found]

    @contextmanager
    def letters(self) -> Iterator[tuple[Letter, ...]]:
        """Every message, also those beyond the first 32; none where there is no queue.

        Meanwhile nobody else sees them; those that are not removed are put back at the end.
        """
        letters = tuple(self._take_out())
        try:
            yield letters
        finally:
            for letter in letters:
                self._put_back(letter)

    def _take_out(self) -> Iterator[Letter]:
        with translated(QUEUE):
            try:
                for message in self._client.receive_messages(
                    messages_per_page=PEEK_AT_MOST, visibility_timeout=_OUT_SECONDS, **self._mark
                ):
                    size = len(str(message.content).encode())
                    yield Letter(message.id, size, message.inserted_on, str(message.pop_receipt))
            except ResourceNotFoundError:
                return  # nothing was ever given up

    def _put_back(self, letter: Letter) -> None:
        with translated(QUEUE):
            try:
                self._client.update_message(letter.id, letter.receipt, visibility_timeout=0, **self._mark)
            except ResourceNotFoundError:
                return  # it was removed

    def remove(self, letter: Letter) -> None:
        """Remove one of `letters`. Raises `Missing` (STO-001) if it is gone."""
        with translated(QUEUE):
            self._client.delete_message(letter.id, letter.receipt, **self._mark)

    def count(self) -> int:
        """How many events were given up; the service calls it approximate."""
        with translated(QUEUE):
            return int(self._client.get_queue_properties(**self._mark).approximate_message_count or 0)
