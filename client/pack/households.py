"""A supplier's extract of Housing Benefit and Council Tax claims becomes a `households` file, one row per child."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import NO_CHILD
from client.pack.cells import Cells
from client.pack.findings import Findings
from client.pack.names import split, without_title
from client.pack.packed import Packed, account, missing_columns, say_dropped
from client.pack.source import Source
from client.pack.styles import Style
from shared.contract.datasets import HOUSEHOLDS, Column

_NAMED = {
    "claimant": ("forename", "surname", "title"),
    "partner": ("forename", "surname"),
    "child": ("forename", "surname"),
}
_CHILD_FACTS = ("child_seq", "child_dob", "child_sex", "child_upn", "child_uln")


@dataclass(frozen=True)
class _Reading:
    """One extract being read in one style."""

    source: Source
    style: Style
    cells: Cells
    findings: Findings

    def heading(self, name: str, child: int = 1) -> str | None:
        """The heading under which this file has the contract column `name`."""
        return self._present(self.style.columns.get(name, ()), child)

    def full_name(self, person: str, child: int = 1) -> str | None:
        """The heading of the person's whole name, if this file has one."""
        known = self.style.full_names.get(person)
        return self._present(known.column, child) if known else None

    def _present(self, headings: tuple[str, ...], child: int) -> str | None:
        names = (name.replace("{n}", str(child)) for name in headings)
        return next((name for name in names if name in self.source.table.column_names), None)

    def column(self, name: str, child: int = 1) -> pa.Array:
        """The contract column `name`, typed; what the file does not have is null, or the style's default."""
        found, column = self.heading(name, child), HOUSEHOLDS.column(name)
        read = pa.nulls(self.source.rows) if found is None else self._read(column, found)
        if name not in self.style.defaults:
            return read
        # Only for what is empty: a code that is there and not known must not turn into the default.
        silent = pc.is_null(self.source.column(found or ""))
        return pc.if_else(silent, self.style.defaults[name], read.cast(pa.string()))

    def _read(self, column: Column, found: str) -> pa.Array:
        if column.name == "suppress_contact":
            # Nothing there is no; something that is neither yes nor no must not lead to a letter.
            return pc.fill_null(self.cells.flag(found, unsure=True), False)
        if column.name == "uprn":
            return self.cells.uprn(found)
        if column.codes:
            own = {code: code for code in column.codes}
            return self.cells.code(found, own | self.style.codes.get(column.name, {}))
        read = {"date": self.cells.date, "integer": self.cells.integer, "decimal": self.cells.decimal}
        return read.get(column.kind, self.cells.text)(found)

    def person(self, person: str, child: int = 1) -> dict[str, pa.Array]:
        """Forename and surname (and title) of a claimant, partner or child, from whatever columns there are."""
        whole = self.full_name(person, child)
        if whole is not None:
            order = self.style.full_names[person].order
            parts = split(self.cells.text(whole), order, self.source, self.findings, whole)
        else:
            found = self.heading(f"{person}_forename", child)
            forename = self.column(f"{person}_forename", child).cast(pa.string())
            forename, title = without_title(forename, self.source, self.findings, found or "")
            parts = {"forename": forename, "surname": self.column(f"{person}_surname", child), "title": title}
        if person == "claimant" and self.heading("claimant_title"):
            parts["title"] = pc.coalesce(self.column("claimant_title").cast(pa.string()), parts["title"])
        return {f"{person}_{part}": parts[part] for part in _NAMED[person]}


def pack_households(
    source: Source, style: Style, *, as_of: date, stale_after_days: int, extract_date: date | None = None
) -> Packed:
    """Pack one extract.

    `extract_date` is used where the file has no such column. Raises `InvalidInput` INP-004 when the file lacks a column
    that the contract requires and the style has no default for.
    """
    findings = Findings()
    findings.say_of_source(source)
    cells = Cells(source, findings, shapes=style.dates, placeholders=style.placeholder_dates)
    reading = _Reading(source, style, cells, findings)
    _check_columns(reading, extract_date)
    claim = {
        column.name: reading.column(column.name)
        for column in HOUSEHOLDS.columns
        if not column.name.startswith(("claimant_", "partner_", "child_"))
    }
    claim |= {name: reading.column(name) for name in ("claimant_dob", "claimant_nino")}
    claim |= reading.person("claimant") | reading.person("partner")
    if extract_date is not None:
        claim["extract_date"] = pc.fill_null(claim["extract_date"].cast(pa.date32()), extract_date)
    children, origin = _children(reading)
    say_dropped(findings, source, _used(reading))
    laid_out = {name: pc.take(column, pa.array(origin)) for name, column in claim.items()}
    columns = laid_out | _numbered(children, laid_out["household_ref"])
    return account(
        "households", source, columns, findings, origin=origin, as_of=as_of, stale_after_days=stale_after_days
    )


def _children(reading: _Reading) -> tuple[dict[str, pa.Array], np.ndarray]:
    """The child columns, one row per child, and for each the position of its row in the source."""
    style, source = reading.style, reading.source
    wide = style.layout == "wide"
    blocks: list[dict[str, pa.Array]] = []
    origins: list[np.ndarray] = []
    schema = HOUSEHOLDS.arrow_schema()
    for number in range(1, style.children + 1) if wide else (1,):
        block = reading.person("child", number)
        block |= {name: reading.column(name, number) for name in _CHILD_FACTS}
        block = {name: column.cast(schema.field(name).type) for name, column in block.items()}
        there = np.zeros(source.rows, dtype=bool)
        for name in ("child_forename", "child_surname", "child_dob"):
            there |= np.asarray(pc.is_valid(block[name]))
        if wide:
            block["child_seq"] = pc.fill_null(block["child_seq"], number)
        blocks.append({name: column.filter(pa.array(there)) for name, column in block.items()})
        origins.append(np.flatnonzero(there))
    origin = np.concatenate(origins)
    childless = ~np.isin(np.arange(source.rows), origin)
    reading.findings.say(NO_CHILD, source, childless, "child_forename")
    columns = {name: pa.chunked_array([block[name] for block in blocks]).combine_chunks() for name in blocks[0]}
    order = np.argsort(origin, kind="stable")
    return {name: pc.take(column, pa.array(order)) for name, column in columns.items()}, origin[order]


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


def _check_columns(reading: _Reading, extract_date: date | None) -> None:
    given = set(reading.style.defaults) | {"child_seq"} | ({"extract_date"} if extract_date else set())
    missing = []
    for column in HOUSEHOLDS.columns:
        if column.required and column.name not in given:
            person = column.name.split("_")[0]
            named = column.name.endswith(("_forename", "_surname")) and reading.full_name(person)
            if not named and reading.heading(column.name) is None:
                missing.append("/".join(reading.style.columns.get(column.name, (column.name,))))
    missing_columns(Path(reading.source.name), missing, "or name it in a style of your own, or give --extract-date.")


def _used(reading: _Reading) -> set[str]:
    used: set[str] = set()
    for number in range(1, reading.style.children + 1):
        found = {reading.heading(name, number) for name in reading.style.columns}
        found |= {reading.full_name(person, number) for person in reading.style.full_names}
        used |= {name for name in found if name}
    return used
