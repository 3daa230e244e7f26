"""The audit of one record: read, explain, check."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np

from shared.kernel.audit import certificates, chains
from shared.kernel.audit.batches import in_batches
from shared.kernel.audit.checks import check_all
from shared.kernel.audit.checks.answer import concerns, shown_operation
from shared.kernel.audit.coded import Coded
from shared.kernel.audit.columns import together
from shared.kernel.audit.evidence import Evidence, Hours, micro, stamp
from shared.kernel.audit.explain import MOST_ORIGINS, Explainer, Group
from shared.kernel.audit.granted import read_comparison
from shared.kernel.audit.held import read_held
from shared.kernel.audit.lives import Lives
from shared.kernel.audit.logs.files import log_files
from shared.kernel.audit.logs.moments import Dating
from shared.kernel.audit.logs.read import Block, read_logs
from shared.kernel.audit.logs.unread import Unread
from shared.kernel.audit.once import HOUR, Once
from shared.kernel.audit.places import EXCHANGE
from shared.kernel.audit.questions import NO_LEDGER, NO_LOGS
from shared.kernel.audit.register import FILE, read_register
from shared.kernel.audit.report import Access, AuditReport, Coverage, Explained, Inputs, Way
from shared.kernel.audit.schema import DELETE, KEYS, READ, WRITE
from shared.kernel.audit.seen import Seen
from shared.kernel.audit.trust import trust_in
from shared.kernel.terms.agreements import Agreements

Progress = Callable[[int], None]
"""Is told how many bytes of logs were read since it was told last."""


@dataclass(frozen=True)
class Reading:
    """How the logs are read: what is stated of the times in exports, and who is told how far it is."""

    dating: Dating | None = None
    progress: Progress = lambda _: None


_PROBE = "GetContainerProperties"
_CATEGORIES = {READ: ("blob", "queue"), WRITE: ("blob", "queue"), DELETE: ("blob", "queue"), KEYS: ("vault",)}


def audit(
    record: Path,
    agreements: Agreements,
    first: date,
    last: date,
    *,
    party: str = "",
    held: Path | None = None,
    reading: Reading | None = None,
) -> AuditReport:
    """Audit the record's days from `first` to `last`, both included, UTC; of one party or of all. `held` is a folder of
    what parties hold: receipts, certificates, daily heads, their copies of the exchange's keys.

    Raises `InvalidInput`: REC-001 when the record has no logs, REC-002 when it has no copy of the ledger, REC-003 when
    its register cannot be used, KEY-004 when a public key cannot. Nothing that stands in a log or a ledger raises.
    """
    if not log_files(record):
        raise NO_LOGS.refusal()
    ledger = chains.read_ledger(record)
    if not ledger.chains:
        raise NO_LEDGER.refusal()
    register = read_register(record / FILE)
    explainer = Explainer(agreements, register, ledger, first, last)
    reading = reading or Reading()
    lives, tally, seen, once = Lives(), _Tally(), Seen(), Once()
    for batch in once.passed(in_batches(tally.counted(read_logs(record, reading.dating), reading.progress))):
        coded = explainer.add(batch)
        lives.add(coded)
        seen.add(coded)
        tally.note_hours(coded, explainer.since)
    of_parties = read_held(held) if held else None
    kept = read_held(record / certificates.FOLDER / EXCHANGE / certificates.HEADS)
    trust = trust_in(certificates.read_keys(record), of_parties.keys if of_parties else (), register, agreements)

    def promises(agreement: str, kind: str) -> int:
        return agreements.retention_of(agreement).line(kind).promise

    evidence = Evidence(
        agreements=agreements,
        register=register,
        first=first,
        last=last,
        ledger=ledger,
        certificates=certificates.read_certificates(record, trust.keys, ledger, promises),
        trust=trust,
        explainer=explainer,
        lives=lives.closed(),
        ledger_writes=lives.ledger_writes,
        receipts=lives.receipts,
        seen=seen,
        once=once,
        held=of_parties,
        kept=kept.statements,
        granted=read_comparison(record),
        hours=tally.hours,
        probed=tally.probed,
        empty=tally.empty,
        unread={file: found for file, found in tally.unread.items() if found.count},
    )
    return _report(evidence, tally, party, reading.dating)


@dataclass
class _Tally:
    """What is counted while the logs are read."""

    lines: int = 0
    unread: defaultdict[str, Unread] = field(default_factory=lambda: defaultdict(Unread))
    """What could not be read, by file; every file has an entry."""
    read: Counter[str] = field(default_factory=Counter)
    """Operations, by file."""
    hours: defaultdict[tuple[str, str], Hours] = field(default_factory=lambda: defaultdict(Hours))
    """By service and category."""
    probed: set[int] = field(default_factory=set)
    """Hours in which the app's health was probed."""

    def counted(self, blocks: Iterable[Block], progress: Progress) -> Iterator[Block]:
        """The same blocks, each counted as it goes by."""
        for block in blocks:
            progress(block.bytes)
            self.lines += block.lines
            self.unread[block.file].merge(block.unread)
            self.read[block.file] += block.operations.num_rows
            yield block

    def note_hours(self, coded: Coded, since: int) -> None:
        """In which hours from `since` on which service has lines of which category."""
        inside = coded.at >= since
        hour = coded.at // HOUR
        numbers, firsts = together(coded.services.numbers, coded.categories.numbers)
        for number, row in enumerate(firsts):
            at = coded.at[inside & (numbers == number)]
            if at.size:
                found = self.hours[(coded.services[row], coded.categories[row])]
                found.hours.update(np.unique(at // HOUR).tolist())
                found.operations += at.size
                found.first, found.last = min(found.first, int(at.min())), max(found.last, int(at.max()))
        probes = coded.operations.where(lambda name: name == _PROBE) & coded.places.where(lambda p: p.kind == "ledger")
        self.probed.update(np.unique(hour[probes & inside]).tolist())

    @property
    def empty(self) -> int:
        """Files that hold no record at all, and nothing that could be one."""
        return sum(not self.read[file] and not found.count for file, found in self.unread.items())


def _report(evidence: Evidence, tally: _Tally, party: str, dating: Dating | None) -> AuditReport:
    first, last = evidence.first, evidence.last
    return AuditReport(
        agreements=tuple(agreed.terms.reference for agreed in evidence.agreements),
        first=first,
        last=last,
        borough=party,
        inputs=Inputs(
            files=len(tally.unread),
            lines=tally.lines,
            unreadable=sum(found.count for found in tally.unread.values()),
            outside=evidence.explainer.outside,
            other_accounts=evidence.explainer.other_accounts,
            events=evidence.ledger.events,
            certificates=len(evidence.certificates),
            locale=dating.locale if dating else "",
            zone=str(dating.zone or "") if dating else "",
            doubled=evidence.once.doubled,
            held=len(evidence.held.statements) if evidence.held else 0,
        ),
        coverage=_coverage(evidence),
        explained=_explained(evidence, party),
        access=_access(evidence, party),
        destructions=tuple(
            copy.destruction
            for copy in evidence.certificates
            if copy.destruction
            and party in ("", copy.party)
            and first.isoformat() <= copy.destruction.day <= last.isoformat()
        ),
        checks=check_all(evidence, party),
    )


def _coverage(evidence: Evidence) -> tuple[Coverage, ...]:
    period = (micro(evidence.until) - micro(evidence.since)) // HOUR
    return tuple(
        Coverage(
            category,
            service,
            period,
            len(found.hours) if found else 0,
            found.operations if found else 0,
            stamp(found.first) if found else "",
            stamp(found.last) if found else "",
        )
        for category, services in _CATEGORIES.items()
        for service in services
        for found in (evidence.hours.get((service, category)),)
    )


def _explained(evidence: Evidence, party: str) -> tuple[Explained, ...]:
    counts: Counter[tuple[Way, str, str, str]] = Counter()
    for group in evidence.groups:
        if concerns(group, party):
            why = group.kind.why(evidence.explainer.events)
            key = (why.way, why.by, why.clause, why.agreement) if why else ("unexplained", group.kind.check, "", "")
            counts[key] += group.count
    return tuple(Explained(*key[:3], count, key[3]) for key, count in sorted(counts.items()))


def _access(evidence: Evidence, party: str) -> tuple[Access, ...]:
    rows: dict[tuple[str, Access], list[Group]] = {}
    for group in evidence.groups:
        if not concerns(group, party):
            continue
        kind = group.kind
        what = Access(
            principal=kind.person.name,
            role="pass" if kind.person.role.endswith("pass") else kind.person.role,
            borough=kind.person.party,
            of=kind.place.owner,
            container=kind.place.kind,
            operation=shown_operation(kind.operation),
            outcome=kind.outcome,
            authentication=kind.authentication,
            operations=0,
            first="",
            last="",
            origins=0,
        )
        rows.setdefault((kind.person.id, what), []).append(group)
    listed = (
        replace(
            what,
            operations=sum(group.count for group in groups),
            first=stamp(min(group.first for group in groups)),
            last=stamp(max(group.last for group in groups)),
            origins=min(len(set().union(*(group.origins for group in groups))), MOST_ORIGINS),
        )
        for (_, what), groups in rows.items()
    )
    return tuple(sorted(listed, key=astuple))
