"""A year of terms, re-drops and decisions in any order: nobody is asked twice, and no opted-out family is written to.

The pipeline alone, without storage: what a run leaves pending and an enrolment remembers is handed to the next job.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.agreements.free_school_meals.became import OUTCOMES
from shared.agreements.free_school_meals.kept import CHECKED, PENDING, every
from shared.agreements.free_school_meals.memory import DECIDED
from shared.agreements.free_school_meals.pipeline import ENROLMENT, PIPELINE, RUN
from shared.agreements.registry import load_agreement
from shared.kernel.envelope.pseudonyms import KeyedPseudonyms
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Carried, Job
from tests.world import household, pupil, table, upn

AGREEMENT = load_agreement("fsm")
KEYED = KeyedPseudonyms(b"a secret of this test, 32 bytes.")
BEGIN = datetime(2026, 10, 5, 9, tzinfo=UTC)
NAMES = ("Amara", "Bola", "Chidi", "Dayo")
PENDING_DAYS = AGREEMENT.retention.pending_days


@dataclass
class Year:
    """One home borough's year, as the kernel would hand it from job to job."""

    now: datetime = BEGIN
    jobs: int = 0
    pending: dict[Partition, pa.Table] = field(default_factory=dict)
    remembered: dict[Partition, pa.Table] = field(default_factory=dict)
    child_of: dict[str, str] = field(default_factory=dict)
    """UPN by match_ref, as the test knows it."""
    told: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By UPN: what the school borough was told, in order."""

    def carry_out(self, kind: str, tables: dict[Partition, pa.Table]) -> Carried:
        job = Job(kind, "lambeth", "2026-autumn", tuple(file.name for file in tables))
        carried = PIPELINE.carry_out(job, tables | self.recalled(kind), AGREEMENT, self.now, KEYED)
        assert sum(carried.ends.values()) == carried.rows_in
        for word, rows in carried.pending.items():
            self.pending[self.file(word, "lambeth")] = rows
        for word, rows in carried.remembered.items():
            self.remembered[self.file(word, "lambeth")] = rows
        return carried

    def recalled(self, kind: str) -> dict[Partition, pa.Table]:
        assert PENDING_DAYS is not None
        since = self.now - timedelta(days=PENDING_DAYS)
        young = {file: rows for file, rows in self.pending.items() if file.prepared_at > since}
        last = dict(list(young.items())[-1:])  # every run of this year covers the same school borough
        return (young if kind == ENROLMENT else last) | self.remembered

    def file(self, dataset: str, sender: str) -> Partition:
        self.jobs += 1
        return Partition(dataset, "2026-autumn", sender, self.now, f"{self.jobs:032x}")

    def run(self, corrections: list[int]) -> set[str]:
        """Both sides drop anew, rows in another order and with other numbers; the UPNs whose pairs are sent home."""
        claims = [self.claim(number, corrections) for number in range(len(NAMES))]
        pupils = [pupil(number, forename=name, dob=date(2014, 1 + number, 9)) for number, name in enumerate(NAMES)]
        if corrections and corrections[0] % 2:
            pupils, claims = pupils[::-1], claims[::-1]
        tables = {
            self.file("pupils", "southwark"): numbered("pupils", pupils),
            self.file("households", "lambeth"): numbered("households", claims),
        }
        carried = self.carry_out(RUN, tables)
        sent: set[str] = set()
        for file, rows in self.pending.items():
            if file.prepared_at == self.now:
                pairs = every([rows])
                self.child_of |= dict(zip(pairs["match_ref"].to_pylist(), pairs["upn"].to_pylist(), strict=True))
        for release in carried.releases:
            sent |= {self.child_of[ref] for ref in release.rows["match_ref"].to_pylist()}
        assert len(self.child_of) <= len(NAMES), "a pair has one name all the year"
        return sent

    def claim(self, number: int, corrections: list[int]) -> dict[str, Any]:
        """One child of one claim. What is corrected is the number, the spelling, the address or the birthday."""
        wrong = corrections[number] if number < len(corrections) else 0
        day = date(2014, 1 + number, 9) + timedelta(days=wrong == 3)
        return household(
            f"H{number}",
            child_upn=upn(number),
            child_seq=1 + (wrong == 1),
            child_forename=NAMES[number] + ("h" if wrong == 2 else ""),
            child_dob=day,
            paon="99" if wrong == 4 else "14",
        )

    def decide(self, choices: dict[str, str]) -> None:
        rows = [
            {"match_ref": ref, "decision": choice, "decided_by": "officer1", "decided_on": self.now.date()}
            for ref, choice in choices.items()
        ]
        carried = self.carry_out(ENROLMENT, {self.file("decisions", "lambeth"): numbered("decisions", rows)})
        for release in (one for one in carried.releases if one.name != OUTCOMES):
            for child, status in zip(release.rows["upn"].to_pylist(), release.rows["status"].to_pylist(), strict=True):
                self.told[child].append(status)


def numbered(dataset: str, rows: list[dict[str, Any]]) -> pa.Table:
    """As staged: with the number of each row."""
    made = table(dataset, rows)
    return made.append_column("row", pa.array(range(made.num_rows), pa.int32()))


CHOICES = st.sampled_from(("confirm", "reject", "opted_out", "retract"))
STEP = st.one_of(
    st.tuples(st.just("run"), st.lists(st.integers(0, 4), min_size=4, max_size=4), st.integers(1, 90)),
    st.tuples(st.just("decide"), st.dictionaries(st.integers(0, 3), CHOICES, min_size=1), st.integers(0, 20)),
)


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, min_size=3, max_size=8))
def test_nobody_is_asked_or_enrolled_twice_and_no_opted_out_family_is_written_to(steps: list[Any]) -> None:
    year = Year()
    year.run([])
    refs = {upn_of: ref for ref, upn_of in year.child_of.items()}
    assert set(refs) == {upn(number) for number in range(4)}
    opted_out: dict[str, date] = {}
    for kind, what, days in steps:
        year.now += timedelta(days=days, minutes=1)
        if kind == "run":
            sent = year.run(what)
            enrolled = {child for child, told in year.told.items() if told[-1:] == ["enrolled"]}
            assert not sent & set(opted_out), "written to after opting out"
            assert not sent & enrolled, "asked for again"
        else:
            year.decide({refs[upn(number)]: choice for number, choice in what.items()})
            today = year.now.date()
            for number, choice in what.items():
                child = upn(number)
                if choice == "opted_out":
                    opted_out[child] = today
                elif choice == "retract" and opted_out.get(child, today) < today:
                    del opted_out[child]
                if child in opted_out:
                    assert year.told[child][-1:] != ["enrolled"] or not known(year, refs[child])
    for told in year.told.values():
        assert told == ["enrolled", "withdrawn"] * (len(told) // 2) + ["enrolled"] * (len(told) % 2)


def known(year: Year, ref: str) -> bool:
    """Whether some run of the last days says which pupil it is."""
    tables = [rows for file, rows in year.recalled(ENROLMENT).items() if file.dataset == PENDING]
    return any(ref in rows["match_ref"].to_pylist() for rows in tables)


def test_words_of_the_year_are_those_of_the_pipeline() -> None:
    kinds = PIPELINE.kinds
    assert kinds[RUN].leaves_pending == kinds[RUN].settles == kinds[ENROLMENT].settles == {PENDING, CHECKED}
    assert set(PIPELINE.kinds[ENROLMENT].remembers) == PIPELINE.kinds[RUN].recalls == {DECIDED}
