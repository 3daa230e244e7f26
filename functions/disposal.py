"""Every night: what is past its day is destroyed, and certified."""

import azure.functions as func

from functions import wiring
from functions.boundary import on_time

DAILY = "0 0 2 * * *"
"""02:00 UTC. A timer that was missed fires when the app is back."""


def blueprint() -> func.Blueprint:
    """The timer of the sweep. A sweep that fails is tried again ten minutes later, and goes on where it stopped."""
    triggers = func.Blueprint()

    @triggers.function_name("disposal")
    @triggers.timer_trigger(arg_name="timer", schedule=DAILY, run_on_startup=False, use_monitor=True)
    @triggers.retry(strategy="fixed_delay", max_retry_count="4", delay_interval="00:10:00")
    def sweep(timer: func.TimerRequest) -> None:
        on_time("disposal", _dispose)

    return triggers


def _dispose() -> None:
    from shared.kernel.disposal.sweep import dispose
    from shared.kernel.rights.night import before_the_sweep

    exchange = wiring.exchange()
    faults = before_the_sweep(exchange)
    with wiring.collection_log() as log:
        dispose(exchange, wiring.poison(), log)
    if faults:
        raise faults[0]
