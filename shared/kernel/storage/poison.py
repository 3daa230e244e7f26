"""The poison queues: events that failed five times, in the functions host's own queues and words.

The host gives up a blob event into one queue of its own. In the private variant events come through queues, and one
that is given up goes, as it was, into the queue of the same name with ``-poison`` behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.kernel.errors import Changed, Missing
from shared.kernel.json_once import loads_once
from shared.kernel.storage.queues import QueueMessage, Queues

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

QUEUE = "webjobs-blobtrigger-poison"
"""Where the host puts blob events that it gives up."""
POISON = "-poison"
"""How the name of every queue ends that the host puts events into that it gives up."""
_OUT_SECONDS = 120
"""For how long a message that was taken out is out of sight, if whoever took it does not come back."""


@dataclass(frozen=True)
class PoisonMessage:
    """One blob event that was given up, in the host's words: which function, which version of which blob."""

    function_id: str
    """Such as ``Host.Functions.drop_surrey``."""
    container: str
    blob: str
    etag: str
    blob_type: str = "BlockBlob"

    @classmethod
    def from_json(cls, text: str) -> PoisonMessage:
        """Read the host's JSON. Raises `ValueError` or `KeyError` when it is something else."""
        read = loads_once(text)
        return cls(read["FunctionId"], read["ContainerName"], read["BlobName"], read["ETag"], read["BlobType"])


@dataclass(frozen=True)
class PoisonQueue:
    """All poison queues in the account of the blobs (that is where the host puts them), as one."""

    every: Queues
    """All queues of that account, those of events (the private variant) too."""

    @classmethod
    def connect(cls, where: str, *, credential: TokenCredential | None = None, **options: Any) -> PoisonQueue:
        """As `Queues.connect`."""
        return cls(Queues.connect(where, credential=credential, **options))

    def with_request_id(self, request_id: str) -> PoisonQueue:
        """As `Queues.with_request_id`."""
        return PoisonQueue(self.every.with_request_id(request_id))

    def __enter__(self) -> PoisonQueue:
        return self

    def __exit__(self, *_: object) -> None:
        self.every.close()

    def names(self) -> tuple[str, ...]:
        """The names of the poison queues that there are. The host makes each when it first needs it."""
        return tuple(name for name in self.every.names() if name.endswith(POISON))

    def waiting(self) -> bool:
        """Whether any poison queue holds a message that can be seen; hides none from others."""
        return any(self.every.shows_any(queue) for queue in self.names())

    @contextmanager
    def messages(self) -> Iterator[tuple[QueueMessage, ...]]:
        """Every message of every poison queue.

        Meanwhile nobody else sees them; those that are not removed are put back at the end.
        """
        taken = tuple(message for queue in self.names() for message in self.every.take_all(queue, _OUT_SECONDS))
        try:
            yield taken
        finally:
            for message in taken:
                # It was removed; or it was out for too long, and is somebody else's now.
                with suppress(Missing, Changed):
                    self.every.hide(message, 0)

    def remove(self, message: QueueMessage) -> None:
        """Remove one of `messages`. Raises `Missing` (STO-001) if it is gone."""
        self.every.remove(message)
