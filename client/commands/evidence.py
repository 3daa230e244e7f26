"""`exchange evidence`: one folder and one page that a data protection officer can read without us."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from client import auditing, options
from client.console import answer, facts_table, note, step
from client.exits import Exit
from shared.kernel.envelope.manifest import EXCHANGE

if TYPE_CHECKING:
    from client.evidence.facts import Evidence
    from client.settings import Settings
    from shared.kernel.envelope.keys import PublicKey


class _Commands(TyperGroup):
    """`exchange evidence RECORD …` writes, as it always did; `exchange evidence verify PACK` verifies."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "--help"):
            args = ["write", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    help="Write the evidence of a period (`exchange evidence RECORD …`, which is `write`), and verify it.",
)

EVIDENCE_HELP = """Write the evidence of a period: a folder with one page to read and print, and the files it rests on.

The page is evidence.html in the folder. It needs no network and no script, and shows no number of children under five.
The other files state exact numbers of rows: the page may be passed on, the folder is for the data protection officer.

With a signing key of yours (--keys, or your profile) the list of all files is signed: exchange evidence verify.

Exit codes: 0 every promise holds; 3 one is broken, and the page says which; 9 none is, and some are not known; 2 the
record, the period or the folder cannot be used."""


@app.command(
    "write",
    help=EVIDENCE_HELP,
    epilog="Example: exchange evidence write ./record --from 2026-10-01 --to 2026-10-31 --out ./evidence-october",
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
    keys: Annotated[
        Path | None, typer.Option("--keys", help="Folder of your keys, to sign with; else that of your profile.")
    ] = None,
    profile: options.Profile = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Audit the record, and write what a data protection officer asks for."""
    from client.evidence.folder import PAGE, check_free, write_folder
    from client.evidence.gather import gather
    from client.settings import load_settings
    from shared.agreements.registry import agreement_files, earlier_files, load_agreements

    check_free(out)
    every = load_agreements(agreements)
    stated = auditing.dating(locale, zone)
    report = auditing.audit_record(record, every, (first, last), borough, stated, receipts)
    with step("Writing the page"):
        evidence, copies = gather(record, report, every, agreement_files(agreements), earlier_files(agreements))
        files = write_folder(out, evidence, copies)
        signed = _sign(out, load_settings(profile, keys=keys))
    result = {**_facts(evidence), "page": str(out / PAGE), "files": len(files) + 1, "signed with": signed or "nothing"}
    if not signed:
        note("The folder is not signed: there is no signing key of yours here (--keys). Whoever gets it cannot tell.")
    answer(
        {"ok": report.answer == "holds", **result},
        f"{facts_table(result)}\n\nOpen {out / PAGE} in a browser.",
        as_json=json,
    )
    auditing.end(report)


@app.command(epilog="Example: exchange evidence verify ./evidence-october --public exchange-public.json")
def verify(
    pack: Annotated[Path, typer.Argument(help="The folder that `exchange evidence` wrote.", file_okay=False)],
    public: Annotated[
        list[Path] | None,
        typer.Option(help="Public keys you were given: the exchange's, and those of whoever signed; again for each."),
    ] = None,
    profile: options.Profile = None,
    keys: options.Keys = None,
    json: options.Json = False,
) -> None:
    """Verify an evidence folder without the exchange, a network or the record: every file, who signed their list, the
    keys, every certificate and its place among the others.

    Exit codes: 0 all of it holds; 3 something does not; 9 nothing is wrong, and who signed, or whose the keys are, is
    not known; 2 it is no evidence folder, or a newer version wrote it.
    """
    from client.evidence.verify import verify_pack

    found = verify_pack(pack, _trusted(public or [], profile, keys))
    facts = {
        "answer": found.result,
        "signed by": found.signed_by or "nobody who is known",
        **found.counts,
        "broken": len(found.broken),
        "not known": len(found.unknown),
    }
    text = "\n".join([facts_table(facts), *(f"  {line}" for line in (*found.broken, *found.unknown))])
    result = {"ok": found.result == "holds", **facts, "broken": found.broken, "not known": found.unknown}
    answer(result, text, as_json=json)
    if code := {"broken": Exit.CHECK_BROKEN, "not known": Exit.NOT_KNOWN}.get(found.result):
        raise typer.Exit(code)


def _trusted(files: list[Path], profile: Path | None, keys: Path | None) -> tuple[PublicKey, ...]:
    """The public keys that the reader has from elsewhere: files, else the folder of keys."""
    from client.disk import check_file
    from client.settings import load_settings
    from shared.kernel.envelope.keys import Use, read_public

    for path in files:
        check_file(path)
    if files:
        return tuple(key for path in files for key in read_public(path.read_bytes()))
    settings = load_settings(profile, keys=keys)
    if not settings.keys:
        return ()
    ring, agreement = settings.key_ring(), settings.agreement()
    return tuple(key for owner in (EXCHANGE, *agreement.by_slug) for key in ring.held(owner, Use.SIGN))


def _sign(out: Path, settings: Settings) -> str:
    """Sign the folder with the key of whoever runs this; the key's id, empty where there is none."""
    from client.evidence.folder import sign_folder
    from client.settings import now
    from shared.kernel.errors import KeyUnavailable

    if not settings.keys:
        return ""
    for owner in (settings.borough, EXCHANGE):
        try:
            if owner:
                return sign_folder(out, settings.key_ring(), owner, now())
        except KeyUnavailable:
            continue
    return ""


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
