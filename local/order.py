"""In which order a demo's drops come."""

from __future__ import annotations

from enum import StrEnum


class Order(StrEnum):
    """In which the drops come."""

    BURST = "burst"
    """All at once, before any function fires."""
    TRICKLE = "trickle"
    """One after the other, each when the functions are done with the one before."""
