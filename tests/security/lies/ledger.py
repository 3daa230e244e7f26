"""Lies that are told in the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from shared.kernel.audit.schema import READ
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.ledger.events import Event
from tests.security.lies.base import anew, first, forget, lie, moved, without
from tests.unit.kernel.audit.term import AGREEMENT, Term, when

CYRILLIC_A = "\u0430"


def _rewritten(kind: str, change: Callable[[Event], Event]) -> Callable[[Term], None]:
    def tell(term: Term) -> None:
        subject = first(term, kind, "conserved")
        term.events[subject] = anew(term.events[subject], change)

    return tell


def _fewer(event: Event) -> Event:
    """A row less went in, and a row less came out."""
    counts = dict(event.counts)
    for name in ("rows", "rows_in", "routed", "matched"):
        if counts.get(name):
            counts[name] -= 1
    return replace(event, counts=counts)


def _a_moment_later(event: Event) -> Event:
    return replace(event, at=moved(event.at, timedelta(seconds=30)))


def _back_in_time(term: Term) -> None:
    subject = first(term, "drop")
    earlier = moved(term.events[subject][0].at, timedelta(minutes=-5))
    term.events[subject] = anew(term.events[subject], lambda e: replace(e, at=earlier) if e.seq == 3 else e)


def _in_the_old_format(term: Term) -> None:
    subject = first(term, "drop")
    term.events[subject] = anew(term.events[subject], lambda e: replace(_fewer(e), format=1))


def _event_twice(name: bytes, said: bytes) -> Callable[[Term], None]:
    """A name stands twice in an event: a person reads the first value, a program takes the last."""

    def tell(term: Term) -> None:
        subject = first(term, "drop", "conserved")
        event = next(event for event in term.events[subject] if event.step == "conserved")
        document = event.to_json()
        assert name in document
        file = f"{subject.replace(':', '/')}/{event.seq:04d}.json"
        term.raw_events[file] = document.replace(name, said + b"," + name, 1)

    return tell


def _drop_gone(term: Term) -> None:
    """A whole drop: its chain, and every line that names it."""
    subject = first(term, "drop")
    forget(term, subject)


def _run_gone(term: Term) -> None:
    forget(term, first(term, "run"))


def _chain_never_read(term: Term) -> None:
    """An event that somebody put there by hand: it was written, and nobody looked at its chain before."""
    subject = f"watchdog:{'3c' * 16}"
    at = when("2026-10-20")
    term.record(at, subject, "watched", EXCHANGE, "watchdog", counts={"held": 0})
    without(term, lambda line: line["category"] == READ and subject.partition(":")[2] in json.dumps(line))


def _cut(term: Term) -> None:
    """A chain without its last event, and without the line that it was written."""
    subject = first(term, "run", "done")
    last = term.events[subject].pop()
    name = f"{subject.replace(':', '/')}/{last.seq:04d}.json"
    without(term, lambda line: name in str(line.get("uri")))


def _copied_to_another(term: Term) -> None:
    """The last event of one drop lies at the end of another's chain, too."""
    one, other = (subject for subject in list(term.events)[:2] if subject.startswith("drop:"))
    event = term.events[one][-1]
    term.raw_events[f"{other.replace(':', '/')}/{len(term.events[other]):04d}.json"] = event.to_json()


def _made_up_hold(term: Term) -> None:
    """A hold, dated before the sweep that took the rows, with every line of a hold that was given then."""
    at = when("2026-10-20", 12)
    subject = f"stop:{'5e' * 16}"
    counts = {"needed": 1, "day": 20261201}
    term.record(at, subject, "held", "lambeth", "rights", counts=counts, hashes={"by": "ab" * 16}, codes=("court",))


def _one_event_more(term: Term) -> None:
    """A drop's chain goes on after its end, on the same day, with the lines of that."""
    subject = first(term, "drop", "done")
    chain = term.events[subject]
    at = datetime.fromisoformat(chain[-1].at) + timedelta(minutes=1)
    term.record(at, subject, "repeated", chain[0].tenant)


