"""`exchange up`: a local exchange that keeps running. Drop a file as one of the boroughs, and its functions fire."""

from __future__ import annotations

import logging
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.codes import invalid
from client.console import answer, table
from client.pack.places import read_directory
from local.boroughs import AGREEMENTS, chosen, write_agreements
from local.host import Host
from local.site import Site, open_site
from operate.reference import bring_postcodes

FOLDER = Path(".exchange/up")


def command(
    folder: Annotated[
        Path, typer.Option("--folder", file_okay=False, help="Where blobs, keys and profiles are kept.")
    ] = FOLDER,
    workers: Annotated[int, typer.Option("--workers", min=1, help="How many events are handled at a time.")] = 2,
    postcodes: Annotated[
        Path | None,
        typer.Option(help="Postcode directory to load: CSV or Parquet with postcode and ons_code. Needed once."),
    ] = None,
    boroughs: Annotated[
        str | None, typer.Option(help="Who takes part: pilot, all, or slugs with commas between them.")
    ] = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Keep the whole exchange running on this machine until Ctrl-C. What was dropped is there at the next start.

    Who takes part is remembered in the folder.
    Example: exchange up --boroughs lambeth,southwark,croydon --postcodes local/synth/sample/reference/postcodes.csv
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    journal = logging.getLogger("exchange")
    journal.addHandler(logging.StreamHandler(sys.stderr))
    journal.setLevel(logging.INFO)
    run(folder, stop, terms=_terms(folder, boroughs, agreements), workers=workers, postcodes=postcodes, as_json=json)


def run(
    folder: Path,
    stop: threading.Event,
    *,
    terms: Path | None = None,
    workers: int = 2,
    postcodes: Path | None = None,
    as_json: bool = False,
) -> None:
    """Start everything, say where it is, and fire functions until `stop` is set. `terms`: a folder of agreements."""
    directory = read_directory(postcodes) if postcodes else None
    with open_site(folder, terms=terms) as site:
        if directory is not None:
            bring_postcodes(site.operated, directory)
        _announce(site, as_json=as_json)
        host = Host.of(site, workers=workers)
        host.run_forever(stop)


def _terms(folder: Path, boroughs: str | None, agreements: Path | None) -> Path | None:
    """The folder of the agreements that hold; `None`: those that are shipped."""
    if boroughs is not None and agreements is not None:
        raise invalid("INP-142")
    kept = folder / AGREEMENTS
    if boroughs is not None:
        shutil.rmtree(kept, ignore_errors=True)
        return write_agreements(chosen(boroughs), folder)
    return agreements or (kept if kept.is_dir() else None)


def _announce(site: Site, *, as_json: bool) -> None:
    # A profile holds passes, which are secrets: its place is shown and not what is in it.
    agreements = [agreed.terms.reference for agreed in site.exchange.agreements]
    text = table(
        ("borough", "profile"),
        [(desk.slug, desk.profile) for desk in site.desks],
        f"The exchange is up under {', '.join(agreements)}. Ctrl-C stops it.\n",
    )
    profiles = {desk.slug: str(desk.profile) for desk in site.desks}
    example = f"\n\nFor example: exchange status --profile {site.desks[0].profile}"
    answer({"ok": True, "agreements": agreements, "profiles": profiles}, text + example, as_json=as_json)
    sys.stdout.flush()
