"""Who did it: the register's principals and passes by what the logs show of them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from shared.kernel.audit.register import Named, Register

_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SIGNATURE = re.compile(r"[0-9A-F]{64}")
ENTRA = "OAuth"
ANONYMOUS, ACCOUNT_KEY = "Anonymous", "AccountKey"
_ASKERS = (ENTRA, "SAS", "DelegationSas", ACCOUNT_KEY, ANONYMOUS)
_KNOWN_WAYS = (*_ASKERS, "TrustedAccess")
SERVICE = "the service itself"
"""Whoever names no principal and does not come as anybody who asks would."""


@dataclass(frozen=True)
class Person:
    """Whoever an operation names, as reports may name it."""

    name: str
    role: str
    """A role of the register, ``inbox pass``, ``outbox pass``, ``lifecycle``, ``nobody`` or ``unknown``."""
    party: str = ""
    first: datetime | None = None
    last: datetime | None = None
    """From when and until when it is who it is; the end is not part of it."""
    id: str = ""
    """Of somebody whom the register does not name: the whole principal, so that no stranger stands for another. Never
    shown: the name has its beginning."""


class People:
    """All who are named, to be found by principal and authentication."""

    def __init__(self, register: Register) -> None:
        self._by_id = {named.id: _person(named) for named in register.principals()}
        for entry in register.passes:
            self._by_id[entry.signature] = Person(
                f"pass for {entry.borough}-{entry.box} ({entry.signature[:8].lower()})",
                f"{entry.box} pass",
                entry.borough,
                entry.first.astimezone(UTC),
                entry.last.astimezone(UTC),
            )

    def find(self, principal: str, authentication: str) -> Person:
        """Whoever came with this principal in this way."""
        if authentication == ACCOUNT_KEY:
            return Person("account key", "nobody")
        if not principal:
            return Person("nobody" if authentication in _ASKERS else SERVICE, "nobody")
        if principal in self._by_id:
            return self._by_id[principal]
        kind = "pass" if _SIGNATURE.fullmatch(principal) else ""
        role = "unknown pass" if kind else "unknown"
        return Person(f"unknown {kind} {shown(principal)}".replace("  ", " "), role, id=principal)


def way(authentication: str) -> str:
    """The authentication as the service names it, if it is one that is known; nothing foreign is repeated."""
    return authentication if authentication in _KNOWN_WAYS else "other"


def shown(principal: str) -> str:
    """What tells an unknown principal from others: the beginning of its id, or of a digest of anything else."""
    if _OBJECT_ID.fullmatch(principal) or _SIGNATURE.fullmatch(principal):
        return principal[:8].lower()
    return hashlib.sha256(principal.encode()).hexdigest()[:8]


def _person(named: Named) -> Person:
    first = datetime.combine(named.first, time(), UTC) if named.first else None
    last = datetime.combine(named.last, time(), UTC) + timedelta(days=1) if named.last else None
    return Person(named.name, named.role, named.party, first, last)
