"""The demo's second agreement: every borough drops its pupils without a name, and the hub collects one table of all."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from client.totals.collect import AGREEMENT
from client.totals.minimise import minimise
from client.totals.table import Totals, checked
from client.totals.tiles import page
from client.totals.written import contents
from shared.agreements.origin_destination.contracts import CONTRACTS
from shared.agreements.origin_destination.words import PUPILS, RELEASE, TOTAL

if TYPE_CHECKING:
    from local.party import Party
    from local.synth.london import London

MAP = "map.html"


def drop_totals(party: Party, london: London, matches: pa.Table, *, prepared_at: datetime) -> None:
    """A borough drops how many of its children it has newly found entitled, by school borough, and its pupils."""
    pupils = minimise(london.pupils[party.slug], Path("pupils.parquet")).table
    codes = {slug: known.ons_code for slug, known in party.agreements[AGREEMENT].terms.by_slug.items()}
    found = pc.value_counts(matches.column("school_borough")).to_pylist()
    rows = [{"school_la": codes[pair["values"]], "newly_entitled": pair["counts"]} for pair in found]
    entitled = pa.Table.from_pylist(rows, schema=CONTRACTS["entitled"].arrow_schema())
    for dataset, table in (("entitled", entitled), ("roll", pupils)):
        if table.num_rows:
            party.drop(dataset, london.collection, table, prepared_at=prepared_at, agreement=AGREEMENT)


def collect_totals(hub: Party) -> Totals:
    """The table in the hub's outbox, opened with the hub's key: all had dropped when it was made, so there is one."""
    [rows] = hub.releases(RELEASE, f"{AGREEMENT}/{RELEASE}/")
    return checked(rows, RELEASE)


def drawn(totals: Totals, collection: str, agreement: str) -> dict[str, bytes]:
    """The table and the map of it, by their names in the evidence folder."""
    files = contents(totals, agreement=agreement, collection=collection) | {MAP: page(totals, PUPILS, TOTAL).encode()}
    return {f"{RELEASE}/{name}": data for name, data in files.items()}


def told(totals: Totals) -> dict[str, object]:
    """What the demo's summary says of the table; the map lies in the evidence folder."""
    return {"left_out": totals.left_out, "map": f"{RELEASE}/{MAP}", "text": totals.text(PUPILS)}
