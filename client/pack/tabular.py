"""A spreadsheet or CSV under the contract's own column names (such as a filled-in template), or laid out in a style.

Decisions are packed in `client.decisions`, since not every row of theirs may be taken for what it seems to say.
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from client.pack.cells import Cells
from client.pack.dates import Order
from client.pack.findings import Findings
from client.pack.packed import Packed, account, row_by_row
from client.pack.reading import Reading
from client.pack.source import Source
from client.pack.styles import Style, contract_style, people_in
from shared.kernel.contract.columns import Contract

_OPTIONS = {"suppress_contact": "state --nobody-suppressed, if that is so"}


def pack_table(
    source: Source,
    contract: Contract,
    *,
    as_of: date,
    stale_after_days: int,
    style: Style | None = None,
    order: Order | None = None,
    nobody_suppressed: bool = False,
) -> Packed:
    """Pack one table.

    Without a `style` the headings are the contract's names, but for case, spaces and punctuation. Columns that are not
    in the contract are dropped and named. Raises `InvalidInput` INP-004 when a required column is not there, 070 where
    the order of day and month is not plain, 073 and 075 where `suppress_contact` does not say what it must.
    """
    style = style or contract_style(contract)
    findings = Findings()
    findings.say_of_source(source)
    reading = Reading(source, style, Cells(source, findings, order=order or style.order), findings)
    stated = {"suppress_contact"} if nobody_suppressed else set()
    reading.check_columns(
        stated, f"see `exchange template {contract.dataset}`, or describe yours (`exchange style new`)", _OPTIONS
    )
    columns = {name: _column(reading, name, nobody_suppressed) for name in reading.contract.names}
    columns = {name: column for name, column in columns.items() if column is not None} | _names(reading, columns)
    reading.say_dropped()
    laid = row_by_row(source, columns, reading.headings())
    return account(contract, [source], laid, findings, as_of=as_of, stale_after_days=stale_after_days)


def _column(reading: Reading, name: str, nobody_suppressed: bool) -> pa.Array | None:
    if name == "suppress_contact":
        return reading.suppressed(nobody=nobody_suppressed, empty_is_no=False)
    there = reading.heading(name) is not None or name in reading.style.defaults
    return reading.column(name) if there else None


def _names(reading: Reading, columns: dict[str, pa.Array | None]) -> dict[str, pa.Array]:
    """Whole names split, and single names marked as the contract wants them; other names stay as they stand."""
    names: dict[str, pa.Array] = {}
    for person, parts in people_in(reading.contract).items():
        forename, surname = columns[parts["forename"]], columns[parts["surname"]]
        if reading.full_name(person):
            names |= reading.person(person)
        elif forename is not None and surname is not None:
            given = {parts["forename"]: forename, parts["surname"]: surname}
            names |= reading.single_name(given, parts["forename"], parts["surname"])
    return names
