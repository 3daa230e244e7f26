"""Two pieces of work at once: what they do knows nothing of one another, so their order changes no result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

WORKERS = 2
Part = TypeVar("Part")
Found = TypeVar("Found")


def side_by_side(work: Callable[[Part], Found], parts: Iterable[Part]) -> list[Found]:
    """`work` on every part, two at a time, in their order."""
    with ThreadPoolExecutor(max_workers=WORKERS) as workers:
        return list(workers.map(work, parts))


def at_once(one: Callable[[], Part], other: Callable[[], Found]) -> tuple[Part, Found]:
    """What two pieces of work find that know nothing of one another."""
    with ThreadPoolExecutor(max_workers=1) as worker:
        found = worker.submit(other)
        return one(), found.result()
