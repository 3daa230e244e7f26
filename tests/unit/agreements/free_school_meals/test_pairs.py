"""Counts by pair of boroughs out of the ledger's events."""

from __future__ import annotations

from typing import Any

from shared.agreements.free_school_meals.pairs import count_pairs
from shared.kernel.ledger.events import START, Event


def released(subject: str, at: str, home: str = "lambeth", **facts: Any) -> Event:
    """A release, as the exchange records it."""
    said = {"codes": ("2026-autumn",)} | facts
    return Event(2, subject, "released", at, "release", home, "fsm@1.0.0", START, **said)


def test_the_newest_run_counts_and_what_it_replaced_does_not() -> None:
    old = released("run:a1", "2026-11-01T09:00:00Z", counts={"matched.southwark": 9, "review.southwark": 1})
    new = released("run:b1", "2026-11-02T09:00:00Z", counts={"matched.southwark": 10, "matched.lewisham": 7})
    other = released("run:c1", "2026-11-02T09:00:00Z", "lewisham", counts={"matched.southwark": 20})
    pairs = count_pairs([new, other, old])
    assert pairs.matched == {
        ("southwark", "lambeth"): 10,
        ("lewisham", "lambeth"): 7,
        ("southwark", "lewisham"): 20,
    }
    assert pairs.review == {}
    assert pairs.runs == 3


def test_collections_are_added_up() -> None:
    autumn = released("run:a1", "2026-11-01T09:00:00Z", counts={"matched.southwark": 9})
    spring = released("run:b1", "2027-02-01T09:00:00Z", counts={"matched.southwark": 5}, codes=("2027-spring",))
    pairs = count_pairs([autumn, spring])
    assert pairs.matched == {("southwark", "lambeth"): 14}
    assert pairs.collections == ("2026-autumn", "2027-spring")


def test_every_enrolment_counts() -> None:
    first = released("enrolment:a1", "2026-11-05T09:00:00Z", counts={"enrolled.southwark": 6})
    second = released("enrolment:b1", "2026-11-06T09:00:00Z", counts={"enrolled.southwark": 5, "enrolled.lewisham": 1})
    pairs = count_pairs([first, second])
    assert pairs.enrolled == {("southwark", "lambeth"): 11, ("lewisham", "lambeth"): 1}
    assert pairs.matched == {}
