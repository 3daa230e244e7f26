"""What the account itself says of the last days: rounds of reconciliation, poison and dead letters. Counts and days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from operate.standing import Finding
from shared.kernel.ledger.events import Event

if TYPE_CHECKING:
    from shared.kernel.storage.areas import Area
    from shared.kernel.storage.poison import PoisonQueue

SUMS = ("taken", "no_event", "cleared", "given_up")
"""What is added up over the rounds; how many wait is a matter of the last."""
DONE = "reconciled"
_PATIENCE_MINUTES = 15
"""What waits for longer is an alarm of reconciliation's, too."""
_LATELY = timedelta(minutes=90)
"""As long as something waits, the next round that says so is no later."""
_SOON = timedelta(minutes=30)
"""Six rounds: what is to be settled is settled by then, unless something stands in the way."""


@dataclass(frozen=True)
class Rounds:
    """The rounds of reconciliation that did anything; those that did nothing leave no line."""

    count: int
    sums: dict[str, int]
    last: Event | None

    def document(self) -> dict[str, Any]:
        """As it is shown."""
        last = dict(self.last.counts) if self.last else {}
        return {
            "rounds": self.count,
            **self.sums,
            "waiting": last.get("waiting", 0),
            "oldest_minutes": last.get("oldest_minutes", 0),
            "last": self.last.at if self.last else "",
        }


def rounds(ledger: Area, now: datetime, days: int) -> Rounds:
    """The rounds of today and the days before it, `days` in all (UTC).

    Raises `LedgerBroken` (LED-001) for one that was altered.
    """
    events = [
        Event.from_json(ledger.read(blob.name).data)
        for day in range(days - 1, -1, -1)
        for blob in ledger.list(f"reconcile/{now - timedelta(days=day):%Y%m%d}")
    ]
    events = sorted((event for event in events if event.step == DONE), key=lambda event: event.at)
    sums = {name: sum(event.counts.get(name, 0) for event in events) for name in SUMS}
    return Rounds(len(events), sums, events[-1] if events else None)


def judge_rounds(found: Rounds, now: datetime) -> Iterator[Finding]:
    """What of them needs somebody."""
    counts = found.document()
    if counts["given_up"]:
        what = f"{counts['given_up']} drops or requests could not be taken in for a day."
        yield Finding("EVT-021", "wrong", "reconciliation", what)
    if found.last and counts["waiting"] and now - datetime.fromisoformat(found.last.at) <= _LATELY:
        what = f"{counts['waiting']} drops or requests had no outcome yet at {found.last.at}"
        if counts["oldest_minutes"] > _PATIENCE_MINUTES:
            yield Finding(
                "EVT-022", "wrong", "reconciliation", f"{what}, the oldest for {counts['oldest_minutes']} minutes."
            )
        else:
            yield Finding("EVT-022", "noted", "reconciliation", f"{what}.")
    if counts["no_event"]:
        what = f"The events of {counts['no_event']} drops or requests never came; reconciliation found them."
        yield Finding("EVT-023", "noted", "events", what)


def poison_rows(poison: PoisonQueue, now: datetime) -> list[dict[str, Any]]:
    """By queue: how many events were given up, the age of the oldest, and the day on which Azure removes it."""
    from shared.kernel.storage.replay import given_up

    rows: dict[str, dict[str, Any]] = {}
    with given_up(poison) as events:
        for event in events:
            row = rows.setdefault(
                event.queue, {"queue": event.queue, "messages": 0, "oldest_minutes": 0, "gone_on": ""}
            )
            row["messages"] += 1
            row["oldest_minutes"] = max(row["oldest_minutes"], _minutes(event.since, now))
            gone = f"{event.gone_on:%Y-%m-%d}" if event.gone_on else ""
            row["gone_on"] = min(filter(None, (row["gone_on"], gone)), default="")
    return list(rows.values())


def judge_poison(rows: list[dict[str, Any]]) -> Iterator[Finding]:
    """What reconciliation should have cleared by now."""
    for row in rows:
        if timedelta(minutes=row["oldest_minutes"]) > _SOON:
            what = f"{row['messages']} messages, the oldest of {_age(row)}; Azure removes it on {row['gone_on']}."
            yield Finding("EVT-024", "wrong", row["queue"], what)


def letter_row(letters: Area, now: datetime) -> dict[str, Any]:
    """How many files of undelivered events there are, and the age of the oldest."""
    ages = [_minutes(blob.created, now) for blob in letters.list()]
    return {"files": len(ages), "oldest_minutes": max(ages, default=0)}


def judge_letters(row: dict[str, Any]) -> Iterator[Finding]:
    """What reconciliation should have cleared by now."""
    if timedelta(minutes=row["oldest_minutes"]) > _SOON:
        yield Finding("EVT-025", "wrong", "deadletter", f"{row['files']} files, the oldest of {_age(row)}.")


def _age(row: dict[str, Any]) -> str:
    hours = row["oldest_minutes"] // 60
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours" if hours else f"{row['oldest_minutes']} minutes"


def _minutes(since: datetime | None, now: datetime) -> int:
    return max(0, int((now - since) / timedelta(minutes=1))) if since else 0
