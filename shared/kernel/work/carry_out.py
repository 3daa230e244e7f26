"""The service behind the request trigger: reads a request and carries out its job.

As in intake, every step can be repeated: the request names the job's inputs, the claim fixes the time and what else is
read, and writes are create-only. The summary is written last: results without one are those of a job that is not
finished.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.kernel.days import london_day
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.seal import Label
from shared.kernel.errors import ConservationBroken, Missing, NotAgreed, RefusedEvent
from shared.kernel.intake.identity import job_id, request_event
from shared.kernel.intake.outcome import ASKED, FOUND, settle
from shared.kernel.intake.requests import read_request
from shared.kernel.intake.run_now import run_now
from shared.kernel.intake.staging import StagedFor, read_staged, stage
from shared.kernel.intake.stops import SEALED_TO, as_it_stands, key_mark
from shared.kernel.intake.usable import is_usable
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.run_now import is_asked_by_operators
from shared.kernel.work.cover import covered, covers, last_over, no_longer, results
from shared.kernel.work.current import make_current
from shared.kernel.work.judge import ask_again, judged_now, may_not_work, stop
from shared.kernel.work.memory import recall, remember
from shared.kernel.work.notices import send_notices
from shared.kernel.work.outbox import released, send_sealed, send_summary
from shared.kernel.work.rows import tell_of_rows
from shared.kernel.work.turns import DONE, SUPERSEDED, before
from shared.kernel.work.withdraw import WITHDRAWN, withdraw

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.envelope.manifest import Manifest
    from shared.kernel.exchange import Exchange, Sharing
    from shared.kernel.terms.pipeline import Carried, Job, Release

SERVICE = "work"

RELEASED = "released"


def carry_out(exchange: Exchange, *, party: str, name: str) -> str | None:
    """Carry out the request `name` (``<agreement>/<job id>.json``) of `party`; the job's id, `None` when it is gone, or
    when it asks for work that waits.

    Raises `RefusedEvent` (EVT-002, EVT-028), after recording it, when the blob is not a request of this exchange.
    """
    subject = request_event(party, name)
    exchange = as_it_stands(exchange.working_on(subject))
    try:
        if is_asked_by_operators(name):
            _ask(exchange, subject, party, name)
            return None
        asked = read_request(exchange, party, name)
        exchange.ledger.record(subject, FOUND, service=SERVICE, tenant=party)
    except Missing:
        exchange.ledger.record(subject, "gone", service=SERVICE, tenant=party)
        return None
    except RefusedEvent as refusal:
        exchange.ledger.record(subject, "refused", service=SERVICE, tenant=party, codes=(refusal.code,))
        settle(exchange, party, subject)
        raise
    id = ask_again(asked) if asked.is_of_another_version else do(asked.sharing, asked.job)
    settle(exchange, party, subject)
    return id


def _ask(exchange: Exchange, subject: str, party: str, name: str) -> None:
    """Operators ask for work that waits. Raises `Missing`, and `RefusedEvent` for a name that cannot be understood."""
    exchange.storage.requests(party).facts(name)
    exchange.ledger.record(subject, FOUND, service=SERVICE, tenant=party)
    try:
        collection, requests = run_now(exchange, party, name)
    except NotAgreed as refusal:
        raise RefusedEvent("EVT-028", f"The blob asks for no work that waits: {refusal.code}.") from None
    counts = {"requests": requests}
    exchange.ledger.record(subject, ASKED, service=SERVICE, tenant=party, counts=counts, codes=(collection,))
    settle(exchange, party, subject)


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
    begun = sharing.claim(job.party, f"{job.kind}-{id}", _beginning(sharing, job))
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
        _write(sharing, job, id, begun, inputs, carried)
    if rights.waits:
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
        else:
            do(asked.sharing, asked.job)


def _beginning(sharing: Sharing, job: Job) -> dict[str, Any]:
    """What the claim fixes: when the job began, what it also reads and what is remembered of the result before it; or
    that it was superseded, so that of two who try at the same moment both do the same."""
    now = sharing.clock().isoformat(timespec="seconds")
    staged = Looked(sharing, job.party)
    if not sharing.pipeline.stands(job, staged):
        return {SUPERSEDED: now}
    last = results(sharing, job)[-1:] if sharing.pipeline.kinds[job.kind].waits else ()
    before = [given for event in last for given in covered(event)]
    return {"started_at": now, "reads": list(sharing.pipeline.also_reads(job, staged)), "covered_before": before}


@dataclass(frozen=True)
class Looked(StagedFor):
    """What lies staged for a party, as a pipeline is shown it when its work begins."""

    def before(self, job: Job, word: str) -> tuple[Partition, ...]:
        """As `terms.pipeline.Staged` has it."""
        ids = last_over(self.sharing, job)
        return tuple(partition for partition in self.pending(word) if partition.drop in ids)


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
    also = [name for name in begun["reads"] if is_usable(sharing, job.party, Partition.named(name))]
    tables = {**inputs, **{Partition.named(name): _read(sharing, job, name, started) for name in also}}
    return sharing.pipeline.carry_out(job, tables, sharing.agreement, started, sharing.pseudonyms)


def _write(
    sharing: Sharing,
    job: Job,
    id: str,
    begun: Mapping[str, Any],
    inputs: Mapping[Partition, pa.Table],
    carried: Carried,
) -> None:
    """Send what came of the job, keep what is kept, and write the summary last."""
    subject = f"{job.kind}:{id}"
    started = datetime.fromisoformat(str(begun["started_at"]))
    _conserve(sharing, job, subject, carried)
    if carried.told is not None:
        tell_of_rows(sharing, job, id, next(iter(inputs.values())), carried.told)
    hashes = _send_all(sharing, job, id, carried, started)
    for word, rows in carried.kept.items():
        stage(sharing, job.party, Partition(word, job.collection, job.party, started, id), rows)
    for word, rows in carried.pending.items():
        partition = Partition(word, job.collection, job.party, started, id)
        stage(sharing, job.party, partition, rows, area=sharing.pending(job.party))
    send_notices(sharing, carried.notices, job, id, started)
    for word, rows in carried.remembered.items():
        remember(sharing, Partition(word, job.collection, job.party, started, id), rows)
    sharing.ledger.record(
        subject,
        RELEASED,
        service=SERVICE,
        tenant=job.party,
        counts=carried.counts,
        hashes=hashes,
        codes=(job.collection,),
    )
    summary = {
        job.kind: id,
        "party": job.party,
        "collection": job.collection,
        "agreement": sharing.agreement.reference,
        "started_at": started.isoformat(),
        "as_of": london_day(started).isoformat(),
        **carried.summary,
    }
    if lost := no_longer(sharing, begun["covered_before"], covers(job)):
        summary["no_longer_covered"] = [f"{dataset}.{sender}" for dataset, sender in lost]
    send_summary(sharing, summary, to=job.party, name=f"{carried.folder}/{job.collection}/{id}/summary.json")


def _read(sharing: Sharing, job: Job, name: str, started: datetime) -> pa.Table:
    """What the job also reads."""
    word, rights = Partition.named(name).dataset, sharing.pipeline.kinds[job.kind]
    if word in rights.recalls:
        return recall(sharing, job.party, name, on=london_day(started))
    area = sharing.pending(job.party) if word in rights.settles else None
    return read_staged(sharing, job.party, name, area=area)


def _conserve(sharing: Sharing, job: Job, subject: str, carried: Carried) -> None:
    """Record the ends of all rows. Raises `ConservationBroken` unless each row has one that the pipeline names."""
    unknown = sorted(end for end in carried.ends if end.partition(".")[0] not in sharing.pipeline.ends)
    if unknown:
        raise ConservationBroken(
            "LED-002",
            f"Rows came to ends that the agreement's pipeline does not name: {', '.join(unknown)}.",
            "This is a defect of the exchange: stop, and tell its maintainers.",
        )
    sharing.ledger.conserve(
        subject, service=SERVICE, tenant=job.party, rows_in=carried.rows_in, ends=Counter(carried.ends)
    )


def _send_all(sharing: Sharing, job: Job, id: str, carried: Carried, started: datetime) -> dict[str, str]:
    """Send every release; the SHA-256 of each sealed file and a digest of the key that opens it, as the ledger names
    them.

    Raises `ValueError` before anything is sent: two that the ledger could not tell apart are a defect of the pipeline.
    """
    keys = [_key(job, release) for release in carried.releases]
    if len(set(keys)) < len(keys):
        raise ValueError("a job has two releases to one party, or one release twice")
    sent = [_send(sharing, job, id, release, started) for release in carried.releases]
    hashes = {key: manifest.sha256 for key, manifest in zip(keys, sent, strict=True)}
    opens = {f"{SEALED_TO}{key}": key_mark(manifest.key_id) for key, manifest in zip(keys, sent, strict=True)}
    return hashes | opens


def _key(job: Job, release: Release) -> str:
    """How the ledger names the hash of a release: by the release or, of one that goes elsewhere, by who gets it."""
    return release.name if release.to == job.party else release.to


def _send(sharing: Sharing, job: Job, id: str, release: Release, started: datetime) -> Manifest:
    """Send what the agreement releases; the manifest of the sealed file."""
    rows = released(sharing.agreement, release.name, release.rows, to=release.to, own=job.party, on=sharing.today)
    label = Label(EXCHANGE, release.to, release.name, job.collection, started)
    return send_sealed(sharing, rows, label, name=f"{release.folder}/{job.collection}/{id}/{release.name}.parquet")
