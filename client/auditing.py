"""The audit as commands ask for it: paths and days as somebody typed them, and a bar while the logs are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client.codes import invalid
from client.exits import Exit

if TYPE_CHECKING:
    from shared.kernel.audit.logs.moments import Dating
    from shared.kernel.audit.report import AuditReport
    from shared.kernel.terms.agreements import Agreements

EXIT_CODES = "Exit codes: 0 every check holds; 3 a check is broken; 9 none is, and some are not known"


class LocaleName(StrEnum):
    """Locales in which portals write times."""

    BRITISH = "en-GB"
    AMERICAN = "en-US"


Record = Annotated[Path, typer.Argument(help="Folder of copies: logs, ledger, certificates, keys, register.yaml.")]
First = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC.")]
Last = Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, UTC, included.")]
Locale = Annotated[
    LocaleName | None,
    typer.Option("--log-locale", help="Of exports of logs: en-GB, the day stands before the month; en-US, behind it."),
]
Zone = Annotated[
    str | None,
    typer.Option("--log-zone", help="Of exports of logs whose times do not say their zone: Europe/London, UTC …"),
]
Receipts = Annotated[
    Path | None,
    typer.Option(
        "--receipts",
        exists=True,
        file_okay=False,
        help="Folder of what parties hold: receipts, certificates, daily heads, their copies of the exchange's keys.",
    ),
]
Borough = Annotated[str | None, typer.Option("--borough", help="Only what concerns this borough (slug); else all.")]


def dating(locale: LocaleName | None, zone: str | None) -> Dating:
    """What is stated of the times in exports. Raises `InvalidInput` REC-004 of a zone that does not exist."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from shared.kernel.audit.logs.moments import Dating
    from shared.kernel.audit.questions import ZONE

    try:
        found = ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ZONE.refusal() from None
    return Dating(locale.value if locale else "", found)


def audit_record(
    record: Path,
    agreements: Agreements,
    days: tuple[datetime, datetime],
    borough: str | None,
    stated: Dating,
    held: Path | None = None,
) -> AuditReport:
    """Audit the record's `days`, first and last, beside what parties hold.

    Raises `InvalidInput` INP-001 (no such folder), INP-032 (ends before it begins), INP-023 (no party), or
    what `shared.kernel.audit.audit.audit` raises of a record that cannot be used.
    """
    from shared.kernel.audit.audit import Reading, audit

    first, last = days

    if not record.is_dir():
        raise invalid("INP-001", path=record)
    if last < first:
        raise invalid("INP-032")
    if borough is not None and borough not in agreements.known:
        raise invalid("INP-023", name=borough, known=", ".join(agreements.parties))
    with _progress(record) as progress:
        return audit(
            record,
            agreements,
            first.date(),
            last.date(),
            party=borough or "",
            held=held,
            reading=Reading(stated, progress),
        )


def end(report: AuditReport) -> None:
    """End the command with the exit code that the answer has."""
    if code := {"broken": Exit.CHECK_BROKEN, "not known": Exit.NOT_KNOWN}.get(report.answer):
        raise typer.Exit(code)


@contextmanager
def _progress(record: Path) -> Iterator[Callable[[int], None]]:
    """A bar over the bytes of the logs, where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    from shared.kernel.audit.logs.files import log_files

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Reading the logs", total=sum(file.bytes for file in log_files(record)))
        yield lambda read: bar.advance(task, read)
