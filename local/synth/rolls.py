"""The pupils that school boroughs drop: one row for each pupil on roll whose address is in another authority."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from local.synth import addresses
from local.synth.columns import as_contract, chosen, days, kept, split
from local.synth.damage import SCHOOL_ADDRESS, postcode_column, spoilt, uprn_column
from local.synth.enrolment import census_year, enrolment_status, fsm_periods
from local.synth.errors_in_data import Records
from local.synth.families import NURSERY
from local.synth.names import NONE
from local.synth.rates import BIT, SCHOOL
from local.synth.streams import Flags, Ints, chance, shuffled
from local.synth.world import World

DUAL, REPEATED, INVALID = 0.003, 0.0005, 0.0025
"""Part of pupils who are also on the roll of a school in another borough; rows that stand twice; invalid rows."""
RESIDENTS = 0.15
"""Pupils who live in the school's borough, for each one who does not: they are in the census and never in a drop."""
WRONG: dict[str, str | date | None] = {
    "surname": None,
    "forename": None,
    "dob": date(2052, 2, 20),
    "nc_year": "15",
    "enrol_status": "X",
    "laestab": "21O4345",
    "sex": "U",
}
"""What stands in an invalid row, one field in each. No UPN is among them: every UPN is valid."""


@dataclass(frozen=True)
class Rolls:
    """Tables by school borough, and for each row of all drops, one borough after the other, what it is.

    `child`, `school_place`, `home` (the place of the address that the school holds) and `marks` have one entry a row;
    `told` says that the row tells where its home is, `damaged` that the contract must reject it.
    """

    pupils: Mapping[str, pa.Table]
    residents: Mapping[str, pa.Table]
    child: Ints
    school_place: Ints
    home: Ints
    marks: Ints
    told: Flags
    damaged: Flags


def make_rolls(world: World) -> Rolls:
    """Write what schools hold."""
    rng = world.streams.of("rolls")
    children = world.children
    boroughs = np.where(world.school >= 0, world.schools.borough[world.school], -1)
    home = world.postcodes.place[world.homes.school.postcode]
    at_selected = (boroughs >= 0) & world.selected[boroughs]
    crossing = np.flatnonzero(at_selected & (boroughs != home))
    child, school, second = _enrolments(world, rng, crossing, home)
    order = np.lexsort((shuffled(rng, len(child)), school))
    child, school, second = child[order], school[order], second[order]
    twice = np.flatnonzero(chance(rng, REPEATED, len(child)))
    rows = np.sort(np.concatenate([np.arange(len(child)), twice]))
    written = _write(world, "rolls", child, school, second)
    invalid = chance(rng, INVALID, len(child))
    table, damaged = spoilt(written.table, rng, invalid, WRONG), invalid[rows]
    damaged[1:] |= rows[1:] == rows[:-1]

    residents = np.flatnonzero(at_selected & (boroughs == home) & (children.nc_year >= NURSERY))
    residents = np.sort(residents[shuffled(rng, len(residents))[: round(RESIDENTS * len(crossing))]])
    residents = residents[np.argsort(world.school[residents], kind="stable")]
    own = _write(world, "residents", residents, world.school[residents], np.zeros(len(residents), dtype=bool))
    slugs = {place: world.places.all[place].slug for place in np.flatnonzero(world.selected).tolist()}
    place = world.schools.borough[school][rows]
    return Rolls(
        pupils=split(table.take(pa.array(rows)), place, slugs),
        residents=split(own.table, world.schools.borough[world.school[residents]], slugs),
        child=child[rows],
        school_place=place,
        home=home[child][rows],
        marks=(written.marks | np.where(invalid, BIT["invalid_row"], 0))[rows],
        told=written.told[rows],
        damaged=damaged,
    )


def _enrolments(world: World, rng: np.random.Generator, crossing: Ints, home: Ints) -> tuple[Ints, Ints, Flags]:
    """Child, school and whether a second registration, for each row."""
    school = world.school[crossing]
    there = np.flatnonzero(world.selected)
    dual = crossing[chance(rng, DUAL, len(crossing))]
    borough = there[rng.integers(0, len(there), len(dual))]
    possible = (borough != world.schools.borough[world.school[dual]]) & (borough != home[dual])
    dual, borough = dual[possible], borough[possible]
    secondary = world.schools.secondary[world.school[dual]].astype(np.int64)
    second = world.schools.start[borough, secondary]
    return (
        np.concatenate([crossing, dual]),
        np.concatenate([school, second]),
        np.arange(len(crossing) + len(dual)) >= len(crossing),
    )


@dataclass(frozen=True)
class _Written:
    table: pa.Table
    marks: Ints
    told: Flags


