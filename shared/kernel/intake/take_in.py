"""Takes in a drop that is trusted: checks, counts and stages it, answers its sender, asks for the work that is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import pyarrow.compute as pc

from shared.kernel.contract.file_rules import NO_DATASET, contract_for
from shared.kernel.contract.objections import CONTRACT as LIST
from shared.kernel.contract.objections import objectable
from shared.kernel.contract.validate import Validation, validate
from shared.kernel.days import london_day
from shared.kernel.errors import RejectedDrop
from shared.kernel.intake.answer import Arrival, Verdict, answer, with_nowhere
from shared.kernel.intake.codes import AGAIN, NOT_WHOLE
from shared.kernel.intake.due import ask
from shared.kernel.intake.identity import derived_id, drop_id
from shared.kernel.intake.objections import is_objected, left_out, objected, take_objections
from shared.kernel.intake.officers import check_all_officers
from shared.kernel.intake.staging import stage
from shared.kernel.intake.standing import Standing, check_place, place
from shared.kernel.intake.stops import SIGNED_WITH, key_mark
from shared.kernel.objected import OBJECTIONS
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import EXCLUDED, REJECTED, ROUTED, Routed

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.contract.columns import Contract
    from shared.kernel.envelope.manifest import Manifest
    from shared.kernel.envelope.open import Opened
    from shared.kernel.exchange import Exchange, Sharing

SERVICE = "intake"
_CLOCKS_APART = timedelta(hours=1)
"""An arrival this long after its drop was done is another one, whatever the clocks of two workers say: claims, which
hold the time of the first, are kept for days."""


def take_in(sharing: Sharing, event: str, arrival: Arrival, opened: Opened) -> str:
    """Take the drop in, unless that is done or is another event's work. Returns the drop's id."""
    manifest = opened.manifest
    drop = drop_id(arrival.tenant, manifest.dataset, arrival.sha256, manifest.replaces)
    sharing = sharing.marking(f"drop:{drop}", {SIGNED_WITH: key_mark(manifest.signing_key_id)})
    match _begin(sharing, event, arrival, drop):
        case "over":
            return drop
        case "again":
            return _refuse_again(sharing, drop, arrival, manifest)
    subject = f"drop:{drop}"
    sharing = sharing.working_on(subject)
    partition = Partition(manifest.dataset, manifest.collection, arrival.tenant, manifest.prepared_at, drop)
    if manifest.dataset == OBJECTIONS:
        return _take_list(sharing, drop, arrival, opened, partition)
    contract = contract_for(sharing.pipeline.contracts, manifest.dataset)
    try:
        validation = _validate(sharing, subject, arrival, opened, contract)
        check_place(sharing, partition, manifest.replaces)
        check_all_officers(sharing, partition, validation.accepted, contract)
    except RejectedDrop as refusal:
        return refuse(sharing, drop, arrival, refusal, manifest)
    accepted, out = _without_objected(sharing, arrival, contract, validation.accepted)
    routed = _route(sharing, arrival.tenant, validation.dataset, accepted) if validation.stands else Routed({})
    routed = left_out(routed, out)
    verdict = Verdict(with_nowhere(validation, routed), *_ends(routed))
    _conserve(sharing, subject, arrival.tenant, verdict, rows_in=manifest.rows, rejected=validation.rows_rejected)
    # Only now: rows that do not add up must not be lying where a later job would find them.
    parts = routed.parts
    if contract.identifier is not None and validation.stands:
        placed = place(sharing, partition, accepted, parts, manifest.replaces)
        _note_place(sharing, subject, arrival.tenant, placed.standing)
        verdict = replace(verdict, standing=placed.standing)
        # A party for which an earlier file has rows and this one has none has none from now on: that is staged, too.
        parts = {**dict.fromkeys(placed.parties, validation.accepted.schema.empty_table()), **parts}
    for party, rows in parts.items():
        stage(sharing, party, partition, rows)
    answer(sharing, drop, arrival, manifest, verdict)
    for party in parts:
        ask(sharing, partition, party)
    sharing.ledger.record(subject, "done", service=SERVICE, tenant=arrival.tenant)
    return drop


def _begin(sharing: Sharing, event: str, arrival: Arrival, drop: str) -> Literal["now", "over", "again"]:
    """Whether this drop is to be taken in now: it is new, or whoever began it was killed before it was done.

    The same bytes under another blob's name are the same drop, which the first arrival alone takes in. Bytes that come
    again after the claim on their first arrival was swept come again when their rows are gone.
    """
    subject = f"drop:{drop}"
    here = {"arrival": arrival.id, "event": event}
    # The claim is the event's work: a file may come again long after the work on the drop itself has ended.
    first = sharing.claim(arrival.tenant, f"drop-{drop}", here)
    sharing = sharing.working_on(subject)
    if first != here:
        sharing.ledger.record(subject, "repeated", service=SERVICE, tenant=arrival.tenant)
    if first["arrival"] != arrival.id:
        return "over"
    done = next((event for event in sharing.ledger.events(subject) if event.step == "done"), None)
    if done is None:
        return "now"
    return "again" if arrival.received_at > datetime.fromisoformat(done.at) + _CLOCKS_APART else "over"


def _refuse_again(sharing: Sharing, before: str, arrival: Arrival, manifest: Manifest) -> str:
    """Answer a drop that came again, long after it was done: under an id of its own, since its own has its end."""
    drop = derived_id("again", before, arrival.received_at.isoformat())
    subject = f"drop:{drop}"
    sharing = sharing.marking(subject, {SIGNED_WITH: key_mark(manifest.signing_key_id)})
    sharing.working_on(subject).ledger.record(
        subject, "again", service=SERVICE, tenant=arrival.tenant, hashes={"before": before}
    )
    return refuse(sharing, drop, arrival, AGAIN.refusal(), manifest)


def _validate(sharing: Sharing, subject: str, arrival: Arrival, opened: Opened, contract: Contract) -> Validation:
    """Record that the drop was received, then check it by its contract and by the agreement's pipeline.

    Raises `RejectedDrop` for a file that is refused whole.
    """
    manifest = opened.manifest
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
    day = london_day(arrival.received_at)
    validation = validate(opened.table, contract, as_of=day, stale_after_days=terms.stale_after_days)
    if contract is not LIST:
        sharing.pipeline.check(manifest.dataset, validation.accepted, sharing.agreement)
    return validation


def _conserve(sharing: Sharing, subject: str, tenant: str, verdict: Verdict, *, rows_in: int, rejected: int) -> None:
    """Record where every row has gone. Raises `ConservationBroken` when one is missing."""
    excluded = {f"{EXCLUDED}{reason}": count for reason, count in verdict.excluded.items()}
    ends = {REJECTED: rejected, ROUTED: sum(verdict.routed.values()), **excluded}
    sharing.ledger.conserve(subject, service=SERVICE, tenant=tenant, rows_in=rows_in, ends=ends)


def _take_list(sharing: Sharing, drop: str, arrival: Arrival, opened: Opened, partition: Partition) -> str:
    """A list of objections: it is no party's work, and holds for every file of its sender."""
    subject, manifest = f"drop:{drop}", opened.manifest
    try:
        if not objectable(sharing.pipeline.contracts):
            raise NO_DATASET.broken_by()
        validation = _validate(sharing, subject, arrival, opened, LIST)
        if validation.rows_rejected:
            # A list of which a part holds would let through whom the rest names.
            raise NOT_WHOLE.refusal(f"Rows with errors: {', '.join(sorted(validation.rejected_by_code))}.")
    except RejectedDrop as refusal:
        return refuse(sharing, drop, arrival, refusal, manifest)
    verdict = Verdict(validation, {arrival.tenant: manifest.rows})
    _conserve(sharing, subject, arrival.tenant, verdict, rows_in=manifest.rows, rejected=0)
    take_objections(sharing, partition, validation.accepted)
    answer(sharing, drop, arrival, manifest, verdict)
    sharing.ledger.record(subject, "done", service=SERVICE, tenant=arrival.tenant)
    return drop


