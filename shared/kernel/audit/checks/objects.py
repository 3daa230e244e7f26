"""What was written, and whether it is gone."""

from __future__ import annotations

import numpy as np

from shared.kernel.audit.checks.answer import Answer
from shared.kernel.audit.evidence import Evidence, micro, of_log, stamp
from shared.kernel.audit.places import Place as Where
from shared.kernel.audit.report import Finding, Place

_DAY = 86_400 * 1_000_000


def past_their_day(evidence: Evidence, party: str) -> Answer:
    """AUD-006: what was written and not deleted within the days that its agreement promises, by the logs or by a
    certificate."""
    lives = evidence.lives
    births = lives.births[lives.of_kind(*_kinds(evidence))[lives.births]]
    ends = lives.ends(births)
    at = lives.columns["at"][births]
    promised = lives.by_place(births, lambda place: _promise(evidence, place))
    due = at + promised * _DAY
    # What became of an object after the last line of the logs, no log can tell.
    told_until = min(micro(evidence.until), max((found.last for found in evidence.hours.values()), default=0))
    late = (due < told_until) & (due >= micro(evidence.since)) & (ends > due)
    found = []
    for position, end, days in zip(births[late], ends[late], promised[late], strict=True):
        place = lives.place(int(position))
        gone = end < micro(evidence.until)
        what = f"Written, and {'deleted only' if gone else 'not seen deleted'} after more than {days} days."
        row = lives.row(int(position))
        if party in ("", place.owner):
            found.append(Finding(what, of_log(row), stamp(row.at), place.owner, "", "", place.kind))
    found += _certified(evidence, party)
    least = evidence.agreements.retention_of("").promise_days
    sooner = at + least * _DAY
    untold = int(np.sum((promised > least) & lives.of_kind("inbox")[births] & (sooner < told_until) & (ends > sooner)))
    note = "Only what was written and fell due between the first and the last line of the logs is known from them."
    if untold:
        note += (
            f" Of {untold} files that lay in inboxes for more than {least} days the logs do not say under which "
            "agreement, and agreements promise other days."
        )
    return Answer(found, looked_at={"objects": int(births.size)}, known=not untold, note=note)


def _kinds(evidence: Evidence) -> frozenset[str]:
    """Of containers and queues whose objects have days."""
    return frozenset(str(kind) for agreed in evidence.agreements for kind in agreed.terms.retention.kinds)


def _promise(evidence: Evidence, place: Where) -> int:
    """Days, by the agreement's folder. A log does not say under which agreement a file in an inbox is: what is there
    longer than any agreement promises is late, whichever it was."""
    if place.kind == "inbox":
        return max(agreed.terms.retention.promise_days for agreed in evidence.agreements)
    return evidence.agreements.retention_of(place.agreement).line(place.kind).promise


def _certified(evidence: Evidence, party: str) -> list[Finding]:
    """What certificates say was destroyed late."""
    found = []
    for copy in evidence.certificates:
        for entry in copy.late if not copy.wrong and party in ("", copy.party) else ():
            if evidence.first.isoformat() <= entry.destroyed[:10] <= evidence.last.isoformat():
                what = f"Destroyed after {entry.days} days; {entry.promised} are promised."
                place = Place("certificate", copy.file)
                found.append(Finding(what, place, entry.destroyed, copy.party, "", "", entry.kind, entry.object))
    return found


def overwritten(evidence: Evidence, party: str) -> Answer:
    """AUD-013: nothing was written twice."""
    found = []
    for position in evidence.lives.overwritten():
        row, place = evidence.lives.row(position), evidence.lives.place(position)
        if row.at >= micro(evidence.since) and party in ("", place.owner):
            what = "An object was written again while it was there."
            found.append(Finding(what, of_log(row), stamp(row.at), place.owner, "", "PutBlob", place.kind))
    return Answer(found, looked_at={"writes": int(evidence.lives.births.size)})
