"""What this agreement does with rows: all are the hub's work, which counts them and releases a table without a child.

Read it from top to bottom: a drop is routed to the hub, with the residence of each pupil in place of code and postcode;
with each file that comes the table is due anew; it is left-out-of once, then handed to the hub and, cut, to each party.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.origin_destination.contracts import CONTRACTS
from shared.agreements.origin_destination.count import DATASETS, ENDS, code_of, count
from shared.agreements.origin_destination.memory import SHOWN, remembered, to_remember
from shared.agreements.origin_destination.residence import ons_codes, residences
from shared.agreements.origin_destination.tables import Counted, Table, leave_out
from shared.agreements.origin_destination.terms import own_terms
from shared.agreements.origin_destination.tidy import concerning, tidy
from shared.agreements.origin_destination.words import RELEASE
from shared.kernel.contract.columns import Contract
from shared.kernel.terms.model import Agreement
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import (
    Carried,
    Files,
    Job,
    Lack,
    Nowhere,
    Pipeline,
    Postcodes,
    Pseudonyms,
    Release,
    Rights,
    Routed,
    Staged,
)

TOTALS = "totals"
KEPT_OF_PUPILS = ("row", "upn", "residence", "fsm_start_date", "fsm_end_date")
"""What is staged of a pupil: neither the postcode nor the school, of which only the authority counts."""

OTHER_AUTHORITY = Nowhere(
    "ORI-001",
    "school_of_another_authority",
    "laestab",
    "The school's LAESTAB does not begin with your authority's DfE number.",
    "Leave such pupils out: the authority of their school counts them.",
)
NO_AUTHORITY = Nowhere(
    "ORI-002",
    "no_such_authority",
    "school_la",
    "The school authority's code is of no authority in England.",
    "Correct the code; leave out who goes to school elsewhere.",
)


class OriginDestination:
    """The pipeline of the tables of origins and destinations."""

    contracts: Mapping[str, Contract] = CONTRACTS
    nowhere: tuple[Nowhere, ...] = (OTHER_AUTHORITY, NO_AUTHORITY)
    ends: Mapping[str, str] = ENDS
    kinds: Mapping[str, Rights] = {
        TOTALS: Rights(frozenset({*DATASETS, SHOWN}), frozenset({SHOWN}), {RELEASE: RELEASE}, RELEASE, waits=True)
    }

    def check(self, dataset: str, rows: pa.Table, agreement: Agreement) -> None:
        """The agreement's own section forbids nothing that its contracts allow."""

    def route(self, dataset: str, rows: pa.Table, *, sender: str, agreement: Agreement, postcodes: Postcodes) -> Routed:
        """All are the hub's work, but pupils of another authority's school and numbers for no authority."""
        if dataset == "roll":
            number = agreement.by_slug[sender].dfe_code or ""
            held = pc.starts_with(rows.column("laestab"), number)
            reason = OTHER_AUTHORITY
        else:
            codes = ons_codes(rows.column("school_la").combine_chunks(), agreement.authorities)
            held = pc.starts_with(codes, "E")
            reason = NO_AUTHORITY
        kept, others = rows.filter(held), rows.filter(pc.invert(held))
        nowhere = {reason: others.column("row").combine_chunks()} if others.num_rows else {}
        if dataset == "roll":
            found = residences(kept, postcodes(), agreement.authorities)
            kept = kept.append_column("residence", found).select(list(KEPT_OF_PUPILS))
        return Routed({own_terms(agreement).hub: kept}, nowhere)

    def due(self, arrived: Partition, party: str, staged: Files) -> Iterable[Job]:
        """The table of the collection, over all files that count; none while no pupils are there."""
        current = _totals(party, arrived.collection, staged)
        return () if current is None else (current,)

    def lacks(self, file: Partition, party: str, staged: Files) -> tuple[Lack, ...]:
        """Numbers wait for the pupils of any authority."""
        if file.dataset != "roll" and not staged.counting("roll", file.collection):
            return (Lack("roll"),)
        return ()

    def stands(self, job: Job, staged: Files) -> bool:
        """A table over files of which one has been replaced, or to which one has come, is another's work now."""
        return _totals(job.party, job.collection, staged) == job

    def also_reads(self, job: Job, staged: Staged) -> tuple[str, ...]:
        """What was released of the collection before: a later table must not give away what that left out."""
        return tuple(kept.name for kept in staged.kept(SHOWN) if kept.collection == job.collection)

    def carry_out(
        self,
        job: Job,
        tables: Mapping[Partition, pa.Table],
        agreement: Agreement,
        as_of: datetime,
        pseudonyms: Pseudonyms,
    ) -> Carried:
        """Count, leave out, release."""
        files = {partition: rows for partition, rows in tables.items() if partition.dataset in DATASETS}
        earlier = [rows for partition, rows in tables.items() if partition.dataset == SHOWN]
        outcome = count(files, agreement)
        table = leave_out(outcome.counted, remembered(earlier))
        whole = tidy(table, outcome.counted, job.collection, agreement.authorities)
        return Carried(
            rows_in=sum(rows.num_rows for rows in files.values()),
            ends=outcome.ends,
            releases=(
                Release(job.party, RELEASE, RELEASE, whole),
                *(
                    Release(slug, RELEASE, RELEASE, concerning(whole, code_of(agreement, slug)))
                    for slug in agreement.controllers
                ),
            ),
            summary=_summary(table, outcome.counted, files),
            folder=RELEASE,
            kept={SHOWN: to_remember(table, outcome.counted)},
        )


def _totals(party: str, collection: str, staged: Files) -> Job | None:
    files = {dataset: staged.counting(dataset, collection) for dataset in DATASETS}
    if not files["roll"]:
        return None
    return Job(TOTALS, party, collection, tuple(file.name for found in files.values() for file in found))


def _summary(table: Table, counted: Counted, files: Iterable[Partition]) -> dict[str, object]:
    """No number of children: it would be a total that the table may have left out."""
    senders: dict[str, list[str]] = {dataset: [] for dataset in DATASETS}
    for file in files:
        senders[file.dataset].append(file.sender)
    return {
        "drops": sorted(file.drop for file in files),
        "senders": {dataset: sorted(names) for dataset, names in senders.items()},
        "complete": {measure: sent.complete for measure, sent in counted.sent.items()},
        "left_out": table.left_out,
        "residences": len({cell[0] for numbers in table.shown.values() for cell in numbers}),
    }


PIPELINE: Pipeline = OriginDestination()
