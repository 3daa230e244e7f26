"""A home borough's decisions become enrolments for the school boroughs: who, at which school, which tier, from when."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.releases import PENDING_COLUMNS
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import EXCLUDED, Carried, Job, Release

UNKNOWN = "unknown_match_ref"
CONFIRM = "confirm"
ENROLMENTS = "enrolments"
DECISIONS = "decisions"


def enrol(job: Job, decisions: pa.Table, pending: Sequence[pa.Table]) -> Carried:
    """Turn decisions into enrolments; `pending` is what the runs of the last days kept, oldest first.

    Confirmed pairs go to their school borough. A match_ref that no run of the last days knows is counted back to the
    home borough as `unknown_match_ref`, and nobody is enrolled for it.
    """
    decided = with_pupil(decisions, _newest(pending))
    known = pc.is_valid(decided.column("urn"))
    confirmed = decided.filter(pc.and_(known, pc.equal(decided.column("decision"), CONFIRM)))
    others = decided.filter(pc.and_(known, pc.not_equal(decided.column("decision"), CONFIRM)))
    counts = {e["values"]: e["counts"] for e in pc.value_counts(others.column("decision")).to_pylist()}
    if unknown := decided.num_rows - confirmed.num_rows - others.num_rows:
        counts[UNKNOWN] = unknown
    by_school = _by_school(confirmed)
    [name] = job.inputs
    return Carried(
        rows_in=decisions.num_rows,
        ends={"matched": confirmed.num_rows, **{f"{EXCLUDED}{reason}": count for reason, count in counts.items()}},
        releases=tuple(Release(school, ENROLMENTS, ENROLMENTS, rows) for school, rows in by_school),
        summary={
            "home": job.party,
            "rows_in": decisions.num_rows,
            "decisions": Partition.named(name).drop,
            "enrolled": confirmed.num_rows,
            "not_enrolled": counts,
        },
        folder=DECISIONS,
        counts={f"enrolled.{school}": rows.num_rows for school, rows in by_school},
    )


def _newest(pending: Sequence[pa.Table]) -> pa.Table:
    """What each match_ref stands for, as its newest run said."""
    schema = pa.schema([(column, pa.string()) for column in PENDING_COLUMNS])
    rows = pa.concat_tables([schema.empty_table(), *pending])
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
