"""Every morning, after the sweep: is anything still there that should not be, or set up so that it will be? And does
anything wait that nobody has been told of?"""

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
        try:
            on_time("watchdog", _watch)
        finally:
            try:
                on_time("waiting", look_at_waits_and_say)
            finally:
                on_time("notices", look_at_notices_and_say)

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


def look_at_waits_and_say() -> None:
    """What waits is said every day for as long as it waits, so that the alarm ends with it."""
    from shared.kernel.disposal.watch import watch_subject
    from shared.kernel.envelope.manifest import EXCHANGE
    from shared.kernel.waiting.watch import look_at_waits

    exchange = wiring.exchange()
    waited = look_at_waits(exchange.working_on(watch_subject(EXCHANGE, exchange.clock().date())))
    for agreement, wait in waited.found:
        say(
            "waiting.found",
            level=logging.ERROR,
            agreement=agreement,
            code=wait.code.code,
            owner=wait.party,
            dataset=wait.dataset,
            collection=wait.collection,
            lacked=wait.lacked or None,
            count=wait.rows,
            days=(exchange.clock() - wait.since).days,
        )
    if waited.faults:
        raise waited.faults[0]


def look_at_notices_and_say() -> None:
    """An overdue notice is said every day until it is read."""
    from shared.kernel.disposal.watch import watch_subject
    from shared.kernel.envelope.manifest import EXCHANGE
    from shared.kernel.rights.unread import UNREAD, look_at_notices

    exchange = wiring.exchange()
    exchange = exchange.working_on(watch_subject(EXCHANGE, exchange.clock().date()))
    with wiring.collection_log() as log:
        found = look_at_notices(exchange, log)
    for unread in found:
        alarms = unread.code is UNREAD
        level, told = (logging.ERROR, "watchdog.alarm") if alarms else (logging.WARNING, "watchdog.unknown")
        say(told, level=level, code=unread.code.code, owner=unread.party, where="notices", count=unread.count)
