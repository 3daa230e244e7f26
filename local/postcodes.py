"""Loads a postcode directory: what an operator does each quarter with the ONS Postcode Directory."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

from client.pack.places import Directory
from shared.errors import Missing
from shared.storage.storage import POSTCODES, Storage


def bring_postcodes(storage: Storage, directory: Directory) -> None:
    """Write `reference/postcodes.parquet`; a directory that is there already is replaced."""
    held = io.BytesIO()
    pq.write_table(pa.table({"postcode": directory.postcode, "ons_code": directory.ons_code}), held)
    area = storage.reference()
    try:
        area.replace(POSTCODES, held.getvalue(), area.facts(POSTCODES).etag)
    except Missing:
        area.create(POSTCODES, held.getvalue())
