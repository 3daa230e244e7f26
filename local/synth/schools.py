"""Invented schools, and which one each pupil attends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from local.synth.families import LAST_PRIMARY, Children
from local.synth.places import Places, data
from local.synth.streams import Flags, Ints, Streams, chance

PRIMARIES_PER_THOUSAND, SECONDARIES_PER_THOUSAND = 1.45, 0.42
FIRST_URN = 900_000
"""Above every URN that has been given, so that no invented school bears a real one's number."""
FIRST_PRIMARY, FIRST_SECONDARY = 2900, 4900


@dataclass(frozen=True)
class Schools:
    """One entry for each school. `start[b, phase]` and `count[b, phase]` tell where those of a borough stand."""

    borough: Ints
    secondary: Flags
    laestab: pa.Array
    urn: pa.Array
    name: pa.Array
    start: Ints
    count: Ints

    def table(self, places: Places) -> pa.Table:
        """`borough` (slug), `laestab`, `urn`, `school_name`, `secondary`."""
        slugs = pa.array([place.slug for place in places.all]).take(pa.array(self.borough))
        return pa.table(
            {
                "borough": slugs,
                "laestab": self.laestab,
                "urn": self.urn,
                "school_name": self.name,
                "secondary": pa.array(self.secondary),
            }
        )


def make_schools(streams: Streams, places: Places, scale: float) -> Schools:
    """Schools of every borough, fewer at a small scale, but at least one of each phase."""
    rng = streams.of("schools")
    words = data("places.yaml")
    thousands = places.number("pupils")[: places.boroughs]
    size = min(1.0, scale**0.5)
    per_phase = np.array([PRIMARIES_PER_THOUSAND, SECONDARIES_PER_THOUSAND])
    count = np.maximum(1, np.round(thousands[:, None] * per_phase * size)).astype(np.int64)
    flat = count.reshape(-1)
    start = (np.cumsum(flat) - flat).reshape(count.shape)
    borough = np.repeat(np.arange(places.boroughs), count.sum(axis=1))
    secondary = np.repeat(np.tile([False, True], places.boroughs), flat)
    number = np.concatenate([np.arange(n) for n in flat])
    estab = np.where(secondary, FIRST_SECONDARY, FIRST_PRIMARY) + number
    codes = [places.all[b].dfe_code for b in borough.tolist()]
    names = []
    taken: set[str] = set()
    for is_secondary in secondary.tolist():
        endings = words["secondary_endings" if is_secondary else "primary_endings"]
        name = f"{words['schools'][rng.integers(0, len(words['schools']))]} {endings[rng.integers(0, len(endings))]}"
        if name in taken:  # many boroughs have a school of the same name; its street tells them apart
            name = f"{words['streets'][rng.integers(0, len(words['streets']))]} {name}"
        taken.add(name)
        names.append(name)
    return Schools(
        borough,
        secondary,
        laestab=pa.array([f"{code}{number}" for code, number in zip(codes, estab.tolist(), strict=True)]),
        urn=pa.array([str(FIRST_URN + at) for at in range(len(borough))]),
        name=pa.array(names),
        start=start,
        count=count,
    )


def attend(streams: Streams, schools: Schools, children: Children, families: int) -> Ints:
    """The school of each child who has a school borough, else -1. Siblings mostly share it; some schools are big."""
    rng = streams.of("attendance")
    phase = (children.nc_year > LAST_PRIMARY).astype(np.int64)
    family_way = rng.random((families, 2))[children.family, phase]
    way = np.where(chance(rng, 0.85, len(children)), family_way, rng.random(len(children)))
    borough = np.maximum(children.school_borough, 0)
    count = schools.count[borough, phase]
    school = schools.start[borough, phase] + (way**1.4 * count).astype(np.int64)
    return np.where(children.school_borough >= 0, school, -1)
