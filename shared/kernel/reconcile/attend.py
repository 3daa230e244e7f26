"""Does the work on a blob; whoever is told of the blob does the same. Says what came of it, as the ledger has it, and
how long the blob lay: for the operators' log."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from shared.kernel.errors import ExchangeError
from shared.kernel.intake.outcome import ASKED
from shared.kernel.intake.receive import receive
from shared.kernel.rights.orders import carry_out_order
from shared.kernel.terms.orders import is_order
from shared.kernel.work.carry_out import carry_out
from shared.kernel.work.judge import AGAIN, STOPPED
from shared.kernel.work.turns import SUPERSEDED
from shared.kernel.work.withdraw import WITHDRAWN

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.ledger.events import Event
    from shared.kernel.reconcile.attempts import Attempts
    from shared.kernel.reconcile.tasks import Task

Outcome = Literal[
    "accepted", "rejected", "repeated", "done", "superseded", "stopped", "withdrawn", "asked", "ordered", "gone", ""
]
"""Of a drop: `accepted`, `rejected` with a code, or `repeated`: it had its answer before. Of a job: `done`, or
why it released nothing: a newer file came before it began (`superseded`), it may not be done (`stopped`, with a
code), its rows are gone (`withdrawn`), it is asked for anew under another version (`asked`). `asked`: work that waits
was asked for. `ordered`: an order of the operators. `gone`: the blob is. Empty where the ledger could not be read."""
_NOTHING_RELEASED: dict[str, Outcome] = {
    SUPERSEDED: "superseded",
    STOPPED: "stopped",
    AGAIN: "asked",
    WITHDRAWN: "withdrawn",
}


@dataclass(frozen=True)
class Ended:
    """The work on one blob has ended."""

    outcome: Outcome = ""
    code: str = ""
    """Why a drop was rejected, or a job stopped; of rows nothing, that is in the sender's report."""
    seconds: int | None = None
    """From the creation of the blob to the end of the work; `None` where the blob is gone."""

    @property
    def facts(self) -> dict[str, str | int | None]:
        """As the log has them."""
        return {"outcome": self.outcome or None, "code": self.code or None, "seconds": self.seconds}


def attend(exchange: Exchange, task: Task, attempts: Attempts) -> Ended:
    """Do the work of the blob; what came of it. What fails is recorded as an attempt, and raised."""
    began = exchange.clock()
    with attempts.at(exchange, task.event, task.tenant):
        id = _work(exchange, task)
    return _ended(exchange, task, id, began)


def _work(exchange: Exchange, task: Task) -> str | None:
    """The id of what came of it; `None` where there is none."""
    if task.kind == "request" and is_order(task.name):
        return carry_out_order(exchange, party=task.tenant, name=task.name)
    if task.kind == "request":
        return carry_out(exchange, party=task.tenant, name=task.name)
    return receive(exchange, tenant=task.tenant, container=task.container, name=task.name, or_named=task.or_named)


def _ended(exchange: Exchange, task: Task, id: str | None, began: datetime) -> Ended:
    """What came of the work that began then and whose id this is (`None`: there was none). Raises nothing: what cannot
    be read is left out, since the work has ended whether or not this is known."""
    exchange = exchange.working_on(task.event)
    outcome: Outcome = ""
    code, seconds = "", None
    with suppress(ExchangeError):
        outcome, code = _outcome(exchange, task, id, began)
    for name in (task.name, *task.or_named):
        with suppress(ExchangeError):
            if created := task.area(exchange).facts(name).created:
                seconds = max(0, round((exchange.clock() - created).total_seconds()))
                break
    return Ended(outcome, code, seconds)


def _outcome(exchange: Exchange, task: Task, id: str | None, began: datetime) -> tuple[Outcome, str]:
    if id is None:
        return ("asked" if exchange.ledger.recorded(task.event, ASKED) else "gone"), ""
    if task.kind == "drop":
        return _of_drop(exchange, id, began)
    return ("ordered", "") if is_order(task.name) else _of_job(exchange, task, id)


def _of_drop(exchange: Exchange, id: str, began: datetime) -> tuple[Outcome, str]:
    for place, event in enumerate(exchange.ledger.newest_first(f"drop:{id}")):
        if place == 0 and (event.step != "done" or datetime.fromisoformat(event.at) < began.replace(microsecond=0)):
            return "repeated", ""
        if event.step == "refused":
            return "rejected", _code(event)
    return "accepted", ""


def _of_job(exchange: Exchange, task: Task, id: str) -> tuple[Outcome, str]:
    sharing = exchange.under(task.name.partition("/")[0])
    for kind in sharing.pipeline.kinds:
        chain = exchange.ledger.events(f"{kind}:{id}")
        for event in chain:
            if event.step in _NOTHING_RELEASED:
                return _NOTHING_RELEASED[event.step], _code(event)
        if chain:
            return "done", ""
    return "", ""


def _code(event: Event) -> str:
    return event.codes[0] if event.codes else ""
