"""What this agreement says beyond what any agreement does: how rows are linked, and which rules decide the tier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints, model_validator

from shared.agreements.free_school_meals.releases import MADE
from shared.kernel.terms.base import Terms
from shared.kernel.terms.model import Agreement
from shared.methods.linkage.policy import LinkagePolicy

ANSWER_DAYS, MARGIN_DAYS = 28, 7
"""What a family has to answer an opt-out letter, and what the officers need at least before and after it."""


class EligibilityTerms(Terms):
    """Which dated rule set decides the tier."""

    rule_set: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]


class FreeSchoolMeals(Agreement):
    """The agreement on free school meals across boroughs."""

    CONTRACTED: ClassVar = frozenset({"pupils", "households", "decisions"})
    MADE: ClassVar = MADE

    linkage: LinkagePolicy
    eligibility: EligibilityTerms

    @model_validator(mode="after")
    def _decisions_have_time(self) -> FreeSchoolMeals:
        pending = self.retention.pending_days
        if pending is None or pending < ANSWER_DAYS + MARGIN_DAYS:
            raise ValueError(
                f"retention.pending_days: at least {ANSWER_DAYS + MARGIN_DAYS}, since families have {ANSWER_DAYS} days "
                "to answer"
            )
        if self.retention.decisions_days is None:
            raise ValueError("retention.decisions_days: families who opt out are not to be asked again")
        return self

    @classmethod
    def with_files(cls, document: dict[str, Any], read: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """The linkage model in the place of the name of its file."""
        linkage = document.get("linkage")
        if not isinstance(linkage, dict) or not isinstance(linkage.get("model"), str):
            return document
        return document | {"linkage": linkage | {"model": read(linkage["model"])}}


ModelFile = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*\.json$")]


class LinkagePolicyFile(LinkagePolicy):
    """The policy as the agreement's file has it: the model is a file beside it."""

    model: ModelFile | None = None  # type: ignore[assignment]  # the file's name stands where the model will


class FreeSchoolMealsFile(FreeSchoolMeals):
    """The file as an editor sees it."""

    linkage: LinkagePolicyFile


TERMS, FILE = FreeSchoolMeals, FreeSchoolMealsFile


def own_terms(agreement: Agreement) -> FreeSchoolMeals:
    """The agreement with its own keys. Raises `TypeError` for another agreement."""
    if not isinstance(agreement, FreeSchoolMeals):
        raise TypeError(f"{agreement.reference} is another agreement")
    return agreement
