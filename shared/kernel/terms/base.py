"""What the parts of an agreement's terms have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Days = Annotated[int, Field(ge=1)]


class Terms(BaseModel):
    """A part of the agreement: frozen, and an unknown key is an error rather than a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
