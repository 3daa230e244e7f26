"""What was written, and whether it is gone."""

from __future__ import annotations

from shared.kernel.audit.checks.answer import Answer
from shared.kernel.audit.evidence import Evidence, micro, of_log, stamp
from shared.kernel.audit.report import Finding, Place

_DAY = 86_400 * 1_000_000


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


def overwritten(evidence: Evidence, borough: str) -> Answer:
    """AUD-013: nothing was written twice."""
    found = []
    for position in evidence.lives.overwritten():
        row, (kind, owner) = evidence.lives.row(position), evidence.lives.place(position)
        if row.at >= micro(evidence.since) and borough in ("", owner):
            what = "An object was written again while it was there."
            found.append(Finding(what, of_log(row), stamp(row.at), owner, "", "PutBlob", kind))
    return Answer(found, looked_at={"writes": int(evidence.lives.births.size)})
