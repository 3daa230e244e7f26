"""One event: codes, counts, hashes and ids, and nothing that could be somebody's name, birthday or number.

The grammar below is the gate. A code is lower-case words, a rule's code, a collection or an authority's number; it
holds no six digits in a row and no date, so no UPN, ULN, NINO, UPRN or birthday is one. A hash is at least 16 hex
digits, so no such number is one either. A surname in lower case would pass: that no caller writes one is what the
end-to-end leak test is for.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.kernel import names
from shared.kernel.errors import LedgerBroken, LedgerRefused, newer
from shared.kernel.json_once import loads_once

START = "0" * 64
"""What the first event of a chain has for `previous`."""

FORMAT = 2
"""What is written now. 1, until and with commit e6f3284, said no format. 2 says it, and its time is never before that
of the event before it. Every format that was ever written is read for ever."""

OF_NONE = "exchange@0.0.0"
"""The agreement of an event that is of none: the exchange's own work, or before an agreement is known."""

REPEATED = frozenset({"attempted", "counted", "current", "turn", "consented", "ended", "kept", "informed"})
"""Steps that a chain may have more than once: every attempt is told, every file of an order that came to count, every
result that became current, every job that took its turn, everybody who agreed to a hold or to its end, every time it
found files to keep, everybody who was told of an incident. Any other step is recorded once."""

LONGEST = 96
MOST = 10**12

_CODE = re.compile(
    r"(?!.*\d{6}|.*\d{4}-?\d\d-?\d\d)[a-z][a-z0-9]*([._@-][a-z0-9]+)*"  # accepted, fsm@1.0.0, excluded.leaver
    r"|[A-Z]{3}-\d{3}"  # PUP-014
    rf"|{names.COLLECTION}"  # 2026-autumn
    r"|\d{3}"  # 208
)
_SUBJECT = re.compile(names.SUBJECT)
_WORD = re.compile(names.WORD)
_HASH = re.compile(r"[0-9a-f]{16,96}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class Event:
    """One step of one subject. Raises `LedgerRefused` (LED-003), naming the field, for what is not in the grammar."""

    seq: int
    """1, 2, 3 … within the subject."""
    subject: str
    """``drop:<id>``, ``run:<id>``, ``event:<id>``."""
    step: str
    at: str
    """UTC, whole seconds: ``2026-10-01T09:30:00Z``."""
    service: str
    """Which service did it, such as ``intake``."""
    tenant: str
    """The party's slug."""
    agreement: str
    """The agreement in force, such as ``fsm@1.0.0``."""
    previous: str
    """Hash of the event before it in the subject's chain; `START` for the first."""
    counts: Mapping[str, int] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    format: int = FORMAT

    def __post_init__(self) -> None:
        object.__setattr__(self, "codes", tuple(self.codes))
        _admit("seq", type(self.seq) is int and self.seq >= 1)
        _admit("format", type(self.format) is int and 1 <= self.format <= FORMAT)
        for name, grammar in _GRAMMAR.items():
            _admit(name, _matches(grammar, getattr(self, name)))
        _admit("previous", len(self.previous) == len(START))
        for key, count in self.counts.items():
            _admit("counts", _matches(_CODE, key) and type(count) is int and 0 <= count <= MOST)
        for key, digest in self.hashes.items():
            _admit("hashes", _matches(_CODE, key) and _matches(_HASH, digest))
        for code in self.codes:
            _admit("codes", _matches(_CODE, code))

    @property
    def hash(self) -> str:
        """SHA-256 of the event in canonical JSON, `previous` included: it vouches for the whole chain up to here."""
        return hashlib.sha256(_canonical(self._facts())).hexdigest()

    def vouched(self) -> dict[str, str | int]:
        """How a signed statement names the event: it vouches for the whole chain up to here."""
        return {"subject": self.subject, "seq": self.seq, "head": self.hash, "at": self.at}

    def to_json(self) -> bytes:
        """The event with its hash, as it is stored."""
        return _canonical({**self._facts(), "hash": self.hash})

    @classmethod
    def from_json(cls, document: bytes) -> Event:
        """Read a stored event back, of whatever format.

        Raises `LedgerBroken` (LED-001) when it is not one, or a byte of it was altered, and `NewerVersion` (LED-010)
        when it is in a format that this version does not know yet.
        """
        try:
            facts = loads_once(document)
            written, claimed = facts.get("format", 1), facts.pop("hash")
            # How an event is hashed never changes: one of a newer version is told from one that was altered.
            if type(written) is int and written > FORMAT and hashlib.sha256(_canonical(facts)).hexdigest() == claimed:
                raise newer("An event of the ledger", written, FORMAT)
            event = cls(**{"format": 1, **facts})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, LedgerRefused):
            raise LedgerBroken("LED-001", "A stored event is not an event.", "Restore the ledger.") from None
        if event.hash != claimed or event.to_json() != document:
            raise LedgerBroken("LED-001", f"Event {event.seq} of {event.subject} was altered.", "Restore the ledger.")
        return event

    def _facts(self) -> dict[str, Any]:
        facts = {name: getattr(self, name) for name in ("seq", *_GRAMMAR)}
        if self.format > 1:
            facts["format"] = self.format
        return facts | {"counts": dict(self.counts), "hashes": dict(self.hashes), "codes": list(self.codes)}


_GRAMMAR = {
    "subject": _SUBJECT,
    "step": _WORD,
    "at": _TIME,
    "service": _WORD,
    "tenant": re.compile(names.SLUG),
    "agreement": re.compile(names.REFERENCE),
    "previous": _HASH,
}


def check_subject(subject: str) -> None:
    """Raise `LedgerRefused` (LED-003) unless this can be an event's subject."""
    _admit("subject", _matches(_SUBJECT, subject))


def _matches(grammar: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST and grammar.fullmatch(value) is not None


def _admit(name: str, fits: bool) -> None:
    if not fits:
        raise LedgerRefused(
            "LED-003", f"The event's `{name}` holds what is not a code, a count or an id.", "Nothing was recorded."
        )


def _canonical(facts: Mapping[str, Any]) -> bytes:
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
