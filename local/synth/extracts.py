"""The households that home boroughs drop: their benefit extract, one row for each child on a claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.synth import addresses
from local.synth.addresses import Dwellings
from local.synth.claims import BENEFITS, CLAIM_TYPES, SOURCES
from local.synth.columns import as_contract, chosen, days, joined, kept, put, split
from local.synth.damage import CLAIM_ADDRESS, postcode_column, spoilt, uprn_column
from local.synth.errors_in_data import Records
from local.synth.names import NONE
from local.synth.numbers import ninos
from local.synth.rates import BIT, CLAIM
from local.synth.streams import Flags, Ints, chance, rank_within, shuffled
from local.synth.world import World

LEFT_OFF = 0.018
"""Part of children who are missing from their family's claim."""
TWO_CLAIMS = 0.003
"""Part of families whose other parent has claimed for the children as well."""
INVALID = 0.0015
WRONG: dict[str, str | date | None] = {
    "child_surname": None,
    "child_dob": date(2052, 2, 20),
    "qualifying_benefit": "UCX",
    "postcode": "SW2 1C",
    "claimant_forename": None,
}
"""What stands in an invalid row, one field in each."""
TITLES = {True: ("Ms", "Mrs", "Miss", "Ms"), False: ("Mr", "Mr", "Mr", "Dr")}
REFERENCES = {"nec": "6{:07d}", "capita": "CTR{:07d}", "civica": "CV{:07d}"}
CAPITALS = (
    "claimant_title",
    "claimant_forename",
    "claimant_surname",
    "partner_forename",
    "partner_surname",
    "saon",
    "paon",
    "street",
    "locality",
    "town",
    *addresses.LINES,
    "child_forename",
    "child_surname",
)


@dataclass(frozen=True)
class Extracts:
    """Tables by home borough, and for each row of all extracts, one borough after the other, what it is.

    `row` counts within the borough. `second` marks the rows of the other parent's claim, `damaged` rows that the
    contract must reject.
    """

    households: Mapping[str, pa.Table]
    child: Ints
    place: Ints
    row: Ints
    second: Flags
    marks: Ints
    damaged: Flags


def make_extracts(world: World, as_of: date) -> Extracts:
    """Write what home boroughs hold on `as_of`."""
    rng = world.streams.of("extracts")
    child, second = _children(world, rng)
    family = world.children.family[child]
    reference = _references(world, rng, family, second)
    order = np.lexsort((-world.children.born[child], reference, world.families.home[family]))
    child, second, reference, family = child[order], second[order], reference[order], family[order]
    place = world.families.home[family]
    table, marks = _write(world, child, second, reference, as_of)
    invalid = chance(rng, INVALID, len(child))
    slugs = {number: world.places.all[number].slug for number in np.flatnonzero(world.selected).tolist()}
    tables = split(spoilt(table, rng, invalid, WRONG), place, slugs)
    shouting = {place.slug for place in world.places.all if place.facts.get("capitals")}
    return Extracts(
        households={slug: _capitals(part) if slug in shouting else part for slug, part in tables.items()},
        child=child,
        place=place,
        row=rank_within(place),
        second=second,
        marks=marks | np.where(invalid, BIT["invalid_row"], 0),
        damaged=invalid | ((marks & BIT["dob_placeholder"]) > 0),
    )


def _children(world: World, rng: np.random.Generator) -> tuple[Ints, Flags]:
    """The children on claims, those of a second claim once more."""
    family = world.children.family
    listed = np.flatnonzero(world.families.listed[family] & ~chance(rng, LEFT_OFF, len(family)))
    two = chance(rng, TWO_CLAIMS, len(world.families))
    again = listed[two[family[listed]]]
    return np.concatenate([listed, again]), np.arange(len(listed) + len(again)) >= len(listed)


def _references(world: World, rng: np.random.Generator, family: Ints, second: Flags) -> Ints:
    """A number for each claim, in no order of anything else."""
    claim = family + second * len(world.families)
    scattered = shuffled(rng, 2 * len(world.families))
    return np.asarray(100_000 + scattered[claim] * 3)


