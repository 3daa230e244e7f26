"""`exchange audit`: what an auditor asks, answered from copies of logs, ledger and certificates, offline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client import options
from client.console import answer, facts_table, table

if TYPE_CHECKING:
    from shared.audit.report import AuditReport

BROKEN = 3
"""Exit code: the audit was done, and a check is broken."""
_SHOWN = 5

app = typer.Typer(help="Audit a record of logs, ledger and certificates, offline.")


@app.command(epilog="Example: exchange audit record --from 2026-10-01 --to 2026-10-31. Exit code 3: a check is broken.")
def audit(
    record: Annotated[Path, typer.Argument(help="Folder of copies: logs, ledger, certificates, keys, register.yaml.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, UTC.")],
    borough: Annotated[str | None, typer.Option(help="Slug; else all boroughs.")] = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Say of every operation in the logs who did it and why it was allowed, and answer eighteen questions about them.

    Azure's logs are best effort: what they do not show may still have happened.
    """
    from client.codes import invalid
    from shared.agreement.load import load_agreement
    from shared.audit.audit import audit as carry_out

    if not record.is_dir():
        raise invalid("INP-001", path=record)
    if last < first:
        raise invalid("INP-032")
    agreement = load_agreement(agreements) if agreements else load_agreement()
    if borough is not None and borough not in agreement.by_slug:
        raise invalid("INP-023", name=borough, known=", ".join(agreement.controllers))
    with _progress(record) as progress:
        report = carry_out(record, agreement, first.date(), last.date(), borough=borough or "", progress=progress)
    answer({"ok": report.holds, **report.document()}, _shown(report), as_json=json)
    if not report.holds:
        raise typer.Exit(BROKEN)


@contextmanager
def _progress(record: Path) -> Iterator[Callable[[int], None]]:
    """A bar over the bytes of the logs, where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    from shared.audit.logs import log_files

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Reading the logs", total=sum(path.stat().st_size for path in log_files(record)))
        yield lambda read: bar.advance(task, read)


def _shown(report: AuditReport) -> str:
    facts = {
        "agreement": report.agreement,
        "period": f"{report.first} to {report.last}",
        "borough": report.borough or "all",
        "operations": report.operations,
        "not explained": report.unexplained,
        "lines that cannot be read": report.inputs.unreadable,
        "outside the period": report.inputs.outside,
        "events of the ledger": report.inputs.events,
        "certificates": report.inputs.certificates,
    }
    ways = Counter[tuple[str, str]]()
    for part in report.explained:
        ways[(part.way, part.by)] += part.operations
    explained = table(("explained by", "", "operations"), [(*way, count) for way, count in sorted(ways.items())])
    checks = table(
        ("check", "answer", "exceptions", "question"),
        [(check.code, check.result, check.count, check.question) for check in report.checks],
    )
    parts = [facts_table(facts), explained, checks, *_exceptions(report)]
    parts.append("Azure's logs are best effort: what they do not show may still have happened.")
    return "\n\n".join(parts)


def _exceptions(report: AuditReport) -> Iterator[str]:
    for check in report.checks:
        if not check.count:
            continue
        lines = [f"{check.code}: {check.count}"]
        for found in check.exceptions[:_SHOWN]:
            who = " ".join(part for part in (found.at, found.principal, found.operation, found.container) if part)
            where = f"{found.place.file}" + (f":{found.place.line}" if found.place.line else "")
            lines.append(f"  {found.what}\n    {who} {found.borough}\n    {where}".rstrip())
        if check.count > _SHOWN:
            lines.append("  … all of them with --json")
        yield "\n".join(lines)
