"""What the commands on incidents say: the record, its clock, what it reaches, and who read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from client.console import answer, facts_table, table
from shared.kernel.rights.incidents import COMMISSIONER

if TYPE_CHECKING:
    from shared.kernel.audit.reach import Reach
    from shared.kernel.audit.report import Access
    from shared.kernel.rights.incidents import Incident


def say(
    incident: Incident,
    found: Reach,
    readers: tuple[Access, ...],
    now: datetime,
    *,
    as_json: bool,
    audited: bool = False,
) -> None:
    untold = incident.untold(found.parties)
    scope = {name: str(value) for name, value in asdict(incident.scope).items() if value}
    facts = {
        "incident": incident.id,
        "why": incident.why,
        "noticed": minute(incident.noticed),
        "72 hours": f"{minute(incident.due)} ({clock(incident, now)})",
        "about": ", ".join(f"{name} {value}" for name, value in scope.items()),
        "outcome": incident.outcome or "open",
        "told": ", ".join(f"{one.whom} at {minute(one.at)}" for one in incident.told) or "nobody yet",
        "still to be told": ", ".join(untold) or "no party",
    }
    parts = [facts_table(facts), *told(found)]
    rows = [
        (one.principal, one.role, one.operation, one.outcome, f"{one.container} of {one.of}", one.operations)
        for one in readers
    ]
    if rows:
        parts.append(table(["who", "role", "did", "outcome", "what", "operations"], rows))
    elif not audited:
        parts.append("Who read is in the storage logs: `exchange record fetch` those days, and give --record.")
    else:
        parts.append("By the logs nobody read any of it in those days. Azure's logs are best effort.")
    document = {
        "ok": not incident.is_overdue(now),
        "incident": incident.id,
        "why": incident.why,
        "noticed": incident.noticed.isoformat(),
        "due": incident.due.isoformat(),
        "hours_left": incident.hours_left(now),
        "overdue": incident.is_overdue(now),
        "scope": scope,
        "counted_when_opened": dict(incident.counted),
        "told": [{"whom": one.whom, "at": one.at.isoformat()} for one in incident.told],
        "ico": minute(incident.was_told(COMMISSIONER)),
        "untold": list(untold),
        "outcome": incident.outcome,
        **reached(found),
        "read": [asdict(one) for one in readers],
    }
    answer(document, "\n\n".join(parts), as_json=as_json)


def reached(found: Reach) -> dict[str, Any]:
    return {
        "counts": found.counts,
        "parties": list(found.parties),
        "drops": [asdict(one) for one in found.drops],
        "releases": [asdict(one) for one in found.releases],
    }


def told(found: Reach) -> Iterator[str]:
    yield facts_table({**found.counts, "whose": ", ".join(found.parties) or "nobody's"})
    rows = [
        (one.subject, one.what, one.party, one.rows, one.at, "; ".join(one.destroyed) or f"gone by {one.gone_by}")
        for one in (*found.drops, *found.releases)
    ]
    if rows:
        yield table(["reached", "what", "party", "rows", "at", "destroyed"], rows)


def clock(incident: Incident, now: datetime) -> str:
    if (at := incident.was_told(COMMISSIONER)) is not None:
        late = "" if at <= incident.due else ", late: say why (article 33(1))"
        return f"the Commissioner was told after {hours(incident.noticed, at)} hours{late}"
    if incident.outcome:
        return "closed, the Commissioner was not told"
    left = incident.hours_left(now)
    return f"{left} hours left" if left >= 0 else f"over since {-left} hours"


def hours(since: datetime, at: datetime) -> int:
    return int((at - since).total_seconds() // 3600)


def minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
