"""The service behind the request trigger: reads a request and carries out its job.

As in intake, every step can be repeated: the request names the job's inputs, the claim fixes the time and what else is
read, and writes are create-only. The summary is written last: results without one are those of a job that is not
finished.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from shared.kernel.days import london_day
from shared.kernel.errors import (
    ConservationBroken,
    ExchangeError,
    Missing,
    NotAgreed,
    RefusedEvent,
)
from shared.kernel.intake.decidable import undecidable
from shared.kernel.intake.due import begin_all
from shared.kernel.intake.identity import job_id, request_event
from shared.kernel.intake.outcome import ASKED, attend
from shared.kernel.intake.requests import read_request
from shared.kernel.intake.run_now import read_asked
from shared.kernel.intake.staging import StagedFor, read_staged
from shared.kernel.intake.stops import as_it_stands
from shared.kernel.intake.usable import is_usable
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.run_now import is_asked_by_operators
from shared.kernel.work.cover import covered, results
from shared.kernel.work.current import make_current
from shared.kernel.work.judge import ask_again, judged_now, may_not_work, stop
from shared.kernel.work.memory import recall
from shared.kernel.work.send import RELEASED, send
from shared.kernel.work.turns import ASIDE, DONE, SUPERSEDED, before, set_aside, tries
from shared.kernel.work.withdraw import WITHDRAWN, withdraw

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.exchange import Exchange, Sharing
    from shared.kernel.terms.pipeline import Carried, Job

SERVICE = "work"


def carry_out(exchange: Exchange, *, party: str, name: str) -> str | None:
    """Carry out the request `name` (``<agreement>/<job id>.json``) of `party`; the job's id, `None` when it is gone, or
    when it asks for work that waits.

    Raises `RefusedEvent` (EVT-002, EVT-028), after recording it, when the blob is not a request of this exchange.
    """
    subject = request_event(party, name)
    exchange = as_it_stands(exchange.working_on(subject))
    attending = partial(attend, exchange, subject, party=party, service=SERVICE)
    if is_asked_by_operators(name):
        read = partial(_read_asked, exchange, party, name)
        return attending(read=read, act=lambda asked: _begin(exchange, subject, party, *asked))
    return attending(
        read=lambda: read_request(exchange, party, name),
        act=lambda asked: ask_again(asked) if asked.is_of_another_version else do(asked.sharing, asked.job),
    )


def _read_asked(exchange: Exchange, party: str, name: str) -> tuple[Sharing, str]:
    """Operators ask for work that waits. Raises `Missing`, and `RefusedEvent` for a name that cannot be understood."""
    exchange.storage.requests(party).facts(name)
    try:
        return read_asked(exchange, party, name)
    except NotAgreed as refusal:
        raise RefusedEvent("EVT-028", f"The blob asks for no work that waits: {refusal.code}.") from None


def _begin(exchange: Exchange, subject: str, party: str, sharing: Sharing, collection: str) -> None:
    counts = {"requests": begin_all(sharing, party, collection)}
    exchange.ledger.record(subject, ASKED, service=SERVICE, tenant=party, counts=counts, codes=(collection,))


def do(sharing: Sharing, job: Job) -> str:
    """Do one job and return its id.

    The agreement is judged now, and again before anything is sent: a job that may not be done is stopped.

    A job of which a newer drop has replaced an input before it began is superseded and releases nothing: that drop has
    made a request of its own. Where an input is replaced before anything was sent, or is gone, what it wrote is
    withdrawn: whom a newer drop has left out is in no result of a later moment.

    Raises `ConservationBroken` when a row is unaccounted for, `NotAgreed` (AGR-001) before the agreement has begun.
    """
    id = job_id(job, sharing.agreement.reference)
    subject = f"{job.kind}:{id}"
    steps = sharing.ledger.steps(subject)
    if DONE in steps:
        return id
    if sharing.pipeline.kinds[job.kind].remembers:
        _do_those_before(sharing, job, id)
    sharing = sharing.working_on(subject)
    if why := may_not_work(sharing, job):
        stop(sharing, job, id, why)
        return id
    # Of an earlier try, if there was one.
    # One that was set aside begins anew, in its new turn: those that went on without it are known to it.
    nth = f"-{tries(sharing, job, id)}" if ASIDE in steps else ""
    begun = sharing.claim(job.party, f"{job.kind}-{id}{nth}", _beginning(sharing, job))
    if SUPERSEDED in begun:
        sharing.ledger.record(subject, SUPERSEDED, service=SERVICE, tenant=job.party)
        return id
    started = datetime.fromisoformat(str(begun["started_at"]))
    rights = sharing.pipeline.kinds[job.kind]
    summary = f"{rights.folder}/{job.collection}/{id}/summary.json"
    if not sharing.outbox(job.party).exists(summary):
        inputs = None if WITHDRAWN in steps else _inputs(sharing, job)
        carried = _carried(sharing, job, begun, inputs) if inputs else None
        # That has taken its time: a day may have ended meanwhile, and with it the agreement.
        if why := may_not_work(sharing := judged_now(sharing), job):
            stop(sharing, job, id, why)
            return id
        # What was released before its input was replaced is finished, and gives way to the newer file's result.
        replaced = RELEASED not in steps and _is_replaced(sharing, job)
        if not inputs or not carried or replaced:
            withdraw(sharing, job, id)
            sharing.ledger.record(subject, DONE, service=SERVICE, tenant=job.party)
            return id
        send(sharing, job, id, begun, inputs, carried)
    if rights.has_results:
        make_current(sharing, job, id, started)
    # An order that came while it was sent did not find it among what is done.
    if why := may_not_work(sharing := judged_now(sharing), job):
        stop(sharing, job, id, why)
        return id
    sharing.ledger.record(subject, DONE, service=SERVICE, tenant=job.party)
    return id


def _do_those_before(sharing: Sharing, job: Job, id: str) -> None:
    """Do what took its turn before this job and has not ended: what it will have decided is to be known here."""
    for earlier in before(sharing, job, id):
        try:
            asked = read_request(sharing.exchange, job.party, f"{sharing.agreement.id}/{earlier}.json")
        except (Missing, RefusedEvent):
            continue  # destroyed since, or of an agreement that the exchange no longer has: nobody will do it
        if asked.is_of_another_version:
            ask_again(asked)
            continue
        try:
            do(asked.sharing, asked.job)
        except Exception as defect:
            if not _is_defect(sharing, asked.job, earlier, defect):
                raise
            set_aside(sharing, asked.job, earlier)


def _is_defect(sharing: Sharing, job: Job, id: str, fault: Exception) -> bool:
    """Whether the work itself is at fault, which no waiting mends, and nothing of it was written.

    Its own event fails as it did, is tried again, and ends among what is given up: that is the alarm.
    """
    if isinstance(fault, ExchangeError) and not isinstance(fault, ConservationBroken):
        return False
    return "conserved" not in sharing.ledger.steps(f"{job.kind}:{id}")


def _beginning(sharing: Sharing, job: Job) -> dict[str, Any]:
    """What the claim fixes: when the job began, what it also reads and what is remembered of the result before it; or
    that it was superseded, so that of two who try at the same moment both do the same."""
    now = sharing.clock().isoformat(timespec="seconds")
    staged = StagedFor(sharing, job.party)
    if not sharing.pipeline.stands(job, staged):
        return {SUPERSEDED: now}
    last = results(sharing, job)[-1:] if sharing.pipeline.kinds[job.kind].has_results else ()
    before = [given for event in last for given in covered(event)]
    return {"started_at": now, "reads": list(sharing.pipeline.also_reads(job, staged)), "covered_before": before}


def _inputs(sharing: Sharing, job: Job) -> dict[Partition, pa.Table] | None:
    """The staged files that the job is over; `None` where one of them is gone."""
    try:
        return {Partition.named(name): read_staged(sharing, job.party, name) for name in job.inputs}
    except Missing:
        return None


def _is_replaced(sharing: Sharing, job: Job) -> bool:
    """Whether a newer drop has taken the place of one that the job is over. No other kind of file replaces any."""
    staged, contracts = StagedFor(sharing, job.party), sharing.pipeline.contracts
    files = [file for file in map(Partition.named, job.inputs) if contracts[file.dataset].may_be_empty]
    counting = {
        file
        for dataset, collection in {(file.dataset, file.collection) for file in files}
        for file in staged.counting(dataset, collection)
    }
    return not counting.issuperset(files)


def _carried(sharing: Sharing, job: Job, begun: Mapping[str, Any], inputs: Mapping[Partition, pa.Table]) -> Carried:
    """What comes of the job; nothing is written yet."""
    started = datetime.fromisoformat(str(begun["started_at"]))
    rights = sharing.pipeline.kinds[job.kind]
    # What was read of when the job began may rest on a file that an order has reached since.
    words = rights.settles if rights.remembers else ()
    out = {name for word in words for name in undecidable(sharing, job.party, word)}
    also = [name for name in begun["reads"] if name not in out and is_usable(sharing, job.party, Partition.named(name))]
    tables = {**inputs, **{Partition.named(name): _read(sharing, job, name, started) for name in also}}
    return sharing.pipeline.carry_out(job, tables, sharing.agreement, started, sharing.pseudonyms)


def _read(sharing: Sharing, job: Job, name: str, started: datetime) -> pa.Table:
    """What the job also reads."""
    word, rights = Partition.named(name).dataset, sharing.pipeline.kinds[job.kind]
    if word in rights.recalls:
        return recall(sharing, job.party, name, on=london_day(started))
    area = sharing.pending(job.party) if word in rights.settles else None
    return read_staged(sharing, job.party, name, area=area)
