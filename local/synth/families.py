"""Families and their children: who is born when, is called what, and goes to school in which borough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from local.synth.names import NONE, Names
from local.synth.places import Places
from local.synth.streams import Flags, Floats, Ints, Streams, chance, pick, rank_within

DAYS_IN_YEAR = 365.25
SIZES = [0.40, 0.37, 0.15, 0.055, 0.02, 0.005]
"""Families by number of children, the smallest first."""
TWINS = 0.016
DEPENDENT_UNTIL = 19
CHILDREN_OF_LISTED, CHILDREN_OF_OTHERS = 1.885, 1.647
"""Children that remain of a family on average (measured), to come near the numbers that are aimed at."""

NURSERY, RECEPTION, LAST_PRIMARY, LAST_COMPULSORY, LAST = -1, 0, 6, 11, 13
PRIMARY_CROSSES, SECONDARY_CROSSES = 0.62, 1.55
"""How much rarer and more frequent than on average a primary or secondary pupil crosses a border."""
TOGETHER = 0.85
"""Part of siblings who go the same way to school as the family does."""
NOWHERE = -1


@dataclass(frozen=True)
class Families:
    """One entry for each family. `home` is the place whose claim it is; `listed` means: in its benefit extract."""

    home: Ints
    listed: Flags
    origin: Ints
    surname: Ints
    mother: Ints
    """The mother's surname; that of the family where she bears it."""

    def __len__(self) -> int:
        return len(self.home)


@dataclass(frozen=True)
class Children:
    """One entry for each child, by family and from the youngest. `born` is in days since 1970-01-01."""

    family: Ints
    born: Ints
    female: Flags
    twin: Flags
    forename: Ints
    middle: Ints
    surname: Ints
    nc_year: Ints
    """-1 nursery, 0 reception, 1 to 13; other numbers are children who are not at school."""
    school_borough: Ints
    """Place whose school it attends, or `NOWHERE`."""

    def __len__(self) -> int:
        return len(self.family)


def make(
    streams: Streams, places: Places, names: Names, *, selected: Flags, scale: float, elsewhere: float, term: date
) -> tuple[Families, Children]:
    """Families on benefit of the `selected` boroughs, and the other families of cross-border pupils of their schools.

    `selected` says for each place whether it takes part. `elsewhere` is the part of the pupils from London boroughs
    that do not take part who are made at all. `term` is the first day of the school year.
    """
    listed_homes = _listed_homes(places, selected, scale)
    listed = _people(streams, places, names, listed_homes, term, listed=True)
    schools = _schools_of_listed(streams.of("schools of listed"), places, *listed)
    listed_children = _with_schools(listed[1], schools)

    crossing = np.isin(schools, np.flatnonzero(selected)) & (schools != listed[0].home[listed[1].family])
    already = np.bincount(listed[0].home[listed[1].family[crossing]], minlength=len(places.all))
    other_homes = _other_homes(places, selected, scale, elsewhere, already)
    others = _people(streams, places, names, other_homes, term, listed=False)
    only = selected[: places.boroughs].astype(np.float64)
    drawn = _boroughs(streams.of("schools of others"), places.flow_bounds(only), *others)
    return _joined(listed[0], others[0]), _joined_children(
        len(listed[0]), listed_children, _with_schools(others[1], drawn)
    )


def _listed_homes(places: Places, selected: Flags, scale: float) -> Ints:
    wanted = np.where(selected, places.benefit_children * scale / CHILDREN_OF_LISTED, 0.0)
    return np.repeat(np.arange(len(places.all)), np.ceil(wanted).astype(np.int64))


def _other_homes(places: Places, selected: Flags, scale: float, elsewhere: float, already: Ints) -> Ints:
    into = places.flow @ selected[: places.boroughs].astype(np.float64)
    outside = np.arange(len(places.all)) >= places.boroughs
    pupils = places.cross_border * into * scale * np.where(selected | outside, 1.0, elsewhere)
    wanted = np.maximum(pupils - already, 0.0) / CHILDREN_OF_OTHERS
    return np.repeat(np.arange(len(places.all)), np.round(wanted).astype(np.int64))


def _people(
    streams: Streams, places: Places, names: Names, homes: Ints, term: date, *, listed: bool
) -> tuple[Families, Children]:
    kind = "listed" if listed else "other"
    rng = streams.of(f"families {kind}")
    origin = names.draw_origins(rng, names.mix(places), homes)
    surname = names.surnames(rng, origin)
    kept = chance(rng, names.custom("mother_keeps")[origin], len(homes))
    mother = np.where(kept, names.surnames(rng, origin), surname)
    families = Families(homes, np.full(len(homes), listed), origin, surname, names.womens(rng, mother, origin))

    rng = streams.of(f"births {kind}")
    family, born, twin = _births(rng, families, names, term, youngest=(0.0, 18.2) if listed else (3.6, 17.6))
    nc_year = _nc_year(rng, born, term)
    at_school = _at_school(rng, nc_year)
    if not listed:
        family, born, nc_year = (part[at_school] for part in (family, born, nc_year))
        twin = twin[at_school]
        at_school = np.ones(len(family), dtype=bool)
    return families, _named(
        streams.of(f"names {kind}"), families, names, family, born, twin, np.where(at_school, nc_year, -99)
    )


