"""What a home borough holds of a family on benefit: claimant, partner, benefit, earnings; and the tier that follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from local.synth.families import Children, Families
from local.synth.names import NONE, Names
from local.synth.streams import Flags, Floats, Ints, Streams, chance, pick

BENEFITS = {"UC": 0.745, "NONE": 0.115, "ESAIR": 0.05, "IS": 0.04, "PCGC": 0.015, "NASS": 0.02, "JSAIB": 0.015}
CLAIM_TYPES = {"CTR": 0.55, "BOTH": 0.30, "HB": 0.15}
SOURCES = {"LOCAL": 0.62, "UCDS": 0.38}
TIERS = ("none", "targeted", "expanded", "targeted_or_expanded")
NO_TIER, TARGETED, EXPANDED, UNDECIDED = range(4)
TARGETED_LIMIT = 616.67
"""Pounds of net earnings in the latest assessment period, for Universal Credit since 1 September 2026."""

REGISTERED = {NO_TIER: 0.06, TARGETED: 0.87, EXPANDED: 0.40}
"""Part of pupils whose meals are open already, by the tier that their family really has."""
REGISTERED_UNLISTED = 0.06
"""The same for pupils of families in no extract: claims that council systems do not see."""
REFUGE, HOSTEL, CARE_OF = 0.006, 0.012, 0.004
"""Part of claims at a refuge (contact suppressed), at a hostel, and at somebody else's address."""


@dataclass(frozen=True)
class Claims:
    """One entry for each family; those that are not listed have values that nobody uses."""

    benefit: Ints
    claim_type: Ints
    source: Ints
    earnings: Floats
    """Net earnings of the latest period in pounds, NaN where not on Universal Credit."""
    earnings_known: Flags
    woman: Flags
    forename: Ints
    surname: Ints
    born: Ints
    partner_forename: Ints
    partner_surname: Ints
    refuge: Flags
    hostel: Flags
    care_of: Flags
    real_tier: Ints
    shown_tier: Ints
    """The tier that follows from what the extract shows."""


def make_claims(streams: Streams, families: Families, children: Children, names: Names) -> Claims:
    """A claim for each family."""
    rng = streams.of("claims")
    size = len(families)
    benefit = pick(rng, list(BENEFITS.values()), size)
    source = pick(rng, list(SOURCES.values()), size)
    on_uc = benefit == list(BENEFITS).index("UC")
    earns = chance(rng, 0.58, size)
    amount = np.round(60 + 900 * rng.random(size) + 1900 * rng.random(size) ** 3, 2)
    earnings = np.where(on_uc, np.where(earns, amount, 0.0), np.nan)
    known = on_uc & chance(rng, np.where(source == list(SOURCES).index("UCDS"), 0.97, 0.55), size)
    other = np.where(benefit == list(BENEFITS).index("NONE"), NO_TIER, TARGETED)
    real = np.where(on_uc, np.where(earnings <= TARGETED_LIMIT, TARGETED, EXPANDED), other)

    woman = chance(rng, 0.77, size)
    mans = names.forenames(rng, families.origin, np.zeros(size, dtype=bool))
    womans = names.forenames(rng, families.origin, np.ones(size, dtype=bool))
    paired = chance(rng, 0.42, size)
    eldest = np.zeros(size, dtype=np.int64)
    eldest[children.family] = children.born  # the last of a family is the eldest
    institution = rng.random(size)
    return Claims(
        benefit=benefit,
        claim_type=pick(rng, list(CLAIM_TYPES.values()), size),
        source=source,
        earnings=earnings,
        earnings_known=known,
        woman=woman,
        forename=np.where(woman, womans, mans),
        surname=np.where(woman, families.mother, families.surname),
        born=eldest - (365.25 * (18.5 + 22 * rng.random(size) ** 1.2)).astype(np.int64),
        partner_forename=np.where(paired, np.where(woman, mans, womans), NONE),
        partner_surname=np.where(paired, np.where(woman, families.surname, families.mother), NONE),
        refuge=families.listed & (institution < REFUGE),
        hostel=families.listed & (institution >= REFUGE) & (institution < REFUGE + HOSTEL),
        care_of=families.listed & (institution >= 1 - CARE_OF),
        real_tier=real,
        shown_tier=np.where(on_uc & ~known, UNDECIDED, real),
    )


def registered(streams: Streams, families: Families, children: Children, claims: Claims) -> Flags:
    """Which children have free school meals open. Siblings are mostly registered together."""
    rng = streams.of("registered")
    rate = np.zeros(len(REGISTERED))
    rate[list(REGISTERED)] = list(REGISTERED.values())
    probability = np.where(families.listed, rate[claims.real_tier], REGISTERED_UNLISTED)[children.family]
    together = chance(rng, 0.7, len(children))
    throw = np.where(together, rng.random(len(families))[children.family], rng.random(len(children)))
    return np.asarray(throw < probability)
