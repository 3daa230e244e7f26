"""The table as others take it: CSV, Parquet, a data dictionary, and a Frictionless data package that describes them."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client.files import neutralised, write_together
from shared.agreements.origin_destination.words import COLUMNS, MEASURES, NAMES, PLACES, SYMBOLS

if TYPE_CHECKING:
    from client.totals.table import Totals

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
TITLE = "Children by authority of residence and authority of school"


def write_totals(folder: Path, totals: Totals, *, agreement: str, collection: str) -> list[Path]:
    """Write all files into `folder`, none before all are whole; returns them. Raises `InvalidInput` INP-080 to 087."""
    files = contents(totals, agreement=agreement, collection=collection)
    paths = {folder / name: data for name, data in files.items()}
    write_together(paths)
    return list(paths)


def contents(totals: Totals, *, agreement: str, collection: str) -> dict[str, bytes]:
    """The files by name. The same table gives the same bytes."""
    data = {"totals.csv": _csv(totals), "totals.parquet": _parquet(totals)}
    package = data_package(data, agreement=agreement, collection=collection)
    return data | {
        "data-dictionary.md": data_dictionary().encode(),
        "datapackage.json": json.dumps(package, indent=2).encode() + b"\n",
    }


def data_dictionary() -> str:
    """What every column, measure and symbol means, as Markdown."""
    columns = "\n".join(f"| `{column.name}` | {column.kind} | {column.text} |" for column in COLUMNS)
    measures = "\n".join(f"| `{name}` | {text} |" for name, text in MEASURES.items())
    symbols = "\n".join(f"| `{symbol}` | {text} |" for symbol, text in SYMBOLS.items())
    return (
        f"# {TITLE}: data dictionary\n\n"
        "One row for each residence, school authority and measure. A pair without a row is 0 for every measure whose "
        f"file has come. Residences that are no authority: {', '.join(PLACES.values())}. Rows with `Total` stand for "
        "all residences, or all school authorities: leave them out before you add up.\n\n"
        f"| column | kind | what it holds |\n| --- | --- | --- |\n{columns}\n\n"
        f"| measure | what is counted |\n| --- | --- |\n{measures}\n\n"
        f"| symbol | why there is no number |\n| --- | --- |\n{symbols}\n"
    )


def data_package(data: dict[str, bytes], *, agreement: str, collection: str) -> dict[str, Any]:
    """The descriptor: Frictionless Data Package, with a Table Schema for the CSV."""
    return {
        "$schema": PROFILE,
        "name": f"totals-{collection}",
        "title": f"{TITLE}, {collection}",
        "description": f"Released under the agreement {agreement}. Small numbers are left out; see data-dictionary.md.",
        "resources": [
            {
                "name": "totals",
                "path": "totals.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(data["totals.csv"]),
                "hash": f"sha256:{hashlib.sha256(data['totals.csv']).hexdigest()}",
                "schema": {
                    "fields": [_field(column.name, column.kind, column.text) for column in COLUMNS],
                    "missingValues": [""],
                    "primaryKey": [n for n in NAMES if n in ("time_period", "la_name", "school_la_name", "measure")],
                },
            },
            {
                "name": "totals-parquet",
                "path": "totals.parquet",
                "format": "parquet",
                "mediatype": "application/vnd.apache.parquet",
                "bytes": len(data["totals.parquet"]),
                "hash": f"sha256:{hashlib.sha256(data['totals.parquet']).hexdigest()}",
            },
        ],
    }


def _field(name: str, kind: str, text: str) -> dict[str, Any]:
    codes = {"measure": list(MEASURES), "symbol": list(SYMBOLS)}
    constraints = {"constraints": {"enum": codes[name]}} if name in codes else {}
    return {"name": name, "type": kind, "description": text} | constraints


def _csv(totals: Totals) -> bytes:
    from pyarrow import csv

    buffer = io.BytesIO()
    csv.write_csv(neutralised(totals.rows), buffer)
    return buffer.getvalue()


def _parquet(totals: Totals) -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(totals.rows, buffer, compression="zstd")
    return buffer.getvalue()
