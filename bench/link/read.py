"""Reads one side of a set for our own linkage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.link.contestants.race import Ints
from shared.agreements.free_school_meals.linkage import SCHEMA
from shared.agreements.free_school_meals.registrations import REGISTRATION, second_registrations


def main_registrations(folder: Path) -> tuple[pa.Table, Ints]:
    """The pupils without further registrations, as runs link them, and where in the file they stand."""
    pupils = read(folder, "pupils")
    second = second_registrations(pupils)
    main = np.flatnonzero(~np.asarray(second))
    return pupils.filter(pc.invert(second)) if len(main) < pupils.num_rows else pupils, main


def read(folder: Path, side: str) -> pa.Table:
    """The columns that linkage looks at, and those that tell further registrations of a child."""
    declared = SCHEMA.left if side == "pupils" else SCHEMA.right
    columns = (*declared.names, *(REGISTRATION if side == "pupils" else ()))
    file = pq.ParquetFile(folder / f"{side}.parquet", read_dictionary=list(declared.often_alike))
    return file.read(columns=list(columns))
