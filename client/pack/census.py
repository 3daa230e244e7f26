"""School Census tables, as authorities receive them from COLLECT, become a `pupils` file.

`pupilonroll` is joined with addresses, free-school-meals periods and the school tables on
`pupilonrolltableid` + `NativeId`. Whatever the contract does not ask for (ethnicity, SEN, language, …) is dropped here
and named. Table shapes: Social Finance liia-tools-pipeline, school_census_pipeline/spec, 2015 to 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.pack.cells import NO_END, Cells
from client.pack.census_folder import Census, first_of_each, key, owners, spread
from client.pack.census_school import school_columns
from client.pack.codes import (
    LIVES_HERE,
    MORE_ADDRESSES,
    MORE_PERIODS,
    NO_ADDRESS,
    NO_POSTCODE,
    ORPHAN,
    OTHER_COUNTRY,
    SAME_KEY,
    SECOND_ENROLMENT,
    SINGLE_NAME,
    PackCode,
)
from client.pack.dates import DAY_FIRST, Order
from client.pack.findings import Findings
from client.pack.names import single_names
from client.pack.packed import Laid, Packed, account, missing_columns, say_dropped
from client.pack.places import Directory
from client.pack.source import Source
from shared.agreements.free_school_meals.contracts import PUPILS
from shared.kernel.contract.identifiers import (
    identifiers_normal,
    postcodes_normal,
    postcodes_ok,
    pseudo_postcodes,
    upns_shaped,
)

_HEADINGS = {
    "surname": "surname",
    "forename": "forename",
    "middle_names": "middlenames",
    "preferred_surname": "preferredsurname",
    "former_surname": "formersurname",
    "upn": "upn",
    "uln": "uniquelearnernumber",
    "dob": "dob",
    "sex": "sex",
    "nc_year": "ncyearactual",
    "enrol_status": "enrolstatus",
}
"""The contract's columns and the census's names for them in the pupil table."""
_ADDRESS_TEXT = {"street": "street", "locality": "locality"} | {
    f"address_line_{n}": f"addressline{n}" for n in range(1, 6)
}
_KEYS = {"pupilonrolltableid", "nativeid"}
_PUPIL_USED = {*_HEADINGS.values(), *_KEYS, "gender", "entrydate", "schoolcensustableid"}
_NEEDED = ("pupilonrolltableid", "nativeid", "upn", "surname", "forename", "dob")
_ENROLMENT_ORDER = pa.array(["C", "M", "S", "F", "O"])


@dataclass(frozen=True)
class Beside:
    """What packing looks up beside the census."""

    directory: Directory | None = None
    """Postcode to ONS code: fills `home_la`."""
    own_la: str | None = None
    """This borough's ONS code: with it and `directory` pupils who live here are left out."""
    register: Source | None = None
    """The DfE's register of schools (Get Information About Schools), for names and URNs."""


def pack_census(
    censuses: Sequence[Census],
    *,
    as_of: date,
    stale_after_days: int,
    beside: Beside | None = None,
    order: Order | None = None,
) -> Packed:
    """Pack the deliveries of one collection into one file.

    Raises `InvalidInput` INP-004 when a pupil table lacks a column without which nothing can be packed, 070 where the
    order of day and month is not plain.
    """
    findings = Findings()
    read = [_columns(census, beside or Beside(), order or DAY_FIRST, findings) for census in censuses]
    pupils = [census.pupils for census in censuses]
    names = list(dict.fromkeys(name for columns in read for name in columns))
    columns = {
        name: _joined([part.get(name, pa.nulls(source.rows)) for part, source in zip(read, pupils, strict=True)])
        for name in names
    }
    _leave_out_second_enrolments(columns, pupils, findings)
    for source in pupils:
        say_dropped(findings, source, _PUPIL_USED)
    rows = [source.rows for source in pupils]
    delivery = np.repeat(np.arange(len(pupils)), rows)
    laid = Laid(columns, np.arange(sum(rows)), [_said_of(source) for source in pupils], delivery)
    return account(PUPILS, pupils, laid, findings, as_of=as_of, stale_after_days=stale_after_days)


