"""JSON in which every name stands once. Of a name that stands twice in one object a reader takes the last value and a
person the first: a document that says two things says nothing, and nothing of ours is written so."""

from __future__ import annotations

import json
from typing import Any


class Twice(ValueError):
    """A name stands twice in one object."""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Raises `Twice`: which of two values is meant would be a guess."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Twice
    return made


def loads_once(document: str | bytes) -> Any:
    """One JSON value. Raises `ValueError` for what is none, for one in which a name stands twice, and for one that is
    nested deeper than anything of ours."""
    try:
        return json.loads(document, object_pairs_hook=once)
    except RecursionError:
        raise ValueError("nested too deep") from None
