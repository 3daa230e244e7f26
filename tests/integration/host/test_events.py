"""What becomes of an event that the webhook is called with: the same on both machines."""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import Any

import pytest

from local.host import Host
from local.site import Site
from local.triggers.app import Handed
from local.triggers.grid import Delivery, NewBlob
from local.triggers.machine import HOST_QUEUE
from shared.kernel.storage.poison import QUEUE
from shared.kernel.storage.replay import given_up, grid_event
from tests.integration.host.conftest import Recorder
from tests.world import NOW

QUIET_SECONDS = 60.0


def unique(name: str, machine: str, kind: str = "parquet") -> str:
    """A name that no other test has put."""
    return f"{name}-{machine}-{time.monotonic_ns()}.{kind}"


def event(container: str, name: str, **data: Any) -> dict[str, Any]:
    """As Event Grid says it, with other facts in it; `None` takes one out."""
    said: dict[str, Any] = NewBlob(container, name, '"0x1"').event(NOW)
    facts = {key: fact for key, fact in (said["data"] | data).items() if fact is not None}
    return said | {"data": facts}


def body(*events: Any) -> bytes:
    return json.dumps(list(events)).encode()


def test_a_new_blob_is_delivered_once_also_by_the_next_host(
    machine: str, host: Host, recorder: Recorder, pushed: Site
) -> None:
    names = [unique(str(number), machine) for number in range(3)]
    pushed.exchange.storage.inbox("lambeth").create(names[0], b"1")
    pushed.exchange.storage.inbox("southwark").create(names[1], b"1")
    facts = pushed.exchange.storage.requests("lambeth").create(names[2], b"1")

    with host.machine:
        assert host.settle(QUIET_SECONDS) == {"done": 3}
        assert host.settle(QUIET_SECONDS) == {"done": 3}
    again = Host.of(pushed, triggers=recorder.triggers())
    with again.machine:
        assert again.settle(QUIET_SECONDS) == {}
        pushed.exchange.storage.requests("lambeth").replace(names[2], b"2", facts.etag)
        assert again.settle(QUIET_SECONDS) == {"done": 1}

    assert sorted(recorder.blobs) == sorted(
        [
            ("drop_lambeth", "lambeth-inbox", names[0]),
            ("drop_southwark", "southwark-inbox", names[1]),
            ("request", "requests", f"lambeth/{names[2]}"),
            ("request", "requests", f"lambeth/{names[2]}"),
        ]
    )


def test_work_that_makes_work_is_done_before_it_is_quiet(
    machine: str, host: Host, recorder: Recorder, pushed: Site
) -> None:
    name = unique("link", machine, "json")

    def act(function: str, handed: Handed) -> None:
        if function == "drop_lambeth":
            time.sleep(0.3)
            pushed.exchange.storage.requests("lambeth").create(name, b"1")

    recorder.act = act
    pushed.exchange.storage.inbox("lambeth").create(unique("a", machine), b"1")

    assert host.run_to_quiescence(QUIET_SECONDS) == {"done": 2}
    assert recorder.blobs[1] == ("request", "requests", f"lambeth/{name}")


