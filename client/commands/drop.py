"""`exchange drop`: puts a sealed file into the borough's inbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer, facts_table, step

app = typer.Typer()


@app.command("drop", epilog="Example: exchange drop sealed/pupils-2026-autumn-0a1b2c3d4e5f.parquet")
def drop_file(
    file: Annotated[Path, typer.Argument(help="The file that `exchange seal` wrote; its manifest lies beside it.")],
    profile: options.Profile = None,
    borough: options.Borough = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Put a sealed file into your inbox, in one request with its signed manifest. It is never overwritten."""
    from client.sealed_files import load
    from client.settings import load_settings

    settings = load_settings(profile, borough=borough, agreements=agreements)
    sealed = load(file)
    with step("Dropping"), settings.door() as door:
        door.put(sealed.name, sealed.data, sealed.metadata)
    facts = {
        "dropped": sealed.name,
        "bytes": len(sealed.data),
        "rows": sealed.manifest.rows,
        "sha256": sealed.manifest.sha256,
    }
    answer({"ok": True, **facts}, facts_table(facts) + "\nSee `exchange status` for what comes back.", as_json=json)
