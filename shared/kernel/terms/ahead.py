"""What is ahead of an agreement: its end, and the day by which its parties look at it again. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.terms.gates import AgreementCode

if TYPE_CHECKING:
    from datetime import date

    from shared.kernel.terms.model import Agreement

STAGES = (60, 30, 7)
"""Days before an end, or a review, on which the operators are alarmed."""
_LASTS = 3
"""For as many days an alarm of a stage lasts, so that a day without a look loses none."""

ENDS = AgreementCode(
    "AGR-010",
    "The agreement ends soon.",
    "Agree on the next version before that day. From the day after it nothing is taken in, linked or released; what "
    "lies there then is destroyed. Fetch your results in time.",
)
REVIEW = AgreementCode(
    "AGR-011",
    "The parties are to look at the agreement again soon.",
    "Review it, and put the next day of review into it.",
)
ENDED = AgreementCode(
    "AGR-012",
    "The agreement has ended.",
    "Nothing can be dropped under it. Results stay to be fetched until their day; everything else is destroyed.",
)
REVIEW_MISSED = AgreementCode(
    "AGR-013", "The day of the agreement's review has gone by.", "Review it, and put the next day of review into it."
)
AHEAD_CODES = (ENDS, REVIEW, ENDED, REVIEW_MISSED)


@dataclass(frozen=True)
class Ahead:
    """One thing that is ahead of an agreement, or that has come."""

    code: AgreementCode
    day: date
    days: int
    """Until then; below 0 once it has gone by."""

    @property
    def alarms(self) -> bool:
        """Whether the operators are alarmed on this day: at each stage, in the last week and from then on daily."""
        return self.days <= min(STAGES) or any(stage - _LASTS < self.days <= stage for stage in STAGES)

    @property
    def told(self) -> str:
        """In one sentence."""
        when = f"{self.day.day} {self.day:%B %Y}"
        if self.days < 0:
            return f"{self.code.meaning} Its last day was {when}."
        return f"{self.code.meaning} Its day is {when}, {self.days} days from now."


def ahead(agreement: Agreement, on: date) -> tuple[Ahead, ...]:
    """What is ahead of the agreement within 60 days, or has gone by; the end first."""
    return tuple(_ahead(agreement, on))


def _ahead(agreement: Agreement, on: date) -> Iterator[Ahead]:
    for day, soon, past in ((agreement.in_force.last, ENDS, ENDED), (agreement.review, REVIEW, REVIEW_MISSED)):
        if day is not None and (days := (day - on).days) <= max(STAGES):
            yield Ahead(soon if days >= 0 else past, day, days)
