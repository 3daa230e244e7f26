"""What a check found, and how it becomes an answer: `holds`, `broken` or `not known`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.kernel.audit.chains import Chain
from shared.kernel.audit.evidence import Evidence, in_order, of_ledger
from shared.kernel.audit.explain import Group
from shared.kernel.audit.questions import Question
from shared.kernel.audit.report import SHOWN, CheckResult, Finding, Result


@dataclass
class Answer:
    """What a check found."""

    findings: list[Finding] = field(default_factory=list)
    more: int = 0
    """Exceptions that are counted and not listed."""
    looked_at: Mapping[str, int] | None = None
    known: bool = True
    """Whether what the answer needs is in the record. What is broken is broken all the same."""
    note: str = ""


def result(question: Question, answers: Iterable[Answer]) -> CheckResult:
    """The answers of several looks at one question, as one."""
    answers = list(answers)
    findings = in_order(finding for answer in answers for finding in answer.findings)
    count = len(findings) + sum(answer.more for answer in answers)
    counts: Counter[str] = Counter()
    for answer in answers:
        counts.update(answer.looked_at or {})
    known = all(answer.known for answer in answers)
    note = " ".join(answer.note for answer in answers if answer.note)
    found: Result = "broken" if count else "holds" if known else "not known"
    counted = {**counts, "exceptions": count}
    return CheckResult(question.code, question.asks, found, counted, tuple(findings[:SHOWN]), note)


def concerns(group: Group, party: str) -> bool:
    """Whether operations of this kind are the party's business."""
    kind = group.kind
    return not party or party in (kind.place.owner, kind.person.party, kind.tenant)


def shown_operation(operation: str) -> str:
    """An operation's name is Azure's; anything that does not look like one is not repeated."""
    return operation if operation.isalnum() and operation.isascii() and len(operation) <= 40 else "(not a name)"


def ends_in(evidence: Evidence, chain: Chain, party: str) -> bool:
    """Whether the chain's last event is in the period, and the chain is the party's business."""
    return evidence.in_period(chain.span[1]) and party in ("", chain.tenant)


def of_chain(what: str, chain: Chain, seq: int | None = None, at: str = "") -> Finding:
    """An exception that an event shows, or where a chain breaks."""
    event = next((event for event in chain.events if event.seq == seq), None)
    return Finding(what, of_ledger(chain, seq), at or (event.at if event else ""), chain.tenant, container="ledger")
