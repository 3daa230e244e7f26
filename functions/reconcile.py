"""Every five minutes: what lies in an inbox or in `requests` without an outcome is taken in, as its event would be."""

import logging

import azure.functions as func

from functions import wiring
from functions.boundary import attempted, on_time
from functions.journal import say
from functions.reference import BlobReference

EVERY_FIVE_MINUTES = "0 */5 * * * *"
TRIGGER = "reconcile"


def blueprint() -> func.Blueprint:
    """The timer. It has no retry of its own: its next hour is five minutes away."""
    triggers = func.Blueprint()

    @triggers.function_name(TRIGGER)
    @triggers.timer_trigger(arg_name="timer", schedule=EVERY_FIVE_MINUTES, run_on_startup=False, use_monitor=True)
    def look(timer: func.TimerRequest) -> None:
        on_time(TRIGGER, _reconcile, comes_soon=True)

    return triggers


def _reconcile() -> None:
    from shared.kernel.reconcile.attend import Ended
    from shared.kernel.reconcile.round import reconcile
    from shared.kernel.reconcile.tasks import Task

    exchange = wiring.exchange()

    def journal(task: Task, end: Ended | Exception) -> None:
        area = task.area(exchange)
        attempted(TRIGGER, BlobReference(area.container, area.prefix + task.name), end)

    done = reconcile(exchange, wiring.poison(), wiring.ATTEMPTS, journal)
    say("reconcile.done", **done.counts)
    if late := done.late:
        code = next((waiting.code for waiting in late if waiting.code), "")
        longest = int((done.at - late[0].since).total_seconds() // 60)
        say("reconcile.waits", level=logging.ERROR, code=code, count=len(late), oldest_minutes=longest)
    if done.unseen:
        say("reconcile.unseen", level=logging.ERROR, count=done.unseen)
    for lost in done.given_up:
        say("reconcile.gave_up", level=logging.ERROR, tenant=lost.tenant, subject=lost.subject, code=lost.code)
    for left in done.stays:
        event = "deadletter.stays" if left.where == "deadletter" else "poison.stays"
        age = (done.at - left.since).days if left.since else None
        gone_on = f"{left.gone_on:%Y-%m-%d}" if left.gone_on else None
        say(event, level=logging.ERROR, queue=left.where, count=left.count, age_days=age, gone_on=gone_on)
