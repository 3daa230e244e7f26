"""What an audit says: counts, codes, times, and where each exception stands. No name that a party chose, no value.

A blob's name is data of a party and may hold a child's name. So an exception points at the line of the log, or at the
event of the ledger, and names an object only where this product's own grammar made the name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

Result = Literal["holds", "broken", "not known"]
Source = Literal["log", "ledger", "certificate", "register", "statement", "keys"]
Way = Literal["right", "ledger", "unexplained"]

SHOWN = 100
"""Exceptions that a check lists at most; `CheckResult.count` counts all of them."""


@dataclass(frozen=True)
class Place:
    """Where in the record something stands, so that an auditor can look at it."""

    source: Source
    file: str
    """Relative to the record, with ``/``; what cannot be printed is escaped. Azure's or this product's grammar made it,
    or, of an export of logs, the auditor."""
    line: int = 0
    """1, 2, 3 … within the file; 0 where the file as a whole is meant."""
    subject: str = ""
    """The ledger's subject, such as ``drop:<id>``; empty where there is none."""


@dataclass(frozen=True)
class Finding:
    """One exception of one check."""

    what: str
    """A sentence in this product's words; it never repeats a blob's name, an address or a header."""
    place: Place
    at: str = ""
    """UTC, whole seconds: ``2026-10-01T09:30:00Z``; empty where there is no time."""
    borough: str = ""
    """Slug of the party whose data or duty it is; `exchange` for nobody's; empty where it cannot be told."""
    principal: str = ""
    """As the register names it: ``<party> officer 1``; ``unknown 1a2b3c4d`` for one that is not in it."""
    operation: str = ""
    """As the service names it, such as ``GetBlob``."""
    container: str = ""
    """Kind of container: ``inbox``, ``outbox``, ``staging`` …, ``queue``, ``vault``; ``other``: of no agreement."""
    object: str = ""
    """A name that our own grammar made, or an object's id as certificates have it; else empty."""
    origin: str = ""
    """Where it came from: the caller's address as the log shows it, without the port. For the auditor: the evidence
    page does not repeat it."""


@dataclass(frozen=True)
class CheckResult:
    """The answer to one question that an auditor asks."""

    code: str
    """Stable: ``AUD-001``. `docs/ig/audit-checks.md` says what each looks at."""
    question: str
    """In one plain sentence; *yes* is the good answer."""
    result: Result
    """`not known` when what the answer needs is not in the record."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """What was looked at and what was found, by words of our own: ``operations``, ``exceptions`` …"""
    exceptions: tuple[Finding, ...] = ()
    """The first `SHOWN` in order of time; ``counts["exceptions"]`` counts all of them."""
    note: str = ""
    """What the answer does not cover, or why it is not known; one sentence."""

    @property
    def count(self) -> int:
        """How many exceptions there are, shown or not."""
        return self.counts.get("exceptions", 0)


@dataclass(frozen=True)
class Coverage:
    """Of how many hours of the period there are logs of one category. Azure's logs are best effort: an hour with logs
    is no promise that all of its operations are there."""

    category: str
    """``StorageRead``, ``StorageWrite``, ``StorageDelete``, ``AuditEvent``."""
    service: str
    """``blob``, ``queue`` or ``vault``."""
    hours: int
    """In the period."""
    with_logs: int
    operations: int
    first: str
    """Time of the first operation, UTC; empty where there is none."""
    last: str


@dataclass(frozen=True)
class Explained:
    """How many operations have the same explanation."""

    way: Way
    """`right`: whoever did it may do it at any time. `ledger`: it was part of work that the ledger records."""
    by: str
    """Which right, such as ``borough.collect``, or which kind of work, such as ``drop``; for the unexplained the code
    of the check that names them."""
    clause: str
    """The clause that allows it, such as ``retention.sweep_days``; empty where none is needed, or none is."""
    operations: int
    agreement: str = ""
    """Id of the agreement whose work or clause it was; empty where it was of none."""


@dataclass(frozen=True)
class Access:
    """Everything that one principal did to one kind of container in one way."""

    principal: str
    """As in `Finding`."""
    role: str
    """``app``, ``borough``, ``officer``, ``operator``, ``keeper``, ``platform``, ``pass`` or ``unknown``."""
    borough: str
    """Whose principal it is; empty for the exchange's."""
    of: str
    """Whose container or part it was: a slug, ``exchange``, or empty where it cannot be told."""
    container: str
    """Kind, as in `Finding`."""
    operation: str
    outcome: str
    """``done``, ``denied`` or ``failed``."""
    authentication: str
    """``OAuth``, ``SAS``, ``AccountKey``, ``Anonymous`` … as the service names it."""
    operations: int
    first: str
    last: str
    origins: int
    """Different addresses that they came from, a thousand at most; 0 for the app and Azure's own, which have ever new
    ones."""


