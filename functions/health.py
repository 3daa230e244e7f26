"""`GET /api/health`: can this app do its work, and under which agreements? No secrets, no counts of anybody's rows."""

import json
import logging

import azure.functions as func

from functions import VERSION, wiring
from functions.journal import say
from shared.kernel.days import london_day
from shared.kernel.errors import ExchangeError

PROBE = "health:probe"
"""The request id of the probe's look at the account, by which the storage logs tell it from everything else."""


def blueprint() -> func.Blueprint:
    """The one HTTP trigger; anonymous, since a probe has no key and the answer holds nothing to protect."""
    triggers = func.Blueprint()

    @triggers.function_name("health")
    @triggers.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    def health(req: func.HttpRequest) -> func.HttpResponse:
        status, body = report()
        return func.HttpResponse(json.dumps(body), status_code=status, mimetype="application/json")

    return triggers


def report() -> tuple[int, dict[str, object]]:
    """The HTTP status and the body: 200, or 503 with the code of what is out of reach."""
    terms = [agreed.terms for agreed in wiring.agreements()]
    body: dict[str, object] = {"version": VERSION, "agreements": [agreement.reference for agreement in terms]}
    try:
        exchange = wiring.exchange()
        today = london_day(exchange.clock())
        body["in_force"] = [agreement.reference for agreement in terms if agreement.in_force.covers(today)]
        exchange.storage.with_request_id(PROBE).check_reachable()
    except ExchangeError as error:
        say("health.failed", level=logging.ERROR, code=error.code)
        return 503, body | {"status": "unavailable", "code": error.code}
    return 200, body | {"status": "ok"}
