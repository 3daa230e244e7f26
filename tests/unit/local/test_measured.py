"""What functions took."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress

import pytest

from local.measured import Meter, Taken, forget_peak, memory_mb


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds by the clock; the processor works half of the time."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(time, "process_time", lambda: now[0] / 2)
    monkeypatch.setattr(time, "thread_time", lambda: now[0] / 4)
    return now


def test_functions_that_run_side_by_side_count_once(clock: list[float]) -> None:
    meter = Meter()
    first, second = ExitStack(), ExitStack()
    first.enter_context(meter.running())
    clock[0] += 2
    second.enter_context(meter.running())
    clock[0] += 3
    first.close()
    clock[0] += 1
    second.close()
    clock[0] += 50
    assert meter.taken == Taken(2, 6.0, 3.0, 6.0)


def test_what_is_done_aside_is_not_the_functions_work(clock: list[float]) -> None:
    meter = Meter()
    with meter.aside():
        clock[0] += 8
    with meter.running():
        clock[0] += 2
        with meter.aside():
            clock[0] += 4
    with meter.running():
        clock[0] += 2
    assert meter.taken == Taken(2, 8.0, 4.0 - 1.0, 8.0)


def test_one_that_fails_counts_too(clock: list[float]) -> None:
    meter = Meter()
    with suppress(ValueError), meter.running():
        clock[0] += 4
        raise ValueError
    assert meter.taken == Taken(1, 4.0, 2.0, 4.0)


def test_each_stretch_is_paid_for_a_second_at_least_and_in_steps_of_a_tenth(clock: list[float]) -> None:
    meter = Meter()
    for seconds in (0.25, 2.25):
        with meter.running():
            clock[0] += seconds
    assert meter.taken.billed_seconds == pytest.approx(1.0 + 2.3)


def test_what_was_taken_since_is_what_is_left(clock: list[float]) -> None:
    meter = Meter()
    for seconds in (2.0, 3.0):
        earlier = meter.taken
        with meter.running():
            clock[0] += seconds
    assert meter.taken - earlier == Taken(1, 3.0, 1.5, 3.0)


def test_the_peak_of_memory_begins_anew() -> None:
    held = bytearray(b"x" * 80_000_000)
    before = memory_mb()[1]
    del held
    forget_peak()
    now, peak = memory_mb()
    assert 0 < now <= peak <= before
    assert len(bytearray(b"x" * 40_000_000)) == 40_000_000
    assert memory_mb()[1] >= now + 30