def test_hostile_events(machine: str, recorder: Recorder, pushed: Site) -> None:
    mine, theirs, away = unique("a", machine), unique("b", machine), unique("gone", machine)
    storage = pushed.exchange.storage
    storage.inbox("lambeth").create(mine, b"1")
    storage.inbox("southwark").create(theirs, b"1")
    host = Host.of(pushed, triggers=recorder.triggers(), delivery=Delivery(copies=0))
    good = event("lambeth-inbox", mine)
    handshake = event("lambeth-inbox", mine, validationCode="abc-1")
    elsewhere = f"https://other.blob.core.windows.net/lambeth-inbox/{mine}"

    cases: list[tuple[str, bytes, str | None, int, int]] = [
        ("drop_lambeth", body(good), "Notification", 202, 1),
        ("drop_lambeth", json.dumps(good).encode(), "Notification", 202, 1),
        ("drop_lambeth", body(good, good), "Notification", 202, 2),
        ("drop_lambeth", body(event("southwark-inbox", theirs)), "Notification", 202, 1),
        ("drop_lambeth", body(event("lambeth-inbox", mine, url=elsewhere)), "Notification", 202, 1),
        ("drop_lambeth", body(event("lambeth-inbox", mine, eTag=None)), "Notification", 202, 1),
        ("drop_lambeth", body(event("lambeth-inbox", mine, api="SetBlobTier")), "Notification", 202, 1),
        ("drop_lambeth", body(good | {"subject": "x", "eventType": "BlobDeleted"}), "Notification", 202, 1),
        (
            "drop_lambeth",
            body(event("lambeth-inbox", mine, url=f"https://h/lambeth-inbox//{mine}")),
            "notification",
            202,
            1,
        ),
        (
            "drop_lambeth",
            body(event("lambeth-inbox", mine, url=f"http://127.0.0.1:1/a/lambeth-inbox/{mine}")),
            "Notification",
            202,
            1,
        ),
        ("drop_lambeth", body(good) + b"x", "Notification", 202, 1),
        ("drop_lambeth", body(), "Notification", 202, 0),
        ("drop_lambeth", body(good), "Unsubscribe", 202, 0),
        ("drop_lambeth", body(event("lambeth-inbox", mine, url="nonsense")), "Notification", 500, 0),
        ("drop_lambeth", body(event("lambeth-inbox", mine, blobType="x")), "Notification", 500, 0),
        ("Host.Functions.drop_lambeth", body(good), "Notification", 202, 0),
        ("drop_nobody", body(good), "Notification", 202, 0),
        ("drop_lambeth", body(event("lambeth-inbox", away)), "Notification", 202, 0),
        ("drop_lambeth", body(event("nobodys-inbox", mine)), "Notification", 202, 0),
        ("drop_lambeth", b"{nope", "Notification", 500, 0),
        ("drop_lambeth", body(event("lambeth-inbox", mine, url=None)), "Notification", 500, 0),
        ("drop_lambeth", body(event("lambeth-inbox", mine, blobType=None)), "Notification", 500, 0),
        ("drop_lambeth", body(good, event("lambeth-inbox", mine, url=None)), "Notification", 500, 1),
        ("drop_lambeth", body(handshake), "SubscriptionValidation", 200, 0),
        ("drop_nobody", body(handshake), "SubscriptionValidation", 200, 0),
        ("drop_lambeth", body(good), None, 400, 0),
    ]
    with host.machine as running:
        answers = [running.post(function, said, kind) for function, said, kind, _, _ in cases]
        assert host.settle(QUIET_SECONDS)["failed"] == 0
    assert [status for status, _ in answers] == [status for *_, status, _ in cases]
    assert [text for status, text in answers if status == 200 and "abc-1" not in text] == []

    calls = sum(times for *_, times in cases)
    expected = [("drop_lambeth", "lambeth-inbox", mine)] * (calls - 1) + [("drop_lambeth", "southwark-inbox", theirs)]
    assert sorted(recorder.blobs) == sorted(expected)


ODD = ("a b", "a%20b", "a#b", "a+b", "aé", "a?b", "a&b", "a'b\"", "😀", "x//y", "a%2Fb", "ends in a blank ")


@pytest.mark.parametrize("raw", [False, True])
def test_names_come_through_the_url_or_are_dropped(machine: str, recorder: Recorder, pushed: Site, raw: bool) -> None:
    mark = unique("odd", machine, "x")
    names = {f"{mark}-{number}-{name}": name for number, name in enumerate(ODD)}
    client = pushed.exchange.storage.service.get_container_client("lambeth-inbox")
    for name in names:
        client.upload_blob(name, b"1")
    host = Host.of(pushed, triggers=recorder.triggers(), delivery=Delivery(raw=raw))

    counts = host.run_to_quiescence(QUIET_SECONDS)

    lost = {"a%20b", "a?b", "a%2Fb", "ends in a blank "} if raw else set()
    came = [names[name] for _, _, name in recorder.blobs]
    assert sorted(came) == sorted(name for name in ODD if name not in lost)
    assert counts == {"done": len(came)}


