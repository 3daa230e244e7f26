"""The record against what parties hold: what was rewritten later contradicts it."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.kernel.audit.checks.answer import Answer
from shared.kernel.audit.checks.heads import heads_agree
from shared.kernel.audit.evidence import Evidence
from shared.kernel.audit.held import HeldStatement, Vouched
from shared.kernel.audit.report import Finding, Place
from shared.kernel.envelope.keys import lookup
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.errors import BadSignature, InvalidInput, KeyUnavailable, NewerVersion

_ON_THE_EDGE = timedelta(days=1)
"""A statement that does not say when its event was recorded may be of an event after the period's end."""


def agrees_with_what_is_held(evidence: Evidence, party: str) -> Answer:
    """AUD-020: every statement that a party holds verifies, and the record has the events and the certificates that it
    names. The daily heads that the record keeps itself are asked the same, and that none of them is missing."""
    held = evidence.held.statements if evidence.held else ()
    answer, heads, untold, newer = Answer(), 0, 0, 0
    genuine: list[HeldStatement] = []
    for statement in (*held, *evidence.kept):
        fault = _fault(evidence, statement)
        if fault is None:
            newer += 1
            continue
        faults: list[str | None] = [fault] if fault else [_contradiction(evidence, one) for one in _vouched(statement)]
        genuine += [] if fault else [statement]
        heads += 0 if fault else len(faults)
        untold += faults.count(None)
        if not fault and statement.kind == "certificate":
            faults += _not_kept(evidence, statement)
        answer.findings += [_finding(what, statement) for what in dict.fromkeys(faults) if what]
    answer.findings += heads_agree(evidence, genuine, party)
    answer.looked_at = {"statements": len(held), "daily heads kept": len(evidence.kept), "ends of chains": heads}
    answer.known = evidence.held is not None and bool(heads) and not newer
    told = [f"{len(held)} statements and {len(evidence.kept)} daily heads of the record name {heads} ends of chains."]
    if evidence.held is None:
        told = ["What parties hold was not given (--receipts); of itself no record can say that it was rewritten."]
    if untold:
        told.append(f"{untold} ends are of days that the record is not of.")
    if newer:
        told.append(f"{newer} statements were written by a newer version.")
    answer.note = " ".join(told)
    return answer


def _vouched(statement: HeldStatement) -> list[Vouched]:
    """The events that it names; one that nobody could have recorded where it is not what its kind should be."""
    try:
        return list(statement.vouches())
    except (KeyError, TypeError, ValueError, AttributeError):
        return [Vouched("", "", 0, statement.issued_at, exactly=True)]


def _fault(evidence: Evidence, statement: HeldStatement) -> str | None:
    """What is wrong with the statement itself; `None` for one of a newer version."""
    try:
        verify_statement(statement.document, lookup(evidence.trust.keys))
    except NewerVersion:
        return None
    except BadSignature:
        return "A statement that a party holds does not verify."
    except (KeyUnavailable, InvalidInput):
        return "A statement that a party holds is signed with a key that nobody vouches for, or nobody has."
    return ""


def _contradiction(evidence: Evidence, vouched: Vouched) -> str | None:
    """What the record says against it; empty when nothing; `None` when the record is not of that time."""
    chain = evidence.ledger.chains.get(vouched.subject)
    if chain is None:
        at = datetime.fromisoformat(vouched.at)
        end = evidence.until if vouched.exactly else evidence.until - _ON_THE_EDGE
        return "The record lacks a whole chain of the ledger." if evidence.since <= at < end else None
    if chain.newer:
        return None
    found = next((event for event in chain.events if event.hash == vouched.head), None)
    if found is None or vouched.seq not in (0, found.seq):
        return "The record's chain is not the one that the exchange vouched for: it was rewritten, or cut."
    return ""


def _not_kept(evidence: Evidence, statement: HeldStatement) -> list[str]:
    """Whether a certificate of the period is missing from the record, or is another there."""
    day = str(statement.body.get("swept_at", ""))[:10]
    if not evidence.first.isoformat() <= day <= evidence.last.isoformat():
        return []
    kept = any(copy.sha256 == statement.sha256 for copy in evidence.certificates)
    return [] if kept else ["The record lacks this certificate, or has another in its place."]


def _finding(what: str, statement: HeldStatement) -> Finding:
    return Finding(what, Place("statement", statement.file), statement.issued_at if what else "")
