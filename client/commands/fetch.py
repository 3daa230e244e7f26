"""`exchange fetch`: collects from the outbox, opens what is sealed, and saves it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from client import options
from client.console import answer, note, step, table

app = typer.Typer()


class Kind(StrEnum):
    """What results are saved as."""

    PARQUET = "parquet"
    CSV = "csv"
    XLSX = "xlsx"


@app.command("fetch", epilog="Example: exchange fetch results/2026-autumn --out results --as xlsx")
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

    In CSV and XLSX a cell that a spreadsheet would run as a formula is made harmless with an apostrophe.
    """
    from client.codes import invalid
    from client.files import write_bytes, write_table
    from client.opening import open_release
    from client.settings import load_settings
    from shared.errors import ExchangeError

    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    agreement, ring, slug = settings.agreement(), settings.key_ring(), settings.slug()
    saved: list[dict[str, object]] = []
    kept: list[str] = []
    with step("Fetching"), settings.door() as door:
        names = sorted(facts.name for facts in door.list(prefix))
        if not names:
            raise invalid("INP-022", prefix=prefix or "anything")
        for name in names:
            path = _place(out, name, kind)
            if path.exists() and not force:
                kept.append(str(path))
                continue
            blob = door.fetch(name)
            if name.endswith(".parquet"):
                try:
                    rows = open_release(blob, slug=slug, ring=ring, agreement=agreement)
                except ExchangeError:
                    note(f"While opening {name}; what was saved before it stays.")
                    raise
                write_table(path, rows)
                saved.append({"name": name, "file": str(path), "rows": rows.num_rows})
            else:
                write_bytes(path, blob.data)
                saved.append({"name": name, "file": str(path), "rows": None})
    text = table(["file", "rows"], [[line["file"], line["rows"]] for line in saved]) if saved else "Nothing new."
    answer({"ok": True, "saved": saved, "kept": kept}, text, as_json=json)


def _place(out: Path, name: str, kind: Kind) -> Path:
    """Where a blob is saved. A name that would lead out of the folder is refused, whoever gave it."""
    from client.codes import invalid

    parts = PurePosixPath(name).parts
    if not parts or any(part in ("..", "/") or "\\" in part or ":" in part for part in parts):
        raise invalid("INP-026")
    path = out.joinpath(*parts)
    return path.with_suffix(f".{kind.value}") if path.suffix == ".parquet" else path
