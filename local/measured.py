"""What the functions of this process took: time by the clock and of the processor, calls, memory."""

from __future__ import annotations

import math
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


@dataclass(frozen=True)
class Taken:
    """What functions took."""

    calls: int
    seconds: float
    cpu_seconds: float
    billed_seconds: float
    """Each stretch of work is paid for a second at least, and in steps of a tenth."""

    def __sub__(self, earlier: Taken) -> Taken:
        return Taken(*(mine - theirs for mine, theirs in zip(astuple(self), astuple(earlier), strict=True)))

    def rounded(self) -> dict[str, float]:
        """As a report has it."""
        return {name: round(amount, 1) for name, amount in asdict(self).items()}


class Meter:
    """Adds up the times in which at least one function runs. Functions that run side by side count once, as on the
    bill of an instance.

    The processor's time is that of the whole process meanwhile, so that threads of libraries are in it, but for what
    is done `aside`.
    """

    def __init__(self) -> None:
        self.taken = Taken(0, 0.0, 0.0, 0.0)
        """Of all calls that have ended."""
        self.steps: dict[str, Taken] = {}
        """Of those that ended within each step, in the order of steps."""
        self._calls = 0
        self._running = 0
        self._aside = 0.0
        self._began = (0.0, 0.0)
        self._counting = threading.Lock()

    @contextmanager
    def running(self) -> Iterator[None]:
        """One call of a function."""
        with self._counting:
            if self._running == 0:
                self._began, self._aside = (time.perf_counter(), time.process_time()), 0.0
            self._running += 1
            self._calls += 1
        try:
            yield
        finally:
            with self._counting:
                self._running -= 1
                if self._running == 0:
                    self._add(time.perf_counter() - self._began[0], time.process_time() - self._began[1] - self._aside)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """What functions take meanwhile is taken by this step."""
        before = self.taken
        yield
        self.steps[name] = self.taken - before

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Something of this thread's that is no work of functions: the stand-in for Event Grid looks for new blobs."""
        began = time.thread_time()
        try:
            yield
        finally:
            with self._counting:
                if self._running:
                    self._aside += time.thread_time() - began

    def _add(self, seconds: float, cpu_seconds: float) -> None:
        before, billed = self.taken, max(1.0, math.ceil(10 * seconds) / 10)
        self.taken = Taken(
            self._calls, before.seconds + seconds, before.cpu_seconds + cpu_seconds, before.billed_seconds + billed
        )


def forget_peak() -> None:
    """Let the peak of this process's memory begin with what it has now, where the system can (Linux)."""
    with suppress(OSError):
        _CLEAR.write_text(_RESET_PEAK, encoding="ascii")


def memory_mb() -> tuple[float, float]:
    """What this process has now, and the most that it had since `forget_peak`, in MB."""
    with suppress(OSError, KeyError):
        lines = (line.split() for line in _STATUS.read_text(encoding="ascii").splitlines())
        megabytes = {words[0]: int(words[1]) / 2**10 for words in lines if words[0] in ("VmRSS:", "VmHWM:")}
        return megabytes["VmRSS:"], megabytes["VmHWM:"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return peak, peak
