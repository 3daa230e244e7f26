"""A blob that asks for work: a drop in an inbox, or a request. Whoever is told of it does the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shared.kernel.intake.identity import drop_event, request_event
from shared.kernel.intake.receive import receive
from shared.kernel.reconcile.ended import Ended, ended
from shared.kernel.rights.orders import carry_out_order
from shared.kernel.terms.orders import is_order
from shared.kernel.work.carry_out import carry_out

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.reconcile.attempts import Attempts
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


def attend(exchange: Exchange, task: Task, attempts: Attempts) -> Ended:
    """Do the work of the blob; what came of it. What fails is recorded as an attempt, and raised."""
    began = exchange.clock()
    with attempts.at(exchange, task.event, task.tenant):
        id = _work(exchange, task)
    return ended(exchange, task, id, began)


def _work(exchange: Exchange, task: Task) -> str | None:
    """The id of what came of it; `None` where there is none."""
    if task.kind == "request" and is_order(task.name):
        return carry_out_order(exchange, party=task.tenant, name=task.name)
    if task.kind == "request":
        return carry_out(exchange, party=task.tenant, name=task.name)
    return receive(exchange, tenant=task.tenant, container=task.container, name=task.name, or_named=task.or_named)
