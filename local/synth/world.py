"""What is true in synthetic London, before any record is written: people, homes, schools, claims, numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from local.synth import addresses, families, numbers, schools
from local.synth.addresses import Dwellings
from local.synth.claims import Claims, make_claims, registered
from local.synth.errors_in_data import Misspeller, Records
from local.synth.families import Children, Families
from local.synth.names import Lexicon, Names
from local.synth.places import Places, load_places
from local.synth.postcodes import Postcodes, make_postcodes
from local.synth.schools import Schools
from local.synth.streams import Flags, Ints, Streams, chance, pick_by_row

Progress = Callable[[str], None]

MOVED, MOVED_TO_ANOTHER_PLACE, SCHOOL_IS_BEHIND = 0.05, 0.06, 0.72
"""Part of families that moved lately; of these, that came from another authority; of the rest, where the school has the
earlier address and not the claim."""
PLACED_ELSEWHERE = 0.003
"""Part of listed families whom their borough houses in another one."""
OTHER_PARENT = 0.022
"""Part of children whose school has the other parent's address."""


@dataclass(frozen=True)
class Homes:
    """Where people live, and where records say they do."""

    claim: Dwellings
    """By family: the address on the claim."""
    school: Dwellings
    """By child: the address that the school holds."""
    second: Dwellings
    """By family: the home of the parent who lives apart."""
    moved: Flags
    came_from_elsewhere: Flags
    placed_elsewhere: Flags
    other_parent: Flags
    """By child; the three before are by family."""


@dataclass(frozen=True)
class World:
    """All that is true. Families and children are counted through all places."""

    streams: Streams
    places: Places
    selected: Flags
    """By place: the borough drops files."""
    term: date
    names: Names
    misspeller: Misspeller
    families: Families
    children: Children
    claims: Claims
    fsm_open: Flags
    schools: Schools
    school: Ints
    """By child: its school, or -1."""
    postcodes: Postcodes
    homes: Homes
    upn: pa.Array
    uln: pa.Array

    @property
    def lexicon(self) -> Lexicon:
        """All names and their spellings."""
        return self.names.lexicon

    def people(self, child: Ints) -> Records:
        """The children as they are: records without an error."""
        true = self.children
        return Records(
            forename=true.forename[child],
            middle=true.middle[child],
            surname=true.surname[child],
            born=true.born[child],
            female=true.female[child],
            marks=np.zeros(len(child), dtype=np.int64),
        )


def make_world(
    seed: int, scale: float, boroughs: tuple[str, ...], elsewhere: float, term: date, progress: Progress
) -> World:
    """The world in which `boroughs` (slugs) drop files; `term` is the first day of the school year."""
    streams = Streams(seed)
    places = load_places()
    selected = np.isin([place.slug for place in places.all], boroughs)
    names = Names(Lexicon())
    misspeller = Misspeller(names)
    progress("families")
    people, children = families.make(
        streams, places, names, selected=selected, scale=scale, elsewhere=elsewhere, term=term
    )
    progress("claims")
    claims = make_claims(streams, people, children, names)
    progress("schools and homes")
    made = schools.make_schools(streams, places, scale)
    school = schools.attend(streams, made, children, len(people))
    postcodes = make_postcodes(streams, places, scale)
    upn, uln = _pupil_numbers(streams, places, people, children, made, school, term)
    return World(
        streams,
        places,
        selected,
        term,
        names,
        misspeller,
        people,
        children,
        claims,
        fsm_open=registered(streams, people, children, claims),
        schools=made,
        school=school,
        postcodes=postcodes,
        homes=_homes(streams, places, postcodes, people, children, claims),
        upn=upn,
        uln=uln,
    )


def _pupil_numbers(
    streams: Streams, places: Places, people: Families, children: Children, made: Schools, school: Ints, term: date
) -> tuple[pa.Array, pa.Array]:
    rng = streams.of("upn issuers")
    codes = np.array([int(place.dfe_code or 0) for place in places.all])
    laestab = np.array(made.laestab.to_pylist(), dtype=np.int64)
    home = codes[people.home[children.family]]
    attends = school >= 0
    own = np.where(attends, laestab[np.maximum(school, 0)], home * 10_000 + 2001)
    authority, establishment = numbers.issuers(
        rng, own // 10_000, own % 10_000, home, attends & chance(rng, 0.6, len(children))
    )
    year = np.clip(term.year - np.where(children.nc_year > -90, children.nc_year, 0), 2000, 2099) % 100
    return numbers.upns(streams, authority, establishment, year), numbers.ulns(streams, len(children))


def _homes(
    streams: Streams, places: Places, postcodes: Postcodes, people: Families, children: Children, claims: Claims
) -> Homes:
    rng = streams.of("homes")
    flats, home, size = places.number("flats"), people.home, len(people)
    bounds = places.flow_bounds(np.ones(places.boroughs))
    inside = home < places.boroughs
    away = people.listed & ~claims.refuge & chance(rng, PLACED_ELSEWHERE, size)
    lives = np.where(away, pick_by_row(rng, bounds, home), home)
    now = addresses.draw_dwellings(rng, postcodes, lives, flats[lives])
    together = claims.refuge | claims.hostel
    now = now.where(together, addresses.shared_dwellings(rng, postcodes, home, 1500))

    moved = ~together & chance(rng, MOVED, size)
    elsewhere = moved & inside & chance(rng, MOVED_TO_ANOTHER_PLACE, size)
    before = np.where(elsewhere, pick_by_row(rng, bounds, home), lives)
    earlier = addresses.draw_dwellings(rng, postcodes, before, flats[before])
    behind = elsewhere | chance(rng, SCHOOL_IS_BEHIND, size)
    apart = np.where(chance(rng, 0.05, size) & inside, pick_by_row(rng, bounds, home), home)
    second = addresses.draw_dwellings(rng, postcodes, apart, flats[apart])

    other = chance(rng, OTHER_PARENT, len(children)) & ~together[children.family]
    school = now.where(moved & behind, earlier).take(children.family).where(other, second.take(children.family))
    claim = now.where(moved & ~behind, earlier)
    return Homes(claim, school, second, moved, elsewhere, away, other)
