"""How many children were found and enrolled, by school borough and home borough, as the ledger has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.kernel.ledger.events import Event

MEASURES = ("matched", "review", "enrolled")

Counted = Mapping[tuple[str, str], int]
"""A number by (sender, party). Exact: whoever shows it leaves small numbers out."""


@dataclass(frozen=True)
class Pairs:
    """Counts by (school borough, home borough), before anything is left out."""

    matched: Counted
    """Pupils of the newest run of each home borough and collection: a run is over everything that is staged, so the
    newest includes what earlier ones found, and to add them up would count children twice."""
    review: Counted
    """Pupils whom the newest run left to an officer; counted like `matched`."""
    enrolled: Counted
    """Rows sent to the school borough after the home borough confirmed, in the whole period."""
    runs: int
    """Runs that released results in the period, the replaced ones included."""
    collections: tuple[str, ...]

    def counts(self, measure: str) -> Counted:
        """The counts of one of `MEASURES`."""
        return {"matched": self.matched, "review": self.review, "enrolled": self.enrolled}[measure]


def count_pairs(events: Iterable[Event]) -> Pairs:
    """Add up what the ``released`` events of a period say; `events` are all events of the period, in any order."""
    released = sorted(
        (event for event in events if event.step == "released"), key=lambda event: (event.at, event.subject)
    )
    runs = [event for event in released if event.subject.startswith("run:")]
    newest = {(event.tenant, event.codes): event for event in runs}
    enrolments = [event for event in released if event.subject.startswith("enrolment:")]
    return Pairs(
        matched=_added(newest.values(), "matched"),
        review=_added(newest.values(), "review"),
        enrolled=_added(enrolments, "enrolled"),
        runs=len(runs),
        collections=tuple(sorted({code for event in released for code in event.codes})),
    )


def _added(events: Iterable[Event], measure: str) -> Counted:
    cells: Counter[tuple[str, str]] = Counter()
    for event in events:
        for name, count in event.counts.items():
            what, _, school = name.partition(".")
            if what == measure:
                cells[school, event.tenant] += count
    return dict(cells)
