"""Lies that are told in the storage logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from shared.kernel.audit.schema import DELETE, READ, WRITE
from tests.security.lies.base import lie, without
from tests.security.lies.certificates import certificate, sweep_of
from tests.unit.kernel.audit.term import Term


def _lines_gone(category: str, when_: str = "", mark: str = "") -> Callable[[Term], None]:
    def gone(line: dict[str, Any]) -> bool:
        named = line.get("properties", {}).get("clientRequestId", "")
        return line["category"] == category and line["time"].startswith(when_) and named.startswith(mark)

    return lambda term: without(term, gone)


def _hour_of(step: str, category: str) -> Callable[[Term], None]:
    """The hour in which the ledger records a step has no line of a category."""

    def tell(term: Term) -> None:
        at = next(event.at for events in term.events.values() for event in events if event.step == step)
        _lines_gone(category, at[:13])(term)

    return tell


def _one_deletion_gone(term: Term) -> None:
    gone = [line for line in term.lines if _is_sweeps(line)]
    term.lines.remove(gone[0])


def _is_sweeps(line: dict[str, Any]) -> bool:
    mark = line.get("properties", {}).get("clientRequestId", "")
    return bool(line["category"] == DELETE and mark.startswith("sweep:"))


def _one_deletion_more(term: Term) -> None:
    """The app deletes something that no certificate lists, in the name of a sweep."""
    name = certificate(term, 0)
    subject = sweep_of(term, name)
    at = datetime.fromisoformat(term.events[subject][0].at)
    term.blob(at, "DeleteBlob", "lambeth-outbox/fsm/reports/a/report.json", mark=subject)


def _another_year(term: Term) -> None:
    _another_time(term, lambda at: at.replace(year=2025))


def _another_day(term: Term) -> None:
    _another_time(term, lambda at: at + timedelta(days=1))


def _another_hour(term: Term) -> None:
    _another_time(term, lambda at: at + timedelta(hours=2))


def _another_time(term: Term, change: Callable[[datetime], datetime]) -> None:
    """A line stays where it stands in its file, and says another time."""
    line = next(line for line in term.lines if line["operationName"] == "GetBlob" and "-outbox/" in str(line))
    file = term.file_of(line)
    term.lines.remove(line)
    at = change(datetime.fromisoformat(line["time"]))
    term.junk.setdefault(file, []).append(
        json.dumps(line | {"time": at.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")}).encode()
    )


LIES = (
    lie("an hour without deletions in which a sweep destroyed", "AUD-010 AUD-021", _hour_of("destroyed", DELETE)),
    lie("no deletions at all", "AUD-010 AUD-021", _lines_gone(DELETE)),
    lie("an hour without reads in which the ledger shows work", "AUD-010", _hour_of("conserved", READ)),
    lie("an hour without writes in which the ledger shows work", "AUD-010", _hour_of("conserved", WRITE)),
    lie("no reads at all", "AUD-010", _lines_gone(READ)),
    lie("one deletion of a sweep gone", "AUD-021", _one_deletion_gone),
    lie("one deletion more than the sweep destroyed", "AUD-021", _one_deletion_more),
    lie("a line's year changed", "AUD-022", _another_year),
    lie("a line's day changed", "AUD-022", _another_day),
    lie("a line's hour changed", "AUD-022", _another_hour),
)