def _write(world: World, child: Ints, second: Flags, reference: Ints, as_of: date) -> tuple[pa.Table, Ints]:
    rng = world.streams.of("extract facts")
    claims, family, size = world.claims, world.children.family[child], len(child)
    place = world.families.home[family]
    record = _records(world, child)
    by_claim = np.unique(reference * 64 + place, return_index=True, return_inverse=True)
    first, claim = by_claim[1], by_claim[2]
    dwelling = world.homes.claim.take(family).where(second, world.homes.second.take(family))
    postcode, postcode_marks = _once(*postcode_column(rng, dwelling.take(first), world.postcodes, CLAIM_ADDRESS), claim)
    uprn, uprn_marks = _once(*uprn_column(rng, dwelling.take(first), world.postcodes, CLAIM_ADDRESS), claim)
    known = claims.earnings_known[family]
    held = world.places.number("upn_held")[place]
    patterns = [REFERENCES[p.facts["supplier"]] if "supplier" in p.facts else "{}" for p in world.places.all]
    columns = {
        "household_ref": pa.array(
            [patterns[p].format(n) for p, n in zip(place.tolist(), reference.tolist(), strict=True)]
        ),
        "claim_type": chosen(list(CLAIM_TYPES), claims.claim_type[family]),
        "source": chosen(list(SOURCES), claims.source[family]),
        "qualifying_benefit": chosen(list(BENEFITS), claims.benefit[family]),
        "uc_net_earnings": pa.array(claims.earnings[family], mask=~known),
        "postcode": postcode,
        "uprn": uprn,
        "child_seq": pa.array(rank_within(claim) + 1),
        "child_forename": world.lexicon.column(record.forename),
        "child_surname": world.lexicon.column(record.surname),
        "child_dob": days(record.born),
        "child_sex": kept(chosen(("M", "F"), record.female.astype(np.int64)), chance(rng, 0.93, size)),
        "child_upn": kept(
            world.upn.take(pa.array(child)), (world.children.nc_year[child] >= 0) & chance(rng, held, size)
        ),
        "child_uln": kept(
            world.uln.take(pa.array(child)), (world.children.nc_year[child] > 9) & chance(rng, held * 0.2, size)
        ),
        "suppress_contact": pa.array(claims.refuge[family]),
        "extract_date": days((as_of.toordinal() - 719_163) - 3 - place * 5 % 18),
    }
    columns |= _people(world, rng, family, second, first, claim) | _address(world, rng, dwelling, family, first, claim)
    return as_contract("households", columns, size), record.marks | postcode_marks | uprn_marks | np.where(
        second, BIT["two_claims"], 0
    )


def _records(world: World, child: Ints) -> Records:
    children, rng = world.children, world.streams.of("extract records")
    family = children.family[child]
    person = world.people(child)
    claimant = world.claims.surname[family]
    other = np.where(claimant == person.surname, world.names.surnames(rng, world.families.origin[family]), claimant)
    return world.misspeller.write(rng, person, world.families.origin[family], other, CLAIM)


def _people(
    world: World, rng: np.random.Generator, family: Ints, second: Flags, first: Ints, claim: Ints
) -> dict[str, pa.Array]:
    """Claimant and partner, the same in each row of a claim. On a second claim the other parent is the claimant."""
    claims, lexicon = world.claims, world.lexicon
    one, other = family[first], second[first]
    woman = claims.woman[one] ^ other
    drawn = world.names.forenames(rng, world.families.origin[one], woman)
    forename = np.where(other, drawn, claims.forename[one])
    surname = np.where(
        other, np.where(woman, world.families.mother[one], world.families.surname[one]), claims.surname[one]
    )
    plain = lexicon.changed(surname, lambda text: text.replace("-", " "))
    surname = np.where(chance(rng, 0.2, len(one)), plain, surname)
    paired = ~other & (claims.partner_forename[one] != NONE)
    title = rng.integers(0, 4, len(one))
    born = claims.born[one] - np.where(other, 700, 0)
    columns = {
        "claimant_title": put(chosen(TITLES[False], title), woman, chosen(TITLES[True], title)),
        "claimant_forename": lexicon.column(forename),
        "claimant_surname": lexicon.column(surname),
        "claimant_dob": days(born, ~chance(rng, 0.01, len(one))),
        "claimant_nino": kept(ninos(world.streams, len(one)), ~chance(rng, 0.02, len(one))),
        "partner_forename": lexicon.column(np.where(paired, claims.partner_forename[one], NONE)),
        "partner_surname": lexicon.column(np.where(paired, claims.partner_surname[one], NONE)),
    }
    return {name: column.take(pa.array(claim)) for name, column in columns.items()}


def _address(
    world: World, rng: np.random.Generator, dwelling: Dwellings, family: Ints, first: Ints, claim: Ints
) -> dict[str, pa.Array]:
    """Each home borough's way of holding an address; a care-of address begins with whose it is."""
    one = dwelling.take(first)
    size = len(first)
    places = world.places.all
    home = world.families.home[family[first]]
    town = kept(chosen([p.facts["town"] for p in places], world.postcodes.place[one.postcode]), chance(rng, 0.85, size))
    parts = addresses.parts(one, world.postcodes, town, kept(addresses.localities(one), chance(rng, 0.06, size)))
    ways = ("parts", *addresses.STYLES)
    way = np.array([ways.index(place.facts.get("households_address", "parts")) for place in places])[home]
    columns = addresses.held_by(parts, way, ways)
    host = world.lexicon.column(world.names.surnames(rng, world.families.origin[family[first]]))
    care_of = pc.binary_join_element_wise("c/o Mrs", host, " ")
    guests = world.claims.care_of[family[first]]
    in_parts = guests & (way == 0)
    columns["saon"] = put(columns["saon"], in_parts, joined(care_of, columns["saon"], ", "))
    in_lines = guests & (way != 0)
    for line in reversed(range(2, 5)):
        columns[f"address_line_{line}"] = put(
            columns[f"address_line_{line}"], in_lines, columns[f"address_line_{line - 1}"]
        )
    columns["address_line_1"] = put(columns["address_line_1"], in_lines, care_of)
    return {name: column.take(pa.array(claim)) for name, column in columns.items()}


def _once(column: pa.Array, marks: Ints, claim: Ints) -> tuple[pa.Array, Ints]:
    """One cell for each claim, laid out over its rows."""
    return column.take(pa.array(claim)), marks[claim]


def _capitals(table: pa.Table) -> pa.Table:
    for name in CAPITALS:
        upper = pc.utf8_upper(table.column(name))
        table = table.set_column(table.column_names.index(name), table.schema.field(name), upper)
    return table
