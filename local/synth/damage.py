"""Addresses and numbers as records have them: postcodes and UPRNs that are missing, wrong or spoilt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.synth.addresses import Dwellings, uprns
from local.synth.columns import EMPTY, put
from local.synth.postcodes import Postcodes
from local.synth.rates import BIT
from local.synth.streams import Flags, Ints, chance


@dataclass(frozen=True)
class AddressRates:
    """Part of records with each fault of the address, on one side."""

    no_postcode: float
    pseudo: float
    postcode_typo: float
    postcode_unknown: float
    unspaced: float
    no_uprn: float
    uprn_wrong: float
    uprn_damaged: float


SCHOOL_ADDRESS = AddressRates(
    no_postcode=0.006,
    pseudo=0.0015,
    postcode_typo=0.005,
    postcode_unknown=0.002,
    unspaced=0.05,
    no_uprn=0.34,
    uprn_wrong=0.012,
    uprn_damaged=0.005,
)
CLAIM_ADDRESS = AddressRates(
    no_postcode=0.0,
    pseudo=0.0,
    postcode_typo=0.004,
    postcode_unknown=0.0015,
    unspaced=0.02,
    no_uprn=0.08,
    uprn_wrong=0.008,
    uprn_damaged=0.010,
)


def postcode_column(
    rng: np.random.Generator, dwellings: Dwellings, postcodes: Postcodes, rates: AddressRates
) -> tuple[pa.Array, Ints]:
    """Postcodes as written, and the marks of what is wrong with them."""
    size = len(dwellings.postcode)
    throw = rng.random(size)
    edges = np.cumsum([rates.no_postcode, rates.pseudo, rates.postcode_typo, rates.postcode_unknown])
    kind = np.searchsorted(edges, throw, side="right")
    place = postcodes.place[dwellings.postcode]
    span = postcodes.first[place + 1] - postcodes.first[place]
    other = postcodes.first[place] + (rng.random(size) * span).astype(np.int64)
    text = postcodes.text.take(pa.array(np.where(kind == 2, other, dwellings.postcode)))
    text = put(text, kind == 0, EMPTY)
    text = put(text, kind == 1, "ZZ99 3VZ")
    text = put(text, kind == 3, pc.replace_substring_regex(text, " .*$", " 0ZZ"))  # see postcodes.NEVER_GIVEN
    text = put(text, chance(rng, rates.unspaced, size), pc.replace_substring(text, " ", ""))
    marks = np.zeros(size, dtype=np.int64)
    for number, mark in enumerate(("no_postcode", "no_postcode", "postcode_typo", "postcode_unknown")):
        marks[kind == number] |= BIT[mark]
    return text, marks


def uprn_column(
    rng: np.random.Generator, dwellings: Dwellings, postcodes: Postcodes, rates: AddressRates
) -> tuple[pa.Array, Ints]:
    """UPRNs as written, and the marks of what is wrong with them."""
    size = len(dwellings.postcode)
    throw = rng.random(size)
    edges = np.cumsum([rates.no_uprn, rates.uprn_wrong, rates.uprn_damaged])
    kind = np.searchsorted(edges, throw, side="right")
    number = uprns(dwellings, postcodes) + np.where(kind == 1, 1 + (throw * 1e6).astype(np.int64) % 60, 0)
    text = pa.array(number).cast(pa.string())
    text = put(text, kind == 0, EMPTY)
    damaged = kind == 2
    text = put(text, damaged & (number % 2 == 0), pc.binary_join_element_wise(text, ".0", ""))
    text = put(text, damaged & (number % 2 == 1), as_excel_shows(text))
    marks = np.zeros(size, dtype=np.int64)
    for number_of, mark in enumerate(("no_uprn", "uprn_wrong", "uprn_damaged")):
        marks[kind == number_of] |= BIT[mark]
    return text, marks


def as_excel_shows(text: pa.Array) -> pa.Array:
    """A long number as a spreadsheet shows and then saves it: `900123456789` is `9.00123E+11`."""
    digits = pc.utf8_length(text)
    power = pc.subtract(digits, 1).cast(pa.string())
    first, rest = pc.utf8_slice_codeunits(text, 0, 1), pc.utf8_slice_codeunits(text, 1, 6)
    return pc.binary_join_element_wise(first, ".", rest, "E+", power, "")


def spoilt(table: pa.Table, rng: np.random.Generator, rows: Flags, wrong: Mapping[str, str | date | None]) -> pa.Table:
    """`table` with one field of each of `rows` made wrong: the fields of `wrong` in turn, by chance."""
    kind = rng.integers(0, len(wrong), len(rows))
    for number, (field, value) in enumerate(wrong.items()):
        column = table.column(field).combine_chunks()
        instead = put(column, rows & (kind == number), pa.scalar(value, column.type))
        table = table.set_column(table.column_names.index(field), table.schema.field(field), instead)
    return table
