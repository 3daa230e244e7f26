"""Reminds of results that nobody has collected, before the sweep takes them.

Whether a party has collected is not the exchange's to see: reading leaves no trace in an outbox. It stands in the
storage logs, which come in here as facts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from shared.kernel.disposal.objects import object_id

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.logs import ReadLog
    from shared.kernel.terms.retention import Retention

SERVICE = "disposal"
RESULT = ".parquet"
"""What ends so in an outbox is a sealed release; the rest only reports on it."""


class CollectionLog(Protocol):
    """What the storage logs say of an outbox."""

    def collected(self, slug: str) -> frozenset[str] | None:
        """Names of the blobs that the party has read in its outbox; `None` when no log can tell."""
        ...


class NoLog:
    """There are no storage logs that could be asked."""

    def collected(self, slug: str) -> frozenset[str] | None:
        """Not known."""
        return None


class WorkspaceLog:
    """The storage logs in a Log Analytics workspace, as far back as a result can lie in an outbox."""

    def __init__(self, log: ReadLog, days: int) -> None:
        self._log = log
        self._days = days

    def collected(self, slug: str) -> frozenset[str] | None:
        """What anybody but the app has read. Raises a `StorageFault` when the workspace does not answer."""
        return self._log.read_in(f"{slug}-outbox", self._days)


def remind(exchange: Exchange, slug: str, log: CollectionLog) -> int:
    """Record, once per result, that it waits and that the sweep is near; return how many wait now.

    Where no log can tell, every result that is old enough is named, as `not_known`.
    """
    outbox, now = exchange.storage.outbox(slug), exchange.clock()

    def retention(name: str) -> Retention:
        return exchange.agreements.retention_of(name.partition("/")[0])

    waiting = [
        (blob, created)
        for blob in outbox.list()
        if blob.name.endswith(RESULT)
        and (created := blob.created) is not None
        and created <= now - timedelta(days=retention(blob.name).reminder_days)
    ]
    if not waiting:
        return 0
    collected = log.collected(slug)
    uncollected = [(blob, created) for blob, created in waiting if collected is None or blob.name not in collected]
    for blob, created in uncollected:
        exchange.ledger.record(
            f"result:{object_id(outbox.container, blob.name, blob.etag)}",
            "reminded",
            service=SERVICE,
            tenant=slug,
            counts={"days_left": max(0, retention(blob.name).sweep_days["outbox"] - (now - created).days)},
            codes=("not_known" if collected is None else "uncollected",),
        )
    return len(uncollected)
