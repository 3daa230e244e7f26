"""From the pupils file that a borough packed for free school meals to the one for totals: columns are left away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from client.codes import invalid
from shared.agreements.origin_destination.contracts import CONTRACTS, PUPIL_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa


class Minimised(NamedTuple):
    """The smaller file, and what is not in it."""

    table: pa.Table
    dropped: tuple[str, ...]
    """Columns that were left away."""
    postcodes_emptied: int
    """Rows that keep no postcode, because the home authority says where the pupil lives."""


def minimise(pupils: pa.Table, path: Path) -> Minimised:
    """The columns of the `pupils` contract of totals alone. Raises `InvalidInput` TOT-006 where one is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    contract = CONTRACTS["roll"]
    if missing := [c.name for c in PUPIL_COLUMNS if c.required and c.name not in pupils.column_names]:
        raise invalid("TOT-006", path=path, columns=", ".join(missing))
    schema = contract.arrow_schema()
    columns = {
        field.name: pupils.column(field.name).cast(field.type)
        if field.name in pupils.column_names
        else pa.nulls(pupils.num_rows, field.type)
        for field in schema
    }
    known = pc.is_valid(columns["home_la"])
    emptied = pc.sum(pc.and_(known, pc.is_valid(columns["postcode"]))).as_py() or 0
    columns["postcode"] = pc.if_else(known, pa.scalar(None, pa.string()), columns["postcode"])
    dropped = tuple(name for name in pupils.column_names if name not in contract.names)
    return Minimised(pa.table(columns, schema=schema), dropped, emptied)
