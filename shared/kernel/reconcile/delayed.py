"""What a sender is told of a file that the exchange could not take in for a day: the fault is not the sender's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from shared.kernel.envelope.manifest import from_metadata
from shared.kernel.errors import Delayed, Missing, UntrustedDrop
from shared.kernel.intake.answer import Arrival, Verdict, answer
from shared.kernel.intake.codes import WAITS
from shared.kernel.intake.identity import derived_id

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.reconcile.tasks import Task


def tell(exchange: Exchange, task: Task, since: datetime) -> None:
    """Write a report `delayed` and a receipt into the party's outbox, once. `since`: when the blob came.

    The receipt has the hash that the file says of itself, so that its sender knows which one it is; nothing else of
    what it says is repeated, since nobody has looked whether it is true.
    """
    exchange = exchange.working_on(task.event)
    identity = derived_id("delayed", task.event)
    arrival = Arrival(task.tenant, identity, _claimed_hash(exchange, task), since)
    why = WAITS.refusal()
    answer(exchange, identity, arrival, None, Verdict(Delayed(why.code, why.message, why.remedy)))


def _claimed_hash(exchange: Exchange, task: Task) -> str:
    try:
        return from_metadata(task.area(exchange).facts(task.name).metadata)[0].sha256
    except (UntrustedDrop, Missing):
        return ""
