"""Finds the tables of one census collection in folders, and joins them by their keys."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.console import legible
from client.pack.source import Source, read
from shared.kernel import names

FILE_NAME = re.compile(
    r"(?P<year>\d{4})_(?P<term>[a-z]+)_(?:(?P<set>[a-z0-9-]+)_)?(?P<table>[a-z0-9]+)\.(?:csv|txt|tsv|xlsx|xlsm|xls|xlsb|ods)",
    re.IGNORECASE,
)
TERMS = {
    **{term: term for term in names.TERMS},
    **{"october": "autumn", "oct": "autumn", "january": "spring", "jan": "spring", "may": "summer"},
}
"""How files name the three collections; the census days are in October, January and May."""
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
class CensusFile:
    """One file of a census, as its name says."""

    path: Path
    collection: str
    set_name: str
    """`la` or `acad`, as COLLECT delivers maintained schools and academies apart; mostly empty."""
    table: str
    """One of the values of `TABLES`."""


@dataclass(frozen=True)
class Census:
    """The tables of one delivery: a folder, or the `la` or `acad` files of one. A table that is not there is None."""

    collection: str
    """`2026-autumn`."""
    pupils: Source
    addresses: Source | None
    periods: Source | None
    returns: Source | None
    """`schoolcensus`: one row per school with `lea`, `estab` and sometimes `urn`."""
    schools: Source | None
    """`school`: one row per school with `schoolname`."""


@dataclass(frozen=True)
class Deliveries:
    """Everything of one collection that was given: one packed file is made of it."""

    censuses: tuple[Census, ...]
    read: tuple[str, ...]
    """Names of the files that were read."""
    not_read: tuple[str, ...]
    """Names of the other files in the folders."""


def read_censuses(given: Sequence[Path], collection: str | None = None, encoding: str | None = None) -> Deliveries:
    """Read the tables `{year}_{term}_{table}.csv`, or `{year}_{term}_la_{table}.csv`, of folders.

    Of a single file the tables beside it that belong to it are read too. Raises `InvalidInput` INP-001 (nothing there),
    005 (no pupil table), 021 (several collections, none chosen), 071 (two files for one table), 072 (a file with
    another name).
    """
    files, others = _files(given)
    found = list(dict.fromkeys(file.collection for file in files))
    if collection is None and len(found) > 1:
        raise invalid("INP-021", path=_listed(given), known=", ".join(found))
    chosen = collection or next(iter(found), "")
    wanted = [file for file in files if file.collection == chosen]
    deliveries: dict[tuple[Path, str], dict[str, CensusFile]] = {}
    for file in wanted:
        tables = deliveries.setdefault((file.path.parent, file.set_name), {})
        _no_second(tables.get(file.table), file)
        tables[file.table] = file
    for (folder, set_name), tables in deliveries.items():
        # `la` beside a file without it: is that one the whole, or a third part?
        if set_name:
            for table, file in tables.items():
                _no_second(deliveries.get((folder, ""), {}).get(table), file)
    missing = [key for key, tables in deliveries.items() if "pupils" not in tables]
    if missing or not deliveries:
        where = _listed([missing[0][0]] if missing else given)
        name = (
            f"{(chosen or '2026-autumn').replace('-', '_')}_{f'{missing[0][1]}_' if missing and missing[0][1] else ''}"
        )
        raise invalid("INP-005", path=where, table="pupilonroll", example=f"{name}pupilonroll.csv")
    several = len({folder for folder, _ in deliveries}) > 1
    censuses = tuple(_read(chosen, tables, encoding, named_by_folder=several) for tables in deliveries.values())
    return Deliveries(
        censuses,
        tuple(_name(file.path, several) for file in wanted),
        tuple(_name(path, several) for path in others),
    )


def _files(given: Sequence[Path]) -> tuple[list[CensusFile], list[Path]]:
    files: list[CensusFile] = []
    others: list[Path] = []
    for path in dict.fromkeys(given):
        if path.is_dir():
            inside = [inner for inner in sorted(path.iterdir()) if inner.is_file() and not inner.name.startswith(".")]
            found = [(inner, _census_file(inner)) for inner in inside]
        elif path.is_file():
            itself = _census_file(path)
            if itself is None:
                raise invalid("INP-072", path=path, example="2026_autumn_pupilonroll.csv")
            beside = [(inner, _census_file(inner)) for inner in sorted(path.parent.iterdir()) if inner.is_file()]
            key = (itself.collection, itself.set_name)
            found = [(inner, file) for inner, file in beside if file and (file.collection, file.set_name) == key]
        else:
            raise invalid("INP-001", path=path)
        files += [file for _, file in found if file and file.path not in {known.path for known in files}]
        others += [inner for inner, file in found if file is None]
    return files, others


def _census_file(path: Path) -> CensusFile | None:
    name = FILE_NAME.fullmatch(path.name)
    if not name or name["term"].lower() not in TERMS or name["table"].lower() not in TABLES:
        return None
    collection = f"{name['year']}-{TERMS[name['term'].lower()]}"
    return CensusFile(path, collection, (name["set"] or "").lower(), TABLES[name["table"].lower()])


def _no_second(known: CensusFile | None, file: CensusFile) -> None:
    if known is not None:
        raise invalid("INP-071", paths=f"{known.path} and {file.path}")


def _read(collection: str, tables: Mapping[str, CensusFile], encoding: str | None, *, named_by_folder: bool) -> Census:
    def table(name: str) -> Source | None:
        if name not in tables:
            return None
        path = tables[name].path
        return replace(read(path, encoding=encoding), name=_name(path, named_by_folder))

    pupils = table("pupils")
    assert pupils is not None, "a delivery without a pupil table has been refused"
    return Census(collection, pupils, table("addresses"), table("periods"), table("returns"), table("schools"))


def _name(path: Path, by_folder: bool) -> str:
    return legible(f"{path.parent.name}/{path.name}" if by_folder else path.name)


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths))


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
