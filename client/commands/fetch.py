"""`exchange fetch`: collects from the outbox, opens what is sealed, and saves it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer, note, step, table
from client.exits import Exit

app = typer.Typer()


class Kind(StrEnum):
    """What results are saved as."""

    PARQUET = "parquet"
    CSV = "csv"
    XLSX = "xlsx"


@app.command("fetch", epilog="Example: exchange fetch fsm/results/2026-autumn --out results --as xlsx")
def fetch_files(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to save into.")],
    prefix: Annotated[str, typer.Argument(help="Only what begins with this; see `exchange status`.")] = "",
    kind: Annotated[Kind, typer.Option("--as", help="How to save results that are tables.")] = Kind.PARQUET,
    force: Annotated[bool, typer.Option("--force", help="Fetch again what is there already.")] = False,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Collect files from your outbox. Sealed ones are opened with your key, once the exchange's signature is verified.

    Of the results of a collection the current one is collected, which the exchange's signed current.json names.
    In CSV and XLSX a cell that a spreadsheet would run as a formula is made harmless with an apostrophe. A file that
    cannot be had stays behind, is listed with its reason, and the others are collected; the command exits with 8.
    """
    from client.codes import invalid
    from client.connect import open_door
    from client.current import read_current
    from client.fetching import Collector
    from client.files import make_folder
    from client.passes import OUTBOX
    from client.settings import load_settings

    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    agreed, ring, slug = settings.every_agreement(), settings.key_ring(), settings.slug()
    with step("Fetching"), open_door(settings, OUTBOX) as door:
        everything = sorted(facts.name for facts in door.list())
        names = [name for name in everything if name.startswith(prefix)]
        if not names:
            raise invalid("INP-022", prefix=prefix or "anything")
        make_folder(out)
        current = read_current(door, everything, ring.public_key)
        collector = Collector(out, kind.value, force, slug, ring, agreed, current)
        done = collector.collect(door, names)
    result = {
        "ok": not done.left, "saved": done.saved, "kept": done.kept, "left": done.left, "replaced": done.replaced
    }  # fmt: skip
    text = table(["file", "rows"], [[line["file"], line["rows"]] for line in done.saved]) or "Nothing new."
    if done.left:
        rows = [[line["name"], line["code"], line["message"]] for line in done.left]
        text += "\n\n" + table(["stayed behind", "code", "why"], rows)
    if done.replaced:
        note(f"{len(done.replaced)} files belong to results that are not current, and were not collected.")
    answer(result, text if done.saved or done.left else "Nothing new.", as_json=json)
    if done.left:
        for remedy in dict.fromkeys(str(line["remedy"]) for line in done.left):
            note(remedy)
        raise typer.Exit(Exit.PARTLY)
