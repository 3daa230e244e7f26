"""The poison queue: events that failed five times, in the functions host's own queue and words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from shared.storage.faults import translated
from shared.storage.storage import default_credential

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

QUEUE = "webjobs-blobtrigger-poison"
PEEK_AT_MOST = 32
"""The service shows no more at a time."""


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


class PoisonQueue:
    """The queue in the account of the blobs (that is where the host puts it)."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client

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
                self._client.create_queue()
            except ResourceExistsError:
                return

    def put(self, message: PoisonMessage) -> None:
        """Give an event up."""
        with translated(QUEUE):
            self._client.send_message(message.to_json())

    def peek(self) -> list[PoisonMessage]:
        """The oldest messages, at most 32, left where they are."""
        with translated(QUEUE):
            found = self._client.peek_messages(PEEK_AT_MOST)
        return [PoisonMessage.from_json(message.content) for message in found]

    def count(self) -> int:
        """How many events were given up; the service calls it approximate."""
        with translated(QUEUE):
            return int(self._client.get_queue_properties().approximate_message_count or 0)
