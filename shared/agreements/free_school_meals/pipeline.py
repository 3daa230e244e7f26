"""What this agreement does with rows: pupils go to the borough they live in, which links them with its households.

Read it from top to bottom: a drop is routed; when both sides are there a run is due; its results go to the home
borough, and what its officers decide comes back as decisions, of which enrolments are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.became import OUTCOMES
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.agreements.free_school_meals.enrol import DECISIONS, ENROLMENTS, Receivers, enrol
from shared.agreements.free_school_meals.kept import CHECKED, PENDING
from shared.agreements.free_school_meals.memory import CONFIRM, DECIDED, RETRACT
from shared.agreements.free_school_meals.one_side import CHECKS, check
from shared.agreements.free_school_meals.run import RESULTS, memory_of, run
from shared.agreements.free_school_meals.stands import known
from shared.agreements.free_school_meals.whereabouts import WHEREABOUTS, route
from shared.kernel.contract.columns import Contract
from shared.kernel.days import london_day
from shared.kernel.objected import OBJECTED
from shared.kernel.terms.gates import check_officers
from shared.kernel.terms.model import Agreement
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import (
    Carried,
    Files,
    FilesAndPending,
    Job,
    Lack,
    Nowhere,
    Pipeline,
    Postcodes,
    Pseudonyms,
    Rights,
    Routed,
    Staged,
)

RUN, CHECK, ENROLMENT = "run", "check", "enrolment"


class FreeSchoolMeals:
    """The pipeline of free school meals across boroughs."""

    contracts: Mapping[str, Contract] = CONTRACTS
    nowhere: tuple[Nowhere, ...] = WHEREABOUTS
    ends: Mapping[str, str] = {
        "matched": "Linked with a child of a claim; of a decision: the child is enrolled.",
        "review": "An officer looks at the pair.",
        "unmatched": "No child of a claim is likely enough to be this pupil.",
        "excluded": "Left out whatever it links to, for the reason that is named.",
        "retracted": "Of a decision: what was decided before is taken back; the school borough of a child who was "
        "enrolled is told.",
        "stands": "Of a pair that was sent: the one side that has come since has it still.",
        "gone": "Of a pair that was sent: the one side that has come since has it no more; both boroughs are told.",
        "recalled": "Of a decision: the match should never have been sent; both boroughs are told, an enrolment ends.",
    }
    kinds: Mapping[str, Rights] = {
        RUN: Rights(
            frozenset({"pupils", "households"}),
            frozenset(),
            {"matches": RESULTS, "review": RESULTS},
            RESULTS,
            waits=True,
            tells=True,
            settles=frozenset({PENDING, CHECKED}),
            leaves_pending=frozenset({PENDING, CHECKED}),
            recalls=frozenset({DECIDED}),
        ),
        CHECK: Rights(
            frozenset({"pupils", "households"}),
            frozenset(),
            {},
            CHECKS,
            waits=True,
            tells=True,
            settles=frozenset({PENDING, CHECKED}),
            leaves_pending=frozenset({CHECKED}),
            recalls=frozenset({DECIDED}),
        ),
        ENROLMENT: Rights(
            frozenset({"decisions"}),
            frozenset(),
            {"enrolments": ENROLMENTS, OUTCOMES: DECISIONS},
            DECISIONS,
            looks_up=frozenset({"pupils", "households"}),
            tells=True,
            settles=frozenset({PENDING, CHECKED}),
            recalls=frozenset({DECIDED, OBJECTED}),
            # A family that wants no letter has said so, whatever became of the job.
            remembers={DECIDED: {CONFIRM: RETRACT}},
        ),
    }

    def check(self, dataset: str, rows: pa.Table, agreement: Agreement) -> None:
        """No more officers decide for a borough than the agreement allows (AGR-006)."""
        if dataset == "decisions":
            check_officers(agreement, pc.count_distinct(rows.column("decided_by")).as_py())

    def route(self, dataset: str, rows: pa.Table, *, sender: str, agreement: Agreement, postcodes: Postcodes) -> Routed:
        """Pupils are the work of the borough they live in. Households and decisions are home already."""
        if dataset == "pupils":
            return route(rows, postcodes(), agreement, school=sender)
        return Routed({sender: rows})

    def due(self, arrived: Partition, party: str, staged: FilesAndPending) -> Iterable[Job]:
        """A run over what counts now, if both sides are there; of one side alone a check of what was sent before; an
        enrolment of the decisions that came."""
        if arrived.dataset == "decisions":
            return (Job(ENROLMENT, party, arrived.collection, (arrived.name,)),)
        if (current := _run(party, arrived.collection, staged)) is not None:
            return (current,)
        sent = any(left.collection == arrived.collection for left in staged.pending(PENDING))
        one_sided = _check(party, arrived.collection, staged) if sent else None
        return () if one_sided is None else (one_sided,)

    def lacks(self, file: Partition, party: str, staged: Files) -> tuple[Lack, ...]:
        """Pupils wait for the households of the borough they live in, households for pupils of any school borough."""
        if file.dataset == "pupils" and not staged.counting("households", file.collection):
            return (Lack("households", party),)
        if file.dataset == "households" and not staged.counting("pupils", file.collection):
            return (Lack("pupils"),)
        return ()

    def stands(self, job: Job, staged: Files) -> bool:
        """A run, or a check, over files of which one has been replaced is another's work now."""
        if job.kind == ENROLMENT:
            return True
        now = _run(job.party, job.collection, staged)
        if job.kind == CHECK and now is None:
            now = _check(job.party, job.collection, staged)
        return now == job

    def also_reads(self, job: Job, staged: Staged) -> tuple[str, ...]:
        """What was decided before.

        For a run and a check also what is pending of the collection, to tell what has changed of it; for an enrolment
        what every run left pending, and what lies here now of its collection: pupils only where no run has been over
        them."""
        if job.kind != ENROLMENT:
            left = (*staged.pending(PENDING), *staged.pending(CHECKED))
            of_it = [file for file in left if file.collection == job.collection]
            return tuple(file.name for file in (*of_it, *staged.remembered(DECIDED)))
        now = _run(job.party, job.collection, staged)
        seen = now is not None and staged.left(now, PENDING) is not None
        here = (
            *(() if seen else staged.counting("pupils", job.collection)),
            *staged.counting("households", job.collection),
        )
        pairs = (*staged.decidable(PENDING), *staged.decidable(CHECKED))
        known = (*pairs, *staged.remembered(DECIDED), *staged.remembered(OBJECTED))
        return tuple(file.name for file in (*known, *here))

    def carry_out(
        self,
        job: Job,
        tables: Mapping[Partition, pa.Table],
        agreement: Agreement,
        as_of: datetime,
        pseudonyms: Pseudonyms,
    ) -> Carried:
        """Link, check, or enrol."""
        if job.kind in (RUN, CHECK):
            return (run if job.kind == RUN else check)(job, tables, agreement, london_day(as_of), pseudonyms)
        [decisions] = (tables[Partition.named(name)] for name in job.inputs)
        on = london_day(as_of)
        pairs = known(job, tables, agreement, on, pseudonyms)
        return enrol(job, decisions, pairs, memory_of(tables), Receivers(agreement, job.party, on))


def _run(party: str, collection: str, staged: Files) -> Job | None:
    """The run over the pupils that count of every school borough, and the home borough's own households."""
    households = staged.counting("households", collection)
    pupils = staged.counting("pupils", collection)
    if not households or not pupils:
        return None
    return Job(RUN, party, collection, (*(partition.name for partition in pupils), households[-1].name))


def _check(party: str, collection: str, staged: Files) -> Job | None:
    """The check of the one side that lies here."""
    files = staged.counting("households", collection) or staged.counting("pupils", collection)
    return Job(CHECK, party, collection, tuple(file.name for file in files)) if files else None


PIPELINE: Pipeline = FreeSchoolMeals()
