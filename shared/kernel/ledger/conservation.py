"""Conservation of rows: what went in came out, each row once. A row that nobody counts is a child that nobody sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.kernel.errors import ConservationBroken


@dataclass(frozen=True)
class Tally:
    """Rows of one drop or one run by where they ended.

    Of a drop, rows end rejected, excluded (no home borough to send them to) or routed; of a run, excluded, matched,
    in review or unmatched. What does not occur is 0.
    """

    rows_in: int
    rejected: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    """By reason."""
    routed: int = 0
    matched: int = 0
    review: int = 0
    unmatched: int = 0

    @property
    def rows_out(self) -> int:
        """Rows that ended somewhere."""
        return self.rejected + sum(self.excluded.values()) + self.routed + self.matched + self.review + self.unmatched

    def counts(self) -> dict[str, int]:
        """As an event counts them: ``excluded.<reason>`` for each reason; what is 0 is left out, except `rows_in`."""
        ends = {name: getattr(self, name) for name in ("rejected", "routed", "matched", "review", "unmatched")}
        ends |= {f"excluded.{reason}": count for reason, count in self.excluded.items()}
        return {"rows_in": self.rows_in} | {end: count for end, count in ends.items() if count}


def check_conservation(tally: Tally) -> None:
    """Raise `ConservationBroken` (LED-002) unless every row that went in ended in exactly one place."""
    parts = (tally.rows_in, *tally.counts().values())
    if tally.rows_in == tally.rows_out and min(parts) >= 0:
        return
    counted = ", ".join(f"{name} {count}" for name, count in tally.counts().items())
    raise ConservationBroken(
        "LED-002",
        f"{tally.rows_in} rows went in and {tally.rows_out} came out: {counted}.",
        "This is a defect of the exchange: stop, and tell its maintainers.",
    )
