"""What waits is said in the log once a day, so that the alarm ends with the wait; never a value of a row."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from functions import wiring
from functions.watchdog import look_at_waits_and_say
from shared.kernel.errors import StorageUnavailable
from shared.kernel.waiting import watch
from tests.memory import account, service, storage
from tests.world import COLLECTION, World, pupil

__all__ = ["account", "service", "storage"]


@pytest.fixture
def waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which pupils have waited for eight days."""
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.now[0] = datetime.now(UTC) + timedelta(days=8)
    monkeypatch.setattr(wiring, "exchange", lambda: world.exchange)
    return world


def test_what_waits_is_said_every_day(waiting: World, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        caplog.clear()
        look_at_waits_and_say()
        waiting.now[0] += timedelta(days=1)
        lines = [json.loads(record.message) for record in caplog.records if record.name == "exchange"]
        assert {record.levelno for record in caplog.records if record.name == "exchange"} == {logging.ERROR}
        assert {(line["event"], line["code"], line["owner"], line["count"]) for line in lines} == {
            ("waiting.found", "WAI-001", "southwark", 1),
            ("waiting.found", "WAI-002", "lambeth", 1),
            ("waiting.found", "WAI-005", "exchange", 1),
        }
        assert {(line["agreement"], line["dataset"], line["collection"], line["lacked"]) for line in lines} == {
            ("fsm", "pupils", COLLECTION, "households")
        }
        assert "kafor" not in caplog.text


def test_a_fault_is_raised_once_the_rest_is_said(
    waiting: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise StorageUnavailable("STO-004", "Away.", "Try again.")

    monkeypatch.setattr(watch, "tell", away)
    with pytest.raises(StorageUnavailable):
        look_at_waits_and_say()
    assert caplog.text.count("waiting.found") == 3
