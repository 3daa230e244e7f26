"""`exchange subject`: what was sent and received about one child or claim, from the borough's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client import options
from client.console import answer, step
from client.exits import Exit

if TYPE_CHECKING:
    from client.person import Person

app = typer.Typer()

HELP = """Say what was sent and received about one child or claim: when, on which basis, to whom, and until when.

Name the folders that hold your extracts, packed and sealed files, receipts and collected results; a folder of evidence
says who read. Nothing leaves this machine, and the exchange is not asked: it holds rows for 30 days and no longer.

Who is asked about stands in a file (--who), or is asked for at the terminal. It is no option: a command line is kept in
the shell's history and seen by others. The answer repeats no cell; only a page with --values does.

Exit codes: 0 everything was read, whether something was found or not; 8 the files that are listed were not."""


@app.command("subject", help=HELP, epilog="Example: exchange subject extracts sealed collected --who who.toml")
def subject(
    folders: Annotated[list[Path], typer.Argument(help="Folders and files to look through.")],
    who: options.Who = None,
    page: Annotated[Path | None, typer.Option("--page", help="Write the answer as a page to print (.html).")] = None,
    values: Annotated[
        bool, typer.Option("--values", help="Put the rows themselves into the page: the copy that a person may have.")
    ] = False,
    reference: Annotated[
        str, typer.Option("--reference", help="Your own reference of the request, for the page.")
    ] = "",
    public: Annotated[
        Path | None, typer.Option(help="The exchange's public keys; else those of your key folder.")
    ] = None,
    as_of: options.AsOf = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Look through the folders, and say what is found."""
    from client.codes import invalid
    from client.files import write_bytes
    from client.settings import load_settings, today
    from client.subject.account import account
    from client.subject.page import render
    from client.subject.reader import reader_of
    from client.subject.words import told
    from client.who import person_meant

    if (values or reference) and page is None:
        raise invalid("INP-000", problem="--values and --reference are for the page: name it.", command="subject")
    if page is not None and page.suffix.lower() not in (".html", ".htm"):
        raise invalid("INP-015", path=page, known=".html")
    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    slug, reader = settings.slug(), reader_of(settings, public)
    person = person_meant(who)
    if page is not None:
        _check_name(page, person)
    with step("Looking"):
        shelves = reader.look(folders)
        found = account(shelves, person, reader.agreements, slug, today(as_of), values=values)
    if page is not None:
        write_bytes(page, render(found, reader.agreements, reference).encode())
    document = {"ok": not found.left, **told(found).document, "page": str(page) if page else ""}
    text = told(found).text + (f"\n\nThe page is {page}." if page else "")
    answer(document, text, as_json=json)
    if found.left:
        raise typer.Exit(Exit.PARTLY)


def _check_name(page: Path, person: Person) -> None:
    """The name of a file is seen by whoever sees the folder, and by backups."""
    from client.codes import invalid
    from client.person import compact, plain

    name = plain(page.name)
    if any(plain(text) in name or compact(text) in compact(page.name) for text in person.texts):
        raise invalid("SUB-006")
