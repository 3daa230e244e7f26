"""How the work grows with the boroughs: a term of eight, and one of all 33, as `exchange demo` carries them out.

The exponent is that of the functions' CPU seconds over the number of boroughs: 1 is work that grows as the boroughs
do; at 2 each new borough would make more work for every other one. A borough's pupils come from some eleven of the
other 32, but of seven others only from five: part of what grows is that.

A term carried out again differs by some hundredths of an exponent, so each size is carried out three times, and its
middle one counts.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SCALE = 0.05
EIGHT = "bromley,croydon,greenwich,lambeth,lewisham,merton,southwark,wandsworth"
TIMES = 3
MOST = 1.1
"""What the exchange is held to."""
MATCHING = "files to matches"
"""The step of a demo whose growth is asked about: from the first file to the last match."""


def grown(folder: Path, sizes: Sequence[str] = (EIGHT, "all"), scale: float = SCALE) -> list[dict[str, Any]]:
    """What a term of each size took, by its middle one in CPU seconds, each in a process of its own."""
    return [middle([_term(folder, boroughs, scale) for _ in range(TIMES)]) for boroughs in sizes]


def middle(terms: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The term that half of the others took longer than."""
    return sorted(terms, key=lambda term: float(term["cpu_seconds"]))[len(terms) // 2]


def _term(folder: Path, boroughs: str, scale: float) -> dict[str, Any]:
    report = folder / "term.json"
    command = [sys.executable, "-m", "client.cli", "demo", "--folder", str(folder / "term"), "--report", str(report)]
    command += ["--boroughs", boroughs, "--scale", str(scale)]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    said = json.loads(report.read_text(encoding="utf-8"))
    took = said["took"]
    return {
        "boroughs": len(said["boroughs"]),
        **{of: took["functions"][MATCHING][of] for of in ("seconds", "cpu_seconds")},
        "jobs": sum(took["jobs"].values()),
        "unwraps": took["unwraps"],
        "requests": sum(took["storage"].values()),
        "peak_mb": took["memory_mb"]["peak"],
    }


def exponent(small: Mapping[str, float], large: Mapping[str, float], of: str = "cpu_seconds") -> float:
    """The power of the number of boroughs by which `of` grows from the one term to the other."""
    return math.log(large[of] / small[of]) / math.log(large["boroughs"] / small["boroughs"])


def growth_table(terms: Sequence[Mapping[str, Any]]) -> str:
    """The terms, and the exponents from the first to the last."""
    names = ("boroughs", "seconds", "cpu_seconds", "jobs", "unwraps", "requests", "peak_mb")
    lines = [" ".join(f"{name.replace('_', ' '):>11}" for name in names)]
    lines += [" ".join(f"{term[name]:>11,}" for name in names) for term in terms]
    powers = [exponent(terms[0], terms[-1], name) for name in names[1:]]
    lines.append(" ".join([f"{'exponent':>11}", *(f"{power:>11.2f}" for power in powers)]))
    held = "holds" if exponent(terms[0], terms[-1]) <= MOST else "does NOT hold"
    return "\n".join([*lines, f"CPU grows by an exponent of at most {MOST}: {held}"])
