"""Each line of a log counts once, and stands in the file of its own hour and account.

Azure delivers lines at least once. A line that says the same of the same request at the same time as an earlier one is
left out and counted as doubled; one that says another thing of it counts too, and is named. Which requests were seen is
kept by hour, since the same request has the same hour.
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
_ACCOUNT = re.compile(r"/(?:storageaccounts|vaults)/([^/]+)/", re.IGNORECASE)
HOUR = 3_600_000_000
"""Microseconds."""
LATE_MINUTES = 10
"""A line of the last minutes of an hour may be delivered into the file of the next one: that is told and no more."""
_WHICH = ("id", "operation", "account", "container", "blob")
"""What tells which request a line is of."""
_WHAT = ("principal", "authentication", "request", "status", "status_text")
"""What it says of that request beside: who, in which way, for which work, and what came of it."""


@dataclass
class Astray:
    """Lines of one file that do not belong where they stand, or contradict others."""

    line: int
    at: int
    """Microseconds since 1970, of the first one."""
    count: int = 0

    def add(self, line: int, at: int) -> None:
        """One more."""
        self.count += 1
        if line < self.line:
            self.line, self.at = line, at


@dataclass
class Once:
    """Goes through all batches; at the end it says what was doubled and what stood elsewhere."""

    doubled: int = 0
    late: int = 0
    """Lines of the last minutes before the hour of their file."""
    astray: dict[str, Astray] = field(default_factory=dict)
    """Of another hour than the file, by file."""
    foreign: dict[str, Astray] = field(default_factory=dict)
    """Of another account than the file, by file."""
    contradicting: dict[str, Astray] = field(default_factory=dict)
    """Saying another thing of a request than an earlier line, by file."""
    _seen: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    """By hour since 1970, digests of which requests the lines are of, and of all that they say; sorted."""

    def passed(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The same batches without what is doubled."""
        for batch in batches:
            at = np.asarray(batch.operations.column("at").cast(pa.int64()))
            self._note_hours(batch, at)
            self._note_accounts(batch, at)
            again = self._again(batch, at)
            self.doubled += int(again.sum())
            yield Batch(batch.files, batch.operations.filter(pa.array(~again))) if again.any() else batch

    def _again(self, batch: Batch, at: Numbers) -> Mask:
        """Which rows were there before. A line without an id is like no other: nobody can say that it is one."""
        requests = _digests(batch.operations, at, _WHICH)
        whole = requests ^ _digests(batch.operations, at, _WHAT)
        _, firsts, each = np.unique(requests, return_index=True, return_inverse=True)
        again = firsts[each] != np.arange(len(requests))
        other = again & (whole != whole[firsts[each]])
        hours = at // HOUR
        for hour in np.unique(hours):
            rows = np.flatnonzero(hours == hour)
            of_hour = (requests[rows], whole[rows])
            if (seen := self._seen.get(int(hour))) is not None:
                before = np.isin(of_hour[0], seen[0])
                other[rows] = np.where(before, ~np.isin(of_hour[1], seen[1]), other[rows])
                again[rows] |= before
                of_hour = (np.concatenate([seen[0], of_hour[0]]), np.concatenate([seen[1], of_hour[1]]))
            self._seen[int(hour)] = (np.unique(of_hour[0]), np.unique(of_hour[1]))
        named = np.asarray(pc.not_equal(batch.operations.column("id"), ""))
        self._note(batch, at, np.flatnonzero(other & named), self.contradicting)
        return np.asarray(again & ~other & named)

    def _note_accounts(self, batch: Batch, at: Numbers) -> None:
        of_file = pa.array([account_of(file) for file in batch.files], pa.string()).take(
            batch.operations.column("file")
        )
        account = batch.operations.column("account")
        others = pc.and_(pc.not_equal(of_file, ""), pc.not_equal(of_file, account))
        self._note(batch, at, np.flatnonzero(np.asarray(others)), self.foreign)

    def _note(self, batch: Batch, at: Numbers, rows: Numbers, found: dict[str, Astray]) -> None:
        if not rows.size:
            return
        lines, files = (np.asarray(batch.operations.column(name)) for name in ("line", "file"))
        for row in rows.tolist():
            line, moment = int(lines[row]), int(at[row])
            found.setdefault(batch.files[files[row]], Astray(line, moment)).add(line, moment)

    def _note_hours(self, batch: Batch, at: Numbers) -> None:
        of_file = np.array([hour_of(file) for file in batch.files], np.int64)
        begins = of_file[np.asarray(batch.operations.column("file"))]
        outside = (begins >= 0) & ((at < begins) | (at >= begins + HOUR))
        if not outside.any():
            return
        late = outside & (at < begins) & (at >= begins - LATE_MINUTES * 60_000_000)
        self.late += int(late.sum())
        self._note(batch, at, np.flatnonzero(outside & ~late), self.astray)


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


def account_of(file: str) -> str:
    """The storage account or vault whose lines a file has, by the folders that it lies in; empty where they do not
    say."""
    found = _ACCOUNT.search(file)
    return found[1].lower() if found else ""


def _digests(table: pa.Table, at: Numbers, columns: tuple[str, ...]) -> np.ndarray:
    """64 bits of these columns of each line, and of its time."""
    parts = (pc.cast(table.column(name), pa.string()) for name in columns)
    texts = pc.binary_join_element_wise(*parts, "\n")
    found = pd.util.hash_array(texts.to_numpy(zero_copy_only=False).astype(object), categorize=False)
    return np.asarray(found ^ (at.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)))
