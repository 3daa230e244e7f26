"""`exchange up`: a local exchange that keeps running. Drop a file with a borough's pass, and its functions fire."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.host import Host
from local.site import Site, open_site

FOLDER = Path(".exchange/up")


def command(folder: Path = FOLDER, *, workers: int = 2, as_json: bool = False) -> None:
    """Run a local exchange over `folder` until Ctrl-C (or SIGTERM); say where each borough's passes and keys are."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    journal = logging.getLogger("exchange")
    journal.addHandler(logging.StreamHandler(sys.stderr))
    journal.setLevel(logging.INFO)
    run(folder.resolve(), stop, workers=workers, as_json=as_json)


def run(folder: Path, stop: threading.Event, *, workers: int = 2, as_json: bool = False) -> None:
    """Start everything, announce it on stdout, and fire functions until `stop` is set."""
    with open_site(folder) as site:
        announce(site, as_json=as_json)
        Host(site.exchange, site.poison, workers=workers).run_forever(stop)


def announce(site: Site, *, as_json: bool) -> None:
    """Say where things are. A pass is a secret, so its place is shown and not the pass."""
    if as_json:
        desks = {desk.slug: {"passes": str(desk.passes), "keys": str(desk.folder / "keys")} for desk in site.desks}
        sys.stdout.write(json.dumps({"agreement": site.exchange.agreement.reference, "boroughs": desks}) + "\n")
        sys.stdout.flush()
        return
    table = Table(
        title=f"The exchange is up under {site.exchange.agreement.reference}. Ctrl-C stops it.",
        caption="In each: passes.json (its inbox and its outbox) and keys/ (its own key ring).",
    )
    table.add_column("borough")
    table.add_column("desk", overflow="fold")
    for desk in site.desks:
        table.add_row(desk.slug, str(desk.folder))
    Console().print(table)
