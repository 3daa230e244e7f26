"""Every morning, after the sweep: is anything still there that should not be, or set up so that it will be?"""

import logging

import azure.functions as func

from functions import wiring
from functions.boundary import on_time
from functions.journal import say

DAILY = "0 0 6 * * *"
"""06:00 UTC: after the sweep and all its retries."""

_LEVELS = {"alarm": logging.ERROR, "unknown": logging.WARNING}


def blueprint() -> func.Blueprint:
    """The watchdog's timer."""
    triggers = func.Blueprint()

    @triggers.function_name("watchdog")
    @triggers.timer_trigger(arg_name="timer", schedule=DAILY, run_on_startup=False, use_monitor=True)
    @triggers.retry(strategy="fixed_delay", max_retry_count="4", delay_interval="00:10:00")
    def look(timer: func.TimerRequest) -> None:
        on_time("watchdog", _watch)

    return triggers


def _watch() -> None:
    from shared.kernel.disposal.watch import watch, watch_subject
    from shared.kernel.envelope.manifest import EXCHANGE

    exchange = wiring.exchange()
    exchange = exchange.working_on(watch_subject(EXCHANGE, exchange.clock().date()))
    with wiring.configuration(exchange) as source:
        findings = watch(exchange, wiring.poison(), source)
    for finding in findings:
        code = finding.code
        level = _LEVELS[code.severity]
        told = f"watchdog.{code.severity}"
        say(told, level=level, code=code.code, owner=finding.owner, where=finding.where, count=finding.count)
