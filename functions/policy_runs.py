"""The storage account's lifecycle policy has run: Event Grid says so into a queue, in either variant."""

import azure.functions as func

from functions import wiring
from functions.boundary import on_message
from functions.settings import CONNECTION

FUNCTION = "policy_runs"
QUEUE = "policy-runs"


def blueprint() -> func.Blueprint:
    """The trigger on the queue of reports."""
    triggers = func.Blueprint()

    @triggers.function_name(FUNCTION)
    @triggers.queue_trigger(arg_name="message", queue_name=QUEUE, connection=CONNECTION)
    def take(message: func.QueueMessage) -> None:
        on_message(FUNCTION, lambda: _note(message.get_body()))

    return triggers


def _note(message: bytes) -> None:
    from shared.kernel.disposal.policy_runs import note_run

    note_run(wiring.exchange(), message)
