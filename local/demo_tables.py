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
        f"{summary['false_matches']} of {_matched(summary):,} automatic matches are wrong; "
        f"precision {_rate(summary['precision'])}, recall {_rate(summary['recall'])} "
        f"of {summary['entitled_and_reachable']:,} entitled pupils that a run can reach."
    )
    console.print(
        f"{sum(summary['enrolled_by_school_borough'].values()):,} confirmed matches went back to the schools' boroughs "
        f"as enrolments. {summary['elapsed_seconds']} s. The same as JSON: {path}"
    )


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
