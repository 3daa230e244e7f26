"""Small steps from arrays of codes to the Arrow columns of a contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.synth.streams import Flags, Ints
from shared.agreements.free_school_meals.contracts import CONTRACTS

EMPTY = pa.scalar(None, pa.string())


def chosen(texts: Sequence[str | None], codes: Ints) -> pa.Array:
    """`texts` by position."""
    return pa.array(texts, pa.string()).take(pa.array(codes))


def kept(column: pa.Array, rows: Flags) -> pa.Array:
    """`column` where `rows` is true, else null."""
    return pc.if_else(pa.array(rows), column, pa.scalar(None, column.type))


def put(column: pa.Array, rows: Flags, instead: pa.Array | str | None) -> pa.Array:
    """`column`, and `instead` where `rows` is true."""
    value = pa.scalar(instead, column.type) if instead is None or isinstance(instead, str) else instead
    return pc.if_else(pa.array(rows), value, column)


def joined(first: pa.Array, second: pa.Array, between: str) -> pa.Array:
    """Both texts, or the one that there is. (Arrow's own `skip` loses rows in which every part is null.)"""
    both = pc.binary_join_element_wise(first, second, between)
    return pc.coalesce(both, first, second)


def days(numbers: Ints, filled: Flags | None = None) -> pa.Array:
    """Days since 1970-01-01 as dates; null where not `filled`."""
    mask = None if filled is None else ~filled
    return pa.array(numbers.astype(np.int32), pa.int32(), mask=mask).cast(pa.date32())


def as_contract(dataset: str, columns: Mapping[str, pa.Array], rows: int) -> pa.Table:
    """A table with every column of the contract, in its order and types; what is not in `columns` is null."""
    schema = CONTRACTS[dataset].arrow_schema()
    unknown = set(columns) - set(schema.names)
    if unknown:
        raise ValueError(f"{dataset} has no column {sorted(unknown)}")
    arrays = [
        columns[field.name].cast(field.type) if field.name in columns else pa.nulls(rows, field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=schema)


def split(table: pa.Table, places: Ints, slugs: Mapping[int, str]) -> dict[str, pa.Table]:
    """The part of each place of `slugs`, for rows that are ordered by place. Each part is one chunk."""
    edges = {place: np.searchsorted(places, [place, place + 1]) for place in slugs}
    return {
        slug: table.slice(edges[place][0], edges[place][1] - edges[place][0]).combine_chunks()
        for place, slug in slugs.items()
    }
