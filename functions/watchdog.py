"""Every morning, after the sweep: is anything still there that should not be, or set up so that it will be? And does
anything wait that nobody has been told of? Last, every party gets the day's signed heads of all chains."""

import logging
from contextlib import ExitStack

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
        # Each is done, whatever became of the one before it; an exit stack begins with the last.
        with ExitStack() as morning:
            morning.callback(on_time, "heads", _state_heads)
            morning.callback(on_time, "agreements", say_what_is_ahead)
            morning.callback(on_time, "notices", look_at_notices_and_say)
            morning.callback(on_time, "waiting", look_at_waits_and_say)
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


def _state_heads() -> None:
    from shared.kernel.disposal.heads import state_heads

    state_heads(wiring.exchange())


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


def say_what_is_ahead() -> None:
    """An agreement that ends, or is to be reviewed: 60, 30 and 7 days before, for three days each, then every day."""
    from shared.kernel.days import london_day
    from shared.kernel.terms.ahead import ahead

    exchange = wiring.exchange()
    for agreed in exchange.agreements:
        for found in ahead(agreed.terms, london_day(exchange.clock())):
            say(
                "agreement.ahead" if found.alarms else "agreement.soon",
                level=logging.ERROR if found.alarms else logging.INFO,
                agreement=agreed.terms.reference,
                code=found.code.code,
                days=found.days,
            )
