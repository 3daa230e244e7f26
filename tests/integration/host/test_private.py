"""The private variant: events wait in queues of the exchange's account. The same on both machines."""

from __future__ import annotations

import json
import threading
import time

import pytest

from local.host import Host
from local.site import Site
from local.triggers.app import Handed, Message
from local.triggers.grid import NewBlob
from shared.kernel.storage.poison import POISON
from tests.integration.host.conftest import PILOT, Recorder
from tests.world import NOW

QUIET_SECONDS = 60.0


@pytest.fixture
def host(machine: str, private: Site, recorder: Recorder) -> Host:
    return Host.of(private, triggers=recorder.triggers(queued=True))


def names(recorder: Recorder) -> list[tuple[str, str]]:
    """Function and subject of every call."""
    texts = [(name, one.text) for name, one in recorder.handed if isinstance(one, Message)]
    return [(name, json.loads(text)["subject"]) for name, text in texts]


def test_a_new_blob_is_told_to_the_function_of_its_queue(host: Host, recorder: Recorder, private: Site) -> None:
    storage, mark = private.exchange.storage, f"{time.monotonic_ns()}"
    storage.inbox("lambeth").create(f"Zoë {mark}.parquet", b"1")
    storage.requests("southwark").create(f"{mark}.json", b"1")

    assert host.run_to_quiescence(QUIET_SECONDS) == {"done": 2}

    assert sorted(names(recorder)) == [
        ("drop_lambeth", f"/blobServices/default/containers/lambeth-inbox/blobs/Zoë {mark}.parquet"),
        ("request", f"/blobServices/default/containers/requests/blobs/southwark/{mark}.json"),
    ]


def test_five_failures_then_its_poison_queue_byte_for_byte_and_back(
    host: Host, recorder: Recorder, private: Site
) -> None:
    mark = f"{time.monotonic_ns()}"
    event = json.dumps(NewBlob("lambeth-inbox", mark, '"0x1"').event(NOW))
    failing = True

    def act(_: str, handed: Handed) -> None:
        if failing:
            raise RuntimeError("told to fail")

    recorder.act = act
    private.told.put("drop-lambeth", event)
    private.told.put_body("drop-southwark", f"no Base64: {mark}!")
    with host.machine:
        assert host.settle(QUIET_SECONDS) == {"failed": 5, "poisoned": 2}
        assert recorder.times[-1] - recorder.times[0] < 10
        [mine] = private.queues.take(f"drop-lambeth{POISON}", 32, 60)
        [stray] = private.queues.take(f"drop-southwark{POISON}", 32, 60)
        assert (mine.text, stray.body) == (event, f"no Base64: {mark}!")
        private.queues.remove(mine)
        private.queues.remove(stray)

        failing = False
        recorder.handed.clear()
        private.queues.put_body("drop-lambeth", mine.body)
        host.settle(QUIET_SECONDS)
    assert [name for name, _ in names(recorder)] == ["drop_lambeth"]


def test_a_slow_drop_does_not_hold_up_others_and_no_more_run_than_the_process_has_threads(
    host: Host, recorder: Recorder, private: Site
) -> None:
    mark, over = f"{time.monotonic_ns()}", threading.Event()
    calls = 1 + 4 * len(PILOT)

    def act(function: str, handed: Handed) -> None:
        if isinstance(handed, Message) and "slow" in handed.text:
            assert over.wait(20), "the quick ones waited for the slow one"
        else:
            time.sleep(0.05)
            if len(recorder.handed) == calls:
                over.set()

    recorder.act = act
    private.exchange.storage.inbox("lambeth").create(f"0-slow-{mark}", b"1")
    for number in range(4):
        for slug in PILOT:
            private.exchange.storage.inbox(slug).create(f"{number}-{mark}", b"1")

    assert host.run_to_quiescence(QUIET_SECONDS) == {"done": calls}
    assert 2 <= recorder.peak <= 3
