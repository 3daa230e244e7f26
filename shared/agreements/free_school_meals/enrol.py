"""A home borough's decisions become enrolments for the school boroughs: who, at which school, which tier, from when.

A confirmation that is taken back becomes a withdrawal. What each decision comes to hangs on what was decided before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.became import OUTCOMES, counted, headline, outcomes
from shared.agreements.free_school_meals.memory import (
    CONFIRM,
    CONFIRMED_BEFORE,
    DECIDED,
    OPTED_OUT,
    RECALL,
    REJECT,
    RETRACT,
    Decision,
    Memory,
)
from shared.agreements.free_school_meals.releases import CHILD_REF, EVIDENCE_REF, PENDING_COLUMNS
from shared.agreements.free_school_meals.stands import Known
from shared.agreements.free_school_meals.told import told_of
from shared.kernel.terms.gates import may_release
from shared.kernel.terms.model import Agreement
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import EXCLUDED, Carried, Job, Notice, Release

UNKNOWN, OPTED_OUT_UNKNOWN = "unknown_match_ref", "opted_out_unknown"
OPTED_OUT_BEFORE, LATER_DECISION = "opted_out_before", "later_decision"
NEEDS_RETRACT, NOTHING_TO_RETRACT = "needs_retract", "nothing_to_retract"
SCHOOL_DEPARTED = "school_departed"
ENROLLED, WITHDRAWN = "enrolled", "withdrawn"
"""The `status` of an enrolment."""
RETRACTED, RECALLED = "retracted", "recalled"
ENROLMENTS = "enrolments"
DECISIONS = "decisions"


@dataclass(frozen=True)
class Followed:
    """What one decision comes to."""

    end: str
    status: str | None = None
    """What its school borough is told; `None`: nothing."""
    of_pair: str | None = None
    """The decision that is remembered of the pair; `None`: none."""
    of_child: str | None = None
    """That is remembered of the child."""
    of_evidence: str | None = None
    """That is remembered of the pair with its evidence."""


@dataclass(frozen=True)
class About:
    """What is known of the pair that a decision is about."""

    known: bool
    """Some run of the last days says which pupil it is about."""
    why_not: str = ""
    """Why it does not stand: a word of `stands`; empty where it does."""
    before: Decision | None = None
    """What stands on the pair."""
    enrolled: bool = False
    """The child is enrolled, by this pair or another."""
    rejected: bool = False
    """The pair was rejected on the evidence that there is."""
    departed: bool = False
    """The school borough is sent nothing any more."""


@dataclass(frozen=True)
class Receivers:
    """Who may be told of enrolments on the day of the job."""

    agreement: Agreement
    home: str
    on: date

    def departed(self, school: str | None) -> bool:
        """Whether this school borough is told nothing, while the agreement is in force for others."""
        if school is None or not self.agreement.in_force.covers(self.on):
            return False  # an agreement that has ended is not for one row to answer
        return not may_release(self.agreement, ENROLMENTS, (), to=school, own=self.home, on=self.on)


def follow(decision: Decision, about: About) -> Followed:
    """What a decision comes to. One that would be told to a school borough that has departed is told to nobody."""
    followed = _follow(decision, about)
    if followed.status is None or not about.departed:
        return followed
    if followed.status == ENROLLED:
        return Followed(f"{EXCLUDED}{SCHOOL_DEPARTED}")
    return replace(followed, end=f"{EXCLUDED}{SCHOOL_DEPARTED}", status=None)


def _follow(decision: Decision, about: About) -> Followed:
    known, before = about.known, about.before
    stands = before.choice if before else ""
    if decision.choice == OPTED_OUT:
        # Honoured whether or not the pair is known: a letter may take longer to come back than rows live.
        end = f"{EXCLUDED}{OPTED_OUT if known else OPTED_OUT_UNKNOWN}"
        if known and stands == CONFIRM:
            return Followed(end, WITHDRAWN, of_pair=OPTED_OUT, of_child=RETRACT)
        return Followed(end, of_pair=OPTED_OUT)
    if decision.choice == RETRACT:
        return _retract(decision, about)
    if decision.choice == RECALL and known:
        if stands == CONFIRM:
            return Followed(RECALLED, WITHDRAWN, of_pair=RETRACT, of_child=RETRACT)
        return Followed(RECALLED)
    if not known:
        return Followed(f"{EXCLUDED}{UNKNOWN}")
    if stands == OPTED_OUT:
        return Followed(f"{EXCLUDED}{OPTED_OUT_BEFORE}")
    if decision.choice == REJECT:
        if stands == CONFIRM:
            return Followed(f"{EXCLUDED}{NEEDS_RETRACT}")
        return Followed(f"{EXCLUDED}{REJECT}", of_evidence=REJECT)
    if stands == CONFIRM or about.enrolled:
        return Followed(f"{EXCLUDED}{CONFIRMED_BEFORE}")
    if before and decision.day <= before.day:
        return Followed(f"{EXCLUDED}{LATER_DECISION}")
    if about.why_not:
        return Followed(f"{EXCLUDED}{about.why_not}")
    return Followed("matched", ENROLLED, of_pair=CONFIRM, of_child=CONFIRM)


def _retract(decision: Decision, about: About) -> Followed:
    before = about.before
    stands = before.choice if before else ""
    if before and stands == OPTED_OUT:
        if decision.day <= before.day:
            return Followed(f"{EXCLUDED}{LATER_DECISION}")
        return Followed(RETRACTED, of_pair=RETRACT)
    if not about.known:
        return Followed(f"{EXCLUDED}{UNKNOWN}")
    if before and stands == CONFIRM:
        if decision.day < before.day:
            return Followed(f"{EXCLUDED}{LATER_DECISION}")
        return Followed(RETRACTED, WITHDRAWN, of_pair=RETRACT, of_child=RETRACT)
    if about.rejected:
        return Followed(RETRACTED, of_evidence=RETRACT)
    # Remembered all the same: the confirmation that it takes back may be in a file that is still on its way.
    return Followed(f"{EXCLUDED}{NOTHING_TO_RETRACT}", of_pair=RETRACT)


def enrol(job: Job, decisions: pa.Table, pairs: Known, memory: Memory, receivers: Receivers) -> Carried:
    """Turn decisions into enrolments. `pairs` are those that runs of the last days found.

    Whoever decided is told of every row that enrols nobody and was to: which row, why, and what to do.
    """
    decided = with_pupil(decisions, _newest(pairs.pairs))
    names = _names(decisions, pairs.pairs)
    followed = [
        follow(
            Decision(row["decision"], row["start_date"]),
            About(
                known=row["urn"] is not None,
                why_not=pairs.why_not.get(row["match_ref"], ""),
                before=memory.on(row["match_ref"]),
                enrolled=memory.stands(child, CONFIRM),
                rejected=memory.stands(evidence, REJECT),
                departed=receivers.departed(row["school_borough"]),
            ),
        )
        for row, child, evidence in zip(decided.to_pylist(), names[CHILD_REF], names[EVIDENCE_REF], strict=True)
    ]
    sent = decided.append_column("status", pa.array([one.status for one in followed], pa.string()))
    sent = sent.filter(pc.is_valid(sent.column("status")))
    by_school = _by_school(sent)
    ends = Counter(one.end for one in followed)
    became = outcomes(decisions, [one.end for one in followed])
    [name] = job.inputs
    return Carried(
        rows_in=decisions.num_rows,
        ends=ends,
        releases=(
            *(Release(school, ENROLMENTS, ENROLMENTS, rows) for school, rows in by_school),
            Release(job.party, OUTCOMES, DECISIONS, became),
        ),
        summary={
            "home": job.party,
            "rows_in": decisions.num_rows,
            "decisions": Partition.named(name).drop,
            "enrolled": ends["matched"],
            "withdrawn": sum(one.status == WITHDRAWN for one in followed),
            "headline": headline(became),
            "became": counted(became),
            "not_enrolled": {end.removeprefix(EXCLUDED): n for end, n in sorted(ends.items()) if end != "matched"},
        },
        folder=DECISIONS,
        counts={
            f"{status}.{school}": count
            for school, rows in by_school
            for status, count in sorted(Counter(rows.column("status").to_pylist()).items())
        },
        remembered={DECIDED: _to_remember(decided, names, followed)},
        notices=_recalls(job.party, decisions, decided, followed),
        told=told_of(decisions, [one.end.removeprefix(EXCLUDED) for one in followed]),
    )


def _recalls(home: str, decisions: pa.Table, decided: pa.Table, followed: Sequence[Followed]) -> tuple[Notice, ...]:
    """To the home borough and to each school borough: which matches are recalled, and why."""
    about: dict[str, dict[str, str]] = {}
    whys = decisions.column("reason").to_pylist()
    for row, why, one in zip(decided.to_pylist(), whys, followed, strict=True):
        if one.end == RECALLED:
            for to in (home, row["school_borough"]):
                about.setdefault(to, {})[row["match_ref"]] = why
    return tuple(Notice(to, "recall", refs) for to, refs in sorted(about.items()))


def _newest(pairs: pa.Table) -> pa.Table:
    """What each match_ref stands for, as its newest run said."""
    return pa.Table.from_pandas(
        pairs.to_pandas().drop_duplicates("match_ref", keep="last"), schema=pairs.schema, preserve_index=False
    )


def _names(decisions: pa.Table, pairs: pa.Table) -> dict[str, list[str | None]]:
    """Under which names beside its pair's each decision is remembered: of the child, and of the evidence.

    None where no run of the last days knows it, or where runs found more than one, and nobody can say which it is.
    """
    found: dict[str, list[str | None]] = {}
    for name in (CHILD_REF, EVIDENCE_REF):
        seen = pairs.group_by("match_ref").aggregate([(name, "count_distinct"), (name, "max")])
        seen = seen.filter(pc.equal(seen.column(f"{name}_count_distinct"), 1))
        place = pc.index_in(decisions.column("match_ref"), seen.column("match_ref").combine_chunks())
        found[name] = seen.column(f"{name}_max").take(place.combine_chunks()).to_pylist()
    return found


def _to_remember(decided: pa.Table, names: dict[str, list[str | None]], followed: Sequence[Followed]) -> pa.Table:
    """As the kernel takes it. A rejection of nobody knows which evidence is not remembered: the pair comes back."""
    refs, choices, days = [], [], []
    for row, child, evidence, one in zip(
        decided.to_pylist(), names[CHILD_REF], names[EVIDENCE_REF], followed, strict=True
    ):
        remembered = ((row["match_ref"], one.of_pair), (child, one.of_child), (evidence, one.of_evidence))
        for ref, choice in remembered:
            if ref and choice:
                refs.append(ref)
                choices.append(choice)
                days.append(row["start_date"])
    return pa.table(
        {
            "ref": pa.array(refs, pa.string()),
            "decision": pa.array(choices, pa.string()),
            "day": pa.array(days, pa.date32()),
        }
    )


def with_pupil(decisions: pa.Table, pending: pa.Table) -> pa.Table:
    """Each decision with the pupil that its match_ref stands for, in nulls where nobody knows it."""
    position = pc.index_in(decisions.column("match_ref"), pending.column("match_ref").combine_chunks())
    pupils = pending.take(position.combine_chunks())
    table = decisions.select(["match_ref", "decision"]).append_column("start_date", decisions.column("decided_on"))
    for column in PENDING_COLUMNS[1:]:
        table = table.append_column(column, pupils.column(column))
    return table


def _by_school(sent: pa.Table) -> list[tuple[str, pa.Table]]:
    schools = sorted(pc.unique(sent.column("school_borough")).to_pylist())
    return [
        (school, sent.filter(pc.equal(sent.column("school_borough"), school)).sort_by("match_ref"))
        for school in schools
    ]
