"""A blob that asks for work: a drop in an inbox, or a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shared.kernel.intake.identity import drop_event, request_event

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.areas import Area

REQUESTS = "requests"


@dataclass(frozen=True)
class Task:
    """One blob of one party. Its name is a sender's choice, and is shown to nobody."""

    kind: Literal["drop", "request"]
    tenant: str
    container: str
    """As the event says. It is the tenant's own, or no work is done."""
    name: str
    """Within the party's inbox, or its part of `requests`."""
    or_named: tuple[str, ...] = ()
    """Other names by which the event may mean it."""

    @property
    def event(self) -> str:
        """The subject of the ledger under which the arrival of this blob is recorded."""
        if self.kind == "drop":
            return drop_event(self.tenant, self.container, self.name)
        return request_event(self.tenant, self.name)

    def area(self, exchange: Exchange) -> Area:
        """Where the blob lies."""
        storage = exchange.storage
        return storage.inbox(self.tenant) if self.kind == "drop" else storage.requests(self.tenant)


def task_of(exchange: Exchange, container: str, names: tuple[str, ...]) -> Task | None:
    """The task of a blob that is named from outside; `None` when no work is done on blobs in that place."""
    slug, _, box = container.rpartition("-")
    if box == "inbox" and slug in exchange.agreements.senders:
        return Task("drop", slug, container, names[0], names[1:])
    if container == REQUESTS:
        for party, _, name in (full.partition("/") for full in names):
            if party in exchange.agreements.parties and name:
                return Task("request", party, container, name)
    return None
