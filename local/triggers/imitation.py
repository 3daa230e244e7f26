"""Our own imitation of the functions host's triggers, in this process, for everybody who has not got the real ones.

It does what they were seen to do, with the same queues in the same accounts: the webhook puts a message into the host's
own queue; a message is taken out of sight for ten minutes and its blob looked at; a function that fails is tried five
times at once, and then the message goes into the poison queue. What was under way when the process died comes back when
its ten minutes are over, and nothing else does. `tests/integration/host` holds both to the same answers.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from functions.journal import say
from functions.reference import BlobReference
from local.triggers.app import ROOT, Message, Worker
from local.triggers.host_message import HOST, host_message
from local.triggers.machine import HOST_QUEUE
from shared.kernel.errors import StorageFault
from shared.kernel.storage.poison import POISON, QUEUE
from shared.kernel.storage.queues import QueueMessage, Queues
from shared.kernel.storage.storage import Storage

_HIDDEN_SECONDS, _RENEWED_SECONDS = 600, 300
_LOOKS_SECONDS = 0.02
_IDLE_SECONDS = 0.5


@dataclass(frozen=True)
class Pace:
    """How one queue is worked through."""

    batch: int
    """How many messages are taken at a time."""
    threshold: int
    """Nothing is taken while more than so many are under way: 0 is lock-step."""
    tries: int

    @classmethod
    def of_blobs(cls, root: Path = ROOT) -> Pace:
        """What `host.json` says of blob triggers, which share one queue. From a degree of three on it is refilled."""
        settings = _extensions(root)["blobs"]
        degree = int(settings["maxDegreeOfParallelism"])
        batch = degree if degree < 3 else degree // 2 + degree % 2
        return cls(batch, degree - batch, int(settings["poisonBlobThreshold"]))

    @classmethod
    def of_queues(cls, root: Path = ROOT) -> Pace:
        """What `host.json` says of queue triggers, each by itself."""
        settings = _extensions(root)["queues"]
        return cls(int(settings["batchSize"]), int(settings["newBatchThreshold"]), int(settings["maxDequeueCount"]))


def _extensions(root: Path) -> Any:
    return json.loads((root / "host.json").read_text(encoding="utf-8"))["extensions"]


@dataclass
class _Work:
    """A message under way."""

    taken: QueueMessage
    since: float = field(default_factory=time.monotonic)


@dataclass
class _Listener:
    """Who listens to one queue."""

    queues: Queues
    queue: str
    pace: Pace
    poison: str
    handle: Callable[[QueueMessage], bool]
    """Returns whether the message is done with. Raises `_Failed` where the function failed."""
    under_way: dict[Future[None], _Work] = field(default_factory=dict)
    rest: float = _LOOKS_SECONDS
    due: float = 0.0


class _Failed(Exception):
    """A function failed: one try."""


class Imitation:
    """Works on the host's own queue in `hosted`, on the queues of events and the poison queues of the exchange's
    account in `queues`, and looks at its blobs."""

    def __init__(self, worker: Worker, *, blobs: Storage, queues: Queues, hosted: Queues) -> None:
        self._worker = worker
        self._blobs = blobs
        self._queues = queues
        self._hosted = hosted
        self._listeners: list[_Listener] = []
        self._stopping = threading.Event()
        self._pool: ThreadPoolExecutor | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Imitation:
        self._hosted.ensure(HOST_QUEUE)
        self._listeners = [_Listener(self._hosted, HOST_QUEUE, Pace.of_blobs(), QUEUE, self._blob)]
        for queue, function in self._worker.triggers.by_queue.items():
            take = lambda taken, function=function: self._message(function, taken)  # noqa: E731 - each its own function
            self._listeners.append(_Listener(self._queues, queue, Pace.of_queues(), queue + POISON, take))
        self._stopping.clear()
        self._pool = ThreadPoolExecutor(sum(one.pace.batch + one.pace.threshold for one in self._listeners), "host")
        self._thread = threading.Thread(target=self._listen, args=(self._pool,), name="host")
        self._thread.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._stopping.set()
        if self._thread and self._pool:
            self._thread.join()
            self._pool.shutdown()

    def post(self, function: str, body: bytes, kind: str | None = "Notification") -> tuple[int, str]:
        """The webhook. It believes an event in what it says of the blob, and looks at nothing else in it."""
        try:
            message, _ = json.JSONDecoder().raw_decode(body.decode("utf-8-sig"))  # what comes after it is not looked at
            events = message if isinstance(message, list) else [message]
            match (kind or "").lower():
                case "subscriptionvalidation":
                    return 200, json.dumps({"validationResponse": events[0]["data"]["validationCode"]})
                case "unsubscribe":
                    return 202, ""
                case "notification":
                    pass
                case _:
                    return 400, ""
            for event in events:
                self._hosted.put(HOST_QUEUE, json.dumps(host_message(function, event["data"])))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            return 500, type(error).__name__
        except StorageFault as fault:
            return 500, fault.code
        finally:
            for listener in self._listeners[:1]:
                listener.due = 0.0
        return 202, ""

    def waiting(self) -> int:
        """The host's own queue and every queue of events."""
        events = sum(self._queues.count(queue) for queue in self._worker.triggers.by_queue)
        return events + self._hosted.count(HOST_QUEUE)

    def _listen(self, pool: ThreadPoolExecutor) -> None:
        while not self._stopping.wait(_LOOKS_SECONDS):
            for listener in self._listeners:
                try:
                    self._attend(listener, pool)
                except StorageFault as fault:
                    say("host.look_failed", level=logging.WARNING, code=fault.code)

    def _attend(self, listener: _Listener, pool: ThreadPoolExecutor) -> None:
        now = time.monotonic()
        listener.under_way = {future: work for future, work in listener.under_way.items() if not future.done()}
        for work in listener.under_way.values():
            if now - work.since > _RENEWED_SECONDS:
                work.taken, work.since = listener.queues.hide(work.taken, _HIDDEN_SECONDS), now
        if len(listener.under_way) > listener.pace.threshold or now < listener.due:
            return
        found = listener.queues.take(listener.queue, listener.pace.batch, _HIDDEN_SECONDS)
        listener.rest = _LOOKS_SECONDS if found else min(listener.rest * 2, _IDLE_SECONDS)
        listener.due = now + (0 if found else listener.rest)
        for work in map(_Work, found):
            listener.under_way[pool.submit(self._carry, listener, work)] = work

    def _carry(self, listener: _Listener, work: _Work) -> None:
        try:
            if work.taken.tries > listener.pace.tries:
                self._give_up(listener, work)
            elif listener.handle(work.taken):
                listener.queues.remove(work.taken)
        except _Failed:
            if work.taken.tries >= listener.pace.tries:
                self._give_up(listener, work)
            else:
                listener.queues.hide(work.taken, 0)
                listener.due = 0.0
        except Exception as error:  # noqa: BLE001 - as there, it lies out of sight until its ten minutes are over
            say("host.left", level=logging.WARNING, error=type(error).__name__)

    def _give_up(self, listener: _Listener, work: _Work) -> None:
        self._queues.ensure(listener.poison)
        self._queues.put_body(listener.poison, work.taken.body)
        listener.queues.remove(work.taken)

    def _blob(self, taken: QueueMessage) -> bool:
        if (text := _text_of(taken)) is None:
            return True  # it is no Base64: removed, with a line that is of no use here
        message = json.loads(text)
        function = message["FunctionId"].removeprefix(HOST)
        if function not in self._worker.triggers.by_container.values():
            return True
        container, name = message["ContainerName"], message["BlobName"]
        if not self._blobs.service.get_blob_client(container, name).exists():
            return True
        self._run(function, BlobReference(container, name))
        return True

    def _message(self, function: str, taken: QueueMessage) -> bool:
        if (text := _text_of(taken)) is None:
            self._queues.ensure(f"{taken.queue}{POISON}")
            self._queues.put_body(f"{taken.queue}{POISON}", taken.body)
        else:
            self._run(function, Message(text))
        return True

    def _run(self, function: str, handed: BlobReference | Message) -> None:
        try:
            self._worker.run(function, handed)
        except BaseException as error:
            raise _Failed from error


def _text_of(taken: QueueMessage) -> str | None:
    """What the body says, as the host reads it: bytes that are no UTF-8 are replaced. `None`: it is no Base64."""
    try:
        return base64.b64decode(taken.body, validate=True).decode(errors="replace")
    except ValueError:
        return None
