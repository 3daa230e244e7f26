"""Every quarter of an hour: what waits in each queue of the exchange's account, and for how long. Azure's own metric of
it is a day old."""

import logging

import azure.functions as func

from functions import wiring
from functions.boundary import on_time
from functions.journal import say

EVERY_QUARTER = "0 */15 * * * *"
TRIGGER = "queues"


def blueprint() -> func.Blueprint:
    """The timer. It is one of its own, so that it speaks while a round of reconciliation takes long."""
    triggers = func.Blueprint()

    @triggers.function_name(TRIGGER)
    @triggers.timer_trigger(arg_name="timer", schedule=EVERY_QUARTER, run_on_startup=False, use_monitor=True)
    def look(timer: func.TimerRequest) -> None:
        on_time(TRIGGER, look_at_queues_and_say, comes_soon=True)

    return triggers


def look_at_queues_and_say() -> None:
    """A line for each queue that holds anything, said every time for as long as it does."""
    from shared.kernel.reconcile.round import LOOK

    queues = wiring.poison().every.with_request_id(LOOK)
    now = wiring.exchange().clock()
    for queue in queues.names():
        if count := queues.count(queue):
            oldest = queues.oldest(queue)
            minutes = max(0, int((now - oldest).total_seconds() // 60)) if oldest else None
            say("queue.waiting", level=logging.INFO, queue=queue, count=count, oldest_minutes=minutes)
