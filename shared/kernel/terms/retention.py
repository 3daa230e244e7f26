"""Until when an agreement lets anything be kept: rows by kind of container, what has days of its own, and records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import model_validator

from shared.kernel.terms.base import Days, Terms

Container = Literal["inbox", "outbox", "staging", "requests", "claims", "poison", "deadletter"]
"""Where the exchange keeps anything that may be about a person, for no longer than rows."""
Lasting = Literal["pending", "decisions"]
"""Where it keeps what has days of its own, apart from those of rows: what awaits a decision, and what was decided."""
LASTING: tuple[Lasting, ...] = get_args(Lasting)


@dataclass(frozen=True)
class Line:
    """Days until what lies in one kind of container goes, each counted from when it was written."""

    sweep: int
    lifecycle: int
    watchdog: int
    promise: int


def retention_clause(kind: str) -> str:
    """Where an agreement says when this kind of container is swept."""
    return f"retention.{kind}_days" if kind in LASTING else f"retention.sweep_days.{kind}"


_WEEK = 7


class Retention(Terms):
    """Days until data goes: the reminder, the sweep, the lifecycle policy as backstop, the alarm, the promise."""

    promise_days: Days
    watchdog_days: Days
    lifecycle_days: Days
    reminder_days: Days
    """When a result that nobody has collected is named, so that it can be collected before the sweep takes it."""
    sweep_days: dict[Container, Days]
    pending_days: Days | None = None
    """How long what a decision may come on is kept. `None`: nothing awaits one."""
    decisions_days: Days | None = None
    """How long a decision is remembered, as a pseudonym, and swept then. `None`: the agreement remembers none."""
    waiting_days: Days | None = None
    """When a party is told of rows that lie here and are in no finished work: days after they were staged. A week where
    nothing is said, or half of the days of staged rows, if these are fewer."""

    @property
    def told_after_days(self) -> int:
        """As `waiting_days`."""
        return self.waiting_days or min(_WEEK, self.sweep_days["staging"] // 2)

    @property
    def kinds(self) -> tuple[Container | Lasting, ...]:
        """The kinds of container in which the agreement may have anything."""
        return (*self.sweep_days, *(kind for kind in LASTING if self._own_days(kind) is not None))

    def line(self, kind: str) -> Line:
        """The days of one kind of container. Backstop, alarm and promise follow days of its own at the same distance as
        they follow the last sweep of rows; where it has none, or is not known, the days are those of rows."""
        last = max(self.sweep_days.values())
        own = self._own_days(kind)
        sweep = own or {str(of): days for of, days in self.sweep_days.items()}.get(kind, last)
        later = (own or last) - last
        return Line(sweep, self.lifecycle_days + later, self.watchdog_days + later, self.promise_days + later)

    def _own_days(self, kind: str) -> int | None:
        days: int | None = getattr(self, f"{kind}_days") if kind in LASTING else None
        return days

    @model_validator(mode="after")
    def _ordered(self) -> Retention:
        if unsaid := set(get_args(Container)) - set(self.sweep_days):
            raise ValueError(f"sweep_days: no days for {', '.join(sorted(unsaid))}")
        if not self.reminder_days < self.sweep_days["outbox"]:
            raise ValueError("the reminder must come before the sweep of the outbox")
        if not max(self.sweep_days.values(), default=0) < self.lifecycle_days < self.watchdog_days < self.promise_days:
            raise ValueError("sweep, lifecycle, watchdog and promise must follow each other in days")
        if self.told_after_days * 2 > (days := self.sweep_days["staging"]):
            raise ValueError(f"waiting_days: half of the {days} days of staged rows is left to act in")
        last = max(self.sweep_days.values())
        if too_few := [f"{kind}_days" for kind in LASTING if (self._own_days(kind) or last) < last]:
            raise ValueError(f"{', '.join(too_few)}: fewer than rows are kept")
        return self


class Records(Terms):
    """Days that records without personal data are kept."""

    ledger_days: Days
    certificate_days: Days
    """Certificates of destruction: kept as long as the ledger that they state the head of, or longer."""

    @model_validator(mode="after")
    def _ordered(self) -> Records:
        if self.certificate_days < self.ledger_days:
            raise ValueError("certificates must be kept as long as the ledger")
        return self
