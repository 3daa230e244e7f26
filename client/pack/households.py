"""A supplier's extract of Housing Benefit and Council Tax claims becomes a `households` file, one row per child."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.pack.cells import Cells
from client.pack.codes import CHILD_NOT_READ, NO_CHILD
from client.pack.dates import Order
from client.pack.findings import Findings
from client.pack.packed import Laid, Packed, account
from client.pack.reading import Reading
from client.pack.source import Source
from client.pack.styles import Style
from shared.agreements.free_school_meals.contracts import HOUSEHOLDS

_OPTIONS = {"extract_date": "give --extract-date", "suppress_contact": "state --nobody-suppressed, if that is so"}
_CHILD_FACTS = ("child_seq", "child_dob", "child_sex", "child_upn", "child_uln")


def pack_households(
    source: Source,
    style: Style,
    *,
    as_of: date,
    stale_after_days: int,
    extract_date: date | None = None,
    order: Order | None = None,
    nobody_suppressed: bool = False,
) -> Packed:
    """Pack one extract.

    `extract_date` is used where the file has no such column. `order` states how it writes day and month, beyond the
    style; `nobody_suppressed` that an empty or missing safety flag means that everybody may be written to. Raises
    `InvalidInput` INP-004 when the file lacks a column that the contract requires and the style has no default for,
    070 where the order of day and month is not plain, 073 and 075 where the safety flag does not say what it must.
    """
    findings = Findings()
    findings.say_of_source(source)
    cells = Cells(source, findings, order=order or style.order, placeholders=style.placeholder_dates)
    reading = Reading(source, style, cells, findings)
    given = {"child_seq"} | ({"extract_date"} if extract_date else set())
    given |= {"suppress_contact"} if nobody_suppressed else set()
    reading.check_columns(given, "or name its heading in a style of your own (`exchange style new`)", _OPTIONS)
    claim = {
        column.name: reading.column(column.name)
        for column in HOUSEHOLDS.columns
        if not column.name.startswith(("claimant_", "partner_", "child_", "suppress_"))
    }
    claim |= {name: reading.column(name) for name in ("claimant_dob", "claimant_nino")}
    claim |= reading.person("claimant") | reading.person("partner")
    claim["suppress_contact"] = reading.suppressed(nobody=nobody_suppressed, empty_is_no=True)
    if extract_date is not None:
        claim["extract_date"] = pc.fill_null(claim["extract_date"].cast(pa.date32()), extract_date)
    children, origin, number = _children(reading)
    reading.say_dropped()
    laid_out = {name: pc.take(column, pa.array(origin)) for name, column in claim.items()}
    columns = laid_out | _numbered(children, laid_out["household_ref"])
    laid = Laid(columns, origin, [reading.headings(child) for child in reading.children], number)
    return account(HOUSEHOLDS, [source], laid, findings, as_of=as_of, stale_after_days=stale_after_days)


def _children(reading: Reading) -> tuple[dict[str, pa.Array], np.ndarray, np.ndarray]:
    """The child columns, one row per child; for each the position of its row in the source, and of its number among
    `reading.children`."""
    source = reading.source
    blocks: list[dict[str, pa.Array]] = []
    origins: list[np.ndarray] = []
    schema = HOUSEHOLDS.arrow_schema()
    for child in reading.children:
        block = reading.person("child", child)
        block |= {name: reading.column(name, child) for name in _CHILD_FACTS}
        block = {name: column.cast(schema.field(name).type) for name, column in block.items()}
        there = _there(reading, child)
        if reading.style.layout == "wide":
            block["child_seq"] = pc.fill_null(block["child_seq"], child)
        blocks.append({name: column.filter(pa.array(there)) for name, column in block.items()})
        origins.append(np.flatnonzero(there))
    origin = np.concatenate(origins)
    number = np.repeat(np.arange(len(origins)), [len(rows) for rows in origins])
    childless = ~np.isin(np.arange(source.rows), origin)
    unread = reading.filled_unread()
    reading.findings.say(NO_CHILD, source, childless & ~unread, "child_forename")
    reading.findings.say(CHILD_NOT_READ, source, childless & unread, "child_forename")
    columns = {name: pa.chunked_array([block[name] for block in blocks]).combine_chunks() for name in blocks[0]}
    order = np.argsort(origin, kind="stable")
    return {name: pc.take(column, pa.array(order)) for name, column in columns.items()}, origin[order], number[order]


def _there(reading: Reading, number: int) -> np.ndarray:
    """Rows in which anything stands of a child's name or birthday, even what could not be read: that is no childless
    claim but a child to be put right."""
    there = np.zeros(reading.source.rows, dtype=bool)
    headings = reading.headings(number)
    for name in ("child_forename", "child_surname"):
        there |= np.asarray(pc.is_valid(reading.source.column(headings.get(name, ""))))
    born = reading.source.column(headings.get("child_dob", ""))
    return np.asarray(there | (np.asarray(pc.is_valid(born)) & ~reading.cells.are_placeholders(born)))


def _numbered(children: dict[str, pa.Array], household: pa.Array) -> dict[str, pa.Array]:
    """Number the children of a claim from 1, in the order of the file, where the file does not."""
    claim = pc.fill_null(household, "").dictionary_encode().indices.to_numpy()
    order = np.argsort(claim, kind="stable")
    starts = (
        np.flatnonzero(np.r_[True, claim[order][1:] != claim[order][:-1]]) if len(claim) else np.array([], dtype=int)
    )
    within = np.arange(len(claim)) - np.repeat(starts, np.diff(np.r_[starts, len(claim)]))
    number = np.empty(len(claim), dtype=np.int64)
    number[order] = within + 1
    return children | {"child_seq": pc.coalesce(children["child_seq"], pa.array(number))}
