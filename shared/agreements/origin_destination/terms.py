"""What this agreement says beyond what any agreement does: who keeps the table."""

from __future__ import annotations

from typing import ClassVar

from pydantic import model_validator

from shared.agreements.origin_destination.words import NAMES, RELEASE
from shared.kernel.terms.model import Agreement
from shared.kernel.texts import Slug


class OriginDestination(Agreement):
    """The agreement on tables of origins and destinations."""

    CONTRACTED: ClassVar = frozenset({"roll", "entitled", "plans"})
    MADE: ClassVar = {RELEASE: frozenset(NAMES)}

    hub: Slug
    """The party whose work the table is, and which has the whole of it."""

    @model_validator(mode="after")
    def _the_hub_collects(self) -> OriginDestination:
        if self.hub not in (*self.controllers, *self.recipients):
            raise ValueError(f"hub: neither a controller nor a recipient: {self.hub}")
        return self


TERMS = FILE = OriginDestination


def own_terms(agreement: Agreement) -> OriginDestination:
    """The agreement with its own keys. Raises `TypeError` for another agreement."""
    if not isinstance(agreement, OriginDestination):
        raise TypeError(f"{agreement.reference} is another agreement")
    return agreement
