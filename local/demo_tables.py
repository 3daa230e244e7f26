"""The demo's summary as tables for a person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

OUTCOMES = ("rejected", "excluded", "matched", "review", "unmatched")


def show(summary: Mapping[str, Any], path: Path) -> None:
    """Print what became of every row, and where the same stands as JSON."""
    console = Console()
    console.print(_outcomes(summary))
    console.print(_reasons(summary))
    console.print(
        f"Every one of {summary['pupil_rows']:,} pupil rows is accounted for. "
        f"Of {_matched(summary):,} automatic matches {summary['wrong_family']} are of a wrong family and "
        f"{summary['wrong_child']} of another child of the right one; "
        f"precision {_rate(summary['precision'])}, recall {_rate(summary['recall'])} "
        f"of {summary['entitled_and_reachable']:,} entitled pupils that a run can reach."
    )
    console.print(
        f"{sum(summary['enrolled_by_school_borough'].values()):,} confirmed matches went back to the schools' boroughs "
        f"as enrolments.\n"
    )
    totals = summary["totals"]
    console.print(totals["text"], markup=False, highlight=False)
    drawn = Path(summary["audit"]["page"]).parent / totals["map"]
    console.print(f"{totals['left_out']} numbers are left out. As a map: {_shown(str(drawn))}\n")
    _show_ending(console, summary, path)


def show_taken(summary: Mapping[str, Any]) -> None:
    """Print what it took, where progress goes: it is another each time."""
    console = Console(stderr=True)
    console.print(_taken(summary["took"]))
    console.print(
        "Elapsed: while at least one function ran; functions side by side count once, as on a bill. CPU: of this "
        "process meanwhile, without the emulator, which is a process of its own.\n"
    )


def _show_ending(console: Console, summary: Mapping[str, Any], path: Path) -> None:
    """What became of it all, and what the audit says."""
    audited = summary["audit"]
    certificates, checks = audited["certificates"], audited["checks"]
    explained = audited["operations"] - audited["explained_by"]["unexplained"]
    unknown = ", ".join(code for code, result in checks.items() if result == "not known")
    console.print(_operations(audited))
    console.print(
        f"{_number(explained)} of {_number(audited['operations'])} operations are explained; "
        f"{sum(result == 'holds' for result in checks.values())} of {len(checks)} checks of the audit hold"
        f"{f', {unknown} is not known (nothing probes each hour here)' if unknown else ''}. "
        f"Four weeks later {_number(audited['destroyed'])} objects with {_number(audited['destroyed_rows'])} rows were "
        f"destroyed and {audited['left']} were left; {certificates['hold']} of {certificates['issued']} certificates "
        f"of it hold. {summary['elapsed_seconds']} s.\n"
        f"For a data protection officer: {_shown(audited['page'])}\n"
        f"For an auditor: {_shown(audited['record'])}\n"
        f"As JSON: {_shown(str(path))}"
    )


def _taken(took: Mapping[str, Any]) -> Table:
    """What it took, and what that costs in the cloud."""
    cost, memory = took["cost"], took["memory_mb"]
    table = _table("What it took", "of")
    table.add_column("amount", justify="right")
    table.add_column("US dollars", justify="right")
    jobs = ", ".join(f"{_number(count)} {kind}" for kind, count in took["jobs"].items())
    for name, amount, dollars in (
        *(
            (f"functions, {step}", f"{of['seconds']:,.1f} s elapsed, {of['cpu_seconds']:,.1f} s of CPU", "")
            for step, of in took["functions"].items()
        ),
        ("functions in all", "", f"{cost['functions']:.4f}"),
        ("jobs", jobs, ""),
        ("unwraps of keys", _number(took["unwraps"]), f"{cost['vault']:.4f}"),
        *((f"blobs: {name}", _number(count), "") for name, count in took["storage"].items()),
        ("blobs in all", _number(sum(took["storage"].values())), f"{cost['storage']:.4f}"),
        ("memory at its peak", f"{memory['peak']:,} MB ({memory['before']:,} before)", ""),
        (f"a term, prices of {cost['stated']}", "", f"{cost['whole']:.4f}"),
    ):
        table.add_row(name, amount, dollars)
    return table


def _outcomes(summary: Mapping[str, Any]) -> Table:
    table = _table("What became of every pupil row, by home borough", "home")
    for heading in ("rows", *OUTCOMES, "precision", "recall"):
        table.add_column(heading, justify="right")
    for home, counts in _by_home(summary).items():
        rates = [_rate(counts[name]) if name in counts else "" for name in ("precision", "recall")]
        ends = [_number(_total(counts[name])) if name in counts else "" for name in OUTCOMES]
        table.add_row(home, _number(counts["rows_in"]), *ends, *rates)
    return table


def _reasons(summary: Mapping[str, Any]) -> Table:
    homes = _by_home(summary)
    table = _table("Excluded, by reason", "reason")
    for home in homes:
        table.add_column(home, justify="right")
    for reason in sorted({reason for counts in homes.values() for reason in counts["excluded"]}):
        table.add_row(reason.replace("_", " "), *(_number(c["excluded"].get(reason, 0)) for c in homes.values()))
    return table


_WHY = {
    "ledger": "work that the ledger records",
    "right": "a right that always holds",
    "unexplained": "nothing",
}


def _operations(audited: Mapping[str, Any]) -> Table:
    """What explains the operations in the logs."""
    table = _table("Operations in the logs", "explained by")
    table.add_column("operations", justify="right")
    for way, operations in audited["explained_by"].items():
        table.add_row(_WHY[way], _number(operations))
    return table


def _shown(path: str) -> str:
    """As seen from here, where that is shorter."""
    there = Path(path)
    here = Path.cwd()
    return str(there.relative_to(here) if there.is_relative_to(here) else there)


def _by_home(summary: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    beyond = dict(summary["beyond_the_exchange"])
    rejected = beyond.pop("rejected", 0)
    counts = {"rows_in": rejected + sum(beyond.values()), "rejected": rejected, "excluded": beyond}
    return {**summary["homes"], "elsewhere": counts}


def _table(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=0)
    table.add_column(first)
    return table


def _total(count: int | Mapping[str, int]) -> int:
    return count if isinstance(count, int) else sum(count.values())


def _number(count: int) -> str:
    return f"{count:,}"


def _matched(summary: Mapping[str, Any]) -> int:
    return sum(home["matched"] for home in summary["homes"].values())


def _rate(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.4f}"
