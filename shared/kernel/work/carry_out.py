"""The service behind the request trigger: read the request, do what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.agreements.free_school_meals.enrol import enrol
from shared.agreements.free_school_meals.run import SERVICE, run
from shared.kernel.errors import Missing, RefusedEvent
from shared.kernel.intake.identity import request_event
from shared.kernel.intake.outcome import FOUND, settle
from shared.kernel.intake.requests import LinkRequest, read_request

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange


def carry_out(exchange: Exchange, *, home: str, name: str) -> str | None:
    """Carry out the request `name` of borough `home`; returns the id of the run or enrolment, `None` when it is gone.

    Raises `RefusedEvent` (EVT-002), after recording it, when the blob is not a request of this exchange.
    """
    subject = request_event(home, name)
    exchange = exchange.working_on(subject)
    try:
        request = read_request(exchange, home, name)
        exchange.ledger.record(subject, FOUND, service=SERVICE, tenant=home)
    except Missing:
        exchange.ledger.record(subject, "gone", service=SERVICE, tenant=home)
        return None
    except RefusedEvent as refusal:
        exchange.ledger.record(subject, "refused", service=SERVICE, tenant=home, codes=(refusal.code,))
        settle(exchange, home, subject)
        raise
    work = run(exchange, home, request) if isinstance(request, LinkRequest) else enrol(exchange, home, request)
    settle(exchange, home, subject)
    return work
