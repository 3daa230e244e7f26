"""Who is who: for each pupil row the row of the same child in a benefit extract. Kept apart from the drops."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from local.synth.claims import NO_TIER, TIERS
from local.synth.columns import chosen, kept
from local.synth.extracts import Extracts
from local.synth.rates import BIT, MARKS
from local.synth.rolls import Rolls
from local.synth.streams import Ints, rank_within
from local.synth.world import World

SCHEMA = pa.schema(
    {
        "school_slug": pa.string(),
        "pupil_row": pa.int32(),  # 0-based, in the school borough's drop
        "home_slug": pa.string(),  # where the school says the child lives; null beyond London
        "household_slug": pa.string(),  # whose extract has the child; null when none has
        "household_row": pa.int32(),  # 0-based, in that extract
        "other_household_row": pa.int32(),  # in the same extract, where two parents have claimed
        "person_id": pa.string(),
        "name_origin": pa.string(),
        "expected_tier": pa.string(),  # none, targeted, expanded or targeted_or_expanded, by the extract's evidence
        "fsm_open": pa.bool_(),  # meals are open already, so the pupil is excluded before linkage
        "invalid": pa.bool_(),  # the contract must reject the pupil row
        "reachable": pa.bool_(),  # both rows are valid and the pupil row leads to the borough that has the claim
        "marks": pa.string(),  # what makes the pair hard, comma-separated; see rates.MARKS
    }
)


def make_truth(world: World, rolls: Rolls, extracts: Extracts) -> pa.Table:
    """One row for each pupil row of each drop, in the order of the drops."""
    places = world.places
    slugs = [place.slug if number < places.boroughs else None for number, place in enumerate(places.all)]
    first = _position(extracts, len(world.children), second=False)[rolls.child]
    other = _position(extracts, len(world.children), second=True)[rolls.child]
    listed = first >= 0
    at = np.maximum(first, 0)
    reachable = listed & ~rolls.damaged & ~extracts.damaged[at] & rolls.told & (extracts.place[at] == rolls.home)
    reachable &= (rolls.marks & BIT["dob_placeholder"]) == 0
    family = world.children.family[rolls.child]
    marks = rolls.marks | np.where(listed, extracts.marks[at], BIT["not_on_claim"] * world.families.listed[family])
    marks = marks | np.where(other >= 0, BIT["two_claims"], 0)
    columns = {
        "school_slug": chosen(slugs, rolls.school_place),
        "pupil_row": pa.array(rank_within(rolls.school_place)),
        "home_slug": chosen(slugs, rolls.home),
        "household_slug": kept(chosen(slugs, extracts.place[at]), listed),
        "household_row": pa.array(extracts.row[at], mask=~listed),
        "other_household_row": pa.array(extracts.row[np.maximum(other, 0)], mask=(other < 0) | ~listed),
        "person_id": _person_ids(rolls.child),
        "name_origin": chosen(world.names.labels, world.families.origin[family]),
        "expected_tier": chosen(TIERS, np.where(listed, world.claims.shown_tier[family], NO_TIER)),
        "fsm_open": pa.array(world.fsm_open[rolls.child]),
        "invalid": pa.array(rolls.damaged | ((rolls.marks & BIT["dob_placeholder"]) > 0)),
        "reachable": pa.array(reachable),
        "marks": marks_text(marks),
    }
    return pa.table([columns[field.name].cast(field.type) for field in SCHEMA], schema=SCHEMA)


def marks_text(marks: Ints) -> pa.Array:
    """The names of the bits that are set, comma-separated."""
    distinct, which = np.unique(marks, return_inverse=True)
    texts = [",".join(mark for mark in MARKS if value & int(BIT[mark])) for value in distinct.tolist()]
    return pa.array(texts, pa.string()).take(pa.array(which))


def _position(extracts: Extracts, children: int, *, second: bool) -> Ints:
    """For each child its position among the rows of all extracts, -1 where it has none."""
    rows = np.flatnonzero(extracts.second == second)
    position = np.full(children, -1, dtype=np.int64)
    position[extracts.child[rows]] = rows
    return position


def _person_ids(child: Ints) -> pa.Array:
    return pa.array([f"P{number:07d}" for number in child.tolist()])
