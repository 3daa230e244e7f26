"""`exchange drop`: puts a sealed file into the borough's inbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer, facts_table, transfer

app = typer.Typer()


@app.command("drop", epilog="Example: exchange drop sealed/pupils-2026-autumn-0a1b2c3d4e5f.parquet")
def drop_file(
    file: Annotated[Path, typer.Argument(help="The file that `exchange seal` wrote; its manifest lies beside it.")],
    profile: options.Profile = None,
    borough: options.Borough = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Put a sealed file into your inbox, in one request with its signed manifest. It is never overwritten.

    File, pass and clock are looked at before a byte leaves. The same file again is already dropped, and not an error.
    """
    from client.connect import ahead, open_door, say_clock
    from client.dropping import check_sealed, drop
    from client.passes import INBOX
    from client.sealed_files import load
    from client.settings import load_settings

    settings = load_settings(profile, borough=borough, agreements=agreements)
    sealed = load(file)
    check_sealed(file, sealed, settings)
    with transfer("Dropping") as told, open_door(settings, INBOX, told=told) as door:
        done = drop(door, file, sealed, settings.place("inbox_url"))
    say_clock(ahead(door))
    facts = {
        "dropped": sealed.name,
        "bytes": len(sealed.data),
        "rows": sealed.manifest.rows,
        "sha256": sealed.manifest.sha256,
        "already": done.already,
    }
    shown = {name: value for name, value in facts.items() if name != "already"}
    if done.already:
        shown = {"already dropped": shown.pop("dropped"), **shown}
    if done.receipt:
        facts["status"] = shown["status"] = done.receipt.get("status")
    answer({"ok": True, **facts}, facts_table(shown) + "\nSee `exchange status` for what comes back.", as_json=json)
