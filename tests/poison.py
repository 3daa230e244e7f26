"""Events that were given up, as the host gives them up and as somebody sees them who takes nothing."""

from __future__ import annotations

import base64
import json

from shared.kernel.storage.poison import QUEUE, PoisonMessage, PoisonQueue
from shared.kernel.storage.queues import Queues


def give_up(poison: PoisonQueue, message: PoisonMessage) -> None:
    """Put a blob event into the host's own poison queue, in its words."""
    poison.every.put(QUEUE, in_the_hosts_words(message))


def in_the_hosts_words(message: PoisonMessage) -> str:
    """The host's JSON."""
    return json.dumps(
        {
            "FunctionId": message.function_id,
            "BlobType": message.blob_type,
            "ContainerName": message.container,
            "BlobName": message.blob,
            "ETag": message.etag,
        }
    )


def in_sight(poison: PoisonQueue) -> list[PoisonMessage]:
    """The oldest blob events that were given up, at most 32, left where they are."""
    found = poison.every.service.get_queue_client(QUEUE).peek_messages(32)
    return [PoisonMessage.from_json(base64.b64decode(message.content).decode()) for message in found]


def how_many(poison: PoisonQueue) -> int:
    """How many blob events were given up, those that somebody has taken out too."""
    return poison.every.count(QUEUE)


class NoQueues(Queues):
    """An account without queues: no event was given up."""

    def __init__(self) -> None:
        """It has no service."""

    def with_request_id(self, request_id: str) -> Queues:
        """The same."""
        return self

    def names(self) -> tuple[str, ...]:
        """None."""
        return ()
