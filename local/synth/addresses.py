"""Dwellings, and the five ways in which boroughs hold an address.

A dwelling is (place, postcode, number, unit). Everything else follows from these: what it is called, and its UPRN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.synth.columns import joined
from local.synth.places import data
from local.synth.postcodes import Postcodes
from local.synth.streams import Flags, Floats, Ints, chance

PARTS = ("saon", "paon", "street", "locality", "town")
LINES = tuple(f"address_line_{n}" for n in range(1, 6))
HOUSE, CONVERTED, BLOCK, SHARED = 0, 1, 2, 3
"""Kinds of dwelling. `SHARED` is a hostel, a refuge or an office: many households at one address."""
CONVERTED_UNITS = (
    "Flat A",
    "Flat B",
    "Flat C",
    "Ground Floor Flat",
    "First Floor Flat",
    "Top Floor Flat",
    "Flat 1",
    "Flat 2",
)


@dataclass(frozen=True)
class Dwellings:
    """One entry for each address. `postcode` is a position in `Postcodes`; `unit` is 0 for a whole house."""

    postcode: Ints
    kind: Ints
    number: Ints
    unit: Ints

    def where(self, mask: Flags, other: Dwellings) -> Dwellings:
        """These, and `other` where `mask` is true."""
        return Dwellings(
            *(np.where(mask, getattr(other, name), getattr(self, name)) for name in self.__dataclass_fields__)
        )

    def take(self, rows: Ints) -> Dwellings:
        """The entries of `rows`."""
        return Dwellings(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def draw_dwellings(rng: np.random.Generator, postcodes: Postcodes, place: Ints, flats: Floats) -> Dwellings:
    """A dwelling in each place; `flats` is the part of flats in it."""
    size = len(place)
    span = postcodes.first[place + 1] - postcodes.first[place]
    postcode = postcodes.first[place] + (rng.random(size) * span).astype(np.int64)
    block = postcodes.block[postcode]
    converted = ~block & chance(rng, flats * 0.45, size)
    number = 1 + (rng.random(size) ** 1.5 * 140).astype(np.int64)
    in_block = 1 + (rng.random(size) ** 1.3 * 90).astype(np.int64)
    in_house = 1 + rng.integers(0, len(CONVERTED_UNITS), size)
    return Dwellings(
        postcode,
        np.where(block, BLOCK, np.where(converted, CONVERTED, HOUSE)),
        np.where(block, 1, number),
        np.where(block, in_block, np.where(converted, in_house, 0)),
    )


def shared_dwellings(rng: np.random.Generator, postcodes: Postcodes, place: Ints, households_each: int) -> Dwellings:
    """Rooms in the hostels and refuges of each place: few addresses, many households."""
    houses = np.maximum(1, np.bincount(place, minlength=len(postcodes.first) - 1) // households_each)
    which = (rng.random(len(place)) * houses[place]).astype(np.int64)
    span = postcodes.first[place + 1] - postcodes.first[place]
    postcode = postcodes.first[place] + which % span
    return Dwellings(postcode, np.full(len(place), SHARED), np.full(len(place), 2), 1 + rng.integers(0, 40, len(place)))


def uprns(dwellings: Dwellings, postcodes: Postcodes) -> Ints:
    """A number for each dwelling, the same for the same dwelling: 12 digits in some places and 11 in others.

    Rooms of a shared house have the UPRN of the house. The numbers are spread by multiplication, so that neighbours do
    not differ in the last digit alone.
    """
    unit = np.where(dwellings.kind == SHARED, 0, dwellings.unit)
    key = (dwellings.postcode * 200 + dwellings.number) * 100 + unit
    long = 900_000_000_000 + key * 7919 % 99_999_999_977
    short = 90_000_000_000 + key * 7919 % 9_999_999_967
    return np.where(postcodes.place[dwellings.postcode] % 3 == 0, short, long)


def parts(dwellings: Dwellings, postcodes: Postcodes, towns: pa.Array, localities: pa.Array) -> dict[str, pa.Array]:
    """The BS7666 parts of each dwelling; `towns` and `localities` as the record has them, null where it has none."""
    street = postcodes.street.take(pa.array(dwellings.postcode))
    number = pa.array(dwellings.number).cast(pa.string())
    unit = pa.array(dwellings.unit).cast(pa.string())
    in_house = pa.array(("", *CONVERTED_UNITS)).take(pa.array(np.minimum(dwellings.unit, len(CONVERTED_UNITS))))
    kind = dwellings.kind
    saon = pc.if_else(
        pa.array(kind == BLOCK),
        pc.binary_join_element_wise("Flat", unit, " "),
        pc.if_else(pa.array(kind == SHARED), pc.binary_join_element_wise("Room", unit, " "), in_house),
    )
    return {
        "saon": pc.if_else(pa.array(kind == HOUSE), pa.scalar(None, pa.string()), saon),
        "paon": pc.if_else(pa.array(kind == BLOCK), postcodes.block_name.take(pa.array(dwellings.postcode)), number),
        "street": street,
        "locality": localities,
        "town": towns,
    }


def held(address: dict[str, pa.Array], style: str) -> dict[str, pa.Array]:
    """The columns of an address as a borough of that `style` holds it: BS7666 parts, or lines, never both."""
    rows = len(address["street"])
    nothing = pa.nulls(rows, pa.string())
    if style == "parts":
        return address | dict.fromkeys(LINES, nothing)
    lines = [*STYLES[style](address), address["locality"], address["town"]]
    return dict.fromkeys(PARTS, nothing) | dict(zip(LINES, _moved_up(lines, rows), strict=True))


def held_by(address: dict[str, pa.Array], way: Ints, ways: tuple[str, ...]) -> dict[str, pa.Array]:
    """`held`, row by row: row `i` in the style `ways[way[i]]`."""
    columns: dict[str, pa.Array] = {}
    for number, style in enumerate(ways):
        rows = pa.array(way == number)
        for name, column in held(address, style).items():
            columns[name] = pc.if_else(rows, column, columns.get(name, pa.scalar(None, pa.string())))
    return columns


def localities(dwellings: Dwellings) -> pa.Array:
    """The part of town of each dwelling."""
    words = data("places.yaml")["localities"]
    return pa.array(words).take(pa.array(dwellings.postcode % len(words)))


def _lines(address: dict[str, pa.Array]) -> list[pa.Array]:
    """`Flat 12` / `Attar House` / `Barset Road`, or `Flat A` / `44 Barset Road`."""
    return [address["saon"], *_house(address)]


def _flat_in_line(address: dict[str, pa.Array]) -> list[pa.Array]:
    """`Flat 12 Attar House` / `Barset Road`, or `Flat A 44 Barset Road`."""
    first, second = _house(address)
    return [joined(address["saon"], first, " "), second]


def _flat_last(address: dict[str, pa.Array]) -> list[pa.Array]:
    """`Attar House Flat 12` / `Barset Road`, or `44 Barset Road, Flat A`."""
    first, second = _house(address)
    return [joined(first, address["saon"], ", "), second]


def _slash(address: dict[str, pa.Array]) -> list[pa.Array]:
    """`12/Attar House` / `Barset Road`, or `A/44 Barset Road`: the flat before a stroke."""
    first, second = _house(address)
    unit = pc.replace_substring_regex(address["saon"], "^(Flat|Room) ", "")
    return [joined(unit, first, "/"), second]


STYLES: dict[str, Callable[[dict[str, pa.Array]], list[pa.Array]]] = {
    "lines": _lines,
    "flat_in_line": _flat_in_line,
    "flat_last": _flat_last,
    "slash": _slash,
}


def _house(address: dict[str, pa.Array]) -> tuple[pa.Array, pa.Array]:
    """First line without the flat, and the street where the house has a name."""
    numbered = pc.match_substring_regex(address["paon"], "^[0-9]")
    first = pc.if_else(numbered, joined(address["paon"], address["street"], " "), address["paon"])
    return first, pc.if_else(numbered, pa.scalar(None, pa.string()), address["street"])


def _moved_up(lines: list[pa.Array], rows: int) -> list[pa.Array]:
    """Five lines with no gap between filled ones."""
    filled = np.stack([np.asarray(line.is_valid()) for line in lines])
    order = np.argsort(~filled, axis=0, kind="stable")
    stacked = pa.concat_arrays(lines)
    moved = [stacked.take(pa.array(row * rows + np.arange(rows))) for row in order]
    return (moved + [pa.nulls(rows, pa.string())] * 5)[:5]
