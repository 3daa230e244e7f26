"""What every way to lie is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.kernel.ledger.events import START, Event
from tests.unit.kernel.audit.term import Term


@dataclass(frozen=True)
class Lie:
    """One way to lie."""

    name: str
    shown_by: frozenset[str]
    """Checks that must be broken; others may be, too."""
    tell: Callable[[Term], object]
    words: str = ""
    """What one of the findings must say, so that whoever reads it knows what to look for."""
    to_parties: Callable[[Term, Path], object] = lambda _term, _held: None
    """What is done to the copies of one party that the liar could reach, once the record lies."""


def lie(name: str, codes: str, tell: Callable[[Term], object], words: str = "", **more: Any) -> Lie:
    """A way to lie, and the codes of the checks that show it."""
    return Lie(name, frozenset(codes.split()), tell, words, **more)


def first(term: Term, kind: str, step: str = "") -> str:
    """The first chain of the kind, or the first that has such a step."""
    return next(
        subject
        for subject, events in term.events.items()
        if subject.startswith(f"{kind}:") and (not step or any(event.step == step for event in events))
    )


def anew(events: Iterable[Event], change: Callable[[Event], Event]) -> list[Event]:
    """A chain with every event changed and every hash made anew: it holds."""
    made: list[Event] = []
    for event in events:
        made.append(replace(change(event), previous=made[-1].hash if made else START))
    return made


def moved(at: str, by: timedelta) -> str:
    """A time of the ledger, earlier or later."""
    return (datetime.fromisoformat(at) + by).strftime("%Y-%m-%dT%H:%M:%SZ")


def without(term: Term, gone: Callable[[dict[str, Any]], bool]) -> None:
    """The lines for which that holds are in no log."""
    term.lines = [line for line in term.lines if not gone(line)]


def forget(term: Term, subject: str) -> None:
    """The chain, and every line that names it."""
    del term.events[subject]
    without(term, lambda line: subject.partition(":")[2] in json.dumps(line))