@dataclass(frozen=True)
class Destruction:
    """One certificate of destruction in the record."""

    certificate: str
    """Its id; the file is ``certificates/<borough>/<day>-<id>.json``."""
    borough: str
    day: str
    """When it was destroyed, UTC."""
    objects: int
    rows: int
    by_clause: Mapping[str, int]
    """Objects by clause of the agreement and mechanism: ``retention.sweep_days.inbox · sweep``."""
    not_destroyed: int
    missing: int
    holds: bool | None
    """Whether it is genuine and nothing in it was kept longer than promised; `None` when no key was given."""
    genuine: bool | None = None
    """Whether its signature verifies, it lies in its place, and the ledger knows it; `None` when no key was given."""
    late: int = 0
    """Of its objects, those that were there for longer than was promised."""
    made_up: int = 0
    """Of its objects, those that an earlier night was to destroy: that one was missed, and this one made up for it."""
    first_missed: str = ""
    """The first night that was missed; empty where none was."""


@dataclass(frozen=True)
class Inputs:
    """What the record held."""

    files: int
    """Of logs."""
    lines: int
    """Records, where a file is not one with a record a line."""
    unreadable: int
    """What was not read, or not wholly: files and records that are cut off, damaged, in a form or of a kind that the
    audit does not know. AUD-018 says which."""
    outside: int
    """Operations outside the period: left out."""
    other_accounts: int
    """Operations on accounts and vaults that the register does not name: left out."""
    events: int
    """Of the ledger, in the period or not."""
    certificates: int
    locale: str = ""
    """What was stated of the order of day and month in exports: ``en-GB``, ``en-US``; empty when nothing was."""
    zone: str = ""
    """What was stated of the zone of times in exports, such as ``Europe/London``; empty when nothing was."""
    doubled: int = 0
    """Lines that stand in the logs once more (same request, time and operation): left out, each counts once."""
    held: int = 0
    """Signed statements that parties hold and that were compared with the record."""


@dataclass(frozen=True)
class AuditReport:
    """The whole answer. The same record gives the same report."""

    agreements: tuple[str, ...]
    """Every agreement that it was held against, such as ``fsm@1.0.0``."""
    first: date
    last: date
    """Both days included, UTC."""
    borough: str
    """The slug that it is limited to; empty for all. Then access, destructions and exceptions are those that concern
    the party; whether a check holds is judged on them alone."""
    inputs: Inputs
    coverage: tuple[Coverage, ...]
    explained: tuple[Explained, ...]
    access: tuple[Access, ...]
    destructions: tuple[Destruction, ...]
    checks: tuple[CheckResult, ...]

    @property
    def answer(self) -> Result:
        """Of all checks together: `broken` when one is, else `not known` when one is, else `holds`."""
        results = {check.result for check in self.checks}
        return "broken" if "broken" in results else "not known" if "not known" in results else "holds"

    @property
    def operations(self) -> int:
        """How many operations were explained or not."""
        return sum(part.operations for part in self.explained)

    @property
    def unexplained(self) -> int:
        """How many operations nothing explains."""
        return sum(part.operations for part in self.explained if part.way == "unexplained")

    def document(self) -> dict[str, Any]:
        """As JSON can hold it."""
        facts = asdict(self)
        period = {"from": facts.pop("first").isoformat(), "to": facts.pop("last").isoformat()}
        return {"period": period, **facts, "answer": self.answer}
