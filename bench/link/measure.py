"""How good links are, given the truth: at the automatic threshold, at every other threshold, and as stated.

`python -m bench.link.measure SET-FOLDER LINKS THRESHOLD` prints it as JSON. All contestants are measured alike: as
they say what is automatic, and, after greedy one-to-one on their own scores, by the threshold alone (`unguarded`, for a
contestant whose guards stop links above it) and at every other threshold.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.link.contestants.race import Flags, Floats, Ints, greedy

BANDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
LEAST_IN_A_BAND = 100
"""Links that a band must have before its error counts as its own: the error of fewer is mostly chance."""
HIGH_PRECISION = 0.999


@dataclass(frozen=True)
class Counts:
    """Links made, how many of them are right, how many were to be made."""

    links: int
    correct: int
    expected: int

    def as_dict(self) -> dict[str, float | None]:
        """With what follows; None where it is divided by nothing."""
        made = {"false": self.links - self.correct}
        made |= {"precision": share(self.correct, self.links), "recall": share(self.correct, self.expected)}
        return asdict(self) | made | {"f1": share(2 * self.correct, self.links + self.expected)}


@dataclass(frozen=True)
class Band:
    """Links whose stated probability lies in one band, what they state on average and how many are right."""

    low: float
    high: float
    links: int
    stated: float
    observed: float

    @property
    def error(self) -> float:
        """How far apart the two are."""
        return abs(self.stated - self.observed)


def share(part: float, whole: float) -> float | None:
    """`part` of `whole`; None of nothing."""
    return part / whole if whole else None


def right(pupils: Ints, households: Ints, truth: pa.Table) -> Flags:
    """Which links lead to the pupil's own record, or to its other one."""
    rows = {name: np.asarray(truth.column(name).fill_null(-1), dtype=np.int64) for name in truth.column_names[:3]}
    size = int(max(pupils.max(initial=-1), rows["pupil_row"].max(initial=-1))) + 1
    found = np.zeros(len(pupils), np.bool_)
    for name in ("household_row", "other_household_row"):
        own = np.full(size, -1)
        own[rows["pupil_row"]] = rows[name]
        found |= (own[pupils] == households) & (own[pupils] >= 0)
    return found


def sweep(score: Floats, correct: Flags, expected: int) -> tuple[dict[str, float | None], float]:
    """Best F1 over all thresholds with the score and counts there, and the best recall at `HIGH_PRECISION`.

    A threshold takes all links of its score, so ties go in together.
    """
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    last_of_its_score = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) if len(order) else order
    links = last_of_its_score + 1
    hits = np.cumsum(correct[order])[last_of_its_score]
    if not len(links):
        return Counts(0, 0, expected).as_dict() | {"score": None}, 0.0
    best = int(np.argmax(2 * hits / (links + expected)))
    precise = hits >= HIGH_PRECISION * links
    recall = float(hits[precise].max(initial=0)) / expected if expected else 0.0
    counts = Counts(int(links[best]), int(hits[best]), expected)
    return counts.as_dict() | {"score": float(ordered[last_of_its_score[best]])}, recall


def calibration(probability: Floats, correct: Flags) -> list[Band]:
    """The bands from 0.5 up that have a link; the last includes 1."""
    bands = []
    for low, high in pairwise(BANDS):
        within = (probability >= low) & ((probability < high) | (high == 1.0))
        if within.any():
            stated, observed = float(probability[within].mean()), float(correct[within].mean())
            bands.append(Band(low, high, int(within.sum()), stated, observed))
    return bands


def by_group(groups: npt.NDArray[np.object_], found: Flags) -> dict[str, dict[str, float]]:
    """Recall of each group of the truth that has one."""
    return {
        str(group): {"expected": int((groups == group).sum()), "recall": float(found[groups == group].mean())}
        for group in sorted({group for group in groups if group is not None})
    }


