"""The agreements that the exchange carries out: one line each."""

from __future__ import annotations

from pathlib import Path

from shared.kernel.terms.agreements import Agreed, Agreements
from shared.kernel.terms.load import load_agreement


def load_agreements(folder: Path | None = None) -> Agreements:
    """Every agreement with its pipeline."""
    from shared.agreements.free_school_meals.pipeline import PIPELINE

    return Agreements((Agreed(load_agreement(folder), PIPELINE),))
