"""Finds the tables of one census collection in a folder, and joins them by their keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.pack.source import Source, read

FILE_NAME = re.compile(r"(?P<year>\d{4})_(?P<term>autumn|spring|summer)_(?P<table>[a-z0-9]+)\.csv", re.IGNORECASE)
TABLES = {
    "pupilonroll": "pupils",
    "addressesonroll": "addresses",  # autumn
    "addresses": "addresses",  # spring and summer
    "fsmperiodsonroll": "periods",  # autumn
    "fsmperiod": "periods",  # spring and summer
    "schoolcensus": "returns",
    "school": "schools",
}


@dataclass(frozen=True)
class Census:
    """The tables of one collection. A table that is not in the folder is None, except the pupils."""

    collection: str
    """`2026-autumn`."""
    folder: Path
    pupils: Source
    addresses: Source | None
    periods: Source | None
    returns: Source | None
    """`schoolcensus`: one row per school with `lea`, `estab` and sometimes `urn`."""
    schools: Source | None
    """`school`: one row per school with `schoolname`."""


def read_census(folder: Path, collection: str | None = None) -> Census:
    """Read the tables `{year}_{term}_{table}.csv` of a folder.

    Raises `InvalidInput` INP-001 (no such folder), 005 (no pupil table), 021 (several collections, none chosen).
    """
    if not folder.is_dir():
        raise invalid("INP-001", path=folder)
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        name = FILE_NAME.fullmatch(path.name)
        if name and name["table"].lower() in TABLES:
            tables = found.setdefault(f"{name['year']}-{name['term'].lower()}", {})
            tables[TABLES[name["table"].lower()]] = path
    if collection is None and len(found) > 1:
        raise invalid("INP-021", path=folder, known=", ".join(found))
    chosen = collection or next(iter(found), "")
    tables = found.get(chosen, {})
    if "pupils" not in tables:
        example = f"{(chosen or '2026-autumn').replace('-', '_')}_pupilonroll.csv"
        raise invalid("INP-005", path=folder, table="pupilonroll", example=example)
    return Census(
        collection=chosen,
        folder=folder,
        pupils=read(tables["pupils"]),
        addresses=read(tables["addresses"]) if "addresses" in tables else None,
        periods=read(tables["periods"]) if "periods" in tables else None,
        returns=read(tables["returns"]) if "returns" in tables else None,
        schools=read(tables["schools"]) if "schools" in tables else None,
    )


def key(source: Source, *names: str) -> pa.Array:
    """One text per row for a key of several columns; null where any of them is empty."""
    return pc.binary_join_element_wise(*(source.column(name) for name in names), "\x1f")


def owners(keys: pa.Array, of: pa.Array) -> np.ndarray:
    """For each of `keys` the position of the first equal one in `of`; -1 where there is none."""
    first = first_of_each(np.asarray(pc.fill_null(pc.index_in(of, pc.unique(of)), -1)))
    found = pc.index_in(keys, pc.take(of, pa.array(first)), skip_nulls=True)
    position = np.asarray(pc.fill_null(found, -1))
    return np.where(position >= 0, first[position], -1) if len(first) else np.full(len(keys), -1)


def first_of_each(group: np.ndarray, *rank: np.ndarray) -> np.ndarray:
    """Positions of the first row of every group by `rank` (smaller first), then by place. Group -1 is no group."""
    order = np.lexsort((np.arange(len(group)), *reversed(rank), group))
    starts = np.ones(len(group), dtype=bool)
    starts[1:] = group[order][1:] != group[order][:-1]
    chosen = order[starts & (group[order] >= 0)]
    return np.sort(chosen)


def spread(column: pa.Array, chosen: np.ndarray, owner: np.ndarray, length: int) -> pa.Array:
    """`column` of the `chosen` rows, laid at the positions of their owners; null elsewhere."""
    at = np.full(length, -1)
    at[owner[chosen]] = chosen
    return pc.take(column, pa.array(at, mask=at < 0))
