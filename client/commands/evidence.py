"""`exchange evidence`: one folder and one page that a data protection officer can read without us."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import auditing, options
from client.console import answer, facts_table, step

if TYPE_CHECKING:
    from client.evidence.facts import Evidence

app = typer.Typer()

EVIDENCE_HELP = """Write the evidence of a period: a folder with one page to read and print, and the files it rests on.

The page is evidence.html in the folder. It needs no network and no script, and shows no number of children under five.
The other files state exact numbers of rows: the page may be passed on, the folder is for the data protection officer.

Exit codes: 0 every promise holds; 3 one is broken, and the page says which; 9 none is, and some are not known; 2 the
record, the period or the folder cannot be used."""


@app.command(
    "evidence",
    help=EVIDENCE_HELP,
    epilog="Example: exchange evidence ./record --from 2026-10-01 --to 2026-10-31 --out ./evidence-october",
)
def write_evidence(
    record: auditing.Record,
    first: auditing.First,
    last: auditing.Last,
    out: Annotated[Path, typer.Option("--out", help="Folder to write; not there yet, or empty.")],
    borough: auditing.Borough = None,
    receipts: auditing.Receipts = None,
    locale: auditing.Locale = None,
    zone: auditing.Zone = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Audit the record, and write what a data protection officer asks for."""
    from client.evidence.folder import PAGE, check_free, write_folder
    from client.evidence.gather import gather
    from shared.agreements.registry import agreement_files, load_agreements

    check_free(out)
    every = load_agreements(agreements)
    stated = auditing.dating(locale, zone)
    report = auditing.audit_record(record, every, (first, last), borough, stated, receipts)
    with step("Writing the page"):
        evidence, copies = gather(record, report, every, agreement_files(agreements))
        files = write_folder(out, evidence, copies)
    said = {**_facts(evidence), "page": str(out / PAGE), "files": len(files) + 1}
    answer(
        {"ok": report.answer == "holds", **said},
        f"{facts_table(said)}\n\nOpen {out / PAGE} in a browser.",
        as_json=json,
    )
    auditing.end(report)


def _facts(evidence: Evidence) -> dict[str, Any]:
    report = evidence.report
    return {
        "promises": len(report.checks),
        "hold": len(evidence.checks("holds")),
        "broken": " ".join(check.code for check in evidence.checks("broken")) or "none",
        "not known": " ".join(check.code for check in evidence.checks("not known")) or "none",
        "operations": report.operations,
        "unexplained": report.unexplained,
        "certificates": len(report.destructions),
    }
