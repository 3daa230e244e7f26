"""The checks: each looks at the evidence and says what it found. Which operations nothing explains, `route` says."""

from __future__ import annotations

from collections.abc import Callable

from shared.kernel.audit.checks.answer import Answer, concerns, result, shown_operation
from shared.kernel.audit.checks.held import agrees_with_what_is_held
from shared.kernel.audit.checks.jobs import ended_in_one_way
from shared.kernel.audit.checks.ledger import ledger_whole, receipts, rows_accounted, taken_in_once
from shared.kernel.audit.checks.logs import hours_logged, readable, there_is_any
from shared.kernel.audit.checks.matched import in_its_hour, matched
from shared.kernel.audit.checks.objects import overwritten, past_their_day
from shared.kernel.audit.checks.papers import certificates_hold, named
from shared.kernel.audit.evidence import Evidence, of_log, stamp
from shared.kernel.audit.questions import QUESTIONS
from shared.kernel.audit.report import CheckResult, Finding

_LOOKS: dict[str, Callable[[Evidence, str], Answer]] = {
    "AUD-003": named,
    "AUD-006": past_their_day,
    "AUD-007": rows_accounted,
    "AUD-008": receipts,
    "AUD-009": ledger_whole,
    "AUD-010": hours_logged,
    "AUD-012": taken_in_once,
    "AUD-013": overwritten,
    "AUD-014": certificates_hold,
    "AUD-018": readable,
    "AUD-019": ended_in_one_way,
    "AUD-020": agrees_with_what_is_held,
    "AUD-021": matched,
    "AUD-022": in_its_hour,
}


def check_all(evidence: Evidence, party: str) -> tuple[CheckResult, ...]:
    """Every check's answer, in the order of their codes."""
    by_code = unexplained(evidence, party)
    operations = sum(group.count for group in evidence.groups if concerns(group, party))
    results = []
    for question in QUESTIONS:
        look = _LOOKS.get(question.code)
        answers = [
            by_code.get(question.code, Answer()),
            look(evidence, party) if look else Answer(looked_at={"operations": operations}),
            there_is_any(evidence, question),
        ]
        results.append(result(question, answers))
    return tuple(results)


def unexplained(evidence: Evidence, party: str) -> dict[str, Answer]:
    """The operations that nothing explains, by check."""
    answers: dict[str, Answer] = {}
    for group in evidence.groups:
        kind = group.kind
        if kind.why(evidence.explainer.events) is not None or not concerns(group, party):
            continue
        answer = answers.setdefault(kind.check, Answer())
        answer.findings += [
            Finding(
                kind.what,
                of_log(row),
                stamp(row.at),
                kind.place.owner,
                kind.person.name,
                shown_operation(kind.operation),
                kind.place.kind,
                row.name,
                row.origin,
            )
            for row in group.rows
        ]
        answer.more += group.count - len(group.rows)
    return answers
