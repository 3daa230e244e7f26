"""Lies that are told in the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from shared.kernel.audit.schema import READ
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.ledger.events import Event
from tests.security.lies.base import anew, first, forget, lie, moved, without
from tests.unit.kernel.audit.term import Term, when


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
)
