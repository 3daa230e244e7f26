"""One to one, greedily and optimally, on pairs that are weighed already.

`python -m bench.link.optimal PAIRS CUT…` reads Parquet (`pupil_row`, `household_row`, `bits`, `right`) and prints JSON,
one entry a cut. It runs among the peers, where scipy is: nothing else of this repository needs it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from bench.link.contestants.race import Flags, Floats, Ints, greedy

Solver = Callable[[Floats], tuple[Ints, Ints]]
"""Takes what each pupil (row) with each child (column) is worth, and returns the rows and columns of the best choice:
as many pairs as the shorter side has, worth most together."""


@dataclass(frozen=True)
class Compared:
    """Both ways on the pairs that weigh `cut` bits or more; `differing` pairs are in one of the two only."""

    cut: float
    pairs: int
    contested: int
    """Pairs in parts of the graph where more than one pupil and more than one child compete."""
    greedy: int
    greedy_false: int
    optimal: int
    optimal_false: int
    differing: int
    bits_gained: float
    """By how much the optimal links weigh more in all."""


def optimal(pupils: Ints, households: Ints, bits: Floats, solve: Solver) -> Ints:
    """Positions of the one-to-one links whose positive `bits` add up to most.

    Each connected part of the graph is solved by itself; where one row is in all pairs of its part, the best pair wins.
    """
    part = parts(pupils, households)
    contested = contested_pairs(part, pupils, households)
    alone = np.flatnonzero(~contested)
    kept = [alone[greedy(pupils[alone], households[alone], bits[alone])]]
    order = np.flatnonzero(contested)
    order = order[np.argsort(part[order], kind="stable")]
    starts = np.flatnonzero(np.append(True, part[order][1:] != part[order][:-1])[: len(order)])
    for at in np.split(order, starts[1:]) if len(order) else []:
        rows, columns = (np.unique(side[at], return_inverse=True)[1] for side in (pupils, households))
        place = np.full((rows.max() + 1, columns.max() + 1), -1)
        place[rows, columns] = at
        worth = np.where(place >= 0, bits[place], 0.0)
        chosen = place[solve(worth)]
        kept.append(chosen[chosen >= 0])
    return np.sort(np.concatenate(kept))


def parts(pupils: Ints, households: Ints) -> Ints:
    """For each pair the number of its connected part: the lowest pupil row that can be reached from it."""
    label = pupils.copy()
    while True:
        before = label
        for side in (households, pupils):
            least = np.full(int(side.max(initial=-1)) + 1, np.iinfo(np.int64).max)
            np.minimum.at(least, side, label)
            label = least[side]
        if (label == before).all():
            return label


def contested_pairs(part: Ints, pupils: Ints, households: Ints) -> Flags:
    """Which pairs are in a part that has several pupils and several children."""
    several = np.ones(len(part), np.bool_)
    for side in (pupils, households):
        first = np.full(int(part.max(initial=-1)) + 1, -1)
        first[part] = side
        other = np.zeros(len(first), np.bool_)
        other[part[first[part] != side]] = True
        several &= other[part]
    return several


def compare(pupils: Ints, households: Ints, bits: Floats, right: Flags, cut: float, solve: Solver) -> Compared:
    """Both ways on the pairs from `cut` bits on."""
    near = bits >= cut
    pupils, households, bits, right = pupils[near], households[near], bits[near], right[near]
    first, best = greedy(pupils, households, bits), optimal(pupils, households, bits, solve)
    contested = int(contested_pairs(parts(pupils, households), pupils, households).sum())
    counts = (len(first), int((~right[first]).sum()), len(best), int((~right[best]).sum()))
    gained = float(bits[best].sum() - bits[first].sum())
    return Compared(cut, len(bits), contested, *counts, len(np.setxor1d(first, best)), gained)


def main(path: Path, cuts: list[float]) -> None:
    """Compare and print."""
    from scipy.optimize import linear_sum_assignment

    table = pq.read_table(path)
    pupils, households, bits, right = (
        np.asarray(table.column(name).combine_chunks()) for name in ("pupil_row", "household_row", "bits", "right")
    )

    def solve(worth: Floats) -> tuple[Ints, Ints]:
        return linear_sum_assignment(worth, maximize=True)

    found = [compare(pupils, households, bits, right, cut, solve) for cut in cuts]
    print(json.dumps([asdict(each) for each in found]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [float(cut) for cut in sys.argv[2:]])
