"""The record against what parties hold: what was rewritten later contradicts it."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.kernel.audit.checks.answer import Answer
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
    names."""
    held = evidence.held
    if held is None:
        note = "What parties hold was not given (--receipts); of itself no record can say that it was rewritten."
        return Answer(known=False, note=note)
    answer, heads, untold, newer = Answer(), 0, 0, 0
    for statement in held.statements:
        fault = _fault(evidence, statement)
        if fault is None:
            newer += 1
            continue
        findings = [fault] if fault else []
        try:
            vouched = list(statement.vouches()) if not fault else []
        except (KeyError, TypeError, ValueError, AttributeError):
            vouched, findings = [], ["A statement that a party holds is not what its kind should be."]
        for one in vouched:
            heads += 1
            said = _contradiction(evidence, one)
            untold += said is None
            findings += [said] if said else []
        if not fault and statement.kind == "certificate":
            findings += _not_kept(evidence, statement)
        answer.findings += [_finding(what, statement) for what in dict.fromkeys(findings)]
    answer.looked_at = {"statements": len(held.statements), "heads": heads, "other files": held.others}
    answer.known = bool(heads) and not newer
    told = [f"{len(held.statements)} statements name {heads} ends of chains."]
    if untold:
        told.append(f"{untold} of these are of days that the record is not of.")
    if newer:
        told.append(f"{newer} statements were written by a newer version.")
    answer.note = " ".join(told)
    return answer


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
