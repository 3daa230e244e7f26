"""How the demo ends: weeks pass, what is past its day is destroyed, and the exchange is audited by what it left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client.evidence.folder import PAGE, write_folder
from client.evidence.gather import gather
from local.record import add_logs
from shared.agreements.registry import agreement_files
from shared.kernel.audit.audit import audit
from shared.kernel.json_once import loads_once
from shared.kernel.terms.retention import LASTING

if TYPE_CHECKING:
    from local.clock import Clock
    from local.host import Host
    from local.party import Party
    from shared.kernel.audit.report import AuditReport
    from shared.kernel.terms.agreements import Agreements

RECORD, HELD, EVIDENCE = "record", "held", "evidence"
"""Within the demo's folder: what an auditor would be given of the exchange's and of the boroughs', and what the audit
gives a data protection officer."""
HOURS = ((time(1, 55), "reconcile"), (time(2), "disposal"), (time(6), "watchdog"))
"""UTC: hours of the app's timers. That of `reconcile` comes every five minutes (`functions/`)."""


def weeks_pass(clock: Clock, host: Host, since: datetime, agreements: Agreements) -> date:
    """Let the timers' hours come on each agreement's day of the reminder, and on the first night that finds all of it
    past its day.

    Returns that day.
    """
    retentions = [agreed.terms.retention for agreed in agreements]
    # What was written in the morning is past its day in the morning too, and the sweep is at night.
    nights = {
        days + 1 for retention in retentions for days in (retention.reminder_days, *retention.sweep_days.values())
    }
    day = since.date()
    for days in sorted(nights):
        day = since.date() + timedelta(days=days)
        for hour, timer in HOURS:
            clock.go(datetime.combine(day, hour, since.tzinfo))
            host.fire(timer)
    return day


def keep_what_is_held(parties: Iterable[Party], site: Path) -> None:
    """Every borough keeps what the exchange has signed for it."""
    for party in parties:
        party.keep(site / HELD / party.slug)


def audit_itself(
    site: Path,
    terms: Path | None,
    agreements: Agreements,
    days: tuple[date, date],
    beside: Mapping[str, bytes],
) -> dict[str, Any]:
    """Finish the record of the closed site, audit it and write the evidence; return what the demo says of it.

    `terms` is the folder of its agreements, if they are not the shipped ones; `beside` are files of the demo's own, by
    their names in the evidence folder.
    """
    record, evidence = site / RECORD, site / EVIDENCE
    add_logs(site, record)
    report = audit(record, agreements, *days, held=site / HELD)
    page, copies = gather(record, report, agreements, agreement_files(terms))
    write_folder(evidence, page, {**copies, **beside})
    return {**_told(report), "left": _left(record), "record": str(record), "page": str(evidence / PAGE)}


def _told(report: AuditReport) -> dict[str, Any]:
    ways = Counter[str]()
    for part in report.explained:
        ways[part.way] += part.operations
    return {
        "operations": report.operations,
        "explained_by": {way: ways[way] for way in ("ledger", "right", "unexplained")},
        "checks": {check.code: check.result for check in report.checks},
        "destroyed": sum(one.objects for one in report.destructions),
        "destroyed_rows": sum(one.rows for one in report.destructions),
        "certificates": {
            "issued": len(report.destructions),
            "hold": sum(bool(one.holds) for one in report.destructions),
        },
    }


def _left(record: Path) -> int:
    """How many objects were still listed, anywhere that rows live, when the certificates were written: but for what
    awaits a decision or was decided, which has days of its own, and for copies of certificates and heads."""
    signed = (loads_once(path.read_bytes())["payload"] for path in (record / "certificates").rglob("*.json"))
    bodies = [payload["body"] for payload in signed if payload["kind"] == "certificate"]
    parts = [part for body in bodies for part in body["proof"]["containers"]]
    return sum(part["objects"] - part["deliveries"] for part in parts if part["container"] not in LASTING)
