"""Rules for `households` that compare rows with each other: HOU codes from 050."""

from __future__ import annotations

from shared.agreements.free_school_meals.columns.households import HOUSEHOLD_COLUMNS
from shared.kernel.contract.columns import names
from shared.kernel.contract.identifiers import Mask
from shared.kernel.contract.rules import common
from shared.kernel.contract.rules.frame import Frame, all_but_best, disagrees, group_sizes
from shared.kernel.contract.rules.registry import Context, Rulebook

HOUSEHOLD_RULES_AMONG = Rulebook("HOU", among_rows=True)

CHILD = ("child_forename", "child_surname", "child_dob")
CLAIMANT = ("claimant_forename", "claimant_surname")

error, warning = HOUSEHOLD_RULES_AMONG.error, HOUSEHOLD_RULES_AMONG.warning


@error(
    "HOU-050",
    "household_ref",
    "The row repeats an earlier row exactly. The earlier one stands.",
    "Remove the repetition.",
)
def repeated_row(frame: Frame, _: Context) -> Mask:
    return common.exact_repeat(frame, ("household_ref", *CHILD), names(HOUSEHOLD_COLUMNS))


@error(
    "HOU-051",
    "child_seq",
    "The same child is in the file in another row of the same claim or claimant, which stands: "
    "the latest extract, and one with a benefit before one without.",
    "Send one row for each child; claim_type BOTH where the household has both claims.",
)
def same_child_twice(frame: Frame, _: Context) -> Mask:
    preferences = (-frame.days("extract_date"), frame.among("qualifying_benefit", ("NONE",)))
    verdict = all_but_best(frame.same(("household_ref", *CHILD), fold=True), *preferences)
    # A claimant has a claim for each of two benefits in some systems; without an address two claimants of one name
    # cannot be told apart, so such rows are left as they are.
    left = ~verdict & frame.filled("postcode")
    verdict[left] = all_but_best(
        frame.only(left).same((*CLAIMANT, "postcode", *CHILD), fold=True), *(order[left] for order in preferences)
    )
    return verdict


@warning(
    "HOU-052",
    "household_ref",
    "A child of the same name and date of birth is in another claim of another claimant.",
    "Find out which claim the child belongs to; until then the match is for an officer to decide.",
)
def child_of_two_claims(frame: Frame, _: Context) -> Mask:
    return group_sizes(frame.same(CHILD, fold=True)) > 1


@warning(
    "HOU-053",
    "child_seq",
    "Two children of a claim have the same number.",
    "Number the children of a claim from 1, each once.",
)
def child_number_twice(frame: Frame, _: Context) -> Mask:
    return group_sizes(frame.same(("household_ref", "child_seq"))) > 1


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
    "Rows of the same claim name different claimants.",
    "Check that the claim reference is unique; a letter goes to the claimant of the child's row.",
)
def claim_of_two_claimants(frame: Frame, _: Context) -> Mask:
    return disagrees(frame.same(("household_ref",)), frame.same(CLAIMANT, fold=True))


@warning(
    "HOU-057",
    "qualifying_benefit",
    "Rows of the same claim have different benefits.",
    "A benefit belongs to the household: send the same in every row of the claim.",
)
def claim_of_two_benefits(frame: Frame, _: Context) -> Mask:
    return disagrees(frame.same(("household_ref",)), frame.same(("qualifying_benefit",)))
