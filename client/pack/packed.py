"""What packing gives back: a contract table, and an account of every row of the source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import DROPPED_COLUMN, invalid
from client.pack.findings import SCHEMA, Findings, count_by_code
from client.pack.source import Source
from shared.contract.datasets import CONTRACTS
from shared.contract.validate import validate


@dataclass(frozen=True)
class Packed:
    """A packed file in memory."""

    dataset: str
    table: pa.Table
    """The contract's columns, in its order and types; only rows that were not left out."""
    rows_in: int
    """Rows of the source file (for a census, of the pupil table)."""
    rows_left_out: int
    rows_to_be_rejected: int
    """Packed rows that the exchange would reject, because a rule of the contract says so."""
    findings: pa.Table
    """`findings.SCHEMA`: at least one line for every row that was left out or would be rejected."""

    @property
    def rows_packed(self) -> int:
        """Rows of the source that are in `table`. A row with several children is one row here."""
        return self.rows_in - self.rows_left_out

    def summary(self) -> dict[str, Any]:
        """Counts and codes, nothing of a row."""
        return {
            "dataset": self.dataset,
            "rows_in": self.rows_in,
            "rows_packed": self.rows_packed,
            "rows_left_out": self.rows_left_out,
            "rows_written": self.table.num_rows,
            "rows_to_be_rejected": self.rows_to_be_rejected,
            "findings": count_by_code(self.findings),
            "columns_dropped": dropped_columns(self.findings),
        }


def account(
    dataset: str,
    source: Source,
    columns: dict[str, pa.Array],
    findings: Findings,
    *,
    origin: np.ndarray | None = None,
    silent: np.ndarray | None = None,
    as_of: date,
    stale_after_days: int,
) -> Packed:
    """Leave out the rows that `findings` leaves out, check the others by the contract, and count.

    `columns` are aligned with each other; `origin` gives for each of their rows the position in `source` (itself, when
    not given). The rows left out are checked too, so that one reading of the report shows all that is to be mended;
    but not those of the mask `silent`, in which nothing is.
    """
    schema = CONTRACTS[dataset].arrow_schema()
    length = source.rows if origin is None else len(origin)
    table = pa.table(
        [columns.get(name, pa.nulls(length)).cast(schema.field(name).type) for name in schema.names], schema=schema
    )
    origin = np.arange(source.rows) if origin is None else origin
    left_out = findings.left_out(source)
    kept = ~left_out[origin]
    rejected = np.zeros(source.rows, dtype=bool)
    spoken = np.ones(source.rows, dtype=bool) if silent is None else ~silent
    for chosen in (kept, ~kept & spoken[origin]):
        if chosen.any():
            checked = validate(table.filter(pa.array(chosen)), dataset, as_of=as_of, stale_after_days=stale_after_days)
            lines, rows = _as_findings(checked.findings, source, origin[chosen])
            findings.add(lines)
            rejected[rows] = True
    out = int(left_out.sum()) + len(source.unsplit)
    return Packed(
        dataset, table.filter(pa.array(kept)), source.rows_in, out, int((rejected & ~left_out).sum()), findings.table()
    )


def _as_findings(found: pa.Table, source: Source, origin: np.ndarray) -> tuple[pa.Table, np.ndarray]:
    """The validator's findings as lines of the source, and the positions of the rows that it would reject."""
    rows = origin[np.asarray(found["row"])]
    is_error = np.asarray(pc.equal(found["severity"].cast(pa.string()), "error")).astype(bool)
    columns = {
        "file": pa.repeat(pa.scalar(source.name), len(rows)),
        "row": pa.array(source.line[rows], pa.int64()),
        "code": found["code"],
        "effect": pc.if_else(pa.array(is_error), "would be rejected", "noted"),
        "field": found["field"],
        "message": found["message"],
        "mend": found["mend"],
    }
    return pa.table(columns).cast(SCHEMA), rows[is_error]


def say_dropped(findings: Findings, source: Source, used: set[str]) -> None:
    """Name every column of `source` that is not among `used`."""
    for name in source.table.column_names:
        if name not in used:
            findings.say_of_file(DROPPED_COLUMN, source, name)


def dropped_columns(findings: pa.Table) -> list[str]:
    """The names that `say_dropped` recorded."""
    return sorted({line["field"] for line in findings.to_pylist() if line["code"] == DROPPED_COLUMN.code})


def missing_columns(path: Path, missing: list[str], hint: str) -> None:
    """Raise `InvalidInput` INP-004 if there are any."""
    if missing:
        raise invalid("INP-004", path=path, columns=", ".join(missing), hint=hint)


def check_dataset(name: str) -> str:
    """`name`, if it is a dataset; else `InvalidInput` INP-003."""
    if name not in CONTRACTS:
        raise invalid("INP-003", name=name, known=", ".join(CONTRACTS))
    return name
