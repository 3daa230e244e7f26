"""The app's own functions, found as the host finds them, and run in this process as its Python worker runs them."""

from __future__ import annotations

import runpy
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from functions.reference import BlobReference
from local.measured import Meter

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Message:
    """What a queue trigger's function is handed: this product's functions look at nothing but the body."""

    text: str

    def get_body(self) -> bytes:
        """The message, its Base64 taken off."""
        return self.text.encode(errors="surrogatepass")


@dataclass(frozen=True)
class Tick:
    """What a timer's function is handed: this product's functions look at nothing of it."""

    past_due: bool = False


Handed = BlobReference | Message


@dataclass(frozen=True)
class Triggers:
    """The app's triggers, as its own index gives them."""

    by_container: dict[str, str]
    """Which function is told of a container's blobs, where the host is called."""
    functions: dict[str, Callable[[Any], None]]
    """Functions of blobs and of queues by name."""
    timers: dict[str, Callable[[], None]] = field(default_factory=dict)
    """What happens when a timer's hour has come."""
    by_queue: dict[str, str] = field(default_factory=dict)
    """Which function takes a queue's messages."""

    @classmethod
    def of_the_app(cls, root: Path = ROOT) -> Triggers:
        """Index `function_app.py` afresh: a function app can be indexed only once."""
        app = runpy.run_path(str(root / "function_app.py"))["app"]
        found = cls({}, {})
        for function in app.get_functions():
            trigger, name = function.get_trigger(), function.get_function_name()
            called = function.get_user_function()
            if trigger.type == "timerTrigger":
                found.timers[name] = _ticking(called, trigger.name)
            elif trigger.type == "blobTrigger":
                found.by_container[trigger.path.partition("/")[0]] = name
                found.functions[name] = _taking(called, trigger.name)
            elif trigger.type == "queueTrigger":
                found.by_queue[trigger.queue_name] = name
                found.functions[name] = _taking(called, trigger.name)
        return found


def _taking(function: Callable[..., None], parameter: str) -> Callable[[Any], None]:
    return lambda handed: function(**{parameter: handed})


def _ticking(function: Callable[..., None], parameter: str) -> Callable[[], None]:
    return lambda: function(**{parameter: Tick()})


class Worker:
    """Runs functions, so many at a time and no more: the rest wait within it, as in the pool of a Python worker."""

    def __init__(self, triggers: Triggers, threads: int) -> None:
        self.triggers = triggers
        self.counts: Counter[str] = Counter()
        """Tries by how they ended: `done` or `failed`."""
        self.meter = Meter()
        self._free = threading.BoundedSemaphore(threads)
        self._counting = threading.Lock()

    def run(self, function: str, handed: Handed) -> None:
        """Run one function. Raises what it raises, and `KeyError` where there is none of that name."""
        with self._free:
            try:
                with self.meter.running():
                    self.triggers.functions[function](handed)
            except BaseException:
                self._count("failed")
                raise
            self._count("done")

    def _count(self, outcome: str) -> None:
        with self._counting:
            self.counts[outcome] += 1
