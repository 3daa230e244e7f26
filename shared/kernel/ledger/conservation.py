"""Conservation of rows: what went in came out, each row once. A row that nobody counts is a child that nobody sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.kernel.errors import ConservationBroken


@dataclass(frozen=True)
class Tally:
    """Rows of one drop or one job by the end that each came to."""

    rows_in: int
    ends: Mapping[str, int]
    """What does not occur may be left out, or 0."""

    @property
    def rows_out(self) -> int:
        """Rows that ended somewhere."""
        return sum(self.ends.values())

    def counts(self) -> dict[str, int]:
        """As an event counts them; what is 0 is left out, except `rows_in`."""
        return {"rows_in": self.rows_in} | {end: count for end, count in self.ends.items() if count}


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
