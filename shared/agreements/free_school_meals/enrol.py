"""A home borough's decisions become enrolments for the school boroughs: who, at which school, which tier, from when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.releases import PENDING_COLUMNS
from shared.agreements.free_school_meals.results import released
from shared.agreements.free_school_meals.run import PENDING, SERVICE
from shared.kernel.days import london_day
from shared.kernel.intake.identity import derived_id
from shared.kernel.intake.requests import EnrolRequest
from shared.kernel.intake.staging import Partition, read_staged
from shared.kernel.work.outbox import send_sealed, send_summary

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange

UNKNOWN = "unknown_match_ref"
CONFIRM = "confirm"


def enrol(exchange: Exchange, home: str, request: EnrolRequest) -> str:
    """Carry out the decisions that `request` names and return the enrolment's id.

    Confirmed pairs go to their school borough. A match_ref that no run of the last days knows is counted back to the
    home borough as `unknown_match_ref`, and nobody is enrolled for it.
    """
    enrol_id = derived_id("enrolment", home, exchange.agreement.reference, request.decisions)
    subject = f"enrolment:{enrol_id}"
    exchange = exchange.working_on(subject)
    if exchange.ledger.recorded(subject, "done"):
        return enrol_id
    claimed = exchange.storage.claim(
        home,
        f"enrolment-{enrol_id}",
        {"started_at": exchange.clock().isoformat(timespec="seconds"), "pending": _pending_names(exchange, home)},
    )
    started = datetime.fromisoformat(claimed["started_at"])
    decisions = read_staged(exchange, home, request.decisions)
    decided = with_pupil(decisions, _pending(exchange, home, claimed["pending"]))
    known = pc.is_valid(decided.column("urn"))
    confirmed = decided.filter(pc.and_(known, pc.equal(decided.column("decision"), CONFIRM)))
    others = decided.filter(pc.and_(known, pc.not_equal(decided.column("decision"), CONFIRM)))
    counts = {e["values"]: e["counts"] for e in pc.value_counts(others.column("decision")).to_pylist()}
    if unknown := decided.num_rows - confirmed.num_rows - others.num_rows:
        counts[UNKNOWN] = unknown
    exchange.ledger.conserve(
        subject,
        service=SERVICE,
        tenant=home,
        rows_in=decisions.num_rows,
        matched=confirmed.num_rows,
        excluded=counts,
    )
    by_school = _by_school(confirmed)
    hashes = {
        school: send_sealed(
            exchange,
            released(exchange.agreement, "enrolments", rows, to=school, home=home, on=london_day(started)),
            to=school,
            name=f"enrolments/{request.collection}/{enrol_id}/enrolments.parquet",
            release="enrolments",
            collection=request.collection,
            prepared_at=started,
        )
        for school, rows in by_school
    }
    exchange.ledger.record(
        subject,
        "released",
        service=SERVICE,
        tenant=home,
        counts={f"enrolled.{school}": rows.num_rows for school, rows in by_school},
        hashes=hashes,
        codes=(request.collection,),
    )
    summary = {
        "enrolment": enrol_id,
        "home": home,
        "agreement": exchange.agreement.reference,
        "decisions": Partition.named(request.decisions).drop,
        "rows_in": decisions.num_rows,
        "enrolled": confirmed.num_rows,
        "not_enrolled": counts,
    }
    send_summary(exchange, summary, to=home, name=f"decisions/{request.collection}/{enrol_id}/summary.json")
    exchange.ledger.record(subject, "done", service=SERVICE, tenant=home)
    return enrol_id


def _pending_names(exchange: Exchange, home: str) -> list[str]:
    """Every pending partition of `home`, oldest run first."""
    names = [blob.name for blob in exchange.storage.staging(home).list(f"{PENDING}/")]
    return sorted(names, key=lambda name: (Partition.named(name).prepared_at, name))


def _pending(exchange: Exchange, home: str, names: list[str]) -> pa.Table:
    """What each match_ref stands for, as its newest run said."""
    schema = pa.schema([(column, pa.string()) for column in PENDING_COLUMNS])
    rows = pa.concat_tables([schema.empty_table(), *(read_staged(exchange, home, name) for name in names)])
    return pa.Table.from_pandas(
        rows.to_pandas().drop_duplicates("match_ref", keep="last"), schema=schema, preserve_index=False
    )


def with_pupil(decisions: pa.Table, pending: pa.Table) -> pa.Table:
    """Each decision with the pupil that its match_ref stands for, in nulls where nobody knows it."""
    position = pc.index_in(decisions.column("match_ref"), pending.column("match_ref").combine_chunks())
    pupils = pending.take(position.combine_chunks())
    table = decisions.select(["match_ref", "decision"]).append_column("start_date", decisions.column("decided_on"))
    for column in PENDING_COLUMNS[1:]:
        table = table.append_column(column, pupils.column(column))
    return table


def _by_school(confirmed: pa.Table) -> list[tuple[str, pa.Table]]:
    schools = sorted(pc.unique(confirmed.column("school_borough")).to_pylist())
    return [
        (school, confirmed.filter(pc.equal(confirmed.column("school_borough"), school)).sort_by("match_ref"))
        for school in schools
    ]
