"""The error tree. Three families: the sender's fault is reported and never tried again; a fault that will pass
(`will_pass`) is left to reconciliation; any other is a defect, and raised.

::

    ExchangeError                  everything this product raises on purpose; carries a stable code
    ├── RejectedDrop               the sender's fault: a coded report goes back, the event is done
    │   ├── UntrustedDrop          an envelope gate said no (ENV-…)
    │   ├── NotAgreed              the agreement does not allow it (AGR-…)
    │   ├── BadFile                the contract cannot read the file at all (FIL-…)
    │   ├── Delayed                none of it: the exchange's own fault, answered in the same form (DRP-016)
    │   ├── OutOfUse               none of it: taken in, and taken out of use since (AGR-…, QUA-…, HLD-…)
    │   └── Waiting                none of it: taken in, and in no finished work yet; told in the same form (WAI-…)
    ├── InvalidInput               a person at a keyboard gave something unusable (INP-…, REC-…, KEY-004, AGR-007)
    ├── InvalidAgreement           terms, or the register of authorities, are wrong; names the key (AGR-000)
    ├── RefusedEvent               a trigger was handed something that is not its own (EVT-…); recorded, not retried
    ├── KeyUnavailable             a key service has no such key, or gives no answer (KEY-001, KEY-003)
    ├── BadSignature               a signature does not hold (KEY-002)
    ├── StorageFault               the blob service said no (STO-…)
    │   ├── Missing                no such blob
    │   ├── AlreadyExists          create-only write met an existing blob
    │   ├── Changed                If-Match failed: overwritten since it was looked at
    │   ├── NotAllowed             the credentials do not allow it
    │   ├── TooLarge               more bytes than the caller would take
    │   ├── UnusableName           the name would mean another blob, or none (STO-008)
    │   ├── Held                   a lease, a hold or an immutability policy bars the deletion (STO-009)
    │   ├── Unreadable             it was put so that its bytes cannot be had (STO-010, STO-011, STO-012)
    │   └── StorageUnavailable     it did not answer as it should: it will pass
    ├── LedgerRefused              an event held something that is not a code, a count or an id (LED-003)
    ├── LedgerBroken               a hash chain does not hold (LED-001)
    ├── ConservationBroken         rows in do not equal rows out (LED-002): the run stops loudly
    ├── NewerVersion               an event, statement or pack was written by a newer version (LED-010)
    └── ClockImplausible           this clock and a second one do not agree: nothing is destroyed by it (CLK-001)

No message ever contains a value from a row: only codes, counts, ids, column names and row numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NOTHING = "Nothing"
"""A `remedy` that begins so says that nobody has to do anything; reports set such lines apart."""


@dataclass(frozen=True)
class Particulars:
    """What a refusal says of one file, as data: counts, positions and names of the format, never a value."""

    found: str
    asked: str
    settings: Mapping[str, str] = field(default_factory=dict)
    """How a writer sets what is asked, by the writer's name."""

    def document(self) -> dict[str, object]:
        """As it stands in a receipt and a report."""
        return {"found": self.found, "asked": self.asked, "settings": dict(self.settings)}


PASSING = frozenset({"STO-003", "STO-004", "STO-005", "STO-006", "KEY-003"})
"""Codes of faults that end without a change of the code: storage or vault away, throttled, or refusing (a role that is
not in force yet)."""


class ExchangeError(Exception):
    """An error with a stable `code`, what happened (`message`) and the `remedy`."""

    def __init__(self, code: str, message: str, remedy: str = "") -> None:
        super().__init__(f"{code}: {message}" + (f" {remedy}" if remedy else ""))
        self.code = code
        self.message = message
        self.remedy = remedy

    @property
    def will_pass(self) -> bool:
        """Whether the same work, done again later, may succeed with the same code."""
        return self.code in PASSING


class RejectedDrop(ExchangeError):
    """The drop is refused for a reason its sender can put right."""

    def __init__(self, code: str, message: str, remedy: str = "", particulars: Particulars | None = None) -> None:
        super().__init__(code, message, remedy)
        self.particulars = particulars


class UntrustedDrop(RejectedDrop):
    """An envelope gate refused the drop before a single row was read."""


class NotAgreed(RejectedDrop):
    """The agreement does not allow this drop or this release."""


class BadFile(RejectedDrop):
    """The file opened, but is not what its contract says."""


class Waiting(RejectedDrop):
    """Not refused: the drop was taken in, and rows of it are in no finished work."""


class OutOfUse(RejectedDrop):
    """Not refused: the drop was taken in, and its rows may not be used any more."""


class Delayed(RejectedDrop):
    """Not refused, and not taken in: the exchange has failed at it for a day, and goes on trying."""


class InvalidInput(ExchangeError):
    """A command was given something it cannot use; the command exits with 2."""


@dataclass(frozen=True)
class InvalidCode:
    """One reason for which a command cannot use what it was given."""

    code: str
    message: str
    remedy: str

    def refusal(self, detail: str = "") -> InvalidInput:
        """What is raised for it; `detail` is a sentence about this case."""
        return InvalidInput(self.code, f"{self.message} {detail}".rstrip(), self.remedy)


class InvalidAgreement(ExchangeError):
    """An agreement file does not say what it must; the message names the key."""


class RefusedEvent(ExchangeError):
    """A trigger was handed a blob that is not its own."""


class KeyUnavailable(ExchangeError):
    """A key, or its private part, is not here."""


class BadSignature(ExchangeError):
    """A signature does not hold."""


class StorageFault(ExchangeError):
    """The blob service did not do what was asked."""


class Missing(StorageFault):
    """There is no such blob."""


class AlreadyExists(StorageFault):
    """A create-only write met a blob of that name."""


class Changed(StorageFault):
    """The blob is no longer the one that was looked at."""


class NotAllowed(StorageFault):
    """The credentials do not allow it: expired, withdrawn, or another borough's."""


class TooLarge(StorageFault):
    """A blob has more bytes than the caller would take; none was fetched."""


class UnusableName(StorageFault):
    """The name of a blob cannot be used to address it."""


class Held(StorageFault):
    """A lease, a legal hold or an immutability policy bars the deletion of a blob."""


class Unreadable(StorageFault):
    """The blob is there, and whoever put it there has put it so that its bytes cannot be had."""


class StorageUnavailable(StorageFault):
    """The blob service failed in a way that a later try may survive."""


class LedgerRefused(ExchangeError):
    """An event held something that is not a code, a count or an id. It was not recorded."""


class LedgerBroken(ExchangeError):
    """A chain of events was altered, cut or reordered."""


class ConservationBroken(ExchangeError):
    """Rows in do not equal rows out."""


class NewerVersion(ExchangeError):
    """A document is in a format that this version does not know yet. Nothing is wrong with it."""


def newer(what: str, written: int, known: int) -> NewerVersion:
    """LED-010, to raise: `what` is an event, a statement or a pack."""
    message = (
        f"{what} was written by a newer version of the exchange: in format {written}; this one reads up to {known}."
    )
    return NewerVersion("LED-010", message, "Install the newer version; nothing is wrong with what is there.")


class ClockImplausible(ExchangeError):
    """The clock of this machine and a second one do not agree, so nothing may be destroyed by it."""
