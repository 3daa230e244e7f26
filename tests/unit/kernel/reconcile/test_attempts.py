"""How attempts are spaced: minutes, then an hour at most, once a day after a day; a new version waits for nothing.

And that every one of them is told, one that the ledger could not take too.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.kernel.errors import KeyUnavailable, RefusedEvent, StorageUnavailable
from shared.kernel.ledger.events import START, Event
from shared.kernel.reconcile.attempts import DAY, LONGEST, SHORTEST, Attempt, Attempts, History

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


def test_it_is_the_first_attempt_that_makes_it_overdue() -> None:
    assert history(DAY, minutes(1)).is_overdue(NOW)


def test_nothing_is_overdue_that_was_not_tried() -> None:
    assert not history(found=DAY * 2).is_overdue(NOW)


def test_a_history_is_read_out_of_the_chain_of_the_event() -> None:
    def event(step: str, *codes: str, **counts: int) -> Event:
        return Event(
            1, "event:ab", step, "2026-11-21T09:30:00Z", "reconcile", "lambeth", "fsm@1.0.0", START,
            counts=counts, codes=codes,
        )  # fmt: skip

    read = History.of(
        [
            event("found"),
            event("attempted", "KEY-003", APP, minutes_ago=7),
            event("attempted", "STO-004", APP, minutes_ago=2),
            event("delayed", "KEY-003"),
        ]
    )

    tried = (Attempt(NOW - minutes(7), "KEY-003", APP), Attempt(NOW - minutes(2), "STO-004", APP))
    assert read == History(NOW, tried, told=True)
    assert read.code == "STO-004", "that of the last"
    assert not History.of([event("found"), event("attempted", "KEY-003", APP)]).told
    assert History.of([event("attempted", "STO-004", APP)]).found is None, "the account was away, the blob too"
    assert History.of([]) == History()
    assert History.of([]).code == ""


@dataclass
class Site:
    """A ledger that may be away, and a clock: all that recording an attempt asks of the exchange."""

    now: datetime = NOW
    away: bool = False
    meanwhile: Callable[[], None] = lambda: None
    """What others do just before the next event is recorded."""
    recorded: list[tuple[str, datetime, str]] = field(default_factory=list)
    """Subject, when it was by what was recorded, and the code."""

    @property
    def ledger(self) -> Site:
        return self

    def clock(self) -> datetime:
        return self.now

    def record(
        self, subject: str, step: str, *, service: str, tenant: str, counts: dict[str, int], codes: tuple[str, ...]
    ) -> None:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.away:
            raise StorageUnavailable("STO-004", "The account is away.")
        assert (step, service, tenant, codes[1:]) == ("attempted", "reconcile", "lambeth", (APP,))
        assert list(counts) == ["minutes_ago"]
        self.recorded.append((subject, self.now - minutes(counts["minutes_ago"]), codes[0]))

    def fail(self, attempts: Attempts, subject: str = "event:a", error: Exception | None = None) -> None:
        error = error or KeyUnavailable("KEY-003", "The vault gives no answer.")
        here: Any = self
        with pytest.raises(type(error)), attempts.at(here, subject, "lambeth"):
            raise error

    def bring(self, attempts: Attempts) -> None:
        here: Any = self
        attempts.bring(here)


def test_an_attempt_that_fails_is_told_with_its_code_and_raised_on() -> None:
    site, attempts = Site(), Attempts(APP)
    site.fail(attempts)
    site.fail(attempts, error=ValueError("a defect has no code of its own"))
    assert site.recorded == [("event:a", NOW, "KEY-003"), ("event:a", NOW, "SYS-001")]


def test_a_refused_event_has_ended_and_is_no_attempt_that_failed() -> None:
    site = Site()
    site.fail(Attempts(APP), error=RefusedEvent("EVT-010", "No such blob."))
    assert site.recorded == []


def test_what_the_ledger_could_not_take_is_told_once_when_it_can_with_the_time_that_it_was() -> None:
    site, attempts = Site(away=True), Attempts(APP)
    site.fail(attempts, "event:a")
    site.now += minutes(5)
    site.fail(attempts, "event:b")
    site.now += minutes(15)
    with pytest.raises(StorageUnavailable):
        site.bring(attempts)
    site.away = False
    for _ in range(2):
        site.bring(attempts)
    assert site.recorded == [("event:a", NOW, "KEY-003"), ("event:b", NOW + minutes(5), "KEY-003")]


def test_where_a_clock_was_put_back_an_attempt_was_now() -> None:
    """A count cannot be negative, and the ledger would refuse it for ever."""
    site, attempts = Site(away=True), Attempts(APP)
    site.fail(attempts)
    site.now, site.away = NOW - minutes(10), False
    site.bring(attempts)
    assert site.recorded == [("event:a", NOW - minutes(10), "KEY-003")]


@pytest.mark.parametrize("another", [False, True])
def test_two_who_bring_the_same_leave_nothing_out(another: bool) -> None:
    """The other one is quicker; then a third attempt may have failed before the first one looks again."""
    site, attempts = Site(away=True), Attempts(APP)
    site.fail(attempts, "event:a")

    def other() -> None:
        site.away = False
        site.bring(attempts)
        if another:
            site.away = True
            site.fail(attempts, "event:b")
            site.away = False

    site.meanwhile = other
    site.bring(attempts)
    assert {subject for subject, _, _ in site.recorded} == ({"event:a", "event:b"} if another else {"event:a"})


def test_of_an_endless_outage_the_last_ten_thousand_attempts_are_kept() -> None:
    site, attempts = Site(away=True), Attempts(APP)
    for number in range(10_001):
        site.fail(attempts, f"event:{number}")
    site.away = False
    site.bring(attempts)
    assert [subject for subject, _, _ in site.recorded] == [f"event:{number}" for number in range(1, 10_001)]
