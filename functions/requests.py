"""A job is due: a small blob `<party>/<agreement>/<job id>.json` arrives in `requests`."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions import wiring
from functions.boundary import deliver
from functions.reference import BlobReference
from functions.settings import CONNECTION
from shared.kernel.errors import RefusedEvent

if TYPE_CHECKING:
    from shared.kernel.reconcile.attend import Ended

CONTAINER = "requests"
FUNCTION = "request"


def blueprint() -> func.Blueprint:
    """The one trigger on the container of requests."""
    triggers = func.Blueprint()

    @triggers.function_name(FUNCTION)
    @triggers.blob_trigger(
        arg_name="blob",
        path=f"{CONTAINER}/{{name}}",
        connection=CONNECTION,
        source=func.BlobSource.EVENT_GRID,
    )
    def take(blob: BlobReference) -> None:
        deliver(FUNCTION, blob, lambda: carry_out_request(blob))

    return triggers


def carry_out_request(blob: BlobReference) -> "Ended":
    """Do the work that one request asks for; what came of it."""
    from shared.kernel.intake.identity import derived_id
    from shared.kernel.reconcile.attend import attend
    from shared.kernel.reconcile.tasks import task_of

    exchange = wiring.exchange()
    task = task_of(exchange, blob.container, (blob.name,)) if blob.container == CONTAINER else None
    if task is None:
        subject = f"event:{derived_id('event', blob.container, blob.name)}"
        exchange.ledger.record(subject, "refused", service="functions", tenant="exchange", codes=("EVT-001",))
        raise RefusedEvent("EVT-001", "The blob is in no party's requests.")
    return attend(exchange, task, wiring.ATTEMPTS)