def test_five_failures_within_seconds_then_poison_and_back(
    machine: str, host: Host, recorder: Recorder, pushed: Site
) -> None:
    name, fine = unique("bad", machine), unique("fine", machine)
    failing = {name}

    def act(_: str, handed: Handed) -> None:
        if getattr(handed, "name", "") in failing:
            raise RuntimeError("told to fail")

    recorder.act = act
    facts = pushed.exchange.storage.inbox("lambeth").create(name, b"1")
    pushed.exchange.storage.inbox("lambeth").create(fine, b"1")

    with host.machine as running:
        assert host.settle(QUIET_SECONDS) == {"failed": 5, "poisoned": 1, "done": 1}
        tries = [at for at, (_, _, called) in zip(recorder.times, recorder.blobs, strict=True) if called == name]
        assert len(tries) == 5
        assert tries[-1] - tries[0] < 5
        said = {
            "Type": "BlobTrigger",
            "FunctionId": "Host.Functions.drop_lambeth",
            "BlobType": "BlockBlob",
            "ContainerName": "lambeth-inbox",
            "BlobName": name,
            "ETag": facts.etag,
        }
        [poisoned] = [taken for taken in pushed.queues.take(QUEUE, 32, 1) if name in (taken.text or "")]
        assert json.loads(base64.b64decode(poisoned.body)) == said
        pushed.queues.hide(poisoned, 0)

        failing.clear()
        recorder.handed.clear()
        with given_up(pushed.poison) as letters:
            [letter] = [letter for letter in letters if letter.blob == name]
            again = grid_event(letter, account="exchange", identity="1", at=NOW.isoformat())
            pushed.poison.remove(letter.message)
        assert running.post("drop_lambeth", again.encode())[0] == 202
        pushed.hosted.put(HOST_QUEUE, json.dumps(said))
        host.settle(QUIET_SECONDS)
    assert recorder.blobs == [("drop_lambeth", "lambeth-inbox", name)] * 2


def test_a_passing_failure_is_tried_again(machine: str, host: Host, recorder: Recorder, pushed: Site) -> None:
    name = unique("passing", machine)

    def act(_: str, handed: Handed) -> None:
        if len(recorder.handed) < 5:
            raise RuntimeError("told to fail")

    recorder.act = act
    pushed.exchange.storage.inbox("lambeth").create(name, b"1")
    assert host.run_to_quiescence(QUIET_SECONDS) == {"failed": 4, "done": 1}


def test_copies_of_an_event_run_at_the_same_time(machine: str, recorder: Recorder, pushed: Site) -> None:
    name, meet = unique("doubled", machine), threading.Barrier(2)
    recorder.act = lambda *_: meet.wait(10) and None
    host = Host.of(pushed, triggers=recorder.triggers(), delivery=Delivery(copies=2))
    pushed.exchange.storage.inbox("lambeth").create(name, b"1")

    assert host.run_to_quiescence(QUIET_SECONDS) == {"done": 2}
    assert recorder.blobs == [("drop_lambeth", "lambeth-inbox", name)] * 2


def test_fifty_drops_at_once_are_each_delivered_once_and_three_at_a_time(
    machine: str, host: Host, recorder: Recorder, pushed: Site
) -> None:
    names = [unique(f"{number:02}", machine) for number in range(50)]
    recorder.act = lambda *_: time.sleep(0.02)
    for name in names:
        pushed.exchange.storage.inbox("lambeth").create(name, b"1")

    assert host.run_to_quiescence(QUIET_SECONDS) == {"done": 50}
    assert sorted(name for _, _, name in recorder.blobs) == names
    assert 2 <= recorder.peak <= 3


def test_a_slow_drop_of_one_borough_does_not_hold_up_anothers(
    machine: str, host: Host, recorder: Recorder, pushed: Site
) -> None:
    slow, quick = unique("slow", machine), [unique(str(number), machine) for number in range(8)]
    over = threading.Event()

    def act(function: str, _: Handed) -> None:
        if function == "drop_lambeth":
            assert over.wait(20), "the quick ones waited for the slow one"
        elif len(recorder.handed) == 1 + len(quick):
            over.set()

    recorder.act = act
    pushed.exchange.storage.inbox("lambeth").create(slow, b"1")
    for name in quick:
        pushed.exchange.storage.inbox("southwark").create(name, b"1")

    assert host.run_to_quiescence(QUIET_SECONDS) == {"done": 9}
