"""Tables to try the code on: rows of the contract's own examples, and rows whose values say where they come from."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.agreements.free_school_meals.linkage import ADDRESS
from shared.kernel.contract.columns import ARROW_TYPES, Column


def example(column: Column) -> Any:
    """The value that the data dictionary shows; a flag is set, and an empty example is some text."""
    text = column.example or "Greater London"
    if column.kind == "flag":
        return True
    return date.fromisoformat(text) if column.kind == "date" else text


def examples(dataset: str, rows: int = 2) -> pa.Table:
    """So many equal rows in which every cell is filled."""
    return pa.table({column.name: _array(column, [example(column)] * rows) for column in CONTRACTS[dataset].columns})


def one_cell_each(dataset: str) -> pa.Table:
    """As many rows as there are columns: of each row one cell is filled, that of the column with the row's number.

    Of address text linkage reads numbers alone, so each part of an address bears one.
    """
    columns = CONTRACTS[dataset].columns
    filled = [f"12 {example(column)}" if column.name in ADDRESS else example(column) for column in columns]
    return pa.table(
        {
            column.name: _array(column, [filled[number] if row == number else None for row in range(len(columns))])
            for number, column in enumerate(columns)
        }
    )


def origins(where: str, names: tuple[str, ...]) -> pa.Table:
    """One row of text in which every cell says `<where>.<column>`."""
    return pa.table({name: pa.array([f"{where}.{name}"], pa.string()) for name in names})


def _array(column: Column, values: list[Any]) -> pa.Array:
    kind = ARROW_TYPES[column.kind]
    return pa.array(values, kind) if column.kind in ("flag", "date") else pa.array(values, pa.string()).cast(kind)
