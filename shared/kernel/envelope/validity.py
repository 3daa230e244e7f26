"""When a key's signature counts: from, to, and since when somebody else may have had it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_FIRST, _LAST, _COMPROMISED = "valid_from", "valid_to", "compromised_since"


@dataclass(frozen=True)
class Validity:
    """Moments in seconds since 1970; `None`: no such bound."""

    first: int | None = None
    """What is dated before it does not count."""
    last: int | None = None
    """What is dated after it does not count. A key that was revoked has one."""
    compromised: int | None = None
    """From then on anybody may have signed with it: what is dated then or later does not count."""

    def covers(self, at: int) -> bool:
        """Whether what was signed at that moment counts."""
        return (
            (self.first is None or at >= self.first)
            and (self.last is None or at <= self.last)
            and (self.compromised is None or at < self.compromised)
        )

    def is_over(self, at: int) -> bool:
        """Whether its end has gone by at that moment."""
        return self.last is not None and self.last <= at

    def narrowed(self, other: Validity) -> Validity:
        """What is within both. Whatever of a key's time is told later can make it shorter and never longer."""

        def one(choose: Callable[[list[int]], int], *bounds: int | None) -> int | None:
            there = [bound for bound in bounds if bound is not None]
            return choose(there) if there else None

        return Validity(
            one(max, self.first, other.first),
            one(min, self.last, other.last),
            one(min, self.compromised, other.compromised),
        )

    def members(self) -> dict[str, int]:
        """As members of a JSON Web Key; what is no bound is left out."""
        found = {_FIRST: self.first, _LAST: self.last, _COMPROMISED: self.compromised}
        return {name: at for name, at in found.items() if at is not None}

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Validity:
        """Out of a JSON Web Key. Raises `ValueError` for a bound that is no moment."""
        bounds = [entry.get(name) for name in (_FIRST, _LAST, _COMPROMISED)]
        if any(bound is not None and (type(bound) is not int or bound < 0) for bound in bounds):
            raise ValueError("not a moment")
        return cls(*bounds)


ALWAYS = Validity()
