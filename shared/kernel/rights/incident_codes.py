"""What the record of an incident refuses, in words: for whoever types it, and for the page of codes."""

from __future__ import annotations

from shared.kernel.errors import InvalidCode

TOLD_WHEN = InvalidCode(
    "INC-003",
    "They cannot have been told then: it is before the incident was noticed, or still to come.",
    "Give the time with --when, in UTC, as 2026-11-21T14:30.",
)
UNTOLD = InvalidCode(
    "INC-004",
    "Not all whose rows it reached have been told.",
    "Tell them, and record it with `exchange incident told`.",
)
NO_COMMISSIONER = InvalidCode(
    "INC-005",
    "That the Commissioner was told is not recorded.",
    "Record it with `exchange incident told ico`; where nobody can be harmed, the outcome is no-risk.",
)
OTHER_OUTCOME = InvalidCode(
    "INC-006", "The incident was closed with another outcome.", "Open another where it was wrong."
)
INCIDENT_CODES = (TOLD_WHEN, UNTOLD, NO_COMMISSIONER, OTHER_OUTCOME)
