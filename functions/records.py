"""Once a month: records that have reached the end of their days are ended, whole chains at a time."""

import azure.functions as func

from functions import wiring
from functions.boundary import on_time

MONTHLY = "0 0 3 1 * *"
"""03:00 UTC on the first of each month."""


def blueprint() -> func.Blueprint:
    """The timer. What one run leaves unfinished the next one finishes."""
    triggers = func.Blueprint()

    @triggers.function_name("records")
    @triggers.timer_trigger(arg_name="timer", schedule=MONTHLY, run_on_startup=False, use_monitor=True)
    @triggers.retry(strategy="fixed_delay", max_retry_count="4", delay_interval="00:10:00")
    def end(timer: func.TimerRequest) -> None:
        on_time("records", _end)

    return triggers


def _end() -> None:
    from shared.kernel.disposal.records import end_records

    with wiring.archive() as archive:
        end_records(wiring.exchange(), archive)
