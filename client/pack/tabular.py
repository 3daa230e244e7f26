"""A spreadsheet or CSV under the contract's own column names (such as a filled-in template) becomes a contract file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import UNDECIDED
from client.pack.cells import Cells
from client.pack.findings import Findings
from client.pack.packed import Packed, account, missing_columns, say_dropped
from client.pack.source import Source
from shared.contract.datasets import CONTRACTS, Column


def pack_table(source: Source, dataset: str, *, as_of: date, stale_after_days: int) -> Packed:
    """Pack one table.

    Headings may differ from the contract's names in case, spaces and punctuation. Columns that are not in the contract
    are dropped and named. Raises `InvalidInput` INP-004 when a required column is not there.
    """
    contract = CONTRACTS[dataset]
    present = set(source.table.column_names)
    missing = [column.name for column in contract.columns if column.required and column.name not in present]
    missing_columns(Path(source.name), missing, f"see `exchange template {dataset}`.")
    findings = Findings()
    findings.say_of_source(source)
    cells = Cells(source, findings)
    columns = {column.name: _read(cells, column) for column in contract.columns if column.name in present}
    say_dropped(findings, source, set(contract.names))
    undecided = _undecided(source) if dataset == "decisions" else np.zeros(source.rows, dtype=bool)
    findings.say(UNDECIDED, source, undecided)
    return account(dataset, source, columns, findings, silent=undecided, as_of=as_of, stale_after_days=stale_after_days)


def _undecided(source: Source) -> np.ndarray:
    """Rows of a sheet of decisions that nobody has written into: they are for another day, and no mistake."""
    written = np.zeros(source.rows, dtype=bool)
    for name in CONTRACTS["decisions"].names[1:]:
        written |= np.asarray(pc.is_valid(source.column(name)))
    return ~written


def _read(cells: Cells, column: Column) -> pa.Array:
    if column.form == "uprn":
        return cells.uprn(column.name)
    if column.codes:
        return cells.code(column.name, {code: code for code in column.codes})
    if column.kind == "flag":
        return cells.flag(column.name, unsure=True if column.name == "suppress_contact" else None)
    if column.form == "identifier":
        return cells.whole(column.name)
    read = {"date": cells.date, "integer": cells.integer, "decimal": cells.decimal}
    return read.get(column.kind, cells.text)(column.name)
