"""Puts small faults into the code, one at a time, and says which of them no test notices.

python -m tests.mutants                            every module below
python -m tests.mutants shared.release.outcomes    one or some
python -m tests.mutants --write                    the page docs/developers/mutants.md as well

`survivors.yaml` says of each fault that lives on why it may. Exit 1: a fault lives on that is not in it, or one that is
in it is killed or is no longer there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.mutants.run import ROOT, Verdict, faults_of, keys_for_all, try_all

LINKAGE, PARTS = "tests/unit/linkage", "tests/unit/intake/test_parts.py"
STANDING = "tests/unit/intake/test_standing.py"
TESTED_BY: Mapping[str, tuple[str, ...]] = {
    "shared.linkage.guards": (f"{LINKAGE}/test_guard_edges.py", f"{LINKAGE}/test_guards.py"),
    "shared.linkage.keys": (f"{LINKAGE}/test_keys.py", f"{LINKAGE}/test_cascade.py"),
    "shared.release.outcomes": ("tests/unit/release/test_outcomes.py", "tests/unit/release/test_journey.py"),
    "shared.agreement.gates": ("tests/unit/agreement",),
    "shared.ledger.conservation": ("tests/unit/ledger/test_conservation.py",),
    "shared.intake.identity": (PARTS,),
    "shared.intake.home": (PARTS,),
    "shared.intake.ties": (f"{STANDING} -k 'newest or question or replaces_it or order or ties_name or without_ties'",),
    "shared.intake.codes": ("tests/unit/intake/test_bad_input.py",),
    "shared.intake.staging": (PARTS, "tests/unit/release/test_journey.py"),
    "shared.intake.requests": (PARTS, "tests/unit/release/test_journey.py"),
    "shared.intake.answer": ("tests/unit/intake/test_bad_input.py", STANDING),
    "shared.intake.receive": ("tests/unit/intake", "tests/unit/release/test_journey.py"),
    "shared.intake.standing": (STANDING,),
    "shared.envelope.gates": ("tests/unit/envelope", "tests/security/test_envelope_gates.py"),
}
"""The modules in which a safety rule stands, and the tests of one process that defend it, the quick ones first: as
arguments of pytest, a run for each text."""
SURVIVORS = Path(__file__).with_name("survivors.yaml")
PAGE = ROOT / "docs/developers/mutants.md"


def main() -> int:
    """Try what is asked for."""
    parser = argparse.ArgumentParser(description="Which small faults no test notices")
    parser.add_argument("modules", nargs="*", default=list(TESTED_BY))
    parser.add_argument("--only", default="", help="only faults whose name contains this text")
    parser.add_argument("--json", type=Path, help="every verdict, into this file")
    parser.add_argument("--write", action="store_true", help="write the page of a whole run")
    asked = parser.parse_args()
    explained: dict[str, dict[str, str]] = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or {}
    with keys_for_all():
        verdicts = {name: _try(name, asked.only) for name in asked.modules}
    if asked.json:
        asked.json.write_text(json.dumps({n: [_entry(v) for v in each] for n, each in verdicts.items()}, indent=1))
    amiss = 0
    for name, each in verdicts.items():
        amiss += _tell(name, each, explained.get(name, {}), whole=not asked.only)
    if asked.write:
        PAGE.write_text(_page(verdicts, explained), encoding="utf-8")
    return 1 if amiss else 0


def _try(name: str, only: str) -> list[Verdict]:
    tried = [fault for fault in faults_of(name) if only in fault.name]
    verdicts = []
    for verdict in try_all(name, TESTED_BY[name], tried):
        verdicts.append(verdict)
        if not verdict.killed:
            print(f"lives: {name}:{verdict.fault.line}: {verdict.fault.name}", flush=True)
    return verdicts


def _tell(name: str, verdicts: list[Verdict], explained: Mapping[str, str], *, whole: bool) -> int:
    """Print one line of the table, and return how many faults are not as the register says."""
    lives = {verdict.fault.name for verdict in verdicts if not verdict.killed}
    unknown = sorted(lives - set(explained))
    stale = sorted(set(explained) - lives) if whole else []
    killed = len(verdicts) - len(lives)
    print(f"{name}: {len(verdicts)} made, {killed} killed, {len(lives)} live on, {len(unknown)} of them unexplained")
    for fault in stale:
        print(f"  no longer lives, take it out of {SURVIVORS.name}: {fault}")
    return len(unknown) + len(stale)


def _entry(verdict: Verdict) -> dict[str, object]:
    fault = verdict.fault
    return {"line": fault.line, "name": fault.name, "end": verdict.end, "seconds": round(verdict.seconds, 2)}


def _page(verdicts: Mapping[str, list[Verdict]], explained: Mapping[str, Mapping[str, str]]) -> str:
    lines = [
        "# Faults that no test notices",
        "",
        "Written by `make mutants`, which puts small faults into the modules where safety rules stand, one by one, and",
        "runs their tests. See [ADR 36](../adr/0036-faults-that-no-test-notices.md).",
        "",
        "| module | made | killed | live on |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, each in verdicts.items():
        killed = sum(verdict.killed for verdict in each)
        lines.append(f"| `{name}` | {len(each)} | {killed} | {len(each) - killed} |")
    lines += ["", "## Those that live on, and why they may", "", "| module | fault | why |", "| --- | --- | --- |"]
    for name, each in verdicts.items():
        for verdict in each:
            if not verdict.killed:
                why = explained.get(name, {}).get(verdict.fault.name, "**not explained**")
                shown = verdict.fault.name.replace("|", "\\|")
                lines.append(f"| `{name}` | `{shown}` | {why} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
