"""The agreements that the exchange carries out: one line each."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from shared.kernel.terms.agreements import Agreed, Agreements
from shared.kernel.terms.load import FOLDER, load_agreement

if TYPE_CHECKING:
    from shared.kernel.terms.pipeline import Pipeline

PACKAGES = ("free_school_meals",)


def load_agreements(folder: Path | None = None) -> Agreements:
    """Every agreement with its pipeline."""
    return Agreements(tuple(Agreed(load_agreement(folder), partial(pipeline_of, package)) for package in PACKAGES))


def agreement_files(folder: Path | None = None) -> dict[str, Path]:
    """Where each agreement's terms are read from, by its id."""
    return {agreed.terms.id: (folder or FOLDER) / f"{agreed.terms.id}.yaml" for agreed in load_agreements(folder)}


def pipeline_of(package: str) -> Pipeline:
    """The pipeline of an agreement's package."""
    pipeline: Pipeline = import_module(f"shared.agreements.{package}.pipeline").PIPELINE
    return pipeline
