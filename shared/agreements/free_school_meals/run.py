"""A run: a home borough's pupils linked with its households and assessed, and what it gets of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.changes import at_home, changes, claims_of
from shared.agreements.free_school_meals.eligibility.assess import assess, exclude_pupils
from shared.agreements.free_school_meals.kept import CHECKED, PENDING, judged_by, last, pending_of, schools_of, to_keep
from shared.agreements.free_school_meals.memory import DECIDED, OPTED_OUT, Memory, child_refs, evidence_refs
from shared.agreements.free_school_meals.notes import OF_PUPIL, addressed, without_notes
from shared.agreements.free_school_meals.outcomes import DUPLICATE, Outcomes, by_school_borough, decide
from shared.agreements.free_school_meals.registrations import link_main_registrations, second_registrations
from shared.agreements.free_school_meals.releases import CHILD_REF, EVIDENCE_REF, KEPT_COLUMNS, PENDING_COLUMNS
from shared.agreements.free_school_meals.results import match_refs, pairs
from shared.agreements.free_school_meals.terms import own_terms
from shared.kernel.terms.model import Agreement
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import EXCLUDED, Carried, Job, Pseudonyms, Release

RESULTS = "results"


@dataclass(frozen=True)
class Linked:
    """What a run found: every pupil row's outcome, and all that is known of the linked pairs."""

    pupils: pa.Table
    outcomes: Outcomes
    matched: pa.Table
    review: pa.Table
    pending: pa.Table
    """Pairs on which a decision may come, those that were decided before included: what they stand for."""


def run(
    job: Job, tables: Mapping[Partition, pa.Table], agreement: Agreement, as_of: date, pseudonyms: Pseudonyms
) -> Carried:
    """Link and assess, and make the home borough's releases of it; `as_of` is the day on which eligibility is judged.

    `tables` are the pupils that count of every school borough, the home borough's own households, and the decisions
    that are remembered.
    """
    linked = find(job.party, tables, agreement, as_of, pseudonyms)
    households = rows_of(tables, "households")
    # School boroughs of which no file lies here now: their pairs are held against the claims alone.
    before = last(pending_of(tables), job.collection)
    others = before.filter(pc.invert(_is_in(before.column("school_borough"), pa.array(_covered(job), pa.string()))))
    claims = claims_of(job.party, households, agreement, as_of, pseudonyms) if before.num_rows else {}
    stand = at_home(others, claims, pseudonyms)
    stand = stand.filter(pc.invert(_is_in(stand.column("match_ref"), linked.pending.column("match_ref"))))
    now = pa.concat_tables([linked.pending.cast(before.schema), stand])
    upns = pa.concat_arrays([linked.pupils.column("upn").combine_chunks(), others.column("upn").combine_chunks()])
    pending = {PENDING: to_keep(linked.pending, _covered(job))}
    if not stand.equals(others):
        pending[CHECKED] = to_keep(stand, schools_of(others))
    return Carried(
        rows_in=linked.pupils.num_rows,
        ends={
            "matched": linked.matched.num_rows,
            "review": linked.review.num_rows,
            "unmatched": linked.outcomes.count("unmatched"),
            **{f"{EXCLUDED}{reason}": count for reason, count in linked.outcomes.excluded().items()},
        },
        releases=(
            Release(job.party, "matches", RESULTS, linked.matched),
            Release(job.party, "review", RESULTS, linked.review),
        ),
        summary=_summary(job, linked),
        folder=RESULTS,
        counts=_released_counts(linked),
        pending=pending,
        notices=changes(before, now, upns, claims, memory_of(tables), job.party),
    )


def find(
    home: str, tables: Mapping[Partition, pa.Table], agreement: Agreement, as_of: date, pseudonyms: Pseudonyms
) -> Linked:
    """Link and assess; leave out what was decided before."""
    pupils, households = rows_of(tables, "pupils"), rows_of(tables, "households")
    terms = own_terms(agreement)
    rule_set = terms.eligibility.rule_set
    second = second_registrations(pupils)
    exclusions = pc.if_else(second, DUPLICATE, exclude_pupils(pupils, rule_set=rule_set, as_of=as_of))
    links = link_main_registrations(pupils, second, households, terms.linkage)
    linked_households = households.take(links.column("household_row").combine_chunks())
    assessment = assess(linked_households, rule_set=rule_set, as_of=as_of)
    tiers = pc.if_else(
        pc.is_valid(links.column("household_row")), assessment.column("tier"), pa.scalar(None, pa.string())
    )
    outcomes = decide(links, exclusions, tiers.combine_chunks())

    rows = outcomes.rows("matched", "review")
    sides = pupils.take(rows), linked_households.take(rows)
    refs = match_refs(home, *sides, pseudonyms)
    names = {
        "match_ref": refs,
        CHILD_REF: child_refs(home, sides[0].column("upn"), pseudonyms),
        EVIDENCE_REF: evidence_refs(refs, sides[1], links.column("evidence").take(rows), pseudonyms),
    }
    reasons = memory_of(tables).reasons(*names.values())
    names |= judged_by(home, refs, *sides, pseudonyms)
    outcomes = outcomes.left_out(rows, reasons)
    told = without_notes(sides[0], OF_PUPIL), addressed(sides[1])
    found = pairs(refs, *told, links.take(rows), assessment.take(rows))

    def of(outcome: str) -> pa.Table:
        of_it = refs.filter(pc.equal(outcomes.outcome.take(rows), outcome))
        return found.filter(pc.is_in(found.column("match_ref"), of_it))

    pending = found.select(PENDING_COLUMNS)
    in_order = pa.table(names).sort_by("match_ref")  # as `pairs` is
    for name in KEPT_COLUMNS[len(PENDING_COLUMNS) :]:
        pending = pending.append_column(name, in_order.column(name))
    opted_out = refs.filter(pc.equal(reasons, OPTED_OUT))
    pending = pending.filter(pc.invert(pc.is_in(pending.column("match_ref"), opted_out)))
    return Linked(pupils, outcomes, of("matched"), of("review"), pending)


def memory_of(tables: Mapping[Partition, pa.Table]) -> Memory:
    """The decisions among the tables of a job."""
    return Memory.of(rows for partition, rows in tables.items() if partition.dataset == DECIDED)


def rows_of(tables: Mapping[Partition, pa.Table], dataset: str) -> pa.Table:
    """All staged rows of a dataset, with `drop` and `school_borough`: which drop of which borough each is from."""
    tagged = [
        rows.append_column("drop", pa.repeat(partition.drop, rows.num_rows)).append_column(
            "school_borough", pa.repeat(partition.sender, rows.num_rows)
        )
        for partition, rows in tables.items()
        if partition.dataset == dataset
    ]
    return pa.concat_tables(tagged).combine_chunks()


def _is_in(column: pa.ChunkedArray, among: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(column, among.combine_chunks() if isinstance(among, pa.ChunkedArray) else among)


def _covered(job: Job) -> list[str]:
    """The school boroughs of which the run has a file."""
    return [file.sender for file in map(Partition.named, job.inputs) if file.dataset == "pupils"]


def _summary(job: Job, linked: Linked) -> dict[str, object]:
    found = pa.concat_tables([linked.matched, linked.review])
    return {
        "rows_in": linked.pupils.num_rows,
        "home": job.party,
        "drops": sorted(Partition.named(name).drop for name in job.inputs),
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
