"""Receives one drop: trust it, check it, stage it, answer its sender. The first thing that happens to a row.

Every step can be repeated: ids are derived, claims fix the time, and every write is create-only. A process that is
killed between any two writes is simply started again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from shared.kernel.contract.file_rules import contract_for
from shared.kernel.contract.validate import Validation, validate
from shared.kernel.days import london_day
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE, Manifest
from shared.kernel.envelope.open import Opened, open_sealed, too_large
from shared.kernel.errors import Missing, RefusedEvent, RejectedDrop, Unreadable, UnusableName
from shared.kernel.intake.answer import Arrival, Verdict, answer, with_nowhere
from shared.kernel.intake.codes import GONE, IN_THE_FUTURE, NOT_A_BLOCK_BLOB, TOO_OLD, UNREADABLE, UNUSABLE_NAME
from shared.kernel.intake.identity import derived_id, drop_event, drop_id, untrusted_drop_id
from shared.kernel.intake.outcome import FOUND, RENAMED, settle
from shared.kernel.intake.requests import ask
from shared.kernel.intake.staging import StagedFor, stage
from shared.kernel.intake.standing import Standing, check_word, place
from shared.kernel.terms.agreements import NONE
from shared.kernel.terms.gates import check_may_drop, check_open
from shared.kernel.terms.model import Limits
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import EXCLUDED, REJECTED, ROUTED

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange, Sharing
    from shared.kernel.storage.areas import Area, Blob
    from shared.kernel.terms.pipeline import Routed

SERVICE = "intake"
CLOCK_SKEW = timedelta(minutes=10)


def receive(exchange: Exchange, *, tenant: str, container: str, name: str, or_named: Sequence[str] = ()) -> str | None:
    """Take in the blob `name` of `tenant`'s inbox and return the drop's id; `None` when it was here and is gone again.

    `or_named` are other names by which the event may mean it: of several the one that is there counts. A fault of the
    sender ends in a coded report and a receipt in the tenant's outbox and is not raised.
    Raises `RefusedEvent`, after recording it: EVT-001 when `container` is not the tenant's inbox, EVT-010, after
    answering the tenant, when there is no such blob and never was. Anything else that is raised is the exchange's
    fault, to be tried again.
    """
    event = drop_event(tenant, container, name)
    exchange = exchange.working_on(event)
    inbox = exchange.storage.inbox(tenant)
    if container != inbox.container:
        exchange.ledger.record(event, "refused", service=SERVICE, tenant=tenant, codes=("EVT-001",))
        raise RefusedEvent("EVT-001", f"The function of {tenant} was handed a blob of another container.")
    try:
        found = _fetch(exchange, event, inbox, tenant, name)
    except Missing:
        return _miss(exchange, event, tenant, name, or_named)
    drop = found if isinstance(found, str) else _take(exchange, event, tenant, found)
    settle(exchange, tenant, event)
    return drop


def _fetch(exchange: Exchange, event: str, inbox: Area, tenant: str, name: str) -> Blob | str:
    """The blob; or, of one that is never read, the id under which it is refused. Raises `Missing` (STO-001)."""
    try:
        facts = inbox.facts(name)
        exchange.ledger.record(event, FOUND, service=SERVICE, tenant=tenant)
        if facts.kind != "BlockBlob":
            return _refuse_unread(exchange, tenant, facts.etag, NOT_A_BLOCK_BLOB.refusal())
        if facts.size > (widest := exchange.agreements.widest).bytes:
            return _refuse_unread(exchange, tenant, facts.etag, too_large(facts.size, widest))
        return inbox.read(name, if_match=facts.etag)  # the version whose size was looked at
    except UnusableName:
        return _refuse_unread(exchange, tenant, name, UNUSABLE_NAME.refusal())
    except Unreadable as fault:
        exchange.ledger.record(event, FOUND, service=SERVICE, tenant=tenant)
        return _refuse_unread(exchange, tenant, name, UNREADABLE[fault.code].refusal())


def _take(exchange: Exchange, event: str, tenant: str, blob: Blob) -> str:
    """Take in what the blob holds, or refuse it whole; the drop's id."""
    arrival = _arrive(exchange, tenant, blob)
    try:
        opened = _open(exchange, arrival, blob)
    except RejectedDrop as refusal:
        return _refuse(exchange, arrival.id, arrival, refusal)
    return _take_in(exchange.under(opened.manifest.agreement), event, arrival, opened)


