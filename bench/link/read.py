"""Reads one side of a set for our own linkage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.link.contestants.race import Ints
from shared.methods.linkage.columns import COLUMNS, OFTEN_ALIKE
from shared.methods.linkage.registrations import REGISTRATION, second_registrations


def main_registrations(folder: Path) -> tuple[pa.Table, Ints]:
    """The pupils without further registrations, as runs link them, and where in the file they stand."""
    pupils = read(folder, "pupils")
    second = second_registrations(pupils)
    main = np.flatnonzero(~np.asarray(second))
    return pupils.filter(pc.invert(second)) if len(main) < pupils.num_rows else pupils, main


def read(folder: Path, side: str) -> pa.Table:
    """The columns that linkage looks at, and those that tell further registrations of a child."""
    columns = (*COLUMNS[side], *(REGISTRATION if side == "pupils" else ()))
    file = pq.ParquetFile(
        folder / f"{side}.parquet", read_dictionary=[name for name in COLUMNS[side] if name in OFTEN_ALIKE]
    )
    return file.read(columns=list(columns))
