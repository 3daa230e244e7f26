"""One run: link a home borough's pupils with its households, assess, and release the results to that borough.

Like intake, every step can be repeated: the request names its inputs, the claim fixes the time, writes are create-only,
and `summary.json` is written last, so that results without a summary are those of a run that is not finished.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.eligibility.assess import assess, exclude_pupils
from shared.agreements.free_school_meals.outcomes import DUPLICATE, Outcomes, by_school_borough, decide
from shared.agreements.free_school_meals.releases import PENDING_COLUMNS
from shared.agreements.free_school_meals.results import pairs, released
from shared.agreements.free_school_meals.terms import own_terms
from shared.kernel.days import london_day
from shared.kernel.intake.requests import LinkRequest
from shared.kernel.intake.staging import Inputs, Partition, current_inputs, read_staged, stage
from shared.kernel.work.outbox import send_sealed, send_summary
from shared.methods.linkage.registrations import link_main_registrations, second_registrations

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange

SERVICE = "release"
PENDING = "pending"
"""Staged by a run for the decisions that come back: which pupil of which school each match_ref stands for."""


@dataclass(frozen=True)
class Linked:
    """What a run found: every pupil row's outcome, and all that is known of the linked pairs."""

    pupils: pa.Table
    outcomes: Outcomes
    matched: pa.Table
    review: pa.Table


def run(exchange: Exchange, home: str, request: LinkRequest) -> str:
    """Carry out one link request of borough `home` and return the run's id.

    A request whose inputs have been replaced meanwhile is recorded as superseded and releases nothing: the drop that
    replaced them has asked for a run of its own. Raises `ConservationBroken` when a row is unaccounted for.
    """
    agreement = exchange.agreement
    inputs = request.inputs
    run_id = inputs.run_id(agreement.reference)
    subject = f"run:{run_id}"
    exchange = exchange.working_on(subject)
    if exchange.ledger.recorded(subject, "done"):
        return run_id
    if current_inputs(exchange, home, inputs.collection) != inputs:
        exchange.ledger.record(subject, "superseded", service=SERVICE, tenant=home)
        return run_id
    now = exchange.clock().isoformat(timespec="seconds")
    started = datetime.fromisoformat(exchange.storage.claim(home, f"run-{run_id}", {"started_at": now})["started_at"])
    linked = find(exchange, inputs, started)
    exchange.ledger.conserve(
        subject,
        service=SERVICE,
        tenant=home,
        rows_in=linked.pupils.num_rows,
        excluded=linked.outcomes.excluded(),
        matched=linked.matched.num_rows,
        review=linked.review.num_rows,
        unmatched=linked.outcomes.count("unmatched"),
    )
    folder = f"results/{inputs.collection}/{run_id}"
    hashes = {
        release: send_sealed(
            exchange,
            released(agreement, release, rows, to=home, home=home, on=london_day(started)),
            to=home,
            name=f"{folder}/{release}.parquet",
            release=release,
            collection=inputs.collection,
            prepared_at=started,
        )
        for release, rows in (("matches", linked.matched), ("review", linked.review))
    }
    awaiting = pa.concat_tables([linked.matched, linked.review]).select(PENDING_COLUMNS)
    stage(exchange, home, Partition(PENDING, inputs.collection, home, started, run_id), awaiting)
    exchange.ledger.record(
        subject,
        "released",
        service=SERVICE,
        tenant=home,
        counts=_released_counts(linked),
        hashes=hashes,
        codes=(inputs.collection,),
    )
    send_summary(exchange, _summary(exchange, run_id, inputs, linked, started), to=home, name=f"{folder}/summary.json")
    exchange.ledger.record(subject, "done", service=SERVICE, tenant=home)
    return run_id


def find(exchange: Exchange, inputs: Inputs, as_of: datetime) -> Linked:
    """Link and assess the staged rows that `inputs` names; `as_of` is the day on which eligibility is judged."""
    terms = own_terms(exchange.agreement)
    rule_set = terms.eligibility.rule_set
    households = _read(exchange, inputs.home, inputs.households)
    pupils = pa.concat_tables([_read(exchange, inputs.home, name) for name in inputs.pupils]).combine_chunks()
    second = second_registrations(pupils)
    exclusions = pc.if_else(second, DUPLICATE, exclude_pupils(pupils, rule_set=rule_set, as_of=london_day(as_of)))
    links = link_main_registrations(pupils, second, households, terms.linkage)
    linked_households = households.take(links.column("household_row").combine_chunks())
    assessment = assess(linked_households, rule_set=rule_set, as_of=london_day(as_of))
    tiers = pc.if_else(
        pc.is_valid(links.column("household_row")), assessment.column("tier"), pa.scalar(None, pa.string())
    )
    outcomes = decide(links, exclusions, tiers.combine_chunks())

    def of(outcome: str) -> pa.Table:
        rows = outcomes.rows(outcome)
        return pairs(pupils.take(rows), linked_households.take(rows), links.take(rows), assessment.take(rows))

    return Linked(pupils, outcomes, of("matched"), of("review"))


def _read(exchange: Exchange, home: str, name: str) -> pa.Table:
    partition = Partition.named(name)
    rows = read_staged(exchange, home, name)
    return rows.append_column("drop", pa.repeat(partition.drop, rows.num_rows)).append_column(
        "school_borough", pa.repeat(partition.sender, rows.num_rows)
    )


def _summary(exchange: Exchange, run_id: str, inputs: Inputs, linked: Linked, as_of: datetime) -> dict[str, object]:
    found = pa.concat_tables([linked.matched, linked.review])
    return {
        "run": run_id,
        "home": inputs.home,
        "collection": inputs.collection,
        "agreement": exchange.agreement.reference,
        "started_at": as_of.isoformat(),
        "as_of": london_day(as_of).isoformat(),
        "drops": sorted(Partition.named(name).drop for name in (*inputs.pupils, inputs.households)),
        "rows_in": linked.pupils.num_rows,
        "excluded": linked.outcomes.excluded(),
        "matched": linked.matched.num_rows,
        "review": linked.review.num_rows,
        "unmatched": linked.outcomes.count("unmatched"),
        "by_school_borough": by_school_borough(linked.pupils, linked.outcomes),
        "by_rule": _counts(found.column("rule")),
        "by_tier": _counts(found.column("tier")),
        "eligibility_rules": sorted(pc.unique(found.column("rule_version")).to_pylist()),
    }


def _released_counts(linked: Linked) -> dict[str, int]:
    """``matched.<school borough>`` and ``review.<school borough>``; what is 0 is left out."""
    return {
        f"{outcome}.{school}": counts[outcome]
        for school, counts in by_school_borough(linked.pupils, linked.outcomes).items()
        for outcome in ("matched", "review")
        if outcome in counts
    }


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    return dict(sorted((str(e["values"]), e["counts"]) for e in pc.value_counts(column).to_pylist()))
