"""What every contestant does alike: read the files, keep the time of each stage, hand in links.

Links are handed in as Parquet: `pupil_row`, `household_row`, `probability` (stated), `score` (what the contestant ranks
by, larger is surer) and `automatic` (whether it would act on the link unseen).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
STAGES = ("read", "train", "link", "assign")
KEEP_FROM = 0.001
"""Peers hand in no link less probable than this: nobody would choose a threshold below."""


@dataclass
class Entry:
    """One contestant's run over one set."""

    folder: Path
    out: Path
    variant: str
    threshold: float
    """Probability from which a link is automatic, for all contestants alike."""
    model: Path | None
    imported: float
    cpu_before: float
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Keep the time of one of `STAGES`."""
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began

    def finish(self, pupils: Ints, households: Ints, probability: Floats, score: Floats, automatic: Flags) -> None:
        """Hand in the links, and print what was measured."""
        cpu = time.process_time() - self.cpu_before
        facts = {"import": self.imported, "seconds": self.seconds, "cpu_seconds": cpu, "peak_mb": peak_mb()}
        columns = (pupils, households, probability, score, automatic)
        names = ["pupil_row", "household_row", "probability", "score", "automatic"]
        pq.write_table(pa.table([pa.array(column) for column in columns], names=names), self.out)
        print(json.dumps(facts))


def enter(imported: float) -> Entry:
    """Read the command line. `imported` is how many seconds importing took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--variant", default="")
    parser.add_argument("--threshold", type=float, default=0.99)
    parser.add_argument("--model", type=Path)
    asked = parser.parse_args()
    return Entry(asked.folder, asked.out, asked.variant, asked.threshold, asked.model, imported, time.process_time())


def peak_mb() -> float:
    """The most memory that this process has had since it began, in MB. Linux tells it without the parent's."""
    status = Path("/proc/self/status")
    if status.is_file():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 2**10
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def greedy(pupils: Ints, households: Ints, score: Floats) -> Ints:
    """Positions of the links that greedy one-to-one assignment keeps, best first; ties go to the lower rows.

    The same as taking links one by one in that order. In rounds: whatever is first of all for both its rows is kept.
    """
    order = np.lexsort((households, pupils, -score))
    kept = []
    sizes = (int(pupils.max(initial=-1)) + 1, int(households.max(initial=-1)) + 1)
    while len(order):
        place = np.arange(len(order))
        both_first = np.ones(len(order), np.bool_)
        for rows, size in zip((pupils[order], households[order]), sizes, strict=True):
            first = np.empty(size, np.int64)
            first[rows[::-1]] = place[::-1]
            both_first &= first[rows] == place
        taken = order[both_first]
        kept.append(taken)
        free = [np.ones(size, np.bool_) for size in sizes]
        free[0][pupils[taken]] = False
        free[1][households[taken]] = False
        order = order[free[0][pupils[order]] & free[1][households[order]]]
    return np.sort(np.concatenate(kept)) if kept else np.zeros(0, np.int64)