def _miss(exchange: Exchange, event: str, tenant: str, name: str, or_named: Sequence[str]) -> str | None:
    """There is no such blob. An event that comes again, after its blob's days are over, is no news: the ledger, which
    outlives every blob, knows that it was here. A name that suffered on its way may still mean a blob that is here. Any
    other event tells of a file that nobody will ever take in."""
    inbox = exchange.storage.inbox(tenant)
    if exchange.ledger.recorded(event, FOUND):
        exchange.ledger.record(event, "gone", service=SERVICE, tenant=tenant)
        return None
    if (meant := _meant(inbox, name, or_named)) is not None:
        there = drop_event(tenant, inbox.container, meant).partition(":")[2]
        exchange.ledger.record(event, RENAMED, service=SERVICE, tenant=tenant, hashes={"event": there})
        return receive(exchange, tenant=tenant, container=inbox.container, name=meant)
    _refuse_unread(exchange, tenant, f"gone {name}", GONE.refusal())
    exchange.ledger.record(event, "gone", service=SERVICE, tenant=tenant, codes=(GONE.code,))
    raise RefusedEvent("EVT-010", f"The function of {tenant} was told of a blob that is not there and never was.")


def _meant(inbox: Area, name: str, or_named: Sequence[str]) -> str | None:
    """The blob that is meant by a name that is not there: another name of the event's, or the only one that differs by
    nothing but encoding and white space at its ends. Of two such nobody knows which."""
    there = [blob.name for blob in inbox.list()]
    if found := [other for other in or_named if other in there]:
        return found[0]
    alike = [other for other in there if _decoded(other) == _decoded(name)]
    return alike[0] if len(alike) == 1 else None


def _decoded(name: str) -> str:
    """A name without its percent-encoding, however often it was encoded."""
    while (plainer := unquote(name)) != name:
        name = plainer
    return name.strip()


def _arrive(exchange: Exchange, tenant: str, blob: Blob) -> Arrival:
    sha256 = hashlib.sha256(blob.data).hexdigest()
    arrival = untrusted_drop_id(tenant, sha256, blob.metadata.items())
    return Arrival(tenant, arrival, sha256, _received_at(exchange, tenant, arrival))


def _received_at(exchange: Exchange, tenant: str, arrival: str) -> datetime:
    claimed = exchange.storage.claim(
        tenant, f"{NONE}/arrival-{arrival}", {"received_at": exchange.clock().isoformat(timespec="seconds")}
    )
    return datetime.fromisoformat(claimed["received_at"])


def _open(exchange: Exchange, arrival: Arrival, blob: Blob) -> Opened:
    def agreed(manifest: Manifest) -> Limits:
        terms = exchange.agreements.named(manifest.reference).terms
        day = london_day(arrival.received_at)
        check_may_drop(terms, arrival.tenant, manifest.dataset, day)
        check_open(terms, manifest.dataset, manifest.collection, day)
        return terms.limits

    opened = open_sealed(
        blob.data,
        blob.metadata,
        receiver=EXCHANGE,
        sender=arrival.tenant,
        dataset=None,
        accepted_key_ids=exchange.keys.accepted(arrival.tenant, Use.DROP),
        agreement_gate=agreed,
        limits=exchange.agreements.widest,
        keys=exchange.keys,
        known_columns=_known_columns(exchange),
    )
    terms = exchange.agreements.named(opened.manifest.reference).terms
    _check_age(arrival, opened.manifest, terms.terms_of(opened.manifest.dataset).stale_after_days)
    return opened


def _known_columns(exchange: Exchange) -> frozenset[str]:
    return frozenset(
        name
        for agreed in exchange.agreements
        for contract in agreed.pipeline.contracts.values()
        for name in contract.names
    )


def _check_age(arrival: Arrival, manifest: Manifest, most: int) -> None:
    age = arrival.received_at - manifest.prepared_at
    if age < -CLOCK_SKEW:
        told = f"Its prepared_at is {_whole(-age, timedelta(minutes=1))} minutes after it arrived"
        raise IN_THE_FUTURE.refusal(f"{told}; {CLOCK_SKEW // timedelta(minutes=1)} are allowed for.")
    if age > timedelta(days=most):
        told = f"Its prepared_at is {_whole(age, timedelta(days=1))} days before it arrived"
        raise TOO_OLD.refusal(f"{told}; {most} are allowed for {manifest.dataset}.")


def _whole(length: timedelta, unit: timedelta) -> str:
    """How many units it takes to hold that length of time."""
    return f"{-(-length // unit):,}"


