"""Runs the watchdog and says what it found, once a day and owner, in the ledger."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from shared.kernel.disposal.account import ConfigurationSource, survey
from shared.kernel.disposal.clock import check_clock
from shared.kernel.disposal.watchdog import CLOCK, Finding, check
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.errors import ClockImplausible
from shared.kernel.intake.identity import derived_id

if TYPE_CHECKING:
    from datetime import date

    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.poison import PoisonQueue

SERVICE = "watchdog"


def watch(exchange: Exchange, poison: PoisonQueue, source: ConfigurationSource) -> tuple[Finding, ...]:
    """Compare promise and account; record an alarm for every owner that has one, and return all findings."""
    now = exchange.clock()
    of_all = watch_subject(EXCHANGE, now.date())
    try:
        check_clock(exchange.working_on(of_all), EXCHANGE)
    except ClockImplausible:
        return (Finding(CLOCK, EXCHANGE, "clock"),)  # not recorded: an event of such a day would stand in the way later
    account = survey(exchange.working_on(of_all), poison.with_request_id(of_all), source)
    findings = check(exchange.agreements, account, now)
    for owner, objects in account.objects.items():
        subject = watch_subject(owner, now.date())
        mine = [finding for finding in findings if finding.owner == owner]
        alarms: Counter[str] = Counter()
        for finding in mine:
            if finding.code.severity == "alarm":
                alarms[finding.code.code] += finding.count
        if alarms:
            exchange.ledger.record(
                subject, "alarm", service=SERVICE, tenant=owner, counts=alarms, codes=tuple(sorted(alarms))
            )
        unseen = sorted(finding.where for finding in mine if finding.code.severity == "unknown")
        exchange.ledger.record(
            subject, "watched", service=SERVICE, tenant=owner, counts={"held": len(objects)}, codes=tuple(unseen)
        )
    return findings


def watch_subject(owner: str, day: date) -> str:
    """The ledger's subject of one day's look at one owner."""
    return f"watchdog:{derived_id('watchdog', owner, day.isoformat())}"
