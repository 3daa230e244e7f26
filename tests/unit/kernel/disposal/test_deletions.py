"""Deletions of a sweep: many at once, and yet each kind of container after the one before it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Barrier

import pytest

from shared.kernel.disposal.objects import Found, HeldObject
from shared.kernel.disposal.sweep import _AT_ONCE, _destroy_each
from shared.kernel.errors import Changed, Held, Missing, StorageUnavailable

HELD = HeldObject("x", "inbox", "current", "2026-11-21T09:30:00Z", 1, None, "", "", "", "")


def found(id: str, kind: str, destroy: Callable[[], None]) -> Found:
    return Found(replace(HELD, id=id, kind=kind), destroy)


def test_a_claim_goes_after_the_work_that_it_is_about() -> None:
    gone: list[str] = []

    def slowly() -> None:
        time.sleep(0.02)
        gone.append("staging")

    targets = [found(f"s{number}", "staging", slowly) for number in range(20)]
    targets += [found(f"c{number}", "claims", lambda: gone.append("claims")) for number in range(20)]

    assert _destroy_each(targets) == set()
    assert gone == ["staging"] * 20 + ["claims"] * 20


def test_as_many_as_said_are_under_way_at_once() -> None:
    together = Barrier(_AT_ONCE, timeout=20)  # broken, if fewer come

    def wait() -> None:
        together.wait()

    assert _destroy_each([found(f"i{number}", "inbox", wait) for number in range(2 * _AT_ONCE)]) == set()


def test_what_cannot_be_destroyed_is_named_and_a_fault_is_raised() -> None:
    gone: list[str] = []

    def fails(error: Exception) -> Callable[[], None]:
        def destroy() -> None:
            raise error

        return destroy

    targets = [
        found("held", "inbox", fails(Held("STO-009", "Leased."))),
        found("changed", "inbox", fails(Changed("STO-003", "Another."))),
        found("missing", "inbox", fails(Missing("STO-001", "Gone."))),
        Found(replace(HELD, id="barred", bar="leased"), fails(AssertionError("it is not even tried"))),
        found("other", "inbox", lambda: gone.append("other")),
    ]
    assert _destroy_each(targets) == {"held", "changed", "barred"}
    assert gone == ["other"]

    away = found("away", "inbox", fails(StorageUnavailable("STO-004", "Away.")))
    with pytest.raises(StorageUnavailable):
        _destroy_each([away])
