"""The demo's summary as tables for a person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


def show(summary: Mapping[str, Any], path: Path) -> None:
    """Print what became of every row, and where the same stands as JSON."""
    console = Console()
    console.print(_outcomes(summary))
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
    table = Table(title="What became of every pupil row, by home borough", show_lines=True)
    table.add_column("home borough")
    for heading in ("rows in", "rejected"):
        table.add_column(heading, justify="right")
    table.add_column("excluded, by reason")
    for heading in ("matched", "review", "unmatched", "precision", "recall"):
        table.add_column(heading, justify="right")
    for slug, home in summary["homes"].items():
        table.add_row(
            slug,
            f"{home['rows_in']:,}",
            f"{home['rejected']:,}",
            _reasons(home["excluded"]),
            *(f"{home[outcome]:,}" for outcome in ("matched", "review", "unmatched")),
            _rate(home["precision"]),
            _rate(home["recall"]),
        )
    beyond = dict(summary["beyond_the_exchange"])
    rejected = beyond.pop("rejected", 0)
    rows = rejected + sum(beyond.values())
    table.add_row("beyond the exchange", f"{rows:,}", f"{rejected:,}", _reasons(beyond), "", "", "", "", "")
    return table


def _reasons(excluded: Mapping[str, int]) -> str:
    return "\n".join(f"{count:>5,} {reason.replace('_', ' ')}" for reason, count in excluded.items())


def _matched(summary: Mapping[str, Any]) -> int:
    return sum(home["matched"] for home in summary["homes"].values())


def _rate(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.4f}"
