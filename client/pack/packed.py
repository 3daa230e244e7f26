"""What packing gives back: a contract table, and an account of every row of the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.pack.codes import DROPPED_COLUMN, NOT_ADDRESSED, PackCode
from client.pack.findings import REJECTING, Findings, UnknownCodes, count_by_code
from client.pack.source import Source
from shared.kernel.contract.columns import Contract
from shared.kernel.contract.validate import validate
from shared.kernel.errors import NOTHING


@dataclass(frozen=True)
class Laid:
    """Contract rows in the making, and for every cell where it came from."""

    columns: dict[str, pa.Array]
    """By contract column, aligned with each other; a column that is not here is empty."""
    origin: np.ndarray
    """For each row the position of its row among those of all sources, one source after the other."""
    headings: Sequence[Mapping[str, str]]
    """For each group of rows, such as the first children of all claims: contract column, and where it came from."""
    group: np.ndarray
    """For each row the position of its `headings`."""


def row_by_row(source: Source, columns: dict[str, pa.Array], headings: Mapping[str, str]) -> Laid:
    """One contract row for each row of the source."""
    rows = np.arange(source.rows)
    return Laid(columns, rows, (headings,), np.zeros_like(rows))


@dataclass(frozen=True)
class Packed:
    """A packed file in memory."""

    dataset: str
    table: pa.Table
    """The contract's columns, in its order and types; only rows that were not left out."""
    rows_in: int
    """Rows of the source file (for a census, of the pupil table)."""
    rows_counted: int
    """The same as whoever made the file counts them: without totals and headings that come again."""
    rows_left_out: int
    rows_to_be_rejected: int
    """Packed rows that the exchange would reject, because a rule of the contract says so."""
    findings: pa.Table
    """`findings.SCHEMA`: at least one line for every row that was left out or would be rejected."""
    unknown_codes: tuple[UnknownCodes, ...] = ()

    @property
    def rows_packed(self) -> int:
        """Rows of the source that are in `table`. A row with several children is one row here."""
        return self.rows_in - self.rows_left_out

    def summary(self) -> dict[str, Any]:
        """Counts and codes, nothing of a row. What needs nothing done is counted apart from what does."""
        dropped = dropped_columns(self.findings)
        return {
            "dataset": self.dataset,
            "rows_in": self.rows_in,
            "rows_packed": self.rows_packed,
            "rows_left_out": self.rows_left_out,
            "rows_written": self.table.num_rows,
            "rows_to_be_rejected": self.rows_to_be_rejected,
            "findings": count_by_code(self.findings),
            "to_do": count_by_code(self.findings, to_do="yes"),
            "nothing_to_do": count_by_code(self.findings, to_do="no"),
            "unknown_codes": {
                known.column: {"codes": known.codes, "other_cells": known.other_cells} for known in self.unknown_codes
            },
            "columns_dropped_count": len(dropped),
            "columns_dropped": dropped,
            "columns_of_groups_not_read": _fields_of(self.findings, NOT_ADDRESSED),
        }


def account(
    contract: Contract,
    sources: Sequence[Source],
    laid: Laid,
    findings: Findings,
    *,
    silent: np.ndarray | None = None,
    as_of: date,
    stale_after_days: int,
) -> Packed:
    """Leave out the rows that `findings` leaves out, check the others by the contract, and count.

    The rows left out are checked too, so that one reading of the report shows all that is wrong; but not those
    of the mask `silent`, in which nothing is. A cell that packing has emptied keeps its one line, which says why.
    """
    schema = contract.arrow_schema()
    length = len(laid.origin)
    table = pa.table(
        [laid.columns.get(name, pa.nulls(length)).cast(schema.field(name).type) for name in schema.names], schema=schema
    )
    left_out = np.concatenate([findings.left_out(source) for source in sources])
    kept = ~left_out[laid.origin]
    rejected = np.zeros(len(left_out), dtype=bool)
    spoken = np.ones(len(left_out), dtype=bool) if silent is None else ~silent
    for chosen in (kept, ~kept & spoken[laid.origin]):
        if chosen.any():
            checked = validate(table.filter(pa.array(chosen)), contract, as_of=as_of, stale_after_days=stale_after_days)
            rejected |= _add(findings, checked.findings, sources, laid, np.flatnonzero(chosen))
    unsplit = sum(len(source.unsplit) for source in sources)
    return Packed(
        dataset=contract.dataset,
        table=table.filter(pa.array(kept)),
        rows_in=sum(source.rows_in for source in sources),
        rows_counted=sum(source.rows_counted for source in sources),
        rows_left_out=int(left_out.sum()) + unsplit,
        rows_to_be_rejected=int((rejected & ~left_out).sum()),
        findings=findings.table(),
        unknown_codes=tuple(findings.unknown_codes),
    )


