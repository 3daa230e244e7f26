"""One side has come, and the other does not lie here any more: no run can be, and yet whoever had a pair that stands no
more is told now, and not by a run that may never come.

A check compares what has come with what is pending of the pairs that were sent. It links nothing and sends no row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from shared.agreements.free_school_meals.changes import at_home, at_school, changes, claims_of, covered_before
from shared.agreements.free_school_meals.kept import CHECKED, last, pending_of, schools_of, to_keep
from shared.agreements.free_school_meals.run import memory_of, rows_of
from shared.kernel.terms.model import Agreement
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Carried, Job, Pseudonyms

CHECKS = "checks"
STANDS, GONE = "stands", "gone"


def check(
    job: Job, tables: Mapping[Partition, pa.Table], agreement: Agreement, as_of: date, pseudonyms: Pseudonyms
) -> Carried:
    """Compare. `tables` are the files of one side that count, what runs left pending, and what is remembered."""
    files = list(map(Partition.named, job.inputs))
    before = last(pending_of(tables), job.collection)
    if files[0].dataset == "pupils":
        before = covered_before(before, [file.sender for file in files])
        pupils = rows_of(tables, "pupils")
        stand, upns, claims = at_school(before, pupils), pupils.column("upn").combine_chunks(), {}
    else:
        claims = claims_of(job.party, rows_of(tables, "households"), agreement, as_of, pseudonyms)
        stand, upns = at_home(before, claims, pseudonyms), before.column("upn").combine_chunks()
    notices = changes(before, stand, upns, claims, memory_of(tables), job.party)
    ends = Counter({STANDS: stand.num_rows, GONE: before.num_rows - stand.num_rows})
    return Carried(
        rows_in=before.num_rows,
        ends=ends,
        releases=(),
        summary={"home": job.party, "rows_in": before.num_rows, **ends},
        folder=CHECKS,
        pending={CHECKED: to_keep(stand, schools_of(before))} if notices else {},
        notices=notices,
    )
