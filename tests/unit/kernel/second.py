"""A second agreement beside free school meals, of nobody's: absences are counted by one party for all others.

The audit and disposal know nothing of it but what its terms and its pipeline say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.agreements.registry import agreed
from shared.kernel.terms.agreements import Agreed, Agreements
from shared.kernel.terms.model import Agreement, ReleaseTerms
from shared.kernel.terms.pipeline import Rights
from shared.kernel.terms.retention import Retention
from tests.agreements import pilot

FSM, SECOND = "fsm", "head-count"
KIND, DATASET, EARLIER, COUNTS = "tally", "absences", "earlier", "counts"
RETENTION = Retention(
    promise_days=40,
    watchdog_days=39,
    lifecycle_days=36,
    reminder_days=10,
    sweep_days=dict.fromkeys(("inbox", "outbox", "staging", "requests", "claims", "poison", "deadletter"), 35),
)


@dataclass(frozen=True)
class HeadCount:
    """As much of a pipeline as is asked for where no row is read."""

    contracts: Mapping[str, Any] = field(default_factory=lambda: {DATASET: None})
    ends: Mapping[str, str] = field(default_factory=lambda: {"counted": "", "excluded": ""})
    kinds: Mapping[str, Rights] = field(
        default_factory=lambda: {
            KIND: Rights(
                frozenset({DATASET, EARLIER}),
                frozenset({EARLIER}),
                {COUNTS: COUNTS},
                COUNTS,
                settles=frozenset({"asked", "left"}),
                leaves_pending=frozenset({"asked"}),
                recalls=frozenset({"noted", "heard"}),
                remembers={"noted": {}},
            )
        }
    )

    @property
    def pipeline(self) -> Any:
        """This."""
        return self

    def __call__(self) -> Any:
        """This."""
        return self


def fsm() -> Agreed:
    """Free school meals, between the boroughs of the pilot."""
    return agreed(pilot())


def second(**changes: Any) -> Agreed:
    """The second agreement; `changes` are to its terms."""
    terms: Agreement = fsm().terms
    absences = terms.terms_of("pupils").model_copy(update={"dropped_by": ("lambeth", "lewisham")})
    said: dict[str, Any] = {
        "id": SECOND,
        "version": "2.1.0",
        "controllers": ("lambeth", "lewisham"),
        "datasets": {DATASET: absences},
        "releases": {COUNTS: ReleaseTerms(to="any", columns=("count",))},
        "retention": RETENTION,
        "waits": None,
    }
    return Agreed(terms.model_copy(update=said | changes), HeadCount())


def both(**changes: Any) -> Agreements:
    """Both agreements."""
    return Agreements((fsm(), second(**changes)))