def _births(
    rng: np.random.Generator, families: Families, names: Names, term: date, youngest: tuple[float, float]
) -> tuple[Ints, Ints, Flags]:
    """Family, day of birth and whether a twin, of the children who are still dependent."""
    extra = names.custom("extra_children")[families.origin]
    size = 1 + pick(rng, SIZES, len(families))
    for _ in range(3):
        size += chance(rng, np.maximum(extra, 0.0) / 3, len(families))
    size = np.where(chance(rng, np.maximum(-extra, 0.0), len(families)) & (size > 1), size - 1, size)

    family = np.repeat(np.arange(len(families)), size)
    position = rank_within(family)
    together = (position > 0) & chance(rng, TWINS, len(family))
    gap = (420 + 800 * rng.random(len(family)) + 900 * rng.random(len(family)) ** 2).astype(np.int64)
    gap[(position == 0) | together] = 0
    elapsed = np.cumsum(gap)
    older_by = elapsed - elapsed[np.flatnonzero(position == 0)][family]
    start = _day(term) + 30
    low, high = youngest
    age = (DAYS_IN_YEAR * (low + (high - low) * rng.random(len(families)))).astype(np.int64)[family] + older_by
    twin = together.copy()
    twin[:-1] |= together[1:]
    kept = age < DEPENDENT_UNTIL * DAYS_IN_YEAR
    return family[kept], (start - age)[kept], twin[kept]


def _nc_year(rng: np.random.Generator, born: Ints, term: date) -> Ints:
    months = born.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    school_birth_year = 1970 + (months + 4) // 12
    year = term.year - school_birth_year - 4
    held_back = chance(rng, 0.004, len(born)) & (year > RECEPTION) & (year <= LAST_COMPULSORY)
    return np.asarray(year - held_back)


def _at_school(rng: np.random.Generator, nc_year: Ints) -> Flags:
    u = rng.random(len(nc_year))
    compulsory = (nc_year >= RECEPTION) & (nc_year <= LAST_COMPULSORY)
    sixth_form = (nc_year > LAST_COMPULSORY) & (nc_year <= LAST) & (u < 0.58)
    return np.asarray(compulsory | sixth_form | ((nc_year == NURSERY) & (u < 0.5)))


def _named(
    rng: np.random.Generator, families: Families, names: Names, family: Ints, born: Ints, twin: Flags, nc_year: Ints
) -> Children:
    origin = families.origin[family]
    female = chance(rng, 0.49, len(family))
    forename = names.forenames(rng, origin, female)
    for _ in range(6):  # no two siblings of one forename
        again = np.flatnonzero(rank_within(family * len(names.lexicon.texts) + forename) > 0)
        forename[again] = names.forenames(rng, origin[again], female[again])
    has_middle = chance(rng, names.custom("middle")[origin], len(family))
    middle = np.where(has_middle, names.forenames(rng, origin, female), NONE)
    middle[middle == forename] = NONE
    surname = _surnames(rng, families, names, family)
    own = np.flatnonzero(chance(rng, names.custom("own_surname")[origin], len(family)))
    surname[own] = names.surnames(rng, origin[own])
    girls = np.flatnonzero(female)
    surname[girls] = names.womens(rng, surname[girls], origin[girls])
    return Children(family, born, female, twin, forename, middle, surname, nc_year, np.full(len(family), NOWHERE))


def _surnames(rng: np.random.Generator, families: Families, names: Names, family: Ints) -> Ints:
    """The surname that each child has from its parents; most children of a family have the same."""
    apart = families.mother != families.surname
    way = rng.random(len(families))
    double = names.custom("double")[families.origin]
    two = names.custom("two_surnames")[families.origin]
    chosen = np.where(apart & (way > 0.80), families.mother, families.surname)
    lexicon = names.lexicon
    for joint, here in (("-", apart & (way < double)), (" ", apart & (way >= double) & (way < double + two))):
        rows = np.flatnonzero(here)
        first, last = lexicon.of(families.surname[rows]), lexicon.of(families.mother[rows])
        chosen[rows] = lexicon.codes(a + joint + b for a, b in zip(first, last, strict=True))
    half_sibling = apart[family] & chance(rng, 0.08, len(family))
    return np.where(half_sibling, families.mother[family], chosen[family])


def _schools_of_listed(rng: np.random.Generator, places: Places, families: Families, children: Children) -> Ints:
    home = families.home[children.family]
    by_phase = np.where(children.nc_year <= LAST_PRIMARY, PRIMARY_CROSSES, SECONDARY_CROSSES)
    probability = np.minimum(places.cross_rate[home] * by_phase, 0.97)
    with_family = chance(rng, 0.6, len(children))
    throw = np.where(with_family, rng.random(len(families))[children.family], rng.random(len(children)))
    every = np.ones(places.boroughs)
    away = _boroughs(rng, places.flow_bounds(every), families, children)
    return np.where(children.nc_year < NURSERY, NOWHERE, np.where(throw < probability, away, home))


def _boroughs(rng: np.random.Generator, bounds: Floats, families: Families, children: Children) -> Ints:
    """A school borough that is not the home for each child; siblings mostly go together."""
    family_way, own_way = rng.random(len(families))[children.family], rng.random(len(children))
    way = np.where(chance(rng, TOGETHER, len(children)), family_way, own_way)
    home = families.home[children.family]
    drawn = np.empty(len(children), dtype=np.int64)
    for row in np.unique(home):
        here = home == row
        drawn[here] = np.searchsorted(bounds[row], way[here], side="right")
    return drawn


def _with_schools(children: Children, school_borough: Ints) -> Children:
    parts = {name: getattr(children, name) for name in children.__dataclass_fields__}
    return Children(**parts | {"school_borough": school_borough})


def _joined(first: Families, second: Families) -> Families:
    return Families(
        *(np.concatenate([getattr(first, name), getattr(second, name)]) for name in first.__dataclass_fields__)
    )


def _joined_children(families_before: int, first: Children, second: Children) -> Children:
    parts = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in first.__dataclass_fields__}
    parts["family"][len(first) :] += families_before
    return Children(**parts)


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days
