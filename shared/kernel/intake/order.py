"""The order of a sender's files, remembered: which of them have come to count, long after their rows are destroyed.

One chain of the ledger for each agreement, sender, dataset and collection, with an event for each file that came to
count. It holds no more than ids, times and counts, and is kept as long as the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from shared.kernel.intake.identity import derived_id

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.ledger.events import Event
    from shared.kernel.terms.partition import Partition

COUNTED = "counted"
"""The step of a file that came to count: the one step of these chains."""
_MADE, _ORDINAL = "prepared_at", "ordinal"


class Counting(Protocol):
    """A file that comes to count."""

    @property
    def drop(self) -> str:
        """The drop's id, which is derived from the hash of its bytes."""

    @property
    def place(self) -> tuple[datetime, int]:
        """When its sender says that it was made, and which of that second it is."""


@dataclass(frozen=True)
class Remembered:
    """A file that came to count, whether its rows are still here or not."""

    drop: str
    place: tuple[datetime, int]

    @property
    def prepared_at(self) -> datetime:
        """When its sender says that it was made."""
        return self.place[0]


@dataclass(frozen=True)
class Order:
    """What the chain says, as it was when it was read."""

    subject: str
    events: Sequence[Event]

    def has(self, drop: str) -> bool:
        """Whether this drop has come to count."""
        return any(event.hashes["drop"] == drop for event in self.events)

    @property
    def newest(self) -> Remembered | None:
        """The file made last of all that have come to count; `None` where there is none."""
        found = (_remembered(event) for event in self.events)
        return max(found, key=lambda file: file.place, default=None)

    def later_than(self, file: Counting) -> Remembered | None:
        """The newest, where it was made later than `file` and came before it: then `file` is too late to count."""
        newest = self.newest
        return None if newest is None or newest.place <= file.place or self.has(file.drop) else newest


def order_of(sharing: Sharing, partition: Partition) -> Order:
    """The order of the files of this one's sender, dataset and collection."""
    id = derived_id("order", sharing.agreement.id, partition.sender, partition.dataset, partition.collection)
    subject = f"order:{id}"
    return Order(subject, sharing.ledger.events(subject))


def remember(sharing: Sharing, order: Order, file: Counting, partition: Partition) -> None:
    """Record that `file`, of the sender, dataset and collection of `partition`, counts from now on.

    Raises `AlreadyExists` when another file has come to count since the order was read.
    """
    made, ordinal = file.place
    sharing.ledger.follow(
        order.events[-1] if order.events else None,
        order.subject,
        COUNTED,
        service="intake",
        tenant=partition.sender,
        counts={_MADE: int(made.timestamp()), _ORDINAL: ordinal},
        hashes={"drop": file.drop},
        codes=(partition.dataset, partition.collection),
    )


def _remembered(event: Event) -> Remembered:
    made = datetime.fromtimestamp(event.counts[_MADE], UTC)
    return Remembered(event.hashes["drop"], (made, event.counts[_ORDINAL]))
