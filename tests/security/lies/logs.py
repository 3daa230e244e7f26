"""Lies that are told in the storage logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from shared.kernel.audit.schema import DELETE, READ, WRITE
from tests.security.lies.base import lie, without
from tests.security.lies.certificates import certificate, sweep_of
from tests.unit.kernel.audit.term import ACCOUNT, Term, oauth, oid, when


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


def _of_another_account(term: Term) -> None:
    """What a stranger read stands under the name of another account, which the audit leaves out."""
    line = _a_stranger_reads(term)
    line["properties"]["accountName"] = "stsomebodys"
    line["properties"]["objectKey"] = line["properties"]["objectKey"].replace(ACCOUNT, "stsomebodys")


def _a_stranger_reads(term: Term, who: str = "somebody") -> dict[str, Any]:
    key = next(str(line["uri"]) for line in term.lines if "lambeth-outbox/fsm/results/" in str(line.get("uri")))
    key = key.partition(".net/")[2]
    return term.blob(when("2026-10-20", 12), "GetBlob", key, oauth(who))


def _hour_moved(term: Term) -> None:
    """All lines of an hour stand in the file of another one, and say that hour."""
    hour = _a_read(term)["time"][:13]
    for line in term.lines:
        if line["time"].startswith(hour):
            at = datetime.fromisoformat(line["time"]) + timedelta(hours=3)
            line["time"] = at.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def _a_read(term: Term) -> dict[str, Any]:
    return next(line for line in term.lines if line["operationName"] == "GetBlob" and "staging/" in str(line))


def _other_words_first(change: Callable[[dict[str, Any]], object]) -> Callable[[Term], None]:
    """Before a stranger's line stands another of the same request, so that the true one is taken for doubled."""

    def tell(term: Term) -> None:
        true = _a_stranger_reads(term)
        made_up = json.loads(json.dumps(true))
        change(made_up)
        term.lines.insert(term.lines.index(true), made_up)

    return tell


def _by_the_borough(line: dict[str, Any]) -> None:
    line["identity"] = oauth("lambeth")


def _of_nobody(line: dict[str, Any]) -> None:
    line["statusCode"], line["statusText"] = 404, "BlobNotFound"


def _almost_the_app(change: Callable[[str], str]) -> Callable[[Term], None]:
    """Somebody whose id looks like the app's reads rows in the name of a run."""

    def tell(term: Term) -> None:
        true = _a_read(term)
        line = json.loads(json.dumps(true))
        line["correlationId"] = "11111111-2222-3333-4444-555555555555"
        line["identity"]["requester"]["objectId"] = change(oid("app"))
        term.lines.append(line)

    return tell


def _twice_in_a_line(term: Term) -> None:
    """The caller stands twice in a line: a person reads the first, a program takes the last."""
    line = _a_stranger_reads(term)
    term.lines.remove(line)
    said = json.dumps(line).replace('"requester": {', f'"requester": {{"objectId": "{oid("lambeth")}", ', 1)
    term.junk.setdefault(term.file_of(line), []).append(said.encode())


def _in_another_zone(term: Term) -> None:
    """A line says its hour with another zone, so that it is of another hour."""
    line = _a_read(term)
    term.lines.remove(line)
    said = json.dumps(line | {"time": line["time"].replace("Z", "+05:00")})
    term.junk.setdefault(term.file_of(line), []).append(said.encode())


def _called_a_read(term: Term) -> None:
    """A deletion of the sweep is called a read."""
    line = next(line for line in term.lines if _is_sweeps(line))
    line["operationName"] = "GetBlob"


def _called_almost_the_same(term: Term) -> None:
    """A stranger's deletion has a name in which one letter is of another alphabet."""
    line = _a_stranger_reads(term)
    line["operationName"] = "Get\u0412lob"


def _failed(term: Term) -> None:
    """A deletion of the sweep is said to have found nothing."""
    line = next(line for line in term.lines if _is_sweeps(line))
    line["statusCode"], line["statusText"] = 404, "BlobNotFound"


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
    lie("a line of another account among ours", "AUD-022", _of_another_account, "of another account"),
    lie("an hour moved, its lines and their times", "AUD-010", _hour_moved, "no line of any"),
    lie("another reader in a doubled line", "AUD-022", _other_words_first(_by_the_borough), "another thing"),
    lie("another outcome in a doubled line", "AUD-022", _other_words_first(_of_nobody), "another thing"),
    lie("a reader whose id ends with a space", "AUD-003", _almost_the_app(lambda id: f"{id} ")),
    lie("a reader whose id has another alphabet's a", "AUD-003", _almost_the_app(lambda id: id.replace("a", "\u0430"))),
    lie("a reader twice in one line", "AUD-018", _twice_in_a_line, "twice"),
    lie("a line's time in another zone", "AUD-022", _in_another_zone, "another hour"),
    lie("a deletion called a read", "AUD-021", _called_a_read, "deletions"),
    lie("a deletion said to have found nothing", "AUD-021", _failed, "deletions"),
    lie("an operation whose name looks like another", "AUD-003", _called_almost_the_same),
)
