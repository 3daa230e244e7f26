"""The form of a set's tables: every column of the contract, and who is truly who."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from shared.agreements.free_school_meals.contracts import CONTRACTS

TRUTH = pa.schema(
    {
        "pupil_row": pa.int32(),
        "household_row": pa.int32(),
        "other_household_row": pa.int32(),
        "group": pa.string(),
    }
)


def contract_table(dataset: str, columns: Mapping[str, pa.Array], rows: int) -> pa.Table:
    """A table with every column of the contract; what is not in `columns` is null."""
    schema = CONTRACTS[dataset].arrow_schema()
    unknown = set(columns) - set(schema.names)
    if unknown:
        raise ValueError(f"{dataset} has no column {sorted(unknown)}")
    arrays = [columns[field.name] if field.name in columns else pa.nulls(rows, field.type) for field in schema]
    return pa.table(arrays, schema=schema)


def truth_table(pupil: pa.Array, household: pa.Array, group: pa.Array | None = None) -> pa.Table:
    """A truth in which each pupil has one right record."""
    rows = len(pupil)
    return pa.table(
        [
            pupil.cast(pa.int32()),
            household.cast(pa.int32()),
            pa.nulls(rows, pa.int32()),
            pa.nulls(rows, pa.string()) if group is None else group,
        ],
        schema=TRUTH,
    )