def _columns(census: Census, beside: Beside, order: Order, findings: Findings) -> dict[str, pa.Array]:
    """The contract's columns of one delivery, aligned with its pupil table."""
    pupils = census.pupils
    missing = [name for name in _NEEDED if name not in pupils.table.column_names]
    missing_columns(Path(pupils.name), missing, "the COLLECT export has it.")
    findings.say_of_source(pupils)
    keys = key(pupils, "nativeid", "pupilonrolltableid")
    findings.say(
        SAME_KEY, pupils, ~np.isin(np.arange(pupils.rows), np.unique(owners(keys, keys))), "pupilonrolltableid"
    )
    columns = _pupil_columns(Cells(pupils, findings, order=order, in_style=False))
    columns |= _address_columns(census.addresses, pupils, keys, findings)
    columns |= _period_columns(census.periods, pupils, keys, findings, order)
    columns |= school_columns(census, beside.register, findings)
    return columns | _home(columns["postcode"], pupils, findings, beside)


def _joined(parts: Sequence[pa.Array]) -> pa.Array:
    """One column of the parts' rows; a part that is null throughout has no type yet."""
    kinds = [part.type for part in parts if not pa.types.is_null(part.type)]
    return pa.concat_arrays([part.cast(kinds[0]) if kinds else part for part in parts])


def _headings(pupils: Source) -> dict[str, str]:
    """`_HEADINGS` as this table has them: sex was called gender before 2024."""
    return _HEADINGS if "sex" in pupils.table.column_names else _HEADINGS | {"sex": "gender"}


def _said_of(pupils: Source) -> dict[str, str]:
    """For each contract column the name under which packing speaks of it, of the pupil's row."""
    return _headings(pupils) | {"postcode": "postcode"}


def _pupil_columns(cells: Cells) -> dict[str, pa.Array]:
    columns = {name: cells.read(PUPILS.column(name), heading) for name, heading in _headings(cells.source).items()}
    forename, surname, single = single_names(columns["forename"], columns["surname"])
    cells.findings.say(SINGLE_NAME, cells.source, single, "surname")
    return columns | {"forename": forename, "surname": surname, "entry": cells.date("entrydate")}


def _address_columns(
    addresses: Source | None, pupils: Source, keys: pa.Array, findings: Findings
) -> dict[str, pa.Array]:
    if addresses is None:
        findings.say(NO_ADDRESS, pupils, np.ones(pupils.rows, dtype=bool), "postcode")
        return {"postcode": pa.nulls(pupils.rows, pa.string())}
    cells = Cells(addresses, findings)
    owner = _owned(addresses, keys, findings)
    order = _rank(cells.integer(_sequence(addresses)))
    chosen = first_of_each(owner, order)
    _say_more(MORE_ADDRESSES, findings, pupils, owner[owner >= 0])
    read = {name: cells.text(column) for name, column in _ADDRESS_TEXT.items()}
    read |= {name: cells.house_number(name) for name in ("saon", "paon")}
    read["town"] = pc.coalesce(cells.text("town"), cells.text("posttown"))
    uprn = (
        "uniquepropertyreferencenumber" if "uniquepropertyreferencenumber" in addresses.table.column_names else "uprn"
    )
    read |= {"uprn": cells.uprn(uprn), "postcode": cells.text("postcode")}
    columns = {name: spread(column, chosen, owner, pupils.rows) for name, column in read.items()}
    without = ~np.isin(np.arange(pupils.rows), owner)
    postcode = postcodes_normal(columns["postcode"])
    usable = postcodes_ok(postcode) & ~pseudo_postcodes(postcode)
    findings.say(NO_ADDRESS, pupils, without, "postcode")
    findings.say(NO_POSTCODE, pupils, ~without & ~usable, "postcode")
    return columns


