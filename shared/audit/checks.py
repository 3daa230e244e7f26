"""The checks: each looks at the evidence and returns its exceptions. Which operations nothing explains, `route` says;
here is what ledger, certificates, register and the lives of objects say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from shared.audit.chains import Chain, moment
from shared.audit.evidence import HOUR, Evidence, in_order, micro, of_ledger, of_log, stamp
from shared.audit.explain import Group
from shared.audit.questions import QUESTIONS
from shared.audit.report import SHOWN, CheckResult, Finding, Place

_DAY = 86_400 * 1_000_000
_GRACE = timedelta(hours=24)
"""A drop that came in this long before the period's end, or later, may still be on its way."""
_NEARLY_EVERY_HOUR = 0.9
_ENDS = ("rejected", "routed", "matched", "review", "unmatched")


@dataclass
class Answer:
    """What a check found."""

    findings: list[Finding]
    more: int = 0
    """Exceptions that are counted and not listed."""
    looked_at: Mapping[str, int] | None = None
    known: bool = True
    note: str = ""


def unexplained(evidence: Evidence, borough: str) -> dict[str, Answer]:
    """The operations that nothing explains, by check."""
    answers: dict[str, Answer] = {}
    for group in evidence.groups:
        kind = group.kind
        if kind.why(evidence.explainer.events) is not None or not concerns(group, borough):
            continue
        answer = answers.setdefault(kind.check, Answer([]))
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


def shown_operation(operation: str) -> str:
    """An operation's name is Azure's; anything that does not look like one is not repeated."""
    return operation if operation.isalnum() and operation.isascii() and len(operation) <= 40 else "(not a name)"


def concerns(group: Group, borough: str) -> bool:
    """Whether operations of this kind are the borough's business."""
    kind = group.kind
    return not borough or borough in (kind.place.owner, kind.person.borough, kind.tenant)


def officers(evidence: Evidence, borough: str) -> Answer:
    """AUD-003, the register's half: no more officers on any day than the agreement allows."""
    found = []
    most = evidence.agreement.officers_per_borough
    for slug, parties in sorted(evidence.register.boroughs.items()):
        days = {evidence.first, *(o.first for o in parties.officers if o.first)}
        at_once = max(
            sum((o.first is None or o.first <= day) and (o.last is None or day <= o.last) for o in parties.officers)
            for day in days
            if day <= evidence.last
        )
        if at_once > most and borough in ("", slug):
            what = f"The register names {at_once} officers at once; the agreement allows {most}."
            found.append(Finding(what, Place("register", "register.yaml"), "", slug))
    return Answer(found, looked_at={"boroughs": len(evidence.register.boroughs)})


def past_their_day(evidence: Evidence, borough: str) -> Answer:
    """AUD-006: what was written and not deleted within the promised days, by the logs or by a certificate."""
    lives = evidence.lives
    promise = evidence.agreement.retention.promise_days
    data = tuple(str(kind) for kind in evidence.agreement.retention.sweep_days)
    births = lives.births[lives.of_kind(*data)[lives.births]]
    ends = lives.ends(births)
    due = lives.columns["at"][births] + promise * _DAY
    # What became of an object after the last line of the logs, no log can tell.
    told_until = min(micro(evidence.until), max((found.last for found in evidence.hours.values()), default=0))
    late = (due < told_until) & (due >= micro(evidence.since)) & (ends > due)
    found = []
    for position, end in zip(births[late], ends[late], strict=True):
        kind, owner = lives.place(int(position))
        gone = end < micro(evidence.until)
        what = f"Written, and {'deleted only' if gone else 'not seen deleted'} after more than {promise} days."
        row = lives.row(int(position))
        if borough in ("", owner):
            found.append(Finding(what, of_log(row), stamp(row.at), owner, "", "", kind))
    for copy in evidence.certificates:
        for entry in copy.late if not copy.wrong and borough in ("", copy.borough) else ():
            if evidence.first.isoformat() <= entry.destroyed[:10] <= evidence.last.isoformat():
                what = f"Destroyed after {entry.days} days; {promise} are promised."
                place = Place("certificate", copy.file)
                found.append(Finding(what, place, entry.destroyed, copy.borough, "", "", entry.kind, entry.object))
    note = "Only what was written and fell due between the first and the last line of the logs is known from them."
    return Answer(found, looked_at={"objects": int(births.size)}, note=note)


def rows_accounted(evidence: Evidence, borough: str) -> Answer:
    """AUD-007: `conserved` adds up, nothing is `unbalanced`, and nothing was released or staged uncounted."""
    found, looked = [], 0
    for chain in evidence.chains("drop", "run", "enrolment"):
        if not _last_in(evidence, chain, borough):
            continue
        looked += 1
        conserved, unbalanced = chain.step("conserved"), chain.step("unbalanced")
        if unbalanced:
            found.append(_of_chain("Rows went in that did not come out.", chain, unbalanced.seq))
        elif conserved and not _adds_up(conserved.counts):
            found.append(_of_chain("The counts of rows do not add up.", chain, conserved.seq))
        elif not conserved and not chain.broken and chain.step("done") and _has_rows(chain):
            found.append(_of_chain("Work was done and its rows were never counted.", chain))
    return Answer(found, looked_at={"drops, runs and enrolments": looked})