def without_suppressed(links: pa.Table, truth: pa.Table, suppressed: Flags) -> tuple[pa.Table, pa.Table, int]:
    """Links and truth without the pupils whose child nobody may link unseen, and without links to such children.

    Of them a person decides whatever a score says: a rule of disclosure, not of linkage. Peers know no such rule, so
    these pairs count for nobody. Also returns how many true links that leaves out.
    """
    closed = np.append(suppressed, False)
    own = np.asarray(truth.column("household_row").fill_null(-1), dtype=np.int64)
    other = np.asarray(truth.column("other_household_row").fill_null(-1), dtype=np.int64)
    out = closed[own] | closed[other]
    pupils = np.asarray(truth.column("pupil_row"), dtype=np.int64)[out]
    linked, child = (np.asarray(links.column(name), dtype=np.int64) for name in ("pupil_row", "household_row"))
    kept = ~np.isin(linked, pupils) & ~closed[child]
    return links.filter(pa.array(kept)), truth.filter(pa.array(~out)), int(out.sum())


def in_the_family(pupils: Ints, households: Ints, truth: pa.Table, family: Ints) -> Flags:
    """Which links lead to a row of the family that has the pupil's own record, whichever row it is."""
    own = np.full(int(max(pupils.max(initial=-1), pc.max(truth.column("pupil_row")).as_py() or 0)) + 1, -1)
    found = np.zeros(len(pupils), np.bool_)
    rows = np.asarray(truth.column("pupil_row"), dtype=np.int64)
    for name in ("household_row", "other_household_row"):
        row = np.asarray(truth.column(name).fill_null(-1), dtype=np.int64)
        own[rows] = np.where(row >= 0, family[row], -1)
        found |= (own[pupils] == family[households]) & (own[pupils] >= 0)
    return found


def measure(
    links: pa.Table, truth: pa.Table, suppressed: Flags, threshold: float, family: Ints | None = None
) -> dict[str, Any]:
    """Everything about one contestant's links on one set; `suppressed` says of which children only a person decides."""
    links, truth, left_out = without_suppressed(links, truth, suppressed)
    columns = (np.asarray(links.column(name).combine_chunks()) for name in links.column_names)
    pupils, households, probability, score, automatic = columns
    correct, expected = right(pupils, households, truth), truth.num_rows
    family = np.arange(len(suppressed)) if family is None else family
    wrong_family = automatic & ~correct & ~in_the_family(pupils, households, truth, family)
    kept = greedy(pupils, households, score)
    best, recall = sweep(score[kept], correct[kept], expected)
    stated = kept[probability[kept] >= threshold]
    bands = calibration(probability, correct)
    counted = sum(band.links for band in bands)
    large = [band.error for band in bands if band.links >= LEAST_IN_A_BAND]
    found = np.isin(np.asarray(truth.column("pupil_row")), pupils[automatic & correct])
    return {
        "suppressed": left_out,
        "automatic": Counts(int(automatic.sum()), int((automatic & correct).sum()), expected).as_dict()
        | {"wrong_family": int(wrong_family.sum())},
        "unguarded": Counts(len(stated), int(correct[stated].sum()), expected).as_dict(),
        "best": best,
        "recall_at_high_precision": recall,
        "calibration_error": share(sum(band.links * band.error for band in bands), counted),
        "worst_band_error": max(large, default=None),
        "bands": [asdict(band) for band in bands],
        "by_group": by_group(np.array(truth.column("group").to_pylist(), dtype=object), found),
    }


def main(folder: Path, links: Path, threshold: float) -> None:
    """Measure and print."""
    households = pq.read_table(folder / "households.parquet", columns=["suppress_contact", "household_ref"])
    reference = households.column("household_ref").combine_chunks().dictionary_encode().indices
    family = np.where(reference.is_valid(), reference.fill_null(0), -2 - np.arange(len(reference)))
    suppressed = households.column("suppress_contact").fill_null(False).combine_chunks().to_numpy(zero_copy_only=False)
    print(
        json.dumps(
            measure(pq.read_table(links), pq.read_table(folder / "truth.parquet"), suppressed, threshold, family)
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
