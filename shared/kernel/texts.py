"""The names of `kernel/names.py` as types, for models that are read from a file: a wrong one is named on load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from shared.kernel import names


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"


def _in_form(holds: Callable[[str], bool], form: str) -> AfterValidator:
    def check(text: str) -> str:
        if not holds(text):
            raise ValueError(f"must be {form}")
        return text

    return AfterValidator(check)


Slug = Annotated[str, StringConstraints(pattern=_whole(names.SLUG), max_length=names.LONGEST_SLUG)]
Version = Annotated[str, StringConstraints(pattern=_whole(names.VERSION))]
Reference = Annotated[
    str, StringConstraints(pattern=_whole(names.REFERENCE)), _in_form(names.is_reference, "like fsm@1.0.0")
]
Dataset = Annotated[str, StringConstraints(pattern=_whole(names.DATASET), max_length=names.LONGEST_DATASET)]
Collection = Annotated[
    str,
    StringConstraints(pattern=_whole(names.COLLECTION)),
    _in_form(names.is_collection, "a term or a year, such as 2026-autumn or 2025-26"),
]
DropId = Annotated[str, StringConstraints(pattern=_whole(names.ID))]
Urn = Annotated[str, StringConstraints(pattern=_whole(names.URN))]
