"""Whether the logs can be read, and of which hours there are any."""

from __future__ import annotations

from collections.abc import Mapping

from shared.kernel.audit.chains import Chain, moment
from shared.kernel.audit.checks.answer import Answer
from shared.kernel.audit.checks.matched import destructions_logged
from shared.kernel.audit.evidence import Evidence, micro, of_ledger, stamp
from shared.kernel.audit.jobs import rights_of
from shared.kernel.audit.once import HOUR
from shared.kernel.audit.questions import Question
from shared.kernel.audit.report import Finding, Place
from shared.kernel.audit.rules import DROP
from shared.kernel.audit.schema import DELETE, KEYS, READ, WRITE

_NEARLY_EVERY_HOUR = 0.9
_CALLED: Mapping[str, str] = {READ: "reads", WRITE: "writes", DELETE: "deletions", KEYS: "uses of keys"}


def there_is_any(evidence: Evidence, question: Question) -> Answer:
    """Without any line of what a question looks at, nothing follows from there being no exception."""
    missing = [_CALLED[category] for category in question.needs if not evidence.hours_of(category)]
    if not missing:
        return Answer()
    return Answer(known=False, note=f"The record has no log of {' and '.join(missing)} in the period.")


def hours_logged(evidence: Evidence, party: str) -> Answer:
    """AUD-010. An hour's logs are known to be missing when the ledger has an event in it, which takes a read and a
    write, and there is no line of one; when a sweep has destroyed something and there is no line of a deletion; when
    rows were opened and there is no line of a use of a key, where the record has such lines at all; or when the app's
    health, whose probe is a read, is asked after in nearly every hour, not in it.

    Of another hour without a read nothing says whether there was anything to log.
    """
    reads, writes = evidence.hours_of(READ), evidence.hours_of(WRITE)
    found: dict[int, Finding] = {}
    for chain in evidence.chains():
        for event in chain.events:
            at = moment(event)
            lacking = "write" if not evidence.logged(at) else "read" if not evidence.read_in(at) else ""
            if lacking and evidence.in_period(at):
                what = f"The ledger records work in this hour, and there is no line of any {lacking}."
                hour = micro(at) // HOUR
                found[hour] = Finding(what, of_ledger(chain, event.seq), stamp(hour * HOUR))
    for hour, (chain, seq) in destructions_logged(evidence).items():
        what = "The ledger records destructions, and there is no line of any deletion."
        found.setdefault(hour, Finding(what, of_ledger(chain, seq), stamp(hour * HOUR)))
    for hour, (chain, seq) in _keys_used(evidence).items():
        what = "The ledger records rows that were opened, and there is no line of any use of a key."
        found.setdefault(hour, Finding(what, of_ledger(chain, seq), stamp(hour * HOUR)))
    probed = range(min(reads), max(reads) + 1) if reads else range(0)
    if reads and len(evidence.probed) >= _NEARLY_EVERY_HOUR * len(probed):
        for hour in set(probed) - reads:
            what = "The app's health is asked after in nearly every hour, and in this one no read is logged."
            found.setdefault(hour, Finding(what, Place("log", "logs"), stamp(hour * HOUR)))
    period = range(micro(evidence.since) // HOUR, micro(evidence.until) // HOUR)
    unknown = len(set(period) - reads - set(found))
    looked_at = {
        "hours": len(period),
        "hours with reads": len(reads),
        "hours with writes": len(writes),
        "hours not known": unknown,
    }
    note = f"Reads are logged in {len(reads):,} of {len(period):,} hours, writes in {len(writes):,}."
    if unknown:
        note += f" Of {unknown:,} hours nothing says whether there was anything to log."
    note += " Azure's logs are best effort: that an hour has lines does not say that none is missing."
    return Answer(list(found.values()), looked_at=looked_at, known=not unknown, note=note)


def _keys_used(evidence: Evidence) -> dict[int, tuple[Chain, int]]:
    """Hours in which the ledger records a drop or a job whose rows were opened, and neither in it nor in the one before
    is any use of a key logged: the chain and the event, by hour since 1970."""
    logged = evidence.hours_of(KEYS)
    found: dict[int, tuple[Chain, int]] = {}
    for chain in evidence.chains() if logged else ():
        is_job = rights_of(evidence.agreements, chain.agreement, chain.kind) is not None
        event = chain.step("conserved" if is_job else "received") if is_job or chain.kind == DROP else None
        if event is not None and evidence.in_period(moment(event)):
            hour = micro(moment(event)) // HOUR
            if not {hour, hour - 1} & logged:
                found.setdefault(hour, (chain, event.seq))
    return found


def readable(evidence: Evidence, party: str) -> Answer:
    """AUD-018: every file was read, and everything in it is an operation."""
    found = [
        Finding(sentence, Place("log", file, line))
        for file, unread in evidence.unread.items()
        for line, sentence in unread.sentences()
    ]
    more = sum(unread.count for unread in evidence.unread.values()) - len(found)
    looked_at = {
        "files without a record": evidence.empty,
        "files not read, or not wholly": len(evidence.unread),
    }
    note = f"Files without any record: {evidence.empty}." if evidence.empty else ""
    return Answer(found, more, looked_at=looked_at, note=note)
