"""Results that rest on rows in quarantine are taken back, and whoever had them is told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shared.kernel.errors import OutOfUse
from shared.kernel.intake.identity import derived_id
from shared.kernel.intake.stops import STOP, as_it_stands
from shared.kernel.rights.out_of_use import put_report
from shared.kernel.terms.stops import QUARANTINED
from shared.kernel.waiting.lying import Done, finished
from shared.kernel.work.withdraw import withdraw

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange, Sharing
    from shared.kernel.terms.stops import Stop


def take_back_what_rests_on_quarantine(exchange: Exchange) -> None:
    """Take back every result that rests on rows in quarantine.

    Done when the order is given, and each night for as long as there are results that were made before it: a job that
    was about to end when the order came has ended since.
    """
    exchange = as_it_stands(exchange)
    for stop in exchange.stops.every:
        if stop.word == "quarantine" and stop.works:
            _take_back_all(exchange.working_on(f"{STOP}:{stop.id}"), stop)


def _take_back_all(exchange: Exchange, stop: Stop) -> None:
    for agreed in exchange.agreements:
        sharing = exchange.under(agreed.terms.id)
        lie = timedelta(days=agreed.terms.retention.sweep_days["outbox"] + 1)
        if stop.agreement in ("", agreed.terms.id) and exchange.clock() - stop.at <= lie:
            for party in exchange.agreements.parties:
                for done in finished(sharing, party):
                    if done.id in stop.works:
                        _take_back(sharing, stop, done)


def _take_back(sharing: Sharing, stop: Stop, done: Done) -> None:
    job = done.job
    told = f"Your result {done.id} of {job.collection} rests on such rows and has been taken back."
    outcome = OutOfUse(
        QUARANTINED.code,
        f"{QUARANTINED.meaning} {told}",
        "Do not use what you have fetched of it: send no letter and enrol nobody by it. Another result follows where "
        "there are other rows.",
    )
    facts: dict[str, str | int] = {
        "job": done.id,
        "collection": job.collection,
        "agreement": sharing.agreement.reference,
        "looked_at": sharing.clock().isoformat(timespec="seconds"),
        "code": outcome.code,
        "what_it_means": outcome.message,
        "what_to_do": outcome.remedy,
    }
    put_report(sharing, job.party, derived_id("taken-back", stop.id, done.id), outcome, facts)
    withdraw(sharing, job, done.id)