_OF_EMPTY_CELLS = {
    "PUP-034": ("fsm_start_date",),
    "PUP-037": ("fsm_start_date",),
    "HOU-014": ("partner_forename", "partner_surname"),
    "HOU-019": ("saon", "paon"),
}
"""Rules that stand at one field and speak of another being empty. All others speak of their own."""


def _add(findings: Findings, found: pa.Table, sources: Sequence[Source], laid: Laid, chosen: np.ndarray) -> np.ndarray:
    """Take over the validator's findings of the `chosen` rows, and say which rows of all sources it would reject.

    Where packing has said why a cell cannot be used, no rule says beside it that the cell is missing or wrong.
    """
    at = chosen[np.asarray(found["row"])]
    rows = laid.origin[at]
    is_error = np.asarray(pc.equal(found["severity"].cast(pa.string()), "error")).astype(bool)
    told = np.zeros(len(rows), dtype=bool)
    codes, fields = found["code"].cast(pa.string()), found["field"].cast(pa.string())
    for code, field in {
        (line["code"], line["field"]) for line in pa.table({"code": codes, "field": fields}).to_pylist()
    }:
        of_rule = np.asarray(pc.and_(pc.equal(codes, code), pc.equal(fields, field))).astype(bool)
        for emptied in _OF_EMPTY_CELLS.get(code, (field,)):
            for group, headings in enumerate(laid.headings):
                here = of_rule & (laid.group[at] == group)
                if emptied in headings and here.any():
                    told |= _reject(findings, sources, headings[emptied], rows, here, is_error)
    starts = np.cumsum([0, *(source.rows for source in sources)])
    place = np.searchsorted(starts, rows, side="right") - 1
    names, lines = (
        np.array([source.name for source in sources], dtype=object),
        np.concatenate([source.line for source in sources]),
    )
    quiet = np.asarray(pc.starts_with(found["remedy"].cast(pa.string()), NOTHING)).astype(bool)
    columns = {
        "file": pa.array(names[place], pa.string()),
        "row": pa.array(lines[rows], pa.int64()),
        "code": codes,
        "effect": pc.if_else(pa.array(is_error), REJECTING, "noted"),
        "field": fields,
        "message": found["message"],
        "remedy": found["remedy"],
        "to_do": pc.if_else(pa.array(quiet), "no", "yes"),
    }
    findings.add(pa.table(columns).filter(pa.array(~told)))
    rejected = np.zeros(starts[-1], dtype=bool)
    rejected[rows[is_error]] = True
    return rejected


def _reject(
    findings: Findings,
    sources: Sequence[Source],
    heading: str,
    rows: np.ndarray,
    here: np.ndarray,
    is_error: np.ndarray,
) -> np.ndarray:
    """Which of the findings `here` are about a cell under `heading` of which packing has said why it cannot be used.

    The line of an emptied cell is told that the row is rejected for it.
    """
    spoken = np.concatenate([findings.spoken(source, heading) for source in sources])
    told = np.asarray(here & spoken[rows])
    start = 0
    for source in sources:
        rejecting = np.zeros(len(spoken), dtype=bool)
        rejecting[rows[told & is_error]] = True
        if (mine := rejecting[start : start + source.rows]).any():
            findings.reject(source, heading, mine)
        start += source.rows
    return told


def say_dropped(findings: Findings, source: Source, used: set[str]) -> None:
    """Name every column of `source` that is not among `used`."""
    for name in source.table.column_names:
        if name not in used:
            findings.say_of_file(DROPPED_COLUMN, source, name)


def dropped_columns(findings: pa.Table) -> list[str]:
    """The names that `say_dropped` recorded."""
    return _fields_of(findings, DROPPED_COLUMN)


def _fields_of(findings: pa.Table, code: PackCode) -> list[str]:
    return sorted(pc.unique(findings.filter(pc.equal(findings["code"], code.code))["field"]).to_pylist())


def missing_columns(path: Path, missing: list[str], hint: str) -> None:
    """Raise `InvalidInput` INP-004 if there are any."""
    if missing:
        raise invalid("INP-004", path=path, columns=", ".join(missing), hint=hint)
