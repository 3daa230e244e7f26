"""One call makes synthetic London; `files.write` writes it.

The same seed, scale and boroughs give the same bytes of every file, whatever the machine's clock or hash seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from local.synth.extracts import make_extracts
from local.synth.rolls import make_rolls
from local.synth.truth import make_truth
from local.synth.world import Progress, make_world
from shared.kernel.errors import InvalidInput

PILOT = ("lambeth", "lewisham", "southwark", "wandsworth")
AS_OF = date(2026, 11, 16)
ELSEWHERE = 0.25
"""A pilot's schools also teach pupils from boroughs that take no part. This part of them is made, so that they are
seen, but do not fill the files."""


@dataclass(frozen=True)
class London:
    """All files of one synthetic term, as tables. Row numbers of `truth` count in these very tables."""

    seed: int
    scale: float
    as_of: date
    collection: str
    boroughs: tuple[str, ...]
    pupils: Mapping[str, pa.Table]
    """By school borough: the contract's `pupils`."""
    residents: Mapping[str, pa.Table]
    """By school borough: some pupils who live where they go to school. They are in its census, and in no drop."""
    households: Mapping[str, pa.Table]
    """By home borough: the contract's `households`."""
    schools: pa.Table
    postcodes: pa.Table
    """`postcode` and `ons_code` of every postcode of the synthetic city and around it."""
    truth: pa.Table
    """See `truth.SCHEMA`."""


def generate(
    seed: int = 1,
    scale: float = 0.35,
    boroughs: Sequence[str] = PILOT,
    *,
    as_of: date = AS_OF,
    elsewhere: float = ELSEWHERE,
    progress: Progress | None = None,
) -> London:
    """Make the drops of `boroughs` (slugs) and their truth.

    At `scale` 1 the 33 boroughs together have about 145,000 cross-border pupils and 600,000 children on benefit.
    `as_of` is the day of the extracts; the school year and the census are the latest before it. `elsewhere` is the
    part of the pupils from boroughs that are not listed. Raises `InvalidInput` (INP-000) for an unknown borough or
    a bad scale.
    """
    say = progress or (lambda _: None)
    year = as_of.year if as_of.month >= 9 else as_of.year - 1
    chosen = tuple(sorted(set(boroughs)))
    _check(seed, chosen, scale)
    world = make_world(seed, scale, chosen, elsewhere, date(year, 9, 1), say)
    say("school records")
    rolls = make_rolls(world)
    say("benefit extracts")
    extracts = make_extracts(world, as_of)
    say("truth")
    return London(
        seed=seed,
        scale=scale,
        as_of=as_of,
        collection=f"{year}-autumn",
        boroughs=chosen,
        pupils=rolls.pupils,
        residents=rolls.residents,
        households=extracts.households,
        schools=world.schools.table(world.places),
        postcodes=world.postcodes.table(world.places),
        truth=make_truth(world, rolls, extracts),
    )


def _check(seed: int, boroughs: tuple[str, ...], scale: float) -> None:
    from local.synth.places import load_places

    places = load_places()
    known = {place.slug for place in places.all[: places.boroughs]}
    unknown = [slug for slug in boroughs if slug not in known]
    if unknown or not boroughs:
        raise InvalidInput(
            "INP-000", f"There is no borough {', '.join(unknown) or 'named'}.", f"Use {', '.join(sorted(known))}."
        )
    if not 0 < scale <= 4:
        raise InvalidInput("INP-000", "The scale is not above 0 and at most 4.", "1 is a whole London term.")
    if seed < 0:
        raise InvalidInput("INP-000", "The seed is below 0.", "Use any whole number from 0.")
