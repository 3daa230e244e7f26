"""Runs of the account's lifecycle policy, as Azure reports them: kept in the ledger, as counts.

The report is the event ``Microsoft.Storage.LifecyclePolicyCompleted``. It names the blobs that a run could not delete,
and a party may have called a blob after a child: those names are counted here and kept nowhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.kernel.errors import RefusedEvent
from shared.kernel.intake.identity import derived_id
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.ledger.chain import Ledger

KIND = "policy"
EVENT_TYPE = "Microsoft.Storage.LifecyclePolicyCompleted"
SERVICE = "watchdog"
REPORTED = "reported"

STATUSES = {"Completed": "completed", "CompletedWithError": "completed-with-error", "Incomplete": "incomplete"}
"""`completionStatus`, and the code that the ledger has for it; where Azure sends none, `unstated`."""


@dataclass(frozen=True)
class PolicyRun:
    """One run of the policy."""

    ended: datetime
    """UTC."""
    status: str
    left: int
    """How many objects it should have deleted and did not; at least 1 for a run that says it was not complete."""


def note_run(exchange: Exchange, message: bytes) -> str:
    """Record the run that an Event Grid event reports, once, and return its subject.

    Raises `RefusedEvent` (EVT-004), recorded and without repeating any of it, when the message is no such event.
    """
    try:
        event = loads_once(message)
        if event["eventType"] != EVENT_TYPE:
            raise ValueError
        ended, data = _time(event["eventTime"]), event["data"]
        identity = derived_id("policy-run", str(event["id"]))
        status = STATUSES.get(str((data.get("policyRunSummary") or {}).get("completionStatus")), "unstated")
        counts = _counts(data.get("deleteSummary") or {})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        refused = f"event:{derived_id('event', KIND, hashlib.sha256(message).hexdigest())}"
        exchange.ledger.record(refused, "refused", service=SERVICE, tenant="exchange", codes=("EVT-004",))
        raise RefusedEvent("EVT-004", "The message is no report of a lifecycle policy's run.") from None
    # The day leads, so that the last run is the last by name, and nobody has to read six years of them.
    subject = f"{KIND}:{ended:%Y%m%d}-{identity}"
    late = exchange.clock() - ended
    exchange.ledger.record(
        subject,
        REPORTED,
        service=SERVICE,
        tenant="exchange",
        counts={**counts, "minutes_ago": max(0, round(late / timedelta(minutes=1)))},
        codes=(status,),
    )
    return subject


def last_run(ledger: Ledger) -> PolicyRun | None:
    """The run that ended last of those that were reported; `None` if none ever was."""
    subjects = list(ledger.subjects(KIND))
    last_day = [subject for subject in subjects if subject[:14] == subjects[-1][:14]] if subjects else []
    runs = [_run_of(ledger, subject) for subject in last_day]
    return max(runs, key=lambda run: run.ended, default=None)


def _run_of(ledger: Ledger, subject: str) -> PolicyRun:
    [event] = ledger.events(subject)
    [status] = event.codes
    ended = datetime.fromisoformat(event.at) - timedelta(minutes=event.counts["minutes_ago"])
    left = event.counts["left"]
    return PolicyRun(ended, status, left if status in ("completed", "unstated") else max(1, left))


def _counts(summary: Mapping[str, Any]) -> dict[str, int]:
    """`errorList` is a list of names, and an empty text where there is none."""
    objects, deleted = int(summary.get("totalObjectsCount") or 0), int(summary.get("successCount") or 0)
    named = summary.get("errorList") or ()
    return {"objects": objects, "deleted": deleted, "left": max(0, objects - deleted, len(named))}


def _time(text: str) -> datetime:
    """Azure's examples write it without a zone, and with more digits than Python reads; it is UTC."""
    moment = datetime.fromisoformat(text.rstrip("Z")[:26])
    return moment.replace(tzinfo=UTC)