def _has_rows(chain: Chain) -> bool:
    return bool(chain.step("received") or chain.step("released"))


def _adds_up(counts: Mapping[str, int]) -> bool:
    ends = sum(count for name, count in counts.items() if name in _ENDS or name.startswith("excluded."))
    return counts.get("rows_in") == ends


def receipts(evidence: Evidence, borough: str) -> Answer:
    """AUD-008: every file in an inbox was looked at, every drop that began has ended, with a receipt."""
    found, drops = [], 0
    for chain in evidence.chains("drop"):
        if not _last_in(evidence, chain, borough):
            continue
        drops += 1
        done = chain.step("done")
        if done is None:
            if chain.subject not in evidence.damaged and chain.span[1] < evidence.until - _GRACE:
                found.append(_of_chain("A drop was begun and never ended.", chain))
        elif chain.subject.partition(":")[2] not in evidence.receipts and _is_logged(evidence, chain):
            found.append(_of_chain("A drop ended and nobody was seen to write its receipt.", chain, done.seq))
    lives = evidence.lives
    arrived = lives.births[lives.of_kind("inbox")[lives.births]]
    at = lives.columns["at"][arrived]
    inside = (at >= micro(evidence.since)) & (at < micro(evidence.until - _GRACE))
    unread = ~np.isin(lives.columns["object"][arrived], lives.read)
    for position in arrived[inside & unread]:
        row, (kind, owner) = lives.row(int(position)), lives.place(int(position))
        if borough in ("", owner):
            what = "A file arrived in an inbox and nobody was seen to take it in."
            found.append(Finding(what, of_log(row), stamp(row.at), owner, "", "PutBlob", kind))
    return Answer(found, looked_at={"drops": drops, "arrivals": int(inside.sum())})


def _is_logged(evidence: Evidence, chain: Chain) -> bool:
    """Whether there are logs of every hour from the chain's first event to its end."""
    first, last = chain.span
    hours = int((last - first) / timedelta(hours=1)) + 2
    return all(evidence.logged(min(first + timedelta(hours=n), last)) for n in range(hours))


def ledger_whole(evidence: Evidence, borough: str) -> Answer:
    """AUD-009: chains hold, and what the logs saw written is what the copy has, both ways."""
    found = [
        _of_chain(chain.broken, chain)
        for chain in evidence.ledger.chains.values()
        if chain.broken and (not borough or chain.tenant in ("", borough))
    ]
    tenant = {chain.subject: chain.tenant for chain in evidence.ledger.chains.values()}
    broken = {chain.subject for chain in evidence.ledger.chains.values() if chain.broken}
    for name, row in evidence.ledger_writes.items():
        subject = ":".join(name.split("/")[:2])
        if name in evidence.ledger.names or subject in broken or borough not in ("", tenant.get(subject, "")):
            continue
        what = "The log saw an event written that the copy of the ledger does not have."
        of_ours = Place("log", row.file, row.line, subject) if subject in tenant else of_log(row)
        found.append(Finding(what, of_ours, stamp(row.at), tenant.get(subject, ""), "", "PutBlob", "ledger"))
    for chain in evidence.chains():
        if borough not in ("", chain.tenant) or chain.broken:
            continue
        for event in chain.events:
            name = f"{chain.subject.replace(':', '/')}/{event.seq:04d}.json"
            if name in evidence.ledger_writes or not evidence.in_period(moment(event)):
                continue
            if evidence.logged(moment(event)):
                what = "The copy of the ledger has an event that nobody was seen to write."
                found.append(_of_chain(what, chain, event.seq))
    if evidence.ledger.strays and not borough:
        what = f"{len(evidence.ledger.strays)} files are no event of any chain."
        found.append(Finding(what, Place("ledger", "ledger")))
    return Answer(found, looked_at={"chains": len(evidence.ledger.chains), "events": evidence.ledger.events})


def hours_logged(evidence: Evidence, borough: str) -> Answer:
    """AUD-010: an hour without a line, though the ledger has work in it, or nearly every other hour has lines."""
    found: dict[str, Finding] = {}
    for chain in evidence.chains():
        for event in chain.events:
            at = moment(event)
            if evidence.in_period(at) and not evidence.logged(at):
                hour = stamp(micro(at.replace(minute=0, second=0)))
                what = "The ledger records work in this hour, and there is no line of any log."
                found[hour] = Finding(what, of_ledger(chain, event.seq), hour)
    logged = evidence.all_hours
    if logged and evidence.probed:
        every = range(min(logged), max(logged) + 1)
        if len(evidence.probed) >= _NEARLY_EVERY_HOUR * len(every):
            for silent in set(every) - logged:
                hour = stamp(silent * HOUR)
                what = "The app's health is asked after in nearly every hour, and in this one there is no line."
                found.setdefault(hour, Finding(what, Place("log", "logs"), hour))
    note = "Azure's logs are best effort. That an hour has lines does not say that none is missing."
    return Answer(list(found.values()), looked_at={"hours with lines": len(logged)}, note=note)


