"""Puts small faults into the code, one at a time, and says which of them no test notices.

python -m tests.mutants                            every module below
python -m tests.mutants shared.agreements.free_school_meals.outcomes    one or some
python -m tests.mutants --only decide: MODULE      only faults whose name contains this

What a run of a whole module found is kept in `results.json`, from which docs/developers/mutants.md is written.
`survivors.yaml` says of each fault that lives on why it may. Exit 1: a fault lives on that is not in it, or one that is
in it is killed or is no longer there.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.mutants.run import ROOT, Verdict, faults_of, keys_for_all, try_all

LINKAGE, INTAKE = "tests/unit/methods/linkage", "tests/unit/kernel/intake"
PARTS, ANSWERS = f"{INTAKE}/test_parts.py", f"{INTAKE}/test_answers.py"
PAGES = "tests/unit/test_generated_files.py"
RECORDED, STANDING = f"{INTAKE}/test_recorded.py", f"{INTAKE}/test_standing.py"
QUICKER = "-k 'not every_single_write and not whatever_comes_first'"
"""Without the longest: a fault that lives on is shown to every test that reaches it."""
_LONGER = "standing or inflated or ten_thousand or Content or Cool or Cold or pair_of_boroughs or were_replaced"
FOR_RECEIVE = f"has_nobody_now or same_bytes or answered_anew or not ({_LONGER})"
TESTED_BY: Mapping[str, tuple[str, ...]] = {
    "shared.methods.linkage.guards.guards": (f"{LINKAGE}/test_guard_edges.py", f"{LINKAGE}/test_guards.py"),
    "shared.methods.linkage.guards.evidence": (f"{LINKAGE}/test_guard_edges.py", f"{LINKAGE}/test_guards.py"),
    "shared.methods.linkage.encode.keys": (f"{LINKAGE}/test_keys.py", f"{LINKAGE}/test_cascade.py"),
    "shared.agreements.free_school_meals.outcomes": (
        "tests/unit/agreements/free_school_meals/test_outcomes.py",
        "tests/unit/kernel/work/test_journey.py",
    ),
    "shared.kernel.terms.gates": ("tests/unit/kernel/terms", PAGES),
    "shared.kernel.ledger.conservation": ("tests/unit/kernel/ledger/test_conservation.py",),
    "shared.kernel.intake.identity": (PARTS,),
    "shared.agreements.free_school_meals.whereabouts": (PARTS, PAGES),
    "shared.kernel.intake.ties": (
        f"{STANDING} -k 'newest or question or replaces_it or order or name or without_ties or moves_nobody or late'",
    ),
    "shared.kernel.intake.codes": (PAGES, f"{INTAKE}/test_what_a_pass_can_put.py"),
    "shared.kernel.intake.staging": (PARTS,),
    "shared.kernel.intake.requests": (PARTS, "tests/unit/kernel/work/test_journey.py"),
    "shared.kernel.intake.answer": (ANSWERS, RECORDED, f"{INTAKE}/test_bad_input.py"),
    **dict.fromkeys(
        ("shared.kernel.intake.receive", "shared.kernel.intake.trust", "shared.kernel.intake.take_in"),
        (
            f"{RECORDED} {ANSWERS} {INTAKE}/test_bad_input.py {INTAKE}/test_gone.py "
            f"{INTAKE}/test_what_a_pass_can_put.py tests/unit/kernel/work/test_journey.py "
            f"{STANDING} -k '{FOR_RECEIVE}'",
        ),
    ),
    "shared.kernel.intake.standing": (RECORDED, ANSWERS, f"{STANDING} {QUICKER}"),
    **dict.fromkeys(("shared.kernel.intake.order", "shared.kernel.intake.index"), (RECORDED, f"{STANDING} {QUICKER}")),
    **dict.fromkeys(
        (f"shared.kernel.waiting.{room}" for room in ("look", "lying", "cover", "tell")), ("tests/unit/kernel/waiting",)
    ),
    "shared.kernel.intake.outcome": (f"{INTAKE}/test_outcome.py",),
    "shared.kernel.reconcile.attempts": ("tests/unit/kernel/reconcile/test_attempts.py",),
    "shared.kernel.envelope.gates": (
        "tests/unit/kernel/envelope/test_small_parts.py",
        "tests/unit/kernel/envelope/test_sealing.py",
        PAGES,
        "tests/security/test_envelope_gates.py",
    ),
}
"""The modules in which a safety rule stands, and the tests of one process that defend it, the quick ones first: as
arguments of pytest, a run for each text; `-k` in one of them at most, which then holds for all."""
SURVIVORS = Path(__file__).with_name("survivors.yaml")
RESULTS = Path(__file__).with_name("results.json")
PAGE = ROOT / "docs/developers/mutants.md"


def main() -> int:
    """Try what is asked for."""
    parser = argparse.ArgumentParser(description="Which small faults no test notices")
    parser.add_argument("modules", nargs="*", default=list(TESTED_BY))
    parser.add_argument("--only", default="", help="only faults whose name contains this text; nothing is kept")
    asked = parser.parse_args()
    explained: dict[str, dict[str, str]] = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or {}
    amiss = 0
    with keys_for_all():
        for name in asked.modules:
            verdicts = _try(name, asked.only)
            amiss += _tell(name, verdicts, explained.get(name, {}), whole=not asked.only)
            if not asked.only:
                results = _kept(name, verdicts)
                PAGE.write_text(page(results, explained), encoding="utf-8")
    return 1 if amiss else 0


def _kept(name: str, verdicts: list[Verdict]) -> dict[str, Any]:
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    lives = [verdict.fault.name for verdict in verdicts if not verdict.killed]
    results[name] = {"made": len(verdicts), "lives": lives}
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    return results


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


def page(results: Mapping[str, Any], explained: Mapping[str, Mapping[str, str]]) -> str:
    """What runs have found, as a page."""
    lines = [
        "# Faults that no test notices",
        "",
        "Written by `make mutants`, which puts small faults into the modules where safety rules stand, one by one, and",
        "runs their tests. See [ADR 36](../adr/0036-faults-that-no-test-notices.md).",
        "",
        "| module | made | killed | live on |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name in TESTED_BY:
        if name in results:
            made, lives = results[name]["made"], len(results[name]["lives"])
            lines.append(f"| `{name}` | {made} | {made - lives} | {lives} |")
        else:
            lines.append(f"| `{name}` | not run yet | | |")
    lines += ["", "## Those that live on, and why they may", ""]
    for name, found in results.items():
        for fault in found["lives"]:
            lines.append(f"- `{name}`: `{fault}`. {explained.get(name, {}).get(fault, '**Not explained.**')}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
