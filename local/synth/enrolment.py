"""What a roll says of a pupil's place at school: year, status, and periods of free school meals."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from local.synth.claims import EXPANDED, TARGETED
from local.synth.columns import chosen, days, kept
from local.synth.families import LAST_COMPULSORY
from local.synth.streams import Flags, Ints, chance, pick
from local.synth.world import World


def fsm_periods(world: World, rng: np.random.Generator, child: Ints) -> dict[str, pa.Array]:
    """The latest period: open, or closed for some, or none."""
    size = len(child)
    term = (world.term.toordinal()) - 719_163
    is_open = world.fsm_open[child]
    closed = ~is_open & chance(rng, 0.06, size)
    tier = world.claims.real_tier[world.children.family[child]]
    years = np.minimum(np.maximum(world.children.nc_year[child], 0), 8) + 1
    begun = term - 365 * rng.integers(0, years) + rng.integers(0, 60, size)
    start = np.where(is_open & (tier == EXPANDED), term + rng.integers(0, 40, size), begun)
    start = np.minimum(start, term + 60)
    start = np.where(closed, start - 420, start)
    end = np.where(closed, start + rng.integers(120, 360, size), 0)
    targeted = is_open & (tier == TARGETED) & chance(rng, 0.8, size)
    return {
        "fsm_start_date": days(np.maximum(start, world.children.born[child] + 900), is_open | closed),
        "fsm_end_date": days(np.maximum(end, world.children.born[child] + 1000), closed),
        "fsm_category": kept(pa.array(["TFSM"] * size), targeted),
    }


def census_year(year: Ints) -> pa.Array:
    """The census code of a year: `N2`, `R`, `1` to `13`."""
    return chosen(("N2", "R", *(str(n) for n in range(1, 14))), np.clip(year, -1, 13) + 1)


def enrolment_status(rng: np.random.Generator, nc_year: Ints, second: Flags) -> pa.Array:
    """Single for nearly all; subsidiary for a `second` registration; further education for some above Year 11."""
    status = pick(rng, [0.988, 0.009, 0.0, 0.001, 0.002], len(nc_year))
    college = (nc_year > LAST_COMPULSORY) & chance(rng, 0.05, len(nc_year))
    return chosen(("C", "M", "S", "F", "O"), np.where(second, 2, np.where(college, 3, status)))
