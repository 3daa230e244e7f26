"""What takes events to functions. Whoever uses one does not know which of the two it is."""

from __future__ import annotations

from typing import Protocol

from shared.kernel.errors import ExchangeError

HOST_QUEUE = "azure-webjobs-blobtrigger-local"
"""Where the blob events wait that the webhook has taken, in the account of the host."""


class HostFailed(ExchangeError):
    """The program that holds the real triggers is not there or has ended (HST-002)."""


class Machine(Protocol):
    """Runs within a `with`, any number of times. What is unfinished at its end waits in queues for the next time."""

    def __enter__(self) -> Machine: ...

    def __exit__(self, *ended: object) -> None:
        """Take nothing new, and let what runs end."""

    def post(self, function: str, body: bytes, kind: str | None = "Notification") -> tuple[int, str]:
        """Call the webhook for blobs as Event Grid does; `kind` goes as `aeg-event-type`. Returns status and text."""

    def waiting(self) -> int:
        """How many events wait or are under way, in whatever queue, those that are out of sight too.

        Raises `HostFailed`.
        """
