"""A sheet of decisions becomes a contract file: what the judge takes, and every other row named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from client.decisions.at_hand import results_for
from client.decisions.judge import Beside, Judge
from client.pack.cells import Cells
from client.pack.dates import Order
from client.pack.findings import Findings
from client.pack.packed import Packed, account, row_by_row
from client.pack.reading import Reading
from client.pack.source import Source
from client.pack.styles import Style, contract_style
from client.pack.text import lines_of
from shared.agreements.free_school_meals.columns.decisions import SHEET_ROW
from shared.agreements.free_school_meals.contracts import DECISIONS


def beside_sheet(
    path: Path,
    source: Source,
    borough: str | None,
    results: Sequence[Path] | None = None,
    include_hidden: bool = False,
    encoding: str | None = None,
) -> Beside:
    """What the sheet at `path` is judged by: the results that were named, or lie beside it, and its lines that are no
    rows."""
    is_text = "separator" in source.facts
    unsplit = lines_of(path, source.unsplit.tolist(), encoding) if is_text and len(source.unsplit) else []
    return Beside(results_for(path, results), borough, include_hidden, tuple(unsplit))


def pack_decisions(
    source: Source,
    beside: Beside,
    *,
    as_of: date,
    stale_after_days: int,
    style: Style | None = None,
    order: Order | None = None,
) -> Packed:
    """Pack one sheet. Without a `style` its headings are the contract's names, but for case, spaces and punctuation.

    Raises `InvalidInput` INP-004 when a required column is not there, 070 where the order of day and month is unclear.
    """
    style = style or contract_style(DECISIONS)
    findings = Findings()
    findings.say_of_source(source)
    reading = Reading(source, style, Cells(source, findings, order=order or style.order), findings)
    reading.check_columns(set(), "see `exchange template decisions`, or describe yours (`exchange style new`)", {})
    there = [column.name for column in DECISIONS.filled_in if reading.heading(column.name) is not None]
    columns = {name: reading.column(name) for name in there} | {SHEET_ROW: pa.array(source.line, pa.int64())}
    reading.say_dropped()
    days = columns["decided_on"].cast(pa.date32()).to_pylist()
    silent = Judge(source, findings, reading.headings(), beside).judge(days)
    laid = row_by_row(source, columns, reading.headings())
    return account(DECISIONS, [source], laid, findings, silent=silent, as_of=as_of, stale_after_days=stale_after_days)
