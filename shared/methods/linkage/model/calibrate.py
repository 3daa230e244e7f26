"""How often each band of stated probability was right, from what officers decided."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.encode.arrays import Mask, Scores
from shared.methods.linkage.policy import Calibration

LOW, HIGH = 0.5, 0.9995
FEWEST = 200
_STEPS = 25
BANDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0)
CALIBRATION = pa.schema(
    [
        ("from", pa.float64()),
        ("to", pa.float64()),
        ("decided", pa.int64()),
        ("right", pa.int64()),
        ("stated", pa.float64()),
        ("observed", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)
"""By band: how many were decided, how many of them confirmed, the mean of what was stated, the share that was right,
and the 95 % interval of that share (Wilson)."""

FIRST_LOOKS = pa.schema(
    [
        ("from", pa.float64()),
        ("to", pa.float64()),
        ("looked", pa.int64()),
        ("same", pa.int64()),
        ("observed", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("decided", pa.int64()),
        ("differ", pa.int64()),
    ]
)
"""By band: how many pairs were called the same or different at a first look without a score, how many of them the same,
their share and its interval; how many of those looked at were confirmed or rejected later, and how many otherwise."""


def calibrate(results: pa.Table, decisions: pa.Table) -> pa.Table:
    """Bands of `results` (`match_ref`, `probability`) that have decisions (`match_ref`, `decision`).

    `confirm` is right and `reject` is wrong; `opted_out` says nothing of the match and is left out. A match that was
    decided twice counts by its last row. Bands without a decision are left out. Returns schema `CALIBRATION`.
    """
    return bands(*_decided(results, decisions))


def fit_decisions(results: pa.Table, decisions: pa.Table) -> Calibration:
    """`fit` of what was stated and decided, as `calibrate` takes them."""
    return fit(*_decided(results, decisions))


def first_looks(results: pa.Table, looks: pa.Table, decisions: pa.Table) -> pa.Table:
    """Bands of `results` that have first looks (`match_ref`, `first_look`: same, different or unsure).

    `unsure` is no label and is left out. Returns schema `FIRST_LOOKS`.
    """
    looked, same = _labels(results, looks, "first_look", "same", "different")
    decided, right = _labels(results, decisions, "decision", "confirm", "reject")
    probability = _stated(results)
    rows = []
    for band in bands(probability[looked], same[looked]).to_pylist():
        both = looked & decided & (probability >= band["from"]) & ((probability < band["to"]) | (band["to"] == 1.0))
        counts = {"looked": band["decided"], "same": band["right"]}
        counts |= {"decided": int(both.sum()), "differ": int((both & (same != right)).sum())}
        rows.append({name: band[name] for name in ("from", "to", "observed", "low", "high")} | counts)
    return pa.Table.from_pylist(rows, schema=FIRST_LOOKS)


def _decided(results: pa.Table, decisions: pa.Table) -> tuple[Scores, np.ndarray]:
    """What was stated of every match that was confirmed or rejected, and whether it was right."""
    counted, right = _labels(results, decisions, "decision", "confirm", "reject")
    return _stated(results)[counted], right[counted]


def _stated(results: pa.Table) -> Scores:
    return np.asarray(pc.fill_null(results.column("probability").combine_chunks(), 0.0), dtype=np.float64)


def _labels(results: pa.Table, labels: pa.Table, column: str, yes: str, no: str) -> tuple[Mask, Mask]:
    """Which of the results were labelled `yes` or `no`, and which `yes`; of two labels of one match the last counts."""
    label_of = dict(zip(*(labels.column(name).to_pylist() for name in ("match_ref", column)), strict=True))
    label = [label_of.get(ref) for ref in results.column("match_ref").to_pylist()]
    counted, right = ([each in wanted for each in label] for wanted in ((yes, no), (yes,)))
    return np.array(counted, np.bool_), np.array(right, np.bool_)


def fit(probability: Scores, right: np.ndarray) -> Calibration:
    """The calibration under which these pairs would have been right as often as stated (logistic regression).

    Takes pairs stated between `LOW` and `HIGH`, since beyond a slip of the truth weighs more than all else; needs
    `FEWEST` of them with some right and some wrong, otherwise the calibration is that which changes nothing.
    """
    at = (probability >= LOW) & (probability <= HIGH)
    odds, hit = np.sort(np.log(probability[at] / (1 - probability[at]))), right[at].astype(float)
    hit = hit[np.argsort(probability[at], kind="stable")]
    if len(hit) < FEWEST or hit.all() or not hit.any():
        return Calibration()
    shift, slope = _logistic(odds, hit)
    if shift > 0:  # never upwards at even odds: the best of those that are left has no shift, and a slope of its own
        shift, slope = _logistic(odds, hit, shifted=False)
    slope = round(min(max(slope, 0.5), 2.0), 3)
    return Calibration(slope=slope, shift=round(max(shift / np.log(2), -4.0), 3))


def _logistic(odds: Scores, hit: Scores, *, shifted: bool = True) -> tuple[float, float]:
    """Shift (0 unless `shifted`) and slope of the natural log odds under which the hits are likeliest."""
    chosen = np.array([shifted, True])
    found = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        stated = 1 / (1 + np.exp(-np.clip(found[0] + found[1] * odds, -30, 30)))
        spread = stated * (1 - stated) + 1e-9
        gradient = np.array([(hit - stated).sum(), ((hit - stated) * odds).sum()])[chosen]
        curve = np.array([[spread.sum(), (spread * odds).sum()], [(spread * odds).sum(), (spread * odds**2).sum()]])
        curve = curve[np.ix_(chosen, chosen)]
        found[chosen] += np.linalg.solve(curve + 1e-6 * np.eye(len(gradient)), gradient)
    return float(found[0]), float(found[1])


def bands(probability: Scores, right: np.ndarray) -> pa.Table:
    """The bands of pairs of which it is known whether they are right. Schema `CALIBRATION`."""
    rows = []
    for low, high in zip(BANDS, (*BANDS[1:-1], 1.0 + 1e-12), strict=False):
        at = (probability >= low) & (probability < high)
        if count := int(at.sum()):
            hits = int(right[at].sum())
            stated = float(np.sort(probability[at]).mean())
            rows.append((low, min(high, 1.0), count, hits, stated, hits / count, *_wilson(hits, count)))
    return pa.Table.from_pylist([dict(zip(CALIBRATION.names, row, strict=True)) for row in rows], schema=CALIBRATION)


def _wilson(hits: int, count: int) -> tuple[float, float]:
    z, share = 1.959964, hits / count
    middle = share + z * z / (2 * count)
    spread = z * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)))
    return (middle - spread) / (1 + z * z / count), min((middle + spread) / (1 + z * z / count), 1.0)
