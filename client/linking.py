"""Reads two contract files for a linkage on this machine; more forgiving than the exchange, which checks every row."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.files import read_parquet, write_bytes
from shared.contract.datasets import CONTRACTS

if TYPE_CHECKING:
    from shared.agreement.linkage_model import LinkageModel

NEEDED = {
    "pupils": ("surname", "forename", "dob"),
    "households": ("child_surname", "child_forename", "child_dob"),
}


def read_for_linkage(path: Path, dataset: str) -> tuple[pa.Table, list[str]]:
    """The contract's columns that the file has, in the contract's types, and the names of the columns it ignores.

    All rows stay, in their order: a row that the exchange would reject is linked too. Dates may be text (YYYY-MM-DD).
    Raises `InvalidInput` INP-001, 002, 004 (no names or date of birth), 013, 018 (which row), 019 (which column).
    """
    table = read_parquet(path)
    if missing := [name for name in NEEDED[dataset] if name not in table.column_names]:
        raise invalid("INP-004", path=path, columns=", ".join(missing), hint=f"see `exchange template {dataset}`.")
    schema = CONTRACTS[dataset].arrow_schema()
    known = [name for name in schema.names if name in table.column_names]
    columns = {name: _typed(path, name, table.column(name), schema.field(name).type) for name in known}
    return pa.table(columns), [name for name in table.column_names if name not in known]


def _typed(path: Path, name: str, column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if column.type == wanted:
        return column
    if pa.types.is_null(column.type):
        return pa.chunked_array([pa.nulls(len(column), wanted)])
    is_text = any(
        check(column.type) for check in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )
    if wanted == pa.date32() and is_text:
        return _dates(path, name, column.cast(pa.string()))
    numeric = pa.types.is_integer(column.type) and (pa.types.is_integer(wanted) or pa.types.is_floating(wanted))
    day = pa.types.is_temporal(column.type) and wanted == pa.date32()
    if numeric or day or (wanted == pa.string() and is_text):
        # A timestamp is cut to its day; nothing else here can lose anything.
        return column.cast(wanted, safe=not day)
    raise invalid("INP-019", path=path, column=name, found=column.type, kind=wanted)


def _dates(path: Path, name: str, column: pa.ChunkedArray) -> pa.Array:
    from client.pack.cells import read_dates
    from client.pack.source import tidy

    text = tidy(column.combine_chunks())
    dates = read_dates(text, ("iso",))
    unread = np.flatnonzero(np.asarray(pc.is_valid(text)) & np.asarray(pc.is_null(dates)))
    if len(unread):
        raise invalid("INP-018", path=path, row=int(unread[0]) + 1, column=name, kind="date", example="YYYY-MM-DD")
    return dates


def counts(links: pa.Table) -> dict[str, Any]:
    """How many pupils have each outcome, and how many each rule and guard decided."""
    by: dict[str, Any] = {}
    for name in ("outcome", "rule", "guard"):
        counted = links.group_by(name).aggregate([([], "count_all")]).sort_by(name).to_pylist()
        by[name] = {line[name]: line["count_all"] for line in counted if line[name] is not None}
    return by


def read_columns(path: Path, names: tuple[str, ...]) -> pa.Table:
    """These columns of a Parquet file. Raises `InvalidInput` INP-001, 002, 004."""
    table = read_parquet(path)
    if missing := [name for name in names if name not in table.column_names]:
        raise invalid("INP-004", path=path, columns=", ".join(missing), hint="give the files as they were collected.")
    return table.select(list(names))


def model_bytes(model: LinkageModel) -> bytes:
    """A model as the file that an agreement names: one level a line."""
    text = json.dumps(model.model_dump(), indent=2)
    return (re.sub(r'\{\s*("m": [^,]*),\s*("u": [^\s]*)\s*\}', r"{\1, \2}", text) + "\n").encode()


def write_pictures(folder: Path, explanation: pa.Table, links: pa.Table) -> int:
    """One waterfall a pair, named by the pupil's row; returns how many."""
    from shared.linkage.pictures import waterfall

    said = dict(zip(links.column("pupil_row").to_pylist(), links.column("sentence").to_pylist(), strict=True))
    parts: dict[int, list[tuple[str, float]]] = {}
    for line in explanation.to_pylist():
        parts.setdefault(line["pupil_row"], []).append((f"{line['part']} {line['says']}".strip(), line["bits"]))
    for row, bars in parts.items():
        write_bytes(folder / f"pupil-row-{row}.svg", waterfall(bars, said[row]).encode())
    return len(parts)
