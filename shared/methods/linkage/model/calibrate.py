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
        ("wrong_family", pa.int64()),
        ("wrong_child", pa.int64()),
    ]
)
"""By band: how many were decided, how many of them right, the mean of what was stated, the share that was right, and
the 95 % interval of that share (Wilson). Of the rejected, how many were of another family and how many of another child
of the right one, as far as the decisions say which (`REASONS`)."""
REASONS = ("wrong_family", "wrong_child")
"""What a decision that rejects may give as its reason, to the letter."""

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


def calibrate(results: pa.Table, decisions: pa.Table, *, families: bool) -> pa.Table:
    """Bands of `results` (`match_ref`, `probability`) that have decisions (`match_ref`, `decision`, `reason`).

    `confirm` is right and `reject` is wrong, but where `families` are linked (`LinkagePolicy.link`) and the reason is
    `wrong_child`: the family was right, which is what was stated. `opted_out` says nothing of the match and is left
    out. A match that was decided twice counts by its last row. Bands without a decision are left out. Returns schema
    `CALIBRATION`.
    """
    verdict, counted, right = _decided(results, decisions, families=families)
    reasons = {reason: (verdict == reason)[counted] for reason in REASONS}
    return bands(_stated(results)[counted], right[counted], **reasons)


def fit_decisions(results: pa.Table, decisions: pa.Table, *, families: bool) -> Calibration:
    """`fit` of what was stated and decided, as `calibrate` takes them."""
    _, counted, right = _decided(results, decisions, families=families)
    return fit(_stated(results)[counted], right[counted])


def first_looks(results: pa.Table, looks: pa.Table, decisions: pa.Table) -> pa.Table:
    """Bands of `results` that have first looks (`match_ref`, `first_look`: same, different or unsure).

    `unsure` is no label and is left out. Returns schema `FIRST_LOOKS`.
    """
    look = _labels(results, looks, looks.column("first_look").to_pylist())
    looked, same = np.isin(look, ("same", "different")), look == "same"
    verdict, decided, _ = _decided(results, decisions, families=False)
    right = verdict == "confirm"
    probability = _stated(results)
    rows = []
    for band in bands(probability[looked], same[looked]).to_pylist():
        both = looked & decided & (probability >= band["from"]) & ((probability < band["to"]) | (band["to"] == 1.0))
        counts = {"looked": band["decided"], "same": band["right"]}
        counts |= {"decided": int(both.sum()), "differ": int((both & (same != right)).sum())}
        rows.append({name: band[name] for name in ("from", "to", "observed", "low", "high")} | counts)
    return pa.Table.from_pylist(rows, schema=FIRST_LOOKS)


def _decided(results: pa.Table, decisions: pa.Table, *, families: bool) -> tuple[np.ndarray, Mask, Mask]:
    """The verdict on every match (`confirm`, `reject` or its reason, or what does not count), which of them count, and
    which were right."""
    reasons = decisions.column("reason").to_pylist() if "reason" in decisions.column_names else [None] * len(decisions)
    given = zip(decisions.column("decision").to_pylist(), reasons, strict=True)
    verdict = _labels(
        results, decisions, [reason if each == "reject" and reason in REASONS else each for each, reason in given]
    )
    right = np.isin(verdict, ("confirm", "wrong_child") if families else ("confirm",))
    return verdict, np.isin(verdict, ("confirm", "reject", *REASONS)), right


def _stated(results: pa.Table) -> Scores:
    return np.asarray(pc.fill_null(results.column("probability").combine_chunks(), 0.0), dtype=np.float64)


def _labels(results: pa.Table, rows: pa.Table, labels: list[str]) -> np.ndarray:
    """The label of every result (empty: none), given those of `rows`; of two labels of one match the last counts."""
    label_of = dict(zip(rows.column("match_ref").to_pylist(), labels, strict=True))
    return np.array([label_of.get(ref, "") for ref in results.column("match_ref").to_pylist()], dtype=np.str_)


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


def bands(probability: Scores, right: np.ndarray, **wrong: Mask) -> pa.Table:
    """The bands of pairs of which it is known whether they are right, and in which way wrong (`REASONS`; null where
    nobody could say). Schema `CALIBRATION`."""
    rows = []
    for low, high in zip(BANDS, (*BANDS[1:-1], 1.0 + 1e-12), strict=False):
        at = (probability >= low) & (probability < high)
        if count := int(at.sum()):
            hits = int(right[at].sum())
            stated = float(np.sort(probability[at]).mean())
            row = (low, min(high, 1.0), count, hits, stated, hits / count, *_wilson(hits, count))
            known = {name: int(kind[at].sum()) for name, kind in wrong.items()}
            rows.append(dict(zip(CALIBRATION.names, row, strict=False)) | known)
    return pa.Table.from_pylist(rows, schema=CALIBRATION)


def _wilson(hits: int, count: int) -> tuple[float, float]:
    z, share = 1.959964, hits / count
    middle = share + z * z / (2 * count)
    spread = z * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)))
    return (middle - spread) / (1 + z * z / count), min((middle + spread) / (1 + z * z / count), 1.0)
