"""What the record of an incident refuses, in words: for whoever types it, and for the page of codes."""

from __future__ import annotations

from dataclasses import dataclass

from shared.kernel.errors import InvalidInput


@dataclass(frozen=True)
class IncidentCode:
    """One reason for which nothing is recorded."""

    code: str
    message: str
    remedy: str

    def refusal(self, detail: str = "") -> InvalidInput:
        """The refusal, to raise."""
        return InvalidInput(self.code, f"{self.message} {detail}".rstrip(), self.remedy)


TOLD_WHEN = IncidentCode(
    "INC-003",
    "They cannot have been told then: it is before the incident was noticed, or still to come.",
    "Give the time with --when, in UTC, as 2026-11-21T14:30.",
)
UNTOLD = IncidentCode(
    "INC-004",
    "Not all whose rows it reached have been told.",
    "Tell them, and record it with `exchange incident told`.",
)
NO_COMMISSIONER = IncidentCode(
    "INC-005",
    "That the Commissioner was told is not recorded.",
    "Record it with `exchange incident told ico`; where nobody can be harmed, the outcome is no-risk.",
)
OTHER_OUTCOME = IncidentCode(
    "INC-006", "The incident was closed with another outcome.", "Open another where it was wrong."
)
INCIDENT_CODES = (TOLD_WHEN, UNTOLD, NO_COMMISSIONER, OTHER_OUTCOME)