def _two_ledgers(term: Term) -> None:
    """A whole drop of another exchange's ledger lies among ours, with its lines under our account's name."""
    term.drop(when("2026-10-19", 10), "lambeth", "pupils", ["southwark"])


def _set_back(term: Term) -> None:
    """A whole chain says that all of it happened a day before, and so do its lines."""
    subject = first(term, "run", "done")
    day = timedelta(days=1)
    term.events[subject] = anew(term.events[subject], lambda e: replace(e, at=moved(e.at, -day)))
    for line in term.lines:
        if subject.partition(":")[2] in json.dumps(line):
            at = datetime.fromisoformat(line["time"]) - day
            line["time"] = at.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def _looks_alike(term: Term) -> None:
    """A chain lies under a name in which one letter is of another alphabet and looks the same."""
    subject = next(s for s in term.events if s.startswith("drop:") and "a" in s.partition(":")[2])
    kind, _, id = subject.partition(":")
    for event in term.events[subject]:
        name = f"{kind}/{id}/{event.seq:04d}.json"
        term.removed_events.add(name)
        term.strays[f"{kind}/{id.replace('a', CYRILLIC_A, 1)}/{event.seq:04d}.json"] = event.to_json()


def _other_digits(term: Term) -> None:
    """An event's number is written with the digits of another script."""
    subject = first(term, "drop")
    event = term.events[subject][-1]
    term.removed_events.add(f"{subject.replace(':', '/')}/{event.seq:04d}.json")
    digits = "".join(chr(0x0660 + int(digit)) for digit in f"{event.seq:04d}")
    term.strays[f"{subject.replace(':', '/')}/{digits}.json"] = event.to_json()


def tell_a_party(term: Term) -> None:
    """A party is told of rows that were taken out of use."""
    at, id = when("2026-11-20", 13), "7f" * 16
    subject = f"stopped:{id}"
    term.blob(at, "PutBlob", f"lambeth-outbox/fsm/reports/{id}/report.json", mark=subject)
    term.record(at, subject, "told", "lambeth", "rights", agreement=AGREEMENT, counts={"rows": 3}, codes=("QUA-001",))


def _notice_gone(term: Term) -> None:
    """What a party was told, its chain and all of its lines."""
    forget(term, first(term, "stopped"))


LIES = (
    lie("a drop's counts rewritten and its chain hashed anew", "AUD-020", _rewritten("drop", _fewer)),
    lie("a run's counts rewritten and its chain hashed anew", "AUD-020", _rewritten("run", _fewer)),
    lie("a chain's times moved and its hashes made anew", "AUD-020", _rewritten("run", _a_moment_later)),
    lie("a chain written anew in the format of before", "AUD-020", _in_the_old_format),
    lie("an event before the one that it follows", "AUD-009 AUD-020", _back_in_time),
    lie("a name twice in an event", "AUD-009", _event_twice(b'"counts":', b'"counts":{"rows_in":99}')),
    lie("a name twice within an event's counts", "AUD-009", _event_twice(b'"routed":', b'"routed":99')),
    lie("a whole drop gone, with all lines that name it", "AUD-020", _drop_gone),
    lie("a whole run gone, with all lines that name it", "AUD-020", _run_gone),
    lie("an event written by hand into a chain that nobody read", "AUD-021", _chain_never_read),
    lie("a chain cut at its end", "AUD-020", _cut, "was rewritten, or cut"),
    lie("an event copied into another chain", "AUD-009", _copied_to_another, "in the place of another"),
    lie("a hold made up after the sweep, with its lines", "AUD-020", _made_up_hold, "was put there later"),
    lie("an event added later to a chain, with its lines", "AUD-020", _one_event_more, "was put there later"),
    lie("another exchange's ledger merged into ours", "AUD-020", _two_ledgers, "was put there later"),
    lie("a clock set back in one chain, and in its lines", "AUD-020", _set_back, "was rewritten, or cut"),
    lie("a chain under a name that looks the same", "AUD-009", _looks_alike, "are no event"),
    lie("an event numbered in another script's digits", "AUD-009", _other_digits, "in the place of another"),
    lie("a notice gone, with its chain and its lines", "AUD-020", _notice_gone, "lacks a whole chain"),
)
