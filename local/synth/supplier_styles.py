"""Benefit extracts as three suppliers' systems write them; the styles are data (`data/supplier_styles.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.synth import addresses
from local.synth.columns import EMPTY, joined, put
from local.synth.damage import as_excel_shows
from local.synth.places import data
from local.synth.streams import Ints, Streams, chance
from local.synth.text_files import csv_bytes, dates_text

CHILDREN_SIDE_BY_SIDE = 8
"""A wide extract has room for so many; further children of a claim are not in it, as in life."""


@dataclass(frozen=True)
class SupplierStyle:
    """One system's way of writing an extract; the keys are explained in the data file."""

    name: str
    encoding: str
    date: str
    capitals: bool
    layout: str
    uprn: str
    excel: float
    codes: Mapping[str, Mapping[str, str]]
    columns: Mapping[str, str]


def load_styles() -> tuple[SupplierStyle, ...]:
    """All styles, by name."""
    document: dict[str, Any] = data("supplier_styles.yaml")
    return tuple(SupplierStyle(name=name, **facts) for name, facts in sorted(document.items()))


def supplier_extract(households: pa.Table, style: SupplierStyle, *, seed: int, slug: str) -> bytes:
    """The CSV that this system would have written of the claims in `households` (contract columns)."""
    rng = Streams(seed).of(f"extract {style.name} {slug}")
    known = _columns(households, style, rng)
    if style.layout == "long":
        return csv_bytes({heading: known[name] for heading, name in style.columns.items()}, encoding=style.encoding)
    first, count = _claims(households)
    written: dict[str, pa.Array] = {}
    children = {heading: name for heading, name in style.columns.items() if "{n}" in heading}
    for heading, name in style.columns.items():
        if heading not in children:
            written[heading] = known[name].take(pa.array(first))
        elif heading == next(iter(children)):  # child by child, not field by field
            for number in range(CHILDREN_SIDE_BY_SIDE):
                rows = pa.array(first + number, mask=count <= number)
                written |= {h.format(n=number + 1): known[column].take(rows) for h, column in children.items()}
    return csv_bytes(written, encoding=style.encoding)


def _columns(households: pa.Table, style: SupplierStyle, rng: np.random.Generator) -> dict[str, pa.Array]:
    """Every column that a style may name, as text."""
    known = {name: _text(households.column(name).combine_chunks(), style) for name in households.column_names}
    for name, spellings in style.codes.items():
        mapped = pa.array(list(spellings.values())).take(pc.index_in(known[name], pa.array(list(spellings))))
        known[name] = pc.coalesce(mapped, known[name])
    known["uprn"] = _uprn(known["uprn"], style, rng)
    titled = chance(rng, 0.8, households.num_rows)
    with_title = joined(known["claimant_title"], known["claimant_forename"], " ")
    known["claimant_titled_forename"] = put(
        known["claimant_forename"], titled & _filled(known["claimant_forename"]), with_title
    )
    for person, forename in (
        ("claimant", "claimant_titled_forename"),
        ("partner", "partner_forename"),
        ("child", "child_forename"),
    ):
        known[f"{person}_name"] = _surname_first(known[f"{person}_surname"], known[forename])
    known |= _lines(known) | _parts(known)
    if style.capitals:
        known = {name: pc.utf8_upper(column) if _is_words(name) else column for name, column in known.items()}
    return known


def _text(column: pa.Array, style: SupplierStyle) -> pa.Array:
    if pa.types.is_date(column.type):
        return dates_text(column, style.date)
    if pa.types.is_boolean(column.type):
        return pc.if_else(column, "Y", "N")
    if pa.types.is_floating(column.type):
        pence = pc.cast(pc.round(pc.multiply(column, 100)), pa.int64())
        rest = pc.utf8_lpad(
            pc.subtract(pence, pc.multiply(pc.divide(pence, 100), 100)).cast(pa.string()), 2, padding="0"
        )
        return pc.binary_join_element_wise(pc.divide(pence, 100).cast(pa.string()), rest, ".")
    return column.cast(pa.string())


def _surname_first(surname: pa.Array, forename: pa.Array) -> pa.Array:
    """`Okafor, Mrs Ngozi`; null where there is no such person."""
    joined = pc.binary_join_element_wise(pc.fill_null(surname, ""), pc.fill_null(forename, ""), ", ")
    return pc.if_else(pc.and_(pc.is_null(surname), pc.is_null(forename)), EMPTY, joined)


def _uprn(uprn: pa.Array, style: SupplierStyle, rng: np.random.Generator) -> pa.Array:
    if style.uprn == "padded":
        digits = pc.match_substring_regex(uprn, "^[0-9]+$")
        uprn = pc.if_else(digits, pc.utf8_lpad(uprn, 12, padding="0"), uprn)
    spoilt = chance(rng, style.excel, len(uprn)) & np.asarray(
        pc.fill_null(pc.match_substring_regex(uprn, "^[0-9]{12}$"), False)
    )
    return put(uprn, spoilt, as_excel_shows(pc.utf8_ltrim(uprn, "0")))


def _lines(known: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """`line_1` to `line_5`: the address lines, made of the parts where the borough holds parts."""
    from_parts = addresses.held({name: known[name] for name in addresses.PARTS}, "flat_in_line")
    return {
        f"line_{n}": pc.if_else(pc.is_valid(known["street"]), from_parts[line], known[line])
        for n, line in enumerate(addresses.LINES, 1)
    }


def _parts(known: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """`part_saon` … `part_town`: the parts; lines are fitted into them: `Flat A 44`, `Barset Road`, what follows."""
    first = known["address_line_1"]
    house = pc.extract_regex(first, r"^(?P<building>.*[0-9]\S*) (?P<street>\D+)$")
    building = pc.coalesce(pc.struct_field(house, "building"), first)
    street = pc.struct_field(house, "street")
    whole = pc.is_null(street)
    following = [known[line] for line in addresses.LINES[1:]]
    fitted = {
        "saon": pa.nulls(len(first), pa.string()),
        "paon": building,
        "street": pc.if_else(whole, following[0], street),
        "locality": pc.if_else(whole, following[1], following[0]),
        "town": pc.if_else(whole, following[2], following[1]),
    }
    return {f"part_{name}": pc.coalesce(known[name], column) for name, column in fitted.items()}


def _is_words(name: str) -> bool:
    codes = ("household_ref", "claim_type", "source", "qualifying_benefit", "uprn", "suppress_contact")
    return name not in codes and not name.endswith(("_dob", "_date"))


def _filled(column: pa.Array) -> np.ndarray:
    return np.asarray(pc.is_valid(column))


def _claims(households: pa.Table) -> tuple[Ints, Ints]:
    """First row and number of rows of each claim; its rows stand together."""
    reference = households.column("household_ref").combine_chunks().dictionary_encode().indices.to_numpy()
    first = (
        np.flatnonzero(np.concatenate([[True], reference[1:] != reference[:-1]]))
        if len(reference)
        else np.array([], dtype=np.int64)
    )
    return first, np.diff(np.append(first, len(reference)))
