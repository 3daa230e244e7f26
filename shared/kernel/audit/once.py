"""Each line of a log counts once, and stands in the file of its own hour.

Azure delivers lines at least once. A line that says the same of the same request at the same time as an earlier one is
left out and counted as doubled. Which requests were seen is kept by hour, since the same request has the same hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.audit.batches import Batch
from shared.kernel.audit.columns import Mask, Numbers

_FOLDER = re.compile(r"/y=(\d{4})/m=(\d{2})/d=(\d{2})/h=(\d{2})/")
HOUR = 3_600_000_000
"""Microseconds."""
LATE_MINUTES = 10
"""A line of the last minutes of an hour may be delivered into the file of the next one: that is told and no more."""
_EVER = 2**62


@dataclass
class Astray:
    """Lines of one file that are of another hour than the file."""

    line: int
    at: int
    """Microseconds since 1970, of the first one."""
    count: int = 0


@dataclass
class Once:
    """Goes through all batches; at the end it says what was doubled and what stood elsewhere."""

    doubled: int = 0
    late: int = 0
    """Lines of the last minutes before the hour of their file."""
    astray: dict[str, Astray] = field(default_factory=dict)
    """By file."""
    _seen: dict[int, np.ndarray] = field(default_factory=dict)
    """Digests of lines, sorted, by hour since 1970."""

    def passed(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The same batches without what is doubled."""
        for batch in batches:
            at = np.asarray(batch.operations.column("at").cast(pa.int64()))
            self._note_hours(batch, at)
            again = self._again(batch, at)
            self.doubled += int(again.sum())
            yield Batch(batch.files, batch.operations.filter(pa.array(~again))) if again.any() else batch

    def _again(self, batch: Batch, at: Numbers) -> Mask:
        """Which rows were there before. A line without an id is like no other: nobody can say that it is one."""
        digests = _digests(batch.operations, at)
        again = np.ones(len(digests), bool)
        again[np.unique(digests, return_index=True)[1]] = False
        hours = at // HOUR
        for hour in np.unique(hours):
            rows = np.flatnonzero(hours == hour)
            mine, seen = digests[rows], self._seen.get(int(hour))
            if seen is not None:
                again[rows] |= np.isin(mine, seen)
                mine = np.concatenate([seen, mine])
            self._seen[int(hour)] = np.unique(mine)
        named = np.asarray(pc.not_equal(batch.operations.column("id"), ""))
        return np.asarray(again & named)

    def _note_hours(self, batch: Batch, at: Numbers) -> None:
        of_file = np.array([hour_of(file) for file in batch.files], np.int64)
        begins = of_file[np.asarray(batch.operations.column("file"))]
        outside = (begins >= 0) & ((at < begins) | (at >= begins + HOUR))
        if not outside.any():
            return
        late = outside & (at < begins) & (at >= begins - LATE_MINUTES * 60_000_000)
        self.late += int(late.sum())
        lines, files = (np.asarray(batch.operations.column(name)) for name in ("line", "file"))
        for row in np.flatnonzero(outside & ~late).tolist():
            found = self.astray.setdefault(batch.files[files[row]], Astray(int(lines[row]), int(at[row])))
            found.count += 1
            if lines[row] < found.line:
                found.line, found.at = int(lines[row]), int(at[row])


def hour_of(file: str) -> int:
    """When the hour of a file begins, microseconds since 1970; -1 where the folders that it lies in do not say."""
    found = _FOLDER.search(file)
    if found is None:
        return -1
    year, month, day, hour = map(int, found.groups())
    try:
        begins = datetime(year, month, day, hour, tzinfo=UTC)
    except ValueError:
        return -1
    return round(begins.timestamp()) * 1_000_000


def _digests(table: pa.Table, at: Numbers) -> np.ndarray:
    """64 bits of what a line says: which request, when, which operation, on what of which account."""
    parts = (table.column(name) for name in ("id", "operation", "account", "container", "blob"))
    texts = pc.binary_join_element_wise(*parts, "\n")
    found = pd.util.hash_array(texts.to_numpy(zero_copy_only=False).astype(object), categorize=False)
    return np.asarray(found ^ (at.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)))
