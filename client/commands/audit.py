"""`exchange audit`: what an auditor asks, answered from copies of logs, ledger and certificates, offline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from client import auditing, options
from client.console import answer, facts_table, table

if TYPE_CHECKING:
    from shared.kernel.audit.report import AuditReport

_SHOWN = 5

app = typer.Typer(help="Audit a record of logs, ledger and certificates, offline.")


@app.command(epilog="Example: exchange audit record --from 2026-10-01 --to 2026-10-31. " + auditing.EXIT_CODES)
def audit(
    record: auditing.Record,
    first: auditing.First,
    last: auditing.Last,
    borough: auditing.Borough = None,
    receipts: auditing.Receipts = None,
    locale: auditing.Locale = None,
    zone: auditing.Zone = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Say of every operation in the logs who did it and why it was allowed, and answer questions about them.

    Azure's logs are best effort: what they do not show may still have happened.
    """
    from shared.agreements.registry import load_agreements

    stated = auditing.dating(locale, zone)
    report = auditing.audit_record(record, load_agreements(agreements), (first, last), borough, stated, receipts)
    answer({"ok": report.answer == "holds", **report.document()}, _shown(report), as_json=json)
    auditing.end(report)


def _shown(report: AuditReport) -> str:
    facts = {
        "agreements": ", ".join(report.agreements),
        "period": f"{report.first} to {report.last}",
        "borough": report.borough or "all",
        "operations": report.operations,
        "not explained": report.unexplained,
        "files of logs": report.inputs.files,
        "records not read, or not wholly": report.inputs.unreadable,
        "hours with logs": _hours(report),
        "outside the period": report.inputs.outside,
        "on other accounts": report.inputs.other_accounts,
        "events of the ledger": report.inputs.events,
        "certificates": report.inputs.certificates,
        "statements that parties hold": report.inputs.held,
        "lines that came twice": report.inputs.doubled,
    }
    ways = Counter[tuple[str, str, str]]()
    for part in report.explained:
        ways[(part.way, part.by, part.agreement)] += part.operations
    rows = [(*way, count) for way, count in sorted(ways.items())]
    explained = table(("explained by", "", "agreement", "operations"), rows)
    checks = table(
        ("check", "answer", "exceptions", "question"),
        [(check.code, check.result, check.count, check.question) for check in report.checks],
    )
    parts = [facts_table(facts), explained, checks, *_exceptions(report), *_unknown(report)]
    parts.append("Azure's logs are best effort: what they do not show may still have happened.")
    return "\n\n".join(parts)


def _hours(report: AuditReport) -> str:
    """``reads 5, writes 4 of 672``: of the blob service."""
    parts = [
        f"{name} {part.with_logs}"
        for name, category in (("reads", "StorageRead"), ("writes", "StorageWrite"), ("deletions", "StorageDelete"))
        for part in report.coverage
        if (part.service, part.category) == ("blob", category)
    ]
    return f"{', '.join(parts)} of {report.coverage[0].hours}"


def _unknown(report: AuditReport) -> Iterator[str]:
    for check in report.checks:
        if check.result == "not known":
            yield f"{check.code} is not known: {check.note}"


def _exceptions(report: AuditReport) -> Iterator[str]:
    for check in report.checks:
        if not check.count:
            continue
        lines = [f"{check.code}: {check.count}"]
        for found in check.exceptions[:_SHOWN]:
            who = " ".join(part for part in (found.at, found.principal, found.operation, found.container) if part)
            where = f"{found.place.file}" + (f":{found.place.line}" if found.place.line else "")
            whence = f" from {found.origin}" if found.origin else ""
            lines.append(f"  {found.what}\n    {who} {found.borough}{whence}\n    {where}".rstrip())
        if check.count > _SHOWN:
            lines.append("  … all of them with --json")
        yield "\n".join(lines)