def _without_objected(
    sharing: Sharing, arrival: Arrival, contract: Contract, accepted: pa.Table
) -> tuple[pa.Table, pa.Array]:
    """The accepted rows without those of people who have objected, and the numbers of these."""
    nobody = accepted.column("row").combine_chunks().slice(0, 0)
    if not contract.named_by:
        return accepted, nobody
    names = objected(sharing, arrival.tenant, london_day(arrival.received_at))
    if not len(names):
        return accepted, nobody
    out = is_objected(sharing, arrival.tenant, contract, accepted, names)
    return accepted.filter(pc.invert(out)), accepted.column("row").combine_chunks().filter(out)


def _route(sharing: Sharing, tenant: str, dataset: str, accepted: pa.Table) -> Routed:
    """Whose work each accepted row is, as the agreement's pipeline says."""
    return sharing.pipeline.route(
        dataset,
        accepted,
        sender=tenant,
        agreement=sharing.agreement,
        postcodes=sharing.exchange.storage.postcode_directory,
    )


def _ends(routed: Routed) -> tuple[dict[str, int], dict[str, int]]:
    """How many rows are whose work, and how many are nobody's, by reason."""
    return (
        {party: rows.num_rows for party, rows in routed.parts.items() if rows.num_rows},
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


def refuse(
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
