"""The report as text. Takes what `bench.link.__main__` gathers, and works out nothing but how time grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]
NOTHING = "–"
HEAD = (
    f"{'':<24} {'precision':>9} {'recall':>7} {'F1':>7} {'false':>6} {'unguarded':>9} {'false':>6} {'R@.999':>7} "
    f"{'best F1':>8} {'calib.':>7} {'worst':>6} {'read':>6} {'train':>6} {'link':>6} {'assign':>6} {'total':>6} "
    f"{'CPU':>6} {'MB':>6}"
)
STAGES = ("read", "train", "link", "assign")


def table(report: Report) -> str:
    """Everything, one block for each set."""
    lines = [
        f"Python {report['python']}, {report['machine']}; each line a process of its own.",
        f"Automatic: stated probability of {report['threshold']} or more, one to one. Importing is not in the seconds.",
    ]
    for which in report["sets"]:
        lines += ["", *_set(which)]
    for line in (*_growth(report["growth"]), *_daily(report["daily"]), *_groups(report["sets"])):
        lines.append(line)
    if report["absent"]:
        lines += ["", *report["absent"]]
    return "\n".join(lines)


def _set(which: Report) -> list[str]:
    facts = which["facts"]
    title = (
        f"{facts['name']} ({facts['role']}): {facts['pupils']:,} × {facts['households']:,} rows, "
        f"{facts['true_links']:,} true links"
    )
    if facts["findable"] < facts["true_links"]:
        title += f", of which one to one can make {facts['findable']:,} ({facts['findable'] / facts['true_links']:.2%})"
    left_out = {c["measured"]["suppressed"] for c in which["contestants"] if "measured" in c} - {0}
    title += "".join(f"; {number:,} more of suppressed households count for nobody" for number in sorted(left_out))
    return [title, HEAD, *(_line(found) for found in which["contestants"])]


def _line(found: Report) -> str:
    if "failed" in found:
        return f"{found['name']:<24} {found['failed']}"
    measured, seconds = found["measured"], found["seconds"]
    automatic, unguarded, best = measured["automatic"], measured["unguarded"], measured["best"]
    shares = (automatic["precision"], automatic["recall"], automatic["f1"])
    times = [seconds.get(stage) for stage in STAGES] + [sum(seconds.values()), found["cpu_seconds"]]
    return (
        f"{found['name']:<24} {number(shares[0], 9, 5)} {number(shares[1], 7, 4)} {number(shares[2], 7, 4)} "
        f"{automatic['false']:>6} {number(unguarded['f1'], 9, 4)} {unguarded['false']:>6} "
        f"{number(measured['recall_at_high_precision'], 7, 4)} {number(best['f1'], 8, 4)} "
        f"{number(measured['calibration_error'], 7, 4)} {number(measured['worst_band_error'], 6, 3)} "
        + " ".join(number(value, 6, 2) for value in times)
        + f" {found['peak_mb']:>6.0f}"
    )


def number(value: float | None, width: int, digits: int) -> str:
    """A number in its column; a dash for none."""
    return f"{NOTHING:>{width}}" if value is None else f"{value:>{width}.{digits}f}"


def growth(sizes: Mapping[int, float]) -> float | None:
    """The exponent e of time ~ rows^e between the smallest and the largest size; None with fewer than two."""
    small, large = min(sizes, default=0), max(sizes, default=0)
    if small == large or not small:
        return None
    return math.log(sizes[large] / sizes[small]) / math.log(large / small)


def _growth(found: Sequence[Report]) -> list[str]:
    lines = [
        f"{each['name']:<24} time ~ rows^{each['exponent']:.2f} from {each['from']:,} to {each['to']:,}"
        for each in found
    ]
    return ["", "Growth of the total time (n log n is about rows^1.1 here)", *lines] if lines else []


def _daily(found: Report | None) -> list[str]:
    if not found:
        return []
    facts = found["facts"]
    return [
        "",
        f"Daily work: {facts['pupils']:,} new pupils × {facts['households']:,} benefit children, saved model, from "
        f"Parquet to links, after import ({found['import']:.2f} s): median {found['median']:.3f} s, "
        f"first {found['first']:.3f} s",
    ]


def _groups(sets: Sequence[Report]) -> list[str]:
    """Recall by name origin, ours beside the peers', on the largest set that knows it."""
    known = [which for which in sets if any(c.get("measured", {}).get("by_group") for c in which["contestants"])]
    if not known:
        return []
    which = max(known, key=lambda each: each["facts"]["pupils"])
    shown = [found for found in which["contestants"] if "measured" in found]
    names = sorted(shown[0]["measured"]["by_group"])
    heads = [[*found["name"].split(", "), ""][:2] for found in shown]
    lines = ["", f"Recall of automatic links by name origin, {which['facts']['name']}"]
    lines += [f"{'':<22} " + " ".join(f"{head[part]:>14}" for head in heads) for part in (0, 1)]
    for name in names:
        groups = [found["measured"]["by_group"][name] for found in shown]
        recalls = " ".join(f"{group['recall']:>14.4f}" for group in groups)
        lines.append(f"{name:<14} {groups[0]['expected']:>7,} {recalls}")
    spread = [[group["recall"] for group in found["measured"]["by_group"].values()] for found in shown]
    lines.append(f"{'widest gap':<22} " + " ".join(f"{max(each) - min(each):>14.4f}" for each in spread))
    return lines
