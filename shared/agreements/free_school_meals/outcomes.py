"""Every pupil row of a run ends in exactly one outcome."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

DUPLICATE = "duplicate_registration"
NO_BENEFIT = "no_qualifying_benefit"


@dataclass(frozen=True)
class Outcomes:
    """One entry a pupil row: `outcome` (matched, review, unmatched, excluded) and, where excluded, the `reason`."""

    outcome: pa.Array
    reason: pa.Array

    def rows(self, *outcomes: str) -> pa.Array:
        """Row positions with one of these outcomes."""
        return pa.array(np.flatnonzero(np.asarray(pc.is_in(self.outcome, pa.array(outcomes)))))

    def count(self, outcome: str) -> int:
        """How many rows have this outcome."""
        return int(pc.sum(pc.equal(self.outcome, outcome)).as_py() or 0)

    def left_out(self, rows: pa.Array, reasons: pa.Array) -> Outcomes:
        """The same, with these rows excluded for these reasons; null leaves a row as it is."""
        places = pc.index_in(pa.array(np.arange(len(self.outcome))), rows)
        reason = reasons.take(places)
        return Outcomes(pc.if_else(pc.is_valid(reason), "excluded", self.outcome), pc.coalesce(reason, self.reason))

    def excluded(self) -> dict[str, int]:
        """How many rows are excluded, by reason."""
        counts = pc.value_counts(self.reason.drop_null()).to_pylist()
        return dict(sorted((entry["values"], entry["counts"]) for entry in counts))


def decide(links: pa.Table, exclusions: pa.Array, tiers: pa.Array) -> Outcomes:
    """Turn links into outcomes.

    `links` as `link_pupils` returns them, `exclusions` the reason why a pupil is out whatever it links to (null:
    none), `tiers` the eligibility tier of the linked household (null: not linked).
    """
    no_benefit = pc.fill_null(pc.equal(tiers, "none"), False)
    reason = pc.coalesce(exclusions, pc.if_else(no_benefit, NO_BENEFIT, pa.scalar(None, pa.string())))
    outcome = pc.if_else(pc.is_valid(reason), "excluded", links.column("outcome").combine_chunks())
    return Outcomes(outcome, reason)


def by_school_borough(pupils: pa.Table, outcomes: Outcomes) -> dict[str, dict[str, int]]:
    """Counts of each outcome by school borough, for the summary."""
    table = pd.crosstab(
        pupils.column("school_borough").to_pandas().rename("school"), outcomes.outcome.to_pandas().rename("outcome")
    )
    return {str(school): {str(k): int(v) for k, v in row.items() if v} for school, row in table.iterrows()}