def _write(world: World, topic: str, child: Ints, school: Ints, second: Flags) -> _Written:
    """The rows of `child` at `school`, as the school holds them."""
    children, size = world.children, len(child)
    record = _records(world, topic, child)
    rng = world.streams.of(f"{topic} facts")
    dwelling = world.homes.school.take(child)
    postcode, postcode_marks = postcode_column(rng, dwelling, world.postcodes, SCHOOL_ADDRESS)
    uprn, uprn_marks = uprn_column(rng, dwelling, world.postcodes, SCHOOL_ADDRESS)
    home = world.postcodes.place[dwelling.postcode]
    says_home = ((postcode_marks & BIT["no_postcode"]) > 0) & chance(rng, 0.3, size)
    codes = [place.ons_code for place in world.places.all]
    has_uln = (children.nc_year[child] > 9) & chance(rng, 0.92, size)
    columns = {
        "upn": world.upn.take(pa.array(child)),
        "uln": kept(world.uln.take(pa.array(child)), has_uln),
        "dob": days(record.born),
        "sex": chosen(("M", "F"), record.female.astype(np.int64)),
        "nc_year": census_year(children.nc_year[child]),
        "enrol_status": enrolment_status(rng, children.nc_year[child], second),
        "postcode": postcode,
        "uprn": uprn,
        "urn": world.schools.urn.take(pa.array(school)),
        "laestab": world.schools.laestab.take(pa.array(school)),
        "school_name": world.schools.name.take(pa.array(school)),
        "home_la": kept(chosen(codes, home), says_home),
    }
    columns |= _names(world, rng, record, child) | _address(world, rng, dwelling, world.schools.borough[school])
    columns |= fsm_periods(world, rng, child) | _contacts(world, rng, child, world.schools.borough[school])
    lost = postcode_marks & (BIT["no_postcode"] | BIT["postcode_unknown"])
    marks = record.marks | postcode_marks | uprn_marks | _circumstances(world, child)
    marks |= np.where(second, BIT["dual"], 0)
    return _Written(as_contract("pupils", columns, size), marks, (lost == 0) | says_home)


def _records(world: World, topic: str, child: Ints) -> Records:
    children, rng = world.children, world.streams.of(f"{topic} records")
    family = children.family[child]
    person = world.people(child)
    mothers, fathers = world.families.mother[family], world.families.surname[family]
    other = np.where(person.surname == fathers, mothers, fathers)
    step = world.names.surnames(rng, world.families.origin[family])
    other = np.where((other == person.surname) | chance(rng, 0.3, len(child)), step, other)
    return world.misspeller.write(rng, person, world.families.origin[family], other, SCHOOL)


def _names(world: World, rng: np.random.Generator, record: Records, child: Ints) -> dict[str, pa.Array]:
    lexicon, size = world.lexicon, len(child)
    family = world.children.family[child]
    changed = (record.marks & BIT["surname_changed"]) > 0
    mother = world.families.mother[family]
    former = np.where(changed & chance(rng, 0.5, size), world.children.surname[child], NONE)
    former = np.where(chance(rng, 0.004, size) & (mother != record.surname), mother, former)
    preferred = np.where(chance(rng, 0.03, size) & (mother != record.surname), mother, record.surname)
    return {
        "surname": lexicon.column(record.surname),
        "forename": lexicon.column(record.forename),
        "middle_names": kept(lexicon.column(record.middle), chance(rng, 0.85, size)),
        "preferred_surname": kept(lexicon.column(preferred), chance(rng, 0.4, size)),
        "former_surname": lexicon.column(former),
    }


def _address(
    world: World, rng: np.random.Generator, dwelling: addresses.Dwellings, school_place: Ints
) -> dict[str, pa.Array]:
    """Each school borough's way of holding an address; one school in ten has another."""
    size = len(school_place)
    places = world.places.all
    town = chosen([place.facts["town"] for place in places], world.postcodes.place[dwelling.postcode])
    town = kept(town, chance(rng, 0.7, size))
    locality = kept(addresses.localities(dwelling), chance(rng, 0.10, size))
    parts = addresses.parts(dwelling, world.postcodes, town, locality)
    ways = ("parts", *addresses.STYLES)
    usual = np.array([ways.index(place.facts.get("pupils_address", "parts")) for place in places])[school_place]
    way = np.where(chance(rng, 0.1, size), rng.integers(0, len(ways), size), usual)
    return addresses.held_by(parts, way, ways)


def _contacts(world: World, rng: np.random.Generator, child: Ints, school_place: Ints) -> dict[str, pa.Array]:
    claims, family = world.claims, world.children.family[child]
    given = chance(rng, world.places.number("contacts")[school_place], len(child))
    partner = (claims.partner_forename[family] != NONE) & chance(rng, 0.3, len(child))
    forename = np.where(partner, claims.partner_forename[family], claims.forename[family])
    surname = np.where(partner, claims.partner_surname[family], claims.surname[family])
    return {
        "contact_forename": kept(world.lexicon.column(forename), given),
        "contact_surname": kept(world.lexicon.column(surname), given),
    }


def _circumstances(world: World, child: Ints) -> Ints:
    homes, family = world.homes, world.children.family[child]
    listed = world.families.listed[family]
    facts = {
        "moved": homes.moved[family] & ~homes.came_from_elsewhere[family],
        "moved_away": homes.came_from_elsewhere[family],
        "placed_elsewhere": homes.placed_elsewhere[family],
        "other_parent": homes.other_parent[child],
        "twin": world.children.twin[child],
        "refuge": world.claims.refuge[family] & listed,
        "hostel": world.claims.hostel[family] & listed,
        "care_of": world.claims.care_of[family] & listed,
    }
    marks = np.zeros(len(child), dtype=np.int64)
    for mark, here in facts.items():
        marks |= np.where(here, BIT[mark], 0)
    return marks