def _take_in(sharing: Sharing, event: str, arrival: Arrival, opened: Opened) -> str:
    manifest = opened.manifest
    drop = drop_id(arrival.tenant, manifest.dataset, arrival.sha256, manifest.replaces)
    partition = Partition(manifest.dataset, manifest.collection, arrival.tenant, manifest.prepared_at, drop)
    subject = f"drop:{drop}"
    here = {"arrival": arrival.id, "event": event}
    # Asked for as the event's work: a file may come again long after the drop's own work ended.
    first = sharing.claim(arrival.tenant, f"drop-{drop}", here)
    sharing = sharing.working_on(subject)
    if first != here:
        sharing.ledger.record(subject, "repeated", service=SERVICE, tenant=arrival.tenant)
    # Under another name alone it is the same drop: if whoever began it was killed, it is finished here.
    if first["arrival"] != arrival.id or sharing.ledger.recorded(subject, "done"):
        return drop
    terms = sharing.agreement.terms_of(manifest.dataset)
    sharing.ledger.record(
        subject,
        "received",
        service=SERVICE,
        tenant=arrival.tenant,
        counts={"rows": manifest.rows},
        hashes={"sha256": arrival.sha256},
        codes=(manifest.dataset, manifest.collection, terms.purpose),
    )
    contract = contract_for(sharing.pipeline.contracts, manifest.dataset)
    try:
        validation = validate(
            opened.table,
            contract,
            as_of=london_day(arrival.received_at),
            stale_after_days=terms.stale_after_days,
        )
        sharing.pipeline.check(manifest.dataset, validation.accepted, sharing.agreement)
        check_word(sharing, partition, manifest.replaces)
    except RejectedDrop as refusal:
        return _refuse(sharing, drop, arrival, refusal, manifest)
    routed = _route(sharing, arrival.tenant, validation)
    verdict = Verdict(with_nowhere(validation, routed), *_ends(routed))
    sharing.ledger.conserve(
        subject,
        service=SERVICE,
        tenant=arrival.tenant,
        rows_in=manifest.rows,
        ends={
            REJECTED: validation.rows_rejected,
            ROUTED: sum(verdict.routed.values()),
            **{f"{EXCLUDED}{reason}": count for reason, count in verdict.excluded.items()},
        },
    )
    # Only now: rows that do not add up must not be lying where a later job would find them.
    parts = routed.parts
    if contract.identifier is not None and validation.accepted.num_rows:
        placed = place(sharing, partition, validation.accepted, parts, manifest.replaces)
        _note_place(sharing, subject, arrival.tenant, placed.standing)
        verdict = replace(verdict, standing=placed.standing)
        # Where another file of the sender's has rows and this one has none, there are none now: that is said, too.
        parts = {**dict.fromkeys(placed.parties, validation.accepted.schema.empty_table()), **parts}
    for party, rows in parts.items():
        stage(sharing, party, partition, rows)
    answer(sharing, drop, arrival, manifest, verdict)
    for party in parts:
        for job in sharing.pipeline.due(partition, party, StagedFor(sharing, party)):
            ask(sharing, job)
    sharing.ledger.record(subject, "done", service=SERVICE, tenant=arrival.tenant)
    return drop


def _route(sharing: Sharing, tenant: str, validation: Validation) -> Routed:
    """Whose work each accepted row is, as the agreement's pipeline says."""
    return sharing.pipeline.route(
        validation.dataset,
        validation.accepted,
        sender=tenant,
        agreement=sharing.agreement,
        postcodes=sharing.exchange.storage.postcode_directory,
    )


def _ends(routed: Routed) -> tuple[dict[str, int], dict[str, int]]:
    """How many rows are whose work, and how many are nobody's, by reason."""
    return (
        {party: rows.num_rows for party, rows in routed.parts.items()},
        {why.reason: len(rows) for why, rows in routed.nowhere.items()},
    )


def _note_place(sharing: Sharing, subject: str, tenant: str, standing: Standing) -> None:
    """Record which other drop it stands for or against, if there is one."""
    if standing.other:
        sharing.ledger.record(
            subject,
            "placed",
            service=SERVICE,
            tenant=tenant,
            counts={"rows": standing.rows, "rows.other": standing.other_rows, "shared": standing.shared},
            hashes={"other": standing.other},
            codes=(standing.word, *((standing.code,) if standing.code else ())),
        )


def _refuse(
    under: Exchange | Sharing, drop: str, arrival: Arrival, refusal: RejectedDrop, manifest: Manifest | None = None
) -> str:
    """Answer a drop that is refused whole: its rows, if any were counted, are all rejected for one reason.

    `under` is the agreement that its manifest names, where that could be believed.
    """
    subject = f"drop:{drop}"
    under = under.working_on(subject)
    under.ledger.record(
        subject,
        "refused",
        service=SERVICE,
        tenant=arrival.tenant,
        hashes={"sha256": arrival.sha256} if arrival.sha256 else {},
        codes=(refusal.code,),
    )
    if manifest is not None:
        ends = {REJECTED: manifest.rows}
        under.ledger.conserve(subject, service=SERVICE, tenant=arrival.tenant, rows_in=manifest.rows, ends=ends)
    answer(under, drop, arrival, manifest, Verdict(refusal))
    under.ledger.record(subject, "done", service=SERVICE, tenant=arrival.tenant)
    return drop


def _refuse_unread(exchange: Exchange, tenant: str, what: str, refusal: RejectedDrop) -> str:
    """Refuse a blob that is never read: its id rests on `what`, its ETag or its name, instead of its bytes."""
    drop = derived_id("unread", tenant, what)
    return _refuse(exchange, drop, Arrival(tenant, drop, "", _received_at(exchange, tenant, drop)), refusal)
