"""All that the checks look at, gathered from one record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from shared.kernel.audit.certificates import CertificateCopy
from shared.kernel.audit.chains import Chain, LedgerCopy
from shared.kernel.audit.explain import Explainer, Group, Row
from shared.kernel.audit.granted import Comparison
from shared.kernel.audit.held import Held, HeldStatement
from shared.kernel.audit.lives import Closed
from shared.kernel.audit.logs.unread import Unread
from shared.kernel.audit.once import Once
from shared.kernel.audit.register import Register
from shared.kernel.audit.report import Finding, Place
from shared.kernel.audit.schema import KEYS, READ, WRITE
from shared.kernel.audit.seen import Seen
from shared.kernel.audit.trust import Trust
from shared.kernel.terms.agreements import Agreements


@dataclass
class Hours:
    """In which hours one service's category has lines."""

    hours: set[int] = field(default_factory=set)
    """Since 1970."""
    operations: int = 0
    first: int = 2**62
    last: int = 0


@dataclass(frozen=True)
class Evidence:
    """One record, read."""

    agreements: Agreements
    register: Register
    first: date
    last: date
    ledger: LedgerCopy
    certificates: tuple[CertificateCopy, ...]
    trust: Trust
    explainer: Explainer
    lives: Closed
    ledger_writes: dict[str, Row]
    receipts: set[str]
    seen: Seen
    once: Once
    held: Held | None
    """What parties hold; `None` where nobody has given it."""
    kept: tuple[HeldStatement, ...]
    """The daily heads in the record itself."""
    granted: Comparison | None
    """Who has rights, compared with what the templates give; `None` where the record does not say."""
    hours: dict[tuple[str, str], Hours]
    probed: set[int]
    """Hours in which the app's health was probed."""
    empty: int
    """Files of logs that hold no record at all, and nothing that could be one."""
    unread: dict[str, Unread]
    """What could not be read, by file."""

    @property
    def since(self) -> datetime:
        """The period's begin."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def until(self) -> datetime:
        """The period's end, which is not part of it."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    @property
    def groups(self) -> Iterable[Group]:
        """Kinds of operations."""
        return self.explainer.groups.values()

    def logged(self, moment: datetime) -> bool:
        """Whether any write is logged in that hour; if not, nothing follows from one that is not."""
        return int(moment.timestamp()) // 3600 in self.hours_of(WRITE)

    def read_in(self, moment: datetime) -> bool:
        """Whether any read is logged in that hour."""
        return int(moment.timestamp()) // 3600 in self.hours_of(READ)

    def hours_of(self, category: str) -> set[int]:
        """Hours since 1970, within the period, in which the blob service, or the vault, has lines of that category."""
        found = self.hours.get(("vault" if category == KEYS else "blob", category))
        return found.hours if found else set()

    @cached_property
    def damaged(self) -> set[str]:
        """Subjects whose chain is broken, or lacks events that the logs saw written."""
        broken = {chain.subject for chain in self.ledger.chains.values() if chain.broken}
        return broken | {":".join(name.split("/")[:2]) for name in self.ledger_writes if name not in self.ledger.names}

    def in_period(self, moment: datetime) -> bool:
        """Whether it is in the period."""
        return self.since <= moment < self.until

    def chains(self, *kinds: str) -> Iterable[Chain]:
        """Chains of these kinds that have events."""
        return (chain for chain in self.ledger.chains.values() if chain.events and (not kinds or chain.kind in kinds))


def stamp(micro: int) -> str:
    """UTC, whole seconds."""
    return datetime.fromtimestamp(micro // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro(moment: datetime) -> int:
    """Microseconds since 1970."""
    return round(moment.timestamp()) * 1_000_000


def of_log(row: Row) -> Place:
    """A line of a log."""
    return Place("log", row.file, row.line)


def of_ledger(chain: Chain, seq: int | None = None) -> Place:
    """An event, or where a chain breaks."""
    number = seq or (len(chain.events) or 1)
    file = chain.at or f"ledger/{chain.subject.replace(':', '/')}/{number:04d}.json"
    return Place("ledger", file, 0, chain.subject)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By time, then place."""
    return sorted(findings, key=lambda f: (f.at, f.place.file, f.place.line, f.object, f.what))