def _period_columns(
    periods: Source | None, pupils: Source, keys: pa.Array, findings: Findings, order: Order
) -> dict[str, pa.Array]:
    """One period per pupil: an open one before a closed one, and of several the one that starts last."""
    if periods is None:
        return {}
    cells = Cells(periods, findings, order=order, placeholders=())
    owner = _owned(periods, keys, findings)
    ends = replace(cells, placeholders=NO_END)
    start, end, written = cells.date("fsmstartdate"), ends.date("fsmenddate"), periods.column("fsmenddate")
    # An end that cannot be read is an end: the pupil must not be taken for one who has meals today.
    unreadable_end = np.asarray(pc.is_valid(written)) & np.asarray(pc.is_null(end)) & ~ends.are_placeholders(written)
    country = pc.fill_null(pc.utf8_upper(cells.text("ukcountry")), "ENG")
    elsewhere = ~np.asarray(pc.equal(country, "ENG")).astype(bool)
    findings.say(OTHER_COUNTRY, periods, elsewhere & (owner >= 0), "ukcountry")
    usable = np.where(elsewhere | unreadable_end, -1, owner)
    is_open = np.asarray(pc.is_null(end))
    _say_more(MORE_PERIODS, findings, pupils, usable[is_open & (usable >= 0)])
    chosen = first_of_each(usable, ~is_open, -_rank(start.cast(pa.int32()), missing=-(2**31)))
    read = {"fsm_start_date": start, "fsm_end_date": end, "fsm_category": pc.utf8_upper(cells.text("fsmcategory"))}
    return {name: spread(column, chosen, owner, pupils.rows) for name, column in read.items()}


def _home(postcode: pa.Array, pupils: Source, findings: Findings, beside: Beside) -> dict[str, pa.Array]:
    if beside.directory is None:
        return {}
    home = beside.directory.authority(postcode)
    if beside.own_la is not None:
        here = np.asarray(pc.fill_null(pc.equal(home, beside.own_la), False)).astype(bool)
        findings.say(LIVES_HERE, pupils, here, "postcode")
    return {"home_la": home}


def _leave_out_second_enrolments(columns: dict[str, pa.Array], pupils: Sequence[Source], findings: Findings) -> None:
    """Of rows with the same UPN and date of birth pack one: single or main enrolment first, then the latest entry."""
    left_out = np.concatenate([findings.left_out(source) for source in pupils])
    candidate = ~left_out & upns_shaped(identifiers_normal(columns["upn"])) & np.asarray(pc.is_valid(columns["dob"]))
    person = pc.binary_join_element_wise(identifiers_normal(columns["upn"]), columns["dob"].cast(pa.string()), "\x1f")
    group = np.asarray(pc.fill_null(person.dictionary_encode().indices, -1))
    group = np.where(candidate, group, -1)
    status = _rank(pc.index_in(columns["enrol_status"], _ENROLMENT_ORDER))
    chosen = first_of_each(group, status, -_rank(columns["entry"].cast(pa.int32()), missing=-(2**31)))
    second = (group >= 0) & ~np.isin(np.arange(len(group)), chosen)
    for source, rows in zip(pupils, np.split(second, np.cumsum([source.rows for source in pupils])[:-1]), strict=True):
        findings.say(SECOND_ENROLMENT, source, rows, "upn")


def _owned(source: Source, keys: pa.Array, findings: Findings) -> np.ndarray:
    """For each row of `source` the position of its pupil, -1 where there is none; both are said."""
    owner = owners(key(source, "nativeid", "pupilonrolltableid"), keys)
    findings.say(ORPHAN, source, owner < 0, "pupilonrolltableid")
    findings.say_of_source(source)
    return owner


def _sequence(source: Source) -> str:
    """The column that orders the rows of one pupil: `<table>orderseqcolumn`."""
    return next((name for name in source.table.column_names if name.endswith("orderseqcolumn")), "orderseqcolumn")


def _rank(column: pa.Array, missing: int = 2**31) -> np.ndarray:
    return np.asarray(pc.fill_null(column.cast(pa.int64()), missing))


def _say_more(code: PackCode, findings: Findings, pupils: Source, owner: np.ndarray) -> None:
    counts = np.bincount(owner, minlength=pupils.rows)
    findings.say(code, pupils, counts > 1)
