"""Postcodes of plausible London districts, each in one authority, with the street and the kind of houses they have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.synth.places import Places, data
from local.synth.streams import Flags, Ints, Streams, chance

INWARD = "ABDEFGHJLNPQRSTUWXYZ"
NEVER_GIVEN = (0, len(INWARD) ** 2 - 1)
"""The inward code `0ZZ`: records may hold it, the directory never does."""
POSTCODES_PER_PUPIL = 0.14
"""Live postcodes for each resident pupil at scale 1, so that a postcode has about as many families as in life."""


@dataclass(frozen=True)
class Postcodes:
    """Every postcode there is. `first[p]` to `first[p + 1]` are those of place `p`."""

    text: pa.Array
    place: Ints
    first: Ints
    block: Flags
    """Its dwellings are flats in a block."""
    street: pa.Array
    block_name: pa.Array

    def table(self, places: Places) -> pa.Table:
        """The directory: `postcode` and `ons_code` of the authority it lies in, ordered by postcode."""
        codes = pa.array([place.ons_code for place in places.all]).take(pa.array(self.place))
        return pa.table({"postcode": self.text, "ons_code": codes}).sort_by("postcode")


def make_postcodes(streams: Streams, places: Places, scale: float) -> Postcodes:
    """Postcodes of plausible districts, no two alike; a district of several boroughs is split between them."""
    rng = streams.of("postcodes")
    words = data("places.yaml")
    sharers: dict[str, list[int]] = {}
    for number, place in enumerate(places.all):
        for district in place.facts["districts"]:
            sharers.setdefault(district, []).append(number)
    texts: list[str] = []
    counts = []
    for number, place in enumerate(places.all):
        pupils = 1000.0 * float(place.facts.get("pupils", place.facts.get("weight", 0)))
        wanted = max(24, round(pupils * POSTCODES_PER_PUPIL * min(scale, 1.0)))
        made = _texts(rng, number, place.facts["districts"], sharers, wanted)
        texts += made
        counts.append(len(made))
    place_of = np.repeat(np.arange(len(places.all)), counts)
    flats = places.number("flats")[place_of]
    return Postcodes(
        text=pa.array(texts, pa.string()),
        place=place_of,
        first=np.concatenate([[0], np.cumsum(counts)]),
        block=chance(rng, flats * 0.7, len(texts)),
        street=_named(rng, words["streets"], words["endings"], len(texts)),
        block_name=_named(rng, words["blocks"], words["block_endings"], len(texts)),
    )


def _texts(
    rng: np.random.Generator, place: int, districts: list[str], sharers: dict[str, list[int]], wanted: int
) -> list[str]:
    """Distinct postcodes of a place. In a shared district each borough has its own part of the inward letters."""
    units = len(INWARD) ** 2
    picked: dict[str, None] = {}
    while len(picked) < wanted:
        size = 2 * (wanted - len(picked))
        district, sector = rng.integers(0, len(districts), size), rng.integers(0, 10, size)
        unit = rng.integers(0, units, size)
        for d, s, u in zip(district.tolist(), sector.tolist(), unit.tolist(), strict=True):
            owners = sharers[districts[d]]
            if u % len(owners) == owners.index(place) and (s, u) != NEVER_GIVEN:
                first, last = divmod(u, len(INWARD))
                picked[f"{districts[d]} {s}{INWARD[first]}{INWARD[last]}"] = None
    return list(picked)[:wanted]


def _named(rng: np.random.Generator, first: list[str], last: list[str], size: int) -> pa.Array:
    starts = pa.array(first).take(pa.array(rng.integers(0, len(first), size)))
    ends = pa.array(last).take(pa.array(rng.integers(0, len(last), size)))
    return pc.binary_join_element_wise(starts, ends, " ")
