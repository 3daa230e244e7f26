"""`exchange postcodes`: loads a postcode directory, each quarter, from the ONS Postcode Directory."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client import options
from client.console import answer, step
from operate import site

if TYPE_CHECKING:
    from client.pack.places import Directory
    from shared.kernel.storage.storage import Storage

app = typer.Typer(no_args_is_help=True, help="Load the postcode directory.")


@app.callback()
def _postcodes() -> None:
    """Load the postcode directory."""


@app.command("load", epilog="Example: exchange postcodes load ONSPD_NOV_2026_UK.csv")
def load(
    directory: Annotated[Path, typer.Argument(help="CSV or Parquet with postcodes and local authority codes.")],
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Replace the exchange's postcode directory. Functions notice the new one with the next drop."""
    from client.codes import invalid
    from client.pack.places import read_directory

    if not directory.is_file():
        raise invalid("INP-001", path=directory)
    with step("Loading"), site.load_site(profile).storage() as storage:
        read = read_directory(directory)
        bring_postcodes(storage, read)
    answer({"ok": True, "postcodes": len(read.postcode)}, f"{len(read.postcode)} postcodes are loaded.", as_json=json)


def bring_postcodes(storage: Storage, directory: Directory) -> None:
    """Write `reference/postcodes.parquet`; a directory that is there already is replaced."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from shared.kernel.errors import Missing
    from shared.kernel.storage.storage import POSTCODES

    held = io.BytesIO()
    pq.write_table(pa.table({"postcode": directory.postcode, "ons_code": directory.ons_code}), held)
    area = storage.reference()
    try:
        area.replace(POSTCODES, held.getvalue(), area.facts(POSTCODES).etag)
    except Missing:
        area.create(POSTCODES, held.getvalue())
