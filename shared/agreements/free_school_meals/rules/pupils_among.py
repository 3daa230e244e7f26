"""Rules for `pupils` that compare rows with each other: PUP codes from 050."""

from __future__ import annotations

import numpy as np

from shared.agreements.free_school_meals.columns.pupils import PUPIL_COLUMNS
from shared.kernel.contract.columns import names
from shared.kernel.contract.identifiers import Mask, postcodes_ok, ulns_ok
from shared.kernel.contract.rules import common
from shared.kernel.contract.rules.frame import Frame, all_but_best, disagrees, group_sizes
from shared.kernel.contract.rules.registry import Context, Rulebook

PUPIL_RULES_AMONG = Rulebook("PUP", among_rows=True)

CHILD = ("surname", "forename", "dob", "postcode")
ENROLMENT_ORDER = ("C", "M", "F", "O", "S")
"""Which of a dually registered pupil's rows stands: the main registration before the subsidiary one."""

error, warning = PUPIL_RULES_AMONG.error, PUPIL_RULES_AMONG.warning


@error(
    "PUP-050",
    "upn",
    "The row repeats an earlier row exactly. The earlier one stands.",
    "Remove the repetition.",
)
def repeated_row(frame: Frame, _: Context) -> Mask:
    return common.exact_repeat(frame, ("upn",), names(PUPIL_COLUMNS))


@error(
    "PUP-051",
    "upn",
    "The same UPN stands with different dates of birth. None of these rows can be trusted.",
    "Find out in the schools' MIS which child the UPN belongs to.",
)
def upn_of_two_children(frame: Frame, _: Context) -> Mask:
    return disagrees(frame.same(("upn",)), frame.same(("dob",)))


@error(
    "PUP-052",
    "upn",
    "The same child is in the file in another row, which stands: the main registration before a subsidiary one.",
    "For a dual registration nothing needs doing; otherwise remove the row that is out of date.",
)
def same_child_twice(frame: Frame, _: Context) -> Mask:
    order = np.full(len(frame), len(ENROLMENT_ORDER))
    for place, status in enumerate(ENROLMENT_ORDER):
        order[frame.among("enrol_status", (status,))] = place
    return all_but_best(frame.same(("upn",)), order)


@warning(
    "PUP-053",
    "upn",
    "A child of the same name, date of birth and postcode is in the file under another UPN.",
    "Where it is one child, send the UPN that is right and remove the other row.",
)
def child_under_two_upns(frame: Frame, _: Context) -> Mask:
    known = frame.holds(postcodes_ok, "postcode")
    verdict = frame.none()
    children = frame.only(known)
    verdict[known] = disagrees(children.same(CHILD, fold=True), children.same(("upn",)))
    return verdict


@warning(
    "PUP-054",
    "uln",
    "The same ULN stands under several UPNs. It was left out of all of them.",
    "Find out in the schools' MIS which child the ULN belongs to.",
    instead={"uln": None},
)
def uln_of_two_children(frame: Frame, _: Context) -> Mask:
    known = frame.holds(ulns_ok, "uln")
    verdict = frame.none()
    verdict[known] = group_sizes(frame.only(known).same(("uln",))) > 1
    return verdict


@warning(
    "PUP-055",
    "laestab",
    "The same URN stands with different LAESTABs.",
    "Check both numbers of the school in Get Information about Schools.",
)
def school_with_two_numbers(frame: Frame, _: Context) -> Mask:
    return disagrees(frame.same(("urn",)), frame.same(("laestab",)))
