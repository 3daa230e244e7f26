"""What a comparison of rights found: `rights.json` of the record, as `exchange rights check --json` writes it.

It says who may do what, on the day when it was made, and not who did; so it is no part of the period.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shared.kernel.json_once import loads_once

FILE = "rights.json"
SURPLUS = ("too much", "from above")
"""What somebody has whom the templates do not give it."""


@dataclass(frozen=True)
class Granted:
    """One right that the templates do not give."""

    who: str
    """Object id."""
    container: str
    """The container that it is on; empty where it is on more than one, or on none."""


@dataclass(frozen=True)
class Comparison:
    """What there is, compared with what the templates give."""

    compared: int
    """Rights that the templates give."""
    surplus: tuple[Granted, ...]
    sound: bool = True
    """Whether the file could be read as what the command writes."""


def read_comparison(record: Path) -> Comparison | None:
    """The record's comparison; `None` where it has none. What cannot be read is not sound, and raises nothing."""
    path = record / FILE
    if not path.exists():
        return None
    try:
        said = loads_once(path.read_text(encoding="utf-8"))
        surplus = tuple(
            Granted(str(one["who"]).lower(), _container(str(one["scope"])))
            for one in said["differences"]
            if one["what"] in SURPLUS
        )
        return Comparison(int(said["compared"]), surplus)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Comparison(0, (), sound=False)


def _container(scope: str) -> str:
    return scope.rpartition("/containers/")[2] if "/containers/" in scope else ""
