"""What became of every decision, row by row, for whoever decided: sealed to them, since a reference that nobody knows
may be anything that somebody wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from shared.agreements.free_school_meals.columns.decisions import SHEET_ROW
from shared.agreements.free_school_meals.told import NOT_CARRIED_OUT
from shared.kernel.terms.pipeline import EXCLUDED

CARRIED_OUT, ALREADY_SO, UNKNOWN_REFERENCE = "carried_out", "already_so", "unknown_reference"
CONTRADICTED, OUT_OF_DATE, NOT_THE_OFFICERS = "contradicted", "out_of_date", "not_the_officers"
WHAT_BECAME = {
    "confirmed_before": ALREADY_SO,
    "nothing_to_retract": ALREADY_SO,
    "unknown_match_ref": UNKNOWN_REFERENCE,
    "opted_out_before": CONTRADICTED,
    "needs_retract": CONTRADICTED,
    "results_replaced": OUT_OF_DATE,
    "changed_since": OUT_OF_DATE,
    "other_collection": OUT_OF_DATE,
    "later_decision": OUT_OF_DATE,
    "school_departed": NOT_THE_OFFICERS,
    "objected": NOT_THE_OFFICERS,
}
"""By why a decision was not carried out. Whatever else became of one is that it was carried out."""
OUTCOMES = "outcomes"
_CODES = {why.reason: why.code for why in NOT_CARRIED_OUT}


def outcomes(decisions: pa.Table, ends: Sequence[str]) -> pa.Table:
    """A row for each decision: `sheet_row`, `match_ref` and `decision` as they came; `became`, one of six words; `why`
    and `code` where it was not carried out. `ends` are aligned with `decisions`."""
    whys = [end.removeprefix(EXCLUDED) for end in ends]
    rows = decisions.column(SHEET_ROW) if SHEET_ROW in decisions.column_names else pa.nulls(len(ends), pa.int64())
    became = [WHAT_BECAME.get(why, CARRIED_OUT) for why in whys]
    return pa.table(
        {
            SHEET_ROW: rows,
            "match_ref": decisions.column("match_ref"),
            "decision": decisions.column("decision"),
            "became": pa.array(became, pa.string()),
            "why": pa.array([why if why in WHAT_BECAME else None for why in whys], pa.string()),
            "code": pa.array([_CODES.get(why) for why in whys], pa.string()),
        }
    )


def counted(became: pa.Table) -> dict[str, int]:
    """How many decisions became what; only what some did."""
    return dict(sorted(Counter(became.column("became").to_pylist()).items()))


def headline(became: pa.Table) -> str:
    """The first that whoever decided is to read: how many decisions did nothing, and why."""
    counts = counted(became)
    nothing = {word: count for word, count in counts.items() if word not in (CARRIED_OUT, ALREADY_SO)}
    if not nothing:
        return f"Every one of {became.num_rows:,} decisions was carried out, or was so already."
    whys = ", ".join(f"{count:,} {word.replace('_', ' ')}" for word, count in nothing.items())
    return f"{sum(nothing.values()):,} of {became.num_rows:,} decisions were NOT carried out: {whys}."
