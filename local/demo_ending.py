"""How the demo ends: weeks pass, what is past its day is destroyed, and the exchange is audited by what it left."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.record import add_logs, copy_account
from shared.audit.audit import audit
from shared.disposal.objects import OWN

if TYPE_CHECKING:
    from local.clock import Clock
    from local.host import Host
    from local.site import Site
    from shared.agreement.model import Agreement
    from shared.audit.report import AuditReport

SWEEP_AT, WATCH_AT = time(2), time(6)
"""UTC: the hours of the app's timers (`functions/disposal.py`, `functions/watchdog.py`)."""


def weeks_pass(clock: Clock, host: Host, since: datetime, agreement: Agreement) -> date:
    """Let the timers' hours come on the day of the reminder and on the first night that finds all of it past its day.

    Returns that day.
    """
    retention = agreement.retention
    # What was written in the morning is past its day by noon, and the sweep is at night.
    days = (retention.reminder_days + 1, max(retention.sweep_days.values()) + 1)
    for day in (since.date() + timedelta(days=count) for count in days):
        for hour, timer in ((SWEEP_AT, "disposal"), (WATCH_AT, "watchdog")):
            clock.go(datetime.combine(day, hour, since.tzinfo))
            host.fire(timer)
    return day


def still_held(site: Site) -> dict[str, int]:
    """How many objects are left where personal data lives, by kind; certificates and the sweep's notes are none."""
    storage, left = site.operated, Counter[str]()
    for slug in site.exchange.agreement.controllers:
        for kind in ("inbox", "outbox", "staging", "requests", "claims"):
            names = [blob.name for blob in getattr(storage, kind)(slug).list()]
            left[kind] += sum(not name.startswith(("certificates/", OWN)) for name in names)
    return dict(left)


def audit_itself(site: Path, record: Path, agreement: Agreement, first: date, last: date) -> AuditReport:
    """Finish the record of the closed site and audit it."""
    add_logs(site, record)
    return audit(record, agreement, first, last)


def told(report: AuditReport) -> dict[str, Any]:
    """The audit in the demo's summary."""
    ways = Counter[str]()
    for part in report.explained:
        ways[part.way] += part.operations
    return {
        "operations": report.operations,
        "unexplained": report.unexplained,
        "explained_by": dict(ways),
        "checks": {check.code: check.result for check in report.checks},
        "destroyed": sum(one.objects for one in report.destructions),
        "certificates": {
            "issued": len(report.destructions),
            "hold": sum(bool(one.holds) for one in report.destructions),
        },
    }


__all__ = ["audit_itself", "copy_account", "still_held", "told", "weeks_pass"]
