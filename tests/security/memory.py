"""How much memory a piece of work takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

_PEAK = Path("/proc/self/clear_refs")


def growth(work: Callable[[], None]) -> int:
    """Kilobytes by which the process was at most larger while `work` ran; -1 where the system does not say."""
    if not _PEAK.exists():
        work()
        return -1
    pa.default_memory_pool().release_unused()
    _PEAK.write_text("5")
    before = _status("VmRSS")
    work()
    return _status("VmHWM") - before


def _status(line: str) -> int:
    """A number of kilobytes out of what Linux says of this process."""
    return int(Path("/proc/self/status").read_text().split(f"{line}:")[1].split()[0])
