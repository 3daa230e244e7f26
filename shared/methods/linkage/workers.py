"""Two pieces of work at once: what they do knows nothing of one another, so their order changes no result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

WORKERS = 2
Piece = TypeVar("Piece")
Found = TypeVar("Found")


def side_by_side(work: Callable[[Piece], Found], parts: Iterable[Piece]) -> list[Found]:
    """`work` on every part, two at a time, in their order."""
    with ThreadPoolExecutor(max_workers=WORKERS) as workers:
        return list(workers.map(work, parts))


def at_once(one: Callable[[], Piece], other: Callable[[], Found]) -> tuple[Piece, Found]:
    """What two pieces of work find that know nothing of one another."""
    with ThreadPoolExecutor(max_workers=1) as worker:
        found = worker.submit(other)
        return one(), found.result()
