"""Work that the ledger records, held against the lines of the logs, both ways."""

from __future__ import annotations

from collections import Counter

from shared.kernel.audit.chains import Chain, moment
from shared.kernel.audit.checks.answer import Answer, of_chain
from shared.kernel.audit.evidence import Evidence, stamp
from shared.kernel.audit.once import LATE_MINUTES
from shared.kernel.audit.places import EXCHANGE
from shared.kernel.audit.report import Finding, Place

_MESSAGES = "poison"
"""What is destroyed of a queue is taken from it, which no log tells from any other reading of it."""


def matched(evidence: Evidence, party: str) -> Answer:
    """AUD-021: each sweep deleted in the logs what it destroyed by the ledger, no more and no less; and each chain that
    was written was read before."""
    answer = Answer()
    sweeps = chains = 0
    for chain in evidence.chains():
        if party not in ("", chain.tenant) or chain.broken or chain.newer:
            continue
        if evidence.in_period(chain.span[0]) and evidence.read_in(chain.span[0]):
            chains += 1
            if chain.subject not in evidence.seen.readers:
                answer.findings.append(
                    of_chain("A chain was written, and no line shows that it was read before.", chain)
                )
        if _is_sweep(chain) and evidence.in_period(chain.span[1]) and chain.step("done"):
            sweeps += 1
            answer.findings += _of_sweep(evidence, chain)
    answer.looked_at = {"chains": chains, "sweeps": sweeps}
    return answer


def _is_sweep(chain: Chain) -> bool:
    """Whether it is the exchange's own: a job of an agreement may be called so, too."""
    return (chain.kind, chain.agreement) == ("sweep", EXCHANGE)


def _of_sweep(evidence: Evidence, chain: Chain) -> list[Finding]:
    event = chain.step("destroyed")
    stated: Counter[str] = Counter()
    for name, count in event.counts.items() if event else ():
        if name.startswith("destroyed."):
            stated[name.removeprefix("destroyed.")] = count
    seen = {kind: count for (subject, kind), count in evidence.seen.deleted.items() if subject == chain.subject}
    fewest = stated - _goes_along(evidence, chain)
    found = []
    for kind in sorted({*stated, *seen} - {_MESSAGES}):
        if seen.get(kind, 0) < fewest[kind]:
            what = f"The sweep destroyed {stated[kind]} of {kind}, and the logs show {seen.get(kind, 0)} deletions."
        elif seen.get(kind, 0) > stated[kind]:
            what = f"The logs show {seen[kind]} deletions of {kind} by a sweep that destroyed {stated[kind]}."
        else:
            continue
        found.append(of_chain(what, chain, event.seq if event else None))
    return found


def _goes_along(evidence: Evidence, chain: Chain) -> Counter[str]:
    """Objects that went without a deletion of their own, by kind, as the sweep's certificate says: a snapshot goes with
    its blob, blocks that were never committed with a write."""
    id = chain.subject.partition(":")[2]
    for copy in evidence.certificates:
        if copy.destruction and copy.destruction.certificate == id and not copy.wrong:
            return Counter(copy.goes_along)
    return Counter()


def in_its_hour(evidence: Evidence, party: str) -> Answer:
    """AUD-022: every line stands once, in the file of its own hour and account, and no other contradicts it."""
    once = evidence.once
    found, more = [], 0
    for what, by_file in (
        ("A line is of another hour than its file.", once.astray),
        ("A line is of another account than its file.", once.foreign),
        ("A line says another thing of a request than an earlier line of the same request.", once.contradicting),
    ):
        found += [Finding(what, Place("log", file, one.line), stamp(one.at)) for file, one in by_file.items()]
        more += sum(one.count - 1 for one in by_file.values())
    told = []
    if once.doubled:
        told.append(f"{once.doubled} lines stand in the logs once more; each was counted once.")
    if once.late:
        told.append(f"{once.late} lines of the last {LATE_MINUTES} minutes of an hour stand in the next hour's file.")
    return Answer(found, more, {"lines doubled": once.doubled, "lines delivered late": once.late}, note=" ".join(told))


def destructions_logged(evidence: Evidence) -> dict[int, tuple[Chain, int]]:
    """Hours in which the ledger records destructions, and neither in it nor in the one before is any deletion logged:
    the chain and the event, by hour since 1970."""
    found: dict[int, tuple[Chain, int]] = {}
    for chain in evidence.chains("sweep"):
        event = chain.step("destroyed")
        if event is None or not evidence.in_period(moment(event)):
            continue
        some = {name for name, n in event.counts.items() if n and name.startswith("destroyed.")}
        hour = int(moment(event).timestamp()) // 3600
        if some - {f"destroyed.{_MESSAGES}"} and not {hour, hour - 1} & evidence.seen.deletions:
            found.setdefault(hour, (chain, event.seq))
    return found
