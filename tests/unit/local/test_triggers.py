"""The parts around the two machines: what is said when the real one cannot be, and what the function process bounds."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local.triggers.app import Message, Triggers, Worker
from local.triggers.grid import NewBlob
from local.triggers.imitation import Pace
from local.triggers.machine import HostFailed
from local.triggers.real import RealTriggers
from shared.kernel.storage.queues import QueueMessage

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def site(tmp_path: Path) -> Any:
    azurite = SimpleNamespace(url=lambda account, service: f"https://127.0.0.1:1/{account}")
    return SimpleNamespace(folder=tmp_path, azurite=azurite, emulator_clock=lambda: NOW)


def start(machine: RealTriggers) -> None:
    """Start it, and look a moment later."""
    with machine:
        time.sleep(0.5)
        machine.waiting()


@pytest.mark.outside
@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "echo 'triggerhost: the port is taken.' >&2; exit 1",
            "did not start (exit 1). triggerhost: the port is taken.",
        ),
        ("echo ready; exit 3", "has ended. It said nothing."),
    ],
)
def test_a_program_that_does_not_start_or_ends_is_said_with_its_last_words(
    site: Any, tmp_path: Path, script: str, said: str
) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    program.chmod(0o755)
    with pytest.raises(HostFailed) as raised:
        start(RealTriggers(program, site, Worker(Triggers({}, {}), 1)))
    assert raised.value.code == "HST-002"
    assert said in str(raised.value)
    assert "EXCHANGE_TRIGGERHOST" in str(raised.value)


@pytest.mark.outside
def test_a_program_that_is_not_there_is_said(site: Any, tmp_path: Path) -> None:
    with pytest.raises(HostFailed, match="HST-002"):
        start(RealTriggers(tmp_path / "nothing", site, Worker(Triggers({}, {}), 1)))


def test_no_more_functions_run_at_a_time_than_the_process_has_threads() -> None:
    running, peak, lock = [0], [0], threading.Lock()

    def function(_: object) -> None:
        with lock:
            running[0] += 1
            peak[0] = max(peak[0], running[0])
        time.sleep(0.02)
        with lock:
            running[0] -= 1

    worker = Worker(Triggers({}, {"drop": function}), 2)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: worker.run("drop", Message("x")), range(6)))
    assert peak == [2]
    assert worker.counts == {"done": 6}


def test_a_function_that_the_app_does_not_have_fails() -> None:
    worker = Worker(Triggers({}, {}), 1)
    with pytest.raises(KeyError):
        worker.run("drop", Message("x"))
    assert worker.counts == {"failed": 1}


@pytest.mark.parametrize(("degree", "batch", "threshold"), [(1, 1, 0), (2, 2, 0), (3, 2, 1)])
def test_blob_triggers_are_refilled_from_three_on(tmp_path: Path, degree: int, batch: int, threshold: int) -> None:
    blobs = {"maxDegreeOfParallelism": degree, "poisonBlobThreshold": 5}
    (tmp_path / "host.json").write_text(json.dumps({"extensions": {"blobs": blobs}}), encoding="ascii")
    assert Pace.of_blobs(tmp_path) == Pace(batch, threshold, 5)


@pytest.mark.parametrize("name", ["a b#c?.parquet", "Zoë", "\ud800"])
def test_a_blob_that_was_told_of_is_remembered_without_its_name(name: str) -> None:
    blob = NewBlob("lambeth-inbox", name, '"0x1"')
    assert len(blob.digest) == 64
    assert blob.digest != NewBlob("lambeth-inbox", name, '"0x2"').digest
    assert "0x1" in json.dumps(blob.event(NOW))


def message(body: str) -> QueueMessage:
    return QueueMessage("q", "1", "r", 1, None, None, body)


def test_a_message_that_is_no_base64_has_no_text_and_none_is_shown() -> None:
    assert message("no Base64!").text is None
    assert message("w6k=").text == "é"
    assert "Base64" not in repr(message("no Base64!"))
