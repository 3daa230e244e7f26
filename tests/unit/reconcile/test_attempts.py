"""How attempts are spaced: minutes, then an hour at most, once a day after a day; a new version waits for nothing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.ledger.events import START, Event
from shared.reconcile.attempts import DAY, LONGEST, SHORTEST, Attempt, History

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
APP = "app@1.0.0"


def history(*ago: timedelta, app: str = APP, found: timedelta | None = None) -> History:
    """Attempts so long ago, the first one first."""
    attempts = tuple(Attempt(NOW - span, "KEY-003", app) for span in ago)
    return History(NOW - found if found is not None else None, attempts)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.parametrize(("age", "due"), [(0, False), (2.9, False), (3, True), (60 * 24 * 20, True)])
def test_a_blob_without_any_event_is_taken_up_after_three_minutes(age: float, due: bool) -> None:
    assert history().is_due(NOW, created=NOW - minutes(age), app=APP) is due


@pytest.mark.parametrize(("begun", "due"), [(0, False), (29.9, False), (30, True)])
def test_what_was_begun_is_under_way_for_as_long_as_a_function_may_run(begun: float, due: bool) -> None:
    assert history(found=minutes(begun)).is_due(NOW, created=NOW - DAY, app=APP) is due


@pytest.mark.parametrize(
    ("ago", "due"),
    [
        ([4.9], False),
        ([5], True),
        ([20, 10], True),  # the gap is as long as the first attempt is before the last
        ([20, 9], False),
        ([200, 59], False),
        ([200, 60], True),  # an hour at most
        ([60 * 24 + 60, 60], False),  # after a day: once a day
        ([60 * 48, 60 * 23], False),
        ([60 * 48, 60 * 24], True),
    ],
)
def test_the_gaps_grow_from_five_minutes_to_an_hour_and_are_a_day_after_a_day(ago: Sequence[float], due: bool) -> None:
    assert history(*map(minutes, ago)).is_due(NOW, created=NOW - DAY * 3, app=APP) is due


def test_a_new_version_tries_at_once_what_an_old_one_could_not_do() -> None:
    assert history(minutes(1), app="app@0.9.0").is_due(NOW, created=NOW - DAY, app=APP)


def test_an_outage_of_a_day_is_tried_some_thirty_times() -> None:
    tried = [NOW]
    for minute in range(0, 24 * 60 + 1, 5):
        now = NOW + minutes(minute)
        attempts = tuple(Attempt(at, "STO-004", APP) for at in tried)
        if History(NOW, attempts).is_due(now, created=NOW, app=APP):
            tried.append(now)
    gaps = [later - earlier for earlier, later in itertools.pairwise(tried)]

    assert 25 <= len(tried) <= 35
    assert gaps == sorted(gaps)
    assert (gaps[0], gaps[-1]) == (SHORTEST, LONGEST)


@pytest.mark.parametrize(("first", "overdue"), [(timedelta(hours=23, minutes=59), False), (DAY, True)])
def test_what_has_failed_for_a_day_is_overdue(first: timedelta, overdue: bool) -> None:
    assert history(first).is_overdue(NOW) is overdue


def test_nothing_is_overdue_that_was_not_tried() -> None:
    assert not history(found=DAY * 2).is_overdue(NOW)


def test_a_history_is_read_out_of_the_chain_of_the_event() -> None:
    def event(step: str, *codes: str, minutes_ago: int = 0) -> Event:
        return Event(
            1, "event:ab", step, "2026-11-21T09:30:00Z", "reconcile", "lambeth", "fsm@1.0.0", START,
            counts={"minutes_ago": minutes_ago}, codes=codes,
        )  # fmt: skip

    read = History.of([event("found"), event("attempted", "KEY-003", APP, minutes_ago=7), event("delayed", "KEY-003")])

    assert read == History(NOW, (Attempt(NOW - minutes(7), "KEY-003", APP),), told=True)
    assert read.code == "KEY-003"
    assert History.of([]) == History()
