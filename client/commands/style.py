"""`exchange style`: describe how your files are laid out, so that `exchange pack` reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer, facts_table, legible, step

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Describe how your files are laid out, so that `exchange pack` reads them."""


@app.command(epilog="Example: exchange style new extract.csv --dataset households --out ours.yaml")
def new(
    file: Annotated[Path, typer.Argument(help="A file whose headings are to be read, CSV or XLSX.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The style file to write (YAML).")],
    dataset: Annotated[str, typer.Option(help="pupils, households or decisions.")] = "households",
    sheet: Annotated[str | None, typer.Option(help="Sheet of a spreadsheet; else the first.")] = None,
    agreement: options.Agreement = None,
    profile: options.Profile = None,
    json: options.Json = False,
) -> None:
    """Write a draft of a style from a file's headings, for you to finish.

    What is known by its name is filled in. What only looks alike is a comment, marked "not sure": take its # off if it
    is right. Then `exchange pack households FILE --style OURS.yaml`, or `exchange pack table … --style OURS.yaml`.
    """
    from client.codes import invalid
    from client.contracts import find_contract
    from client.files import write_bytes
    from client.pack.source import read
    from client.pack.style_draft import draft_style, style_text
    from client.settings import load_settings

    found = find_contract(dataset, agreement, default=load_settings(profile).default_agreement)
    if out.suffix.lower() not in (".yaml", ".yml"):
        raise invalid("INP-015", path=out, known=".yaml")
    with step("Reading the headings"):
        draft = draft_style(read(file, sheet=sheet), found)
    text = style_text(draft, legible(file.stem)).encode()
    if out.exists() and not (out.is_file() and out.read_bytes() == text):
        raise invalid("INP-028", path=out)
    write_bytes(out, text)
    facts = {
        "ok": True,
        "style": str(out),
        "dataset": dataset,
        "columns_known": len(draft.columns) + len(draft.full_names),
        "not_sure": draft.unsure,
        "required_and_missing": draft.missing,
        "not_packed": draft.unused,
    }
    shown = {
        "style": out,
        "columns known": facts["columns_known"],
        "not sure": ", ".join(f"{pattern} ({column}?)" for pattern, column in draft.unsure.items()) or "none",
        "required, not found": ", ".join(draft.missing) or "none",
        "not packed": f"{len(draft.unused)}: {', '.join(draft.unused)}" if draft.unused else "none",
    }
    answer(facts, facts_table(shown) + "\n\nOpen the file and finish it: docs/users/styles.md says how.", as_json=json)
