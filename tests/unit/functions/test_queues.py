"""What waits in each queue is said every quarter of an hour; nobody's message is touched by it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from functions import wiring
from functions.queues import look_at_queues_and_say
from shared.kernel.storage.poison import PoisonQueue

pytestmark = pytest.mark.outside


@dataclass
class Clock:
    """All of an exchange that is needed here."""

    now: datetime

    def clock(self) -> datetime:
        return self.now


@pytest.fixture
def poison(account: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PoisonQueue]:
    """An account of which the clock is an hour ahead."""
    with PoisonQueue.connect(account) as queues:
        monkeypatch.setattr(wiring, "poison", lambda: queues)
        monkeypatch.setattr(wiring, "exchange", lambda: Clock(datetime.now(UTC) + timedelta(minutes=60, seconds=5)))
        yield queues


def said(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="exchange"):
        look_at_queues_and_say()
    return [json.loads(record.getMessage()) for record in caplog.records if record.name == "exchange"]


def test_each_queue_that_holds_anything_has_a_line(poison: PoisonQueue, caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog) == []
    for queue, messages in (("drop-lambeth", 2), ("request-poison", 1), ("request", 0)):
        poison.every.ensure(queue)
        for number in range(messages):
            poison.every.put(queue, f"okafor {number}")

    expected = [
        {"event": "queue.waiting", "queue": "drop-lambeth", "count": 2, "oldest_minutes": 60},
        {"event": "queue.waiting", "queue": "request-poison", "count": 1, "oldest_minutes": 60},
    ]
    assert [said(caplog), said(caplog)] == [expected, expected], "it is said again, and nothing was hidden by it"
    assert "okafor" not in caplog.text


def test_what_somebody_is_at_counts_and_has_no_age(poison: PoisonQueue, caplog: pytest.LogCaptureFixture) -> None:
    poison.every.ensure("request")
    poison.every.put("request", "a")
    assert len(poison.every.take("request", 1, 60)) == 1

    assert said(caplog) == [{"event": "queue.waiting", "queue": "request", "count": 1}]
    assert poison.every.oldest("none-such") is None