def taken_in_once(evidence: Evidence, borough: str) -> Answer:
    """AUD-012: no drop came again in other clothes."""
    found = [
        _of_chain("The same file arrived again, under another name or signature.", chain, event.seq)
        for chain in evidence.chains("drop")
        if (event := chain.step("repeated")) and evidence.in_period(moment(event)) and borough in ("", chain.tenant)
    ]
    return Answer(found, looked_at={"drops": sum(1 for _ in evidence.chains("drop"))})


def overwritten(evidence: Evidence, borough: str) -> Answer:
    """AUD-013: nothing was written twice."""
    found = []
    for position in evidence.lives.overwritten():
        row, (kind, owner) = evidence.lives.row(position), evidence.lives.place(position)
        if row.at >= micro(evidence.since) and borough in ("", owner):
            what = "An object was written again while it was there."
            found.append(Finding(what, of_log(row), stamp(row.at), owner, "", "PutBlob", kind))
    return Answer(found, looked_at={"writes": int(evidence.lives.births.size)})


def certificates_hold(evidence: Evidence, borough: str) -> Answer:
    """AUD-014: every certificate verifies, and every one that the ledger records is there."""
    copies = [copy for copy in evidence.certificates if borough in ("", copy.borough)]
    found = [
        Finding(copy.wrong, Place("certificate", _safe(copy.file)), "", copy.borough) for copy in copies if copy.wrong
    ]
    there = {copy.sha256 for copy in evidence.certificates}
    told = {copy.destruction.certificate for copy in evidence.certificates if copy.destruction}
    for chain in evidence.chains("sweep"):
        event = chain.step("certified")
        if event is None or borough not in ("", chain.tenant) or chain.subject.partition(":")[2] in told:
            continue
        if evidence.in_period(moment(event)) and event.hashes.get("certificate") not in there:
            found.append(_of_chain("The ledger records a certificate that is not in the record.", chain, event.seq))
    known = evidence.has_keys or not copies
    note = "" if known else "The record has no public key of the exchange (keys/), so no signature could be verified."
    return Answer(found, looked_at={"certificates": len(copies)}, known=known or bool(found), note=note)


def _safe(file: str) -> str:
    """The file's name if our grammar made it."""
    stem = file.rsplit("/", 1)[-1]
    return file if len(stem) == 48 and stem[:10].replace("-", "").isdigit() else "certificates"


def readable(evidence: Evidence, borough: str) -> Answer:
    """AUD-018: every file was read, and everything in it is an operation."""
    found = [
        Finding(sentence, Place("log", file, line))
        for file, unread in evidence.unread.items()
        for line, sentence in unread.sentences()
    ]
    more = sum(unread.count for unread in evidence.unread.values()) - len(found)
    return Answer(found, more, looked_at={"files not read, or not wholly": len(evidence.unread)})


_LOOKS: dict[str, Callable[[Evidence, str], Answer]] = {
    "AUD-003": officers,
    "AUD-006": past_their_day,
    "AUD-007": rows_accounted,
    "AUD-008": receipts,
    "AUD-009": ledger_whole,
    "AUD-010": hours_logged,
    "AUD-012": taken_in_once,
    "AUD-013": overwritten,
    "AUD-014": certificates_hold,
    "AUD-018": readable,
}


def check_all(evidence: Evidence, borough: str) -> tuple[CheckResult, ...]:
    """Every check's answer, in the order of their codes."""
    by_code = unexplained(evidence, borough)
    operations = sum(group.count for group in evidence.groups if concerns(group, borough))
    results = []
    for question in QUESTIONS:
        answers = [by_code[question.code]] if question.code in by_code else []
        look = _LOOKS.get(question.code)
        answers += [look(evidence, borough)] if look else []
        results.append(_result(question.code, question.asks, answers, {} if look else {"operations": operations}))
    return tuple(results)


def _result(code: str, asks: str, answers: Iterable[Answer], looked_at: Mapping[str, int]) -> CheckResult:
    answers = list(answers)
    findings = in_order(finding for answer in answers for finding in answer.findings)
    count = len(findings) + sum(answer.more for answer in answers)
    counts: Counter[str] = Counter(looked_at)
    for answer in answers:
        counts.update(answer.looked_at or {})
    known = all(answer.known for answer in answers)
    note = " ".join(answer.note for answer in answers if answer.note)
    result = "broken" if count else "holds" if known else "not known"
    return CheckResult(code, asks, result, {**counts, "exceptions": count}, tuple(findings[:SHOWN]), note)  # type: ignore[arg-type]


def _last_in(evidence: Evidence, chain: Chain, borough: str) -> bool:
    return evidence.in_period(chain.span[1]) and borough in ("", chain.tenant)


def _of_chain(what: str, chain: Chain, seq: int | None = None, at: str = "") -> Finding:
    event = next((event for event in chain.events if event.seq == seq), None)
    return Finding(what, of_ledger(chain, seq), at or (event.at if event else ""), chain.tenant, container="ledger")
