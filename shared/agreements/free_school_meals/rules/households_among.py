"""Rules for `households` that compare rows with each other: HOU codes from 050."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.columns.households import HOUSEHOLD_COLUMNS
from shared.agreements.free_school_meals.rules.households_alike import CHILD, CLAIMANT, claimant, couple, home
from shared.kernel.contract.columns import names
from shared.kernel.contract.identifiers import Mask, as_mask
from shared.kernel.contract.rules import common
from shared.kernel.contract.rules.frame import (
    Frame,
    Groups,
    all_but_best,
    behind_the_latest,
    disagrees,
    group_sizes,
)
from shared.kernel.contract.rules.registry import Context, Rulebook

HOUSEHOLD_RULES_AMONG = Rulebook("HOU", among_rows=True)

UNWRITTEN: dict[str, object] = {"suppress_contact": True}

error, warning = HOUSEHOLD_RULES_AMONG.error, HOUSEHOLD_RULES_AMONG.warning


@error(
    "HOU-050",
    "household_ref",
    "The row repeats an earlier row exactly. The earlier one stands.",
    "Remove the repetition.",
)
def repeated_row(frame: Frame, _: Context) -> Mask:
    return common.exact_repeat(frame, ("household_ref", *CHILD), names(HOUSEHOLD_COLUMNS))


def differing(frame: Frame) -> pa.Array:
    """In which columns the rows of a child differ."""
    child = frame.same(CHILD, fold=True)
    differ = [np.where(disagrees(child, frame.same((name,))), name, None) for name in names(HOUSEHOLD_COLUMNS)]
    listed = [pa.array(columns, pa.string()) for columns in differ]
    listed_together = pc.binary_join_element_wise(*listed, ", ", null_handling="skip")
    return pc.binary_join_element_wise("The rows of this child differ in ", listed_together, ".", "")


@error(
    "HOU-051",
    "child_seq",
    "The same child is in the file in another row of the same claim or household, which stands: "
    "the latest extract, and one with a benefit before one without.",
    "Send one row for each child; claim_type BOTH where the household has both claims.",
    also=differing,
)
def same_child_twice(frame: Frame, _: Context) -> Mask:
    of_claim, days = frame.same(("household_ref", *CHILD), fold=True), frame.days("extract_date")
    preferences = (-days, frame.among("qualifying_benefit", ("NONE",)))
    verdict = behind_the_latest(of_claim, days)
    # Of two homes or claimants of a claim on one day none is better for standing first: HOU-056 and HOU-058 say so.
    _reject(
        verdict,
        frame.alike(pa.array(of_claim), claimant(frame), home(frame)),
        frame.filled("household_ref"),
        preferences,
    )
    # A household has a claim for each of two benefits in some systems, led by one parent and by the other; without an
    # address two of one name cannot be told apart, so such rows are left as they are.
    alone = frame.filled("postcode")
    alone[~verdict] &= group_sizes(of_claim[~verdict]) == 1
    _reject(verdict, frame.same((*CLAIMANT, "postcode", *CHILD), fold=True), alone, preferences)
    one, other = couple(frame)
    together = frame.alike(one, other, pa.array(frame.same(("postcode", *CHILD), fold=True)))
    _reject(verdict, together, alone & as_mask(other.is_valid()), preferences)
    return verdict


def _reject(verdict: Mask, groups: Groups, rows: Mask, preferences: Sequence[Any]) -> None:
    """Enter all but the best of each group, among those of these rows that no verdict is on."""
    left = rows & ~verdict
    verdict[left] = all_but_best(groups[left], *(order[left] for order in preferences))


@warning(
    "HOU-052",
    "household_ref",
    "A child of the same name and date of birth is in another claim of another claimant.",
    "Find out which claim the child belongs to; until then the match is for an officer to decide.",
)
def child_of_two_claims(frame: Frame, _: Context) -> Mask:
    return disagrees(frame.same(CHILD, fold=True), frame.same(("household_ref",)))


@warning(
    "HOU-053",
    "child_seq",
    "Two children of a claim have the same number.",
    "Number the children of a claim from 1, each once.",
)
def child_number_twice(frame: Frame, _: Context) -> Mask:
    return disagrees(frame.same(("household_ref", "child_seq")), frame.same(CHILD, fold=True))


@warning(
    "HOU-054",
    "child_upn",
    "The same UPN stands for different children. It was left out of all of them.",
    "Copy it from a school record, or leave it empty.",
    instead={"child_upn": None},
)
def child_upn_of_two(frame: Frame, _: Context) -> Mask:
    return frame.filled("child_upn") & disagrees(frame.same(("child_upn",)), frame.same(CHILD, fold=True))


@warning(
    "HOU-055",
    "child_uln",
    "The same ULN stands for different children. It was left out of all of them.",
    "Copy it from a school record, or leave it empty.",
    instead={"child_uln": None},
)
def child_uln_of_two(frame: Frame, _: Context) -> Mask:
    return frame.filled("child_uln") & disagrees(frame.same(("child_uln",)), frame.same(CHILD, fold=True))


@warning(
    "HOU-056",
    "claimant_surname",
    "Rows of the same claim name different claimants. Nobody of it is written to.",
    "Find out who claims, and whether the claim reference is unique; send one claimant in every row of a claim.",
    instead=UNWRITTEN,
)
def claim_of_two_claimants(frame: Frame, _: Context) -> Mask:
    return disagrees(frame.same(("household_ref",)), frame.alike(claimant(frame)))


@warning(
    "HOU-057",
    "qualifying_benefit",
    "Rows of the same claim have different benefits.",
    "A benefit belongs to the household: send the same in every row of the claim.",
)
def claim_of_two_benefits(frame: Frame, _: Context) -> Mask:
    return disagrees(frame.same(("household_ref",)), frame.same(("qualifying_benefit",)))


@warning(
    "HOU-058",
    "postcode",
    "Rows of the same claim have different homes. The claim is linked by each of them; nobody of it is written to.",
    "Find out where the family lives now, and send that home alone in every row of the claim.",
    instead=UNWRITTEN,
)
def claim_of_two_homes(frame: Frame, _: Context) -> Mask:
    return disagrees(frame.same(("household_ref",)), frame.alike(home(frame)))
