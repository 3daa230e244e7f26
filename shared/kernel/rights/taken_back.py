"""Results that rest on rows out of use: of rows in quarantine they are taken back; whoever had any of them is told.

Told are the party whose results they are and, of a quarantine, those to whom went what was decided on such a result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.kernel.errors import OutOfUse
from shared.kernel.intake.identity import derived_id
from shared.kernel.intake.stops import as_it_stands
from shared.kernel.rights.out_of_use import OUT_OF_USE, SERVICE, TOLD, put_report
from shared.kernel.rights.resting import everybody, resting
from shared.kernel.terms.gates import AgreementCode
from shared.kernel.terms.stops import HELD, QUARANTINED
from shared.kernel.waiting.lying import Done, finished, is_done
from shared.kernel.work.turns import DONE
from shared.kernel.work.withdraw import WITHDRAWN, withdraw

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange, Sharing
    from shared.kernel.terms.stops import Stop

_TAKEN_BACK = (
    "Do not use what you have fetched of it: send no letter and enrol nobody by it. Another result follows where there "
    "are other rows."
)
_DECIDED_ON = (
    "Ask the party that decided whether it stands before you act on it, and put it right where it does not. It is "
    "told, too."
)
_MOMENTS = timedelta(hours=20)
"""As long as the host and reconciliation try an order, or a night, again."""
_KEPT = "Keep what you have fetched of it until the hold ends. Another result follows where there are other rows."


def take_back_what_rests_on_stops(exchange: Exchange) -> None:
    """Take back every result that rests on rows in quarantine; tell of these, and of those that rest on held rows.

    Done when the order is given, and each night for as long as there are results that were made before it: a job that
    was about to end when the order came has ended since.
    """
    exchange = as_it_stands(exchange)
    parties = everybody(exchange)
    for stop in exchange.stops.every:
        if stop.word != "leaving" and stop.works:
            for sharing, done in _resting(exchange, stop, parties):
                if is_done(sharing, done):
                    _tell(sharing, stop, done, parties)
                if stop.word == "quarantine":
                    withdraw(sharing.working_on(f"{done.job.kind}:{done.id}"), done.job, done.id)


def _resting(exchange: Exchange, stop: Stop, parties: Sequence[str]) -> Iterator[tuple[Sharing, Done]]:
    """The jobs that have ended and rest on the rows of the order, as long as there may be anything of them."""
    for agreed in exchange.agreements:
        sharing = exchange.under(agreed.terms.id)
        lie = timedelta(days=agreed.terms.retention.sweep_days["outbox"] + 1)
        if stop.agreement in ("", agreed.terms.id) and exchange.clock() - stop.at <= lie:
            for party in parties:
                for one in resting(sharing, party):
                    if one.done.id in stop.works and _is_to_be_taken_back(sharing, one.done):
                        yield sharing, one.done


def _is_to_be_taken_back(sharing: Sharing, done: Done) -> bool:
    """Whether the job has ended and was not taken back, or was only now: that try may have been killed between its
    record and the last deletion. Of a later try the job's chain would not explain the requests."""
    chain = sharing.ledger.events(f"{done.job.kind}:{done.id}")
    at = {event.step: datetime.fromisoformat(event.at) for event in chain}
    return DONE in at and sharing.clock() - at.get(WITHDRAWN, sharing.clock()) < _MOMENTS


def _tell(sharing: Sharing, stop: Stop, done: Done, parties: Sequence[str]) -> None:
    if stop.word == "hold":
        _say(sharing, stop, done, done.job.party, HELD, "Your result {} rests on such rows.", _KEPT)
        return
    told = "Your result {} rests on such rows and has been taken back."
    _say(sharing, stop, done, done.job.party, QUARANTINED, told, _TAKEN_BACK)
    for later, party in _decided_on(sharing, done, parties):
        told = "What you were sent as {} may rest on such rows."
        _say(sharing, stop, later, party, QUARANTINED, told, _DECIDED_ON)


def _decided_on(sharing: Sharing, done: Done, parties: Sequence[str]) -> Iterator[tuple[Done, str]]:
    """What the same party decided once it had that result, and each other party to whom that went."""
    others = set(parties) - {done.job.party}
    for later in finished(sharing, done.job.party):
        if later.asked_at >= done.asked_at and sharing.pipeline.kinds[later.job.kind].settles:
            for event in sharing.ledger.events(f"{later.job.kind}:{later.id}"):
                if event.step == "released":
                    yield from ((later, party) for party in sorted(others & set(event.hashes)))


def _say(sharing: Sharing, stop: Stop, done: Done, party: str, code: AgreementCode, told: str, remedy: str) -> None:
    """Write a report into the party's outbox, once, and record it."""
    id = derived_id(OUT_OF_USE, stop.id, done.id, party)
    subject = f"{OUT_OF_USE}:{id}"
    sharing = sharing.working_on(subject)
    if sharing.ledger.recorded(subject, TOLD):
        return
    outcome = OutOfUse(code.code, f"{code.meaning} {told.format(done.id)}", remedy)
    facts: dict[str, str | int] = {
        "job": done.id,
        "collection": done.job.collection,
        "agreement": sharing.agreement.reference,
        "looked_at": sharing.clock().isoformat(timespec="seconds"),
        "code": outcome.code,
        "what_it_means": outcome.message,
        "what_to_do": outcome.remedy,
    }
    put_report(sharing, party, id, outcome, facts)
    codes = (code.code, done.job.collection)
    sharing.ledger.record(subject, TOLD, service=SERVICE, tenant=party, hashes={"job": done.id}, codes=codes)
