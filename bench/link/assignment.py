"""Greedy or optimal? `python -m bench.link.assignment SET… [--folder FOLDER] [--cuts BITS…] [--json]`.

All pairs of a set are weighed by the model that ships, without cascade, guards or chances, and made one to one twice:
best first, and so that the weights add up to most (`optimal`, with scipy, among the peers of `make bench-link`).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.link.__main__ import PEERS, child, make
from bench.link.measure import right
from bench.link.read import main_registrations, read
from shared.agreements.free_school_meals.linkage import SCHEMA
from shared.agreements.registry import load_agreement
from shared.methods.linkage.block.rules import block
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.model.weights import weights_of

CUTS = (9.0, 12.0, 15.0, 18.0)
HEAD = (
    f"{'bits':>6} {'pairs':>9} {'contested':>9} {'greedy':>8} {'false':>6} {'optimal':>8} {'false':>6} "
    f"{'differing':>9} {'gained':>8}"
)


def weigh(folder: Path, least: float) -> pa.Table:
    """The pairs of a set that weigh `least` bits or more: `pupil_row`, `household_row`, `bits`, and whether `right`."""
    policy = load_agreement("fsm").linkage
    if policy.model is None:
        raise ValueError("the agreement names no model")
    pupils, main = main_registrations(folder)
    records = read_records(pupils, read(folder, "households"), SCHEMA)
    everyone = (np.ones(rows, np.bool_) for rows in (records.left_rows, records.right_rows))
    pairs, _ = block(records, *everyone)
    scale = weights_of(policy.model).on(records)
    total = scale.bits(pairs, compare(records, pairs, policy.forename_similarity)).total
    near = np.flatnonzero(total >= least)
    bits, pairs = total[near], pairs.where(near)
    pupil, household = main[pairs.left], pairs.right.astype(np.int64)
    found = right(pupil, household, pq.read_table(folder / "truth.parquet"))
    return pa.table({"pupil_row": pupil, "household_row": household, "bits": bits, "right": found})


def measure(folder: Path, cuts: Sequence[float]) -> list[dict[str, Any]]:
    """Both ways on one set, a line a cut."""
    with tempfile.TemporaryDirectory() as scratch:
        pairs = Path(scratch) / "pairs.parquet"
        pq.write_table(weigh(folder, min(cuts)), pairs)
        lines: list[dict[str, Any]] = json.loads(child("bench.link.optimal", str(pairs), *map(str, cuts), python=PEERS))
    return lines


def table(report: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """One block for each set."""
    blocks = []
    for name, lines in report.items():
        blocks += [name, HEAD]
        blocks += [
            f"{line['cut']:>6g} {line['pairs']:>9,} {line['contested']:>9,} {line['greedy']:>8,} "
            f"{line['greedy_false']:>6,} {line['optimal']:>8,} {line['optimal_false']:>6,} {line['differing']:>9,} "
            f"{line['bits_gained']:>8.1f}"
            for line in lines
        ]
    return "\n".join(blocks)


def main() -> int:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.link.assignment", description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", metavar="SET", help="sets of the benchmark, such as london-100k-seed1")
    parser.add_argument("--folder", type=Path, help="keep the sets here, and use those that are there already")
    parser.add_argument("--cuts", type=float, nargs="+", default=CUTS, metavar="BITS", help="least weights of a pair")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args()
    if not PEERS.is_file():
        parser.error("scipy is one of the peers, which are not installed: `make bench-link` installs them")
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        if absent := [why for name in asked.sets if (why := make(name, folder / name))]:
            parser.error(" ".join(absent))
        report = {name: measure(folder / name, asked.cuts) for name in asked.sets}
    print(json.dumps(report, indent=2) if asked.json else table(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
