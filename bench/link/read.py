"""Reads one side of a set for our own linkage."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from shared.linkage.columns import COLUMNS, OFTEN_ALIKE
from shared.linkage.registrations import REGISTRATION


def read(folder: Path, side: str) -> pa.Table:
    """The columns that linkage looks at, and those that tell further registrations of a child."""
    columns = (*COLUMNS[side], *(REGISTRATION if side == "pupils" else ()))
    file = pq.ParquetFile(
        folder / f"{side}.parquet", read_dictionary=[name for name in COLUMNS[side] if name in OFTEN_ALIKE]
    )
    return file.read(columns=list(columns))
