"""Rules for `households`: HOU codes. A code, once published, is never given another meaning."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shared.agreements.free_school_meals.columns.households import HOUSEHOLD_COLUMNS
from shared.agreements.free_school_meals.notes import IN_HOUSEHOLDS, note_rules, stopped
from shared.agreements.free_school_meals.rules.households_alike import CHILD, claimant, couple
from shared.kernel.contract.columns import column_of, texts
from shared.kernel.contract.identifiers import Mask, as_mask, nino_bodies_ok, ninos_ok, ulns_ok, upns_ok
from shared.kernel.contract.rules import common
from shared.kernel.contract.rules.frame import Frame, day_number, disagrees
from shared.kernel.contract.rules.registry import Context, Rulebook

HOUSEHOLD_RULES = Rulebook("HOU")

OLDEST_CHILD = 20
CLAIMANT_AGES = (14, 110)
MOST_EARNINGS = 20_000.0
"""Pounds in one month; beyond it the cell is a yearly amount, pence or another column."""
MOST_CHILDREN = 30
NAMES = ("claimant_forename", "claimant_surname", "child_forename", "child_surname")
FROM_CLAIM = "Correct it in the benefit system and extract again."
SINGLE = f"{FROM_CLAIM} {common.SINGLE_NAME}"

error, warning = HOUSEHOLD_RULES.error, HOUSEHOLD_RULES.warning

error("HOU-001", "household_ref", "The claim reference is missing.", "Give every row the reference of its claim.")(
    common.empty("household_ref")
)
HOUSEHOLD_RULES.error_in_each(
    "HOU-002",
    ("claim_type", "source", "qualifying_benefit"),
    "A code is missing.",
    "Send one of the codes of the data dictionary; NONE where the household has no qualifying benefit.",
    common.empty,
)
HOUSEHOLD_RULES.error_in_each(
    "HOU-003",
    ("claim_type", "source", "qualifying_benefit"),
    "The code is not in the code set.",
    "Send one of the codes of the data dictionary.",
    lambda field: common.not_one_of(field, column_of(HOUSEHOLD_COLUMNS, field).codes),
)


@warning(
    "HOU-004",
    "uc_net_earnings",
    "Earnings were sent for a household that is not on Universal Credit. They were left out.",
    "Send earnings only with qualifying_benefit UC: for other benefits they are not needed.",
    instead={"uc_net_earnings": None},
)
def earnings_without_uc(frame: Frame, _: Context) -> Mask:
    return (
        frame.filled("uc_net_earnings")
        & frame.filled("qualifying_benefit")
        & ~frame.among("qualifying_benefit", ("UC",))
    )


@warning(
    "HOU-005",
    "uc_net_earnings",
    f"Earnings are no number (NaN), below nothing or above £{MOST_EARNINGS:,.0f} a month. They were left out.",
    "Send pounds for the latest assessment period, not pence and not a year; where they are not known, an empty cell.",
    instead={"uc_net_earnings": None},
)
def earnings_plausible(frame: Frame, _: Context) -> Mask:
    earnings = frame.numbers("uc_net_earnings")
    no_number = frame.filled("uc_net_earnings") & np.isnan(earnings)
    return no_number | (earnings < 0) | (earnings > MOST_EARNINGS)


HOUSEHOLD_RULES.error_in_each("HOU-006", NAMES, "The name is missing.", SINGLE, common.empty)
HOUSEHOLD_RULES.error_in_each("HOU-007", NAMES, "The name has no letter in it.", SINGLE, common.without_letters)
HOUSEHOLD_RULES.warning_in_each(
    "HOU-008",
    NAMES,
    "The name holds digits, control characters or the mark of a wrong text encoding.",
    "Export as UTF-8 and correct the name; it will match less well as it is.",
    common.damaged,
)
HOUSEHOLD_RULES.error_in_each(
    "HOU-009",
    texts(HOUSEHOLD_COLUMNS),
    f"The text is longer than {common.LONGEST_TEXT} characters.",
    "Check which column was mapped here.",
    common.too_long,
)
warning(
    "HOU-010",
    "claimant_dob",
    "The claimant's date of birth is a placeholder, such as 1 January 1900. It was left out.",
    FROM_CLAIM,
    instead={"claimant_dob": None},
)(common.placeholder("claimant_dob"))


@warning(
    "HOU-011",
    "claimant_dob",
    f"The claimant's date of birth makes them younger than {CLAIMANT_AGES[0]} or older than {CLAIMANT_AGES[1]}. "
    "It was left out.",
    FROM_CLAIM,
    instead={"claimant_dob": None},
)
def claimant_age(frame: Frame, context: Context) -> Mask:
    outside = common.age_outside("claimant_dob", *CLAIMANT_AGES)(frame, context)
    return outside | common.future("claimant_dob")(frame, context)


@warning(
    "HOU-012",
    "claimant_nino",
    "The National Insurance number is not one. It was left out.",
    "Correct it; a temporary reference number is not a National Insurance number.",
    instead={"claimant_nino": None},
)
def nino_holds(frame: Frame, _: Context) -> Mask:
    return frame.filled("claimant_nino") & ~frame.holds(ninos_ok, "claimant_nino") & ~nino_body(frame)


@warning(
    "HOU-013",
    "claimant_nino",
    "The National Insurance number lacks its last letter.",
    "Add A, B, C or D: the DfE check asks for it. The first eight characters serve until then.",
)
def nino_without_suffix(frame: Frame, _: Context) -> Mask:
    return nino_body(frame)


def nino_body(frame: Frame) -> Mask:
    """Where the first eight characters of a NINO stand alone."""
    return frame.holds(nino_bodies_ok, "claimant_nino")


@warning(
    "HOU-014",
    "partner_surname",
    "The partner has a forename or a surname only.",
    "Send both, or neither.",
)
def partner_name_complete(frame: Frame, _: Context) -> Mask:
    return frame.filled("partner_forename") ^ frame.filled("partner_surname")


error("HOU-015", "postcode", "The postcode is missing.", "Send the postcode of the claim's address.")(
    common.empty("postcode")
)
error(
    "HOU-016",
    "postcode",
    "The postcode is not one.",
    "Correct it: a letter goes to the claim's address, so it must be whole.",
)(common.malformed_postcode)
warning(
    "HOU-017",
    "postcode",
    "The postcode is a ZZ99 pseudo-postcode. It counts as missing.",
    "Send the postcode of the home where there is one.",
    instead={"postcode": None},
)(common.pseudo_postcode)
warning(
    "HOU-018",
    "uprn",
    "The UPRN is not 1 to 12 digits. It was left out.",
    "Export UPRNs as text: a spreadsheet has turned this one into a decimal or an exponent.",
    instead={"uprn": None},
)(common.malformed_uprn)


@warning(
    "HOU-019",
    "address_line_1",
    "The address has neither a house and street nor an address line.",
    "Add the address: a letter cannot be addressed without it.",
)
def without_address(frame: Frame, _: Context) -> Mask:
    return common.without_address_text(frame)


error("HOU-020", "child_seq", "The child's number is missing.", "Number the children of a claim from 1.")(
    common.empty("child_seq")
)


@error(
    "HOU-021",
    "child_seq",
    f"The child's number is not between 1 and {MOST_CHILDREN}.",
    "Number the children of a claim from 1.",
)
def child_seq_plausible(frame: Frame, _: Context) -> Mask:
    number = frame.numbers("child_seq")
    return (number < 1) | (number > MOST_CHILDREN)


error("HOU-022", "child_dob", "The child's date of birth is missing.", FROM_CLAIM)(common.empty("child_dob"))
error("HOU-023", "child_dob", "The child's date of birth is a placeholder, such as 1 January 1900.", FROM_CLAIM)(
    common.placeholder("child_dob")
)
error("HOU-024", "child_dob", "The child's date of birth is in the future.", FROM_CLAIM)(common.future("child_dob"))
error(
    "HOU-025",
    "child_dob",
    f"The date of birth makes the child older than {OLDEST_CHILD}.",
    "Send dependent children only, one per row; check that the claimant's date was not exported here.",
)(common.age_outside("child_dob", 0, OLDEST_CHILD))
warning(
    "HOU-026",
    "child_sex",
    "The child's sex is not M or F. It was left out.",
    "Send M or F, or leave it empty.",
    instead={"child_sex": None},
)(common.not_one_of("child_sex", column_of(HOUSEHOLD_COLUMNS, "child_sex").codes))


@warning(
    "HOU-027",
    "child_upn",
    "The child's UPN does not hold. It was left out.",
    "Copy it from a school record, or leave it empty.",
    instead={"child_upn": None},
)
def child_upn_holds(frame: Frame, _: Context) -> Mask:
    return frame.filled("child_upn") & ~frame.holds(upns_ok, "child_upn")


@warning(
    "HOU-028",
    "child_uln",
    "The child's ULN does not hold. It was left out.",
    "Copy it from a school record, or leave it empty.",
    instead={"child_uln": None},
)
def child_uln_holds(frame: Frame, _: Context) -> Mask:
    return frame.filled("child_uln") & ~frame.holds(ulns_ok, "child_uln")


error(
    "HOU-029",
    "suppress_contact",
    "It is not said whether the household may be written to.",
    "Send true or false in every row: an empty cell is not consent to write.",
)(common.empty("suppress_contact"))
error("HOU-030", "extract_date", "The day of the extract is missing.", "Send the day the evidence was taken.")(
    common.empty("extract_date")
)
error("HOU-031", "extract_date", "The day of the extract is in the future.", "Send the day the evidence was taken.")(
    common.future("extract_date")
)


@error(
    "HOU-032",
    "extract_date",
    "The extract is older than the agreement allows.",
    "Extract again and send the new file.",
)
def stale_extract(frame: Frame, context: Context) -> Mask:
    return frame.days("extract_date") < day_number(context.as_of) - context.stale_after_days


@warning(
    "HOU-033",
    "suppress_contact",
    "Rows of the same claim or the same child disagree on whether the household may be written to. "
    "It will not be written to.",
    "Set the flag alike in every row of the household.",
    instead={"suppress_contact": True},
)
def suppression_disagrees(frame: Frame, _: Context) -> Mask:
    # Rejected rows count too: a refuge household must not lose its protection by a typing error in one child's row.
    # So does a note: the brother of a child who has died is in the same family.
    suppressed = (frame.true("suppress_contact") | stopped(frame, IN_HOUSEHOLDS)).astype(np.int64)
    by_claim = frame.filled("household_ref") & disagrees(frame.same(("household_ref",)), suppressed)
    named = frame.filled("child_forename") & frame.filled("child_surname") & frame.filled("child_dob")
    return by_claim | (named & disagrees(frame.same(CHILD, fold=True), suppressed))


warning(
    "HOU-034",
    "uprn",
    "The UPRN ends in zeros as one does that a spreadsheet has rounded. It was left out.",
    "Export UPRNs as text; the digits that were lost cannot be guessed.",
    instead={"uprn": None},
)(common.rounded_uprn)


@error(
    "HOU-035",
    "household_ref",
    "The claim's reference is an exponent (as 1.23E+11): a spreadsheet has rounded it.",
    "Export the column as text: rounded references make one household of several.",
)
def reference_is_exponent(frame: Frame, _: Context) -> Mask:
    return frame.like("household_ref", r"\A\d+(\.\d+)?[eE]\+?\d+\z")


@warning(
    "HOU-036",
    "household_ref",
    "The claim's reference has more than 15 digits and ends in zeros as one does that a spreadsheet has rounded.",
    "Compare it with the benefit system; export the column as text.",
)
def reference_rounded(frame: Frame, _: Context) -> Mask:
    return frame.like("household_ref", r"\A[1-9]\d{14}0+\z")


note_rules(HOUSEHOLD_RULES, "households", IN_HOUSEHOLDS, {"suppress_contact": True})


@warning(
    "HOU-047",
    "claim_type",
    "The household has two claims with this child, one of each type. It counts as both.",
    "Nothing needs doing. One row with claim_type BOTH says the same.",
    instead={"claim_type": "BOTH"},
)
def claims_of_both_types(frame: Frame, _: Context) -> Mask:
    child, verdict = pa.array(frame.same(("postcode", *CHILD), fold=True)), frame.none()
    for people in ((claimant(frame),), couple(frame)):
        household = frame.alike(child, *people)
        several = disagrees(household, frame.same(("household_ref",))) & disagrees(
            household, frame.same(("claim_type",))
        )
        verdict |= several & as_mask(people[-1].is_valid()) & frame.filled("postcode")
    return verdict & frame.among("claim_type", ("HB", "CTR"))


@error(
    "HOU-048",
    "household_ref",
    "The claim's reference has neither a letter nor a digit, or is a database's word for nothing.",
    "Give every row the reference of its claim: without it all such rows would be one household.",
)
def reference_is_nothing(frame: Frame, _: Context) -> Mask:
    signs = frame.filled("household_ref") & ~frame.like("household_ref", r"[\pL\pN]")
    return signs | frame.like("household_ref", r"(?i)\A\W*(?:null|none|nan|nil|n/a)\W*\z|\A\\N\z")
