"""Blocks of logs, put together into batches: the file of an hour has few lines, and each batch has a fixed cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from shared.kernel.audit.logs.read import Block

ROWS = 50_000
"""A batch is full when it has so many."""


@dataclass(frozen=True)
class Batch:
    """Operations of some blocks, in their order."""

    files: tuple[str, ...]
    """Of each block, relative to the record."""
    operations: pa.Table
    """`OPERATIONS`, and ``file``: the place of the row's file among `files`."""


def in_batches(blocks: Iterable[Block]) -> Iterator[Batch]:
    """All their operations; no batch is empty."""
    waiting: list[Block] = []
    rows = 0
    for block in blocks:
        if block.operations.num_rows:
            waiting.append(block)
            rows += block.operations.num_rows
        if rows >= ROWS:
            yield _batch(waiting)
            waiting, rows = [], 0
    if waiting:
        yield _batch(waiting)


def _batch(blocks: list[Block]) -> Batch:
    files = np.repeat(np.arange(len(blocks), dtype=np.int32), [block.operations.num_rows for block in blocks])
    table = pa.concat_tables([block.operations for block in blocks]).combine_chunks()
    return Batch(tuple(block.file for block in blocks), table.append_column("file", pa.array(files)))
