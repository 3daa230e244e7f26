"""Rows that a command makes itself, such as objections or a recall: sealed, and dropped, by the same doors."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from client.connect import open_door
from client.console import transfer
from client.dropping import check_sealed, drop
from client.files import write_table
from client.passes import INBOX
from client.sealed_files import SealedFile, load
from client.sealing import seal_contract_file

if TYPE_CHECKING:
    import pyarrow as pa

    from client.contracts import Found
    from client.settings import Settings


def seal_rows(settings: Settings, found: Found, rows: pa.Table, collection: str, out: Path) -> Path:
    """The sealed file of these rows in the folder `out`; as plain text they lie in a private folder meanwhile.

    Raises as `seal_contract_file`.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{found.contract.dataset}.parquet"
        write_table(file, rows)
        return seal_contract_file(settings, found, file, collection, out)[0]


def drop_sealed(settings: Settings, path: Path) -> SealedFile:
    """Put a sealed file into the borough's inbox. Raises as `check_sealed` and `drop`."""
    sealed = load(path)
    check_sealed(path, sealed, settings)
    with transfer("Dropping") as told, open_door(settings, INBOX, told=told) as door:
        drop(door, path, sealed, settings.place("inbox_url"))
    return sealed
