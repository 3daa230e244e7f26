"""Rules for `pupils`: PUP codes. A code, once published, is never given another meaning."""

from __future__ import annotations

import numpy as np

from shared.agreements.free_school_meals.columns.pupils import PUPIL_COLUMNS
from shared.agreements.free_school_meals.notes import IN_PUPILS, note_rules
from shared.kernel.contract.columns import column_of, texts
from shared.kernel.contract.identifiers import (
    Mask,
    postcodes_ok,
    ulns_ok,
    upns_ok,
    upns_shaped,
    upns_temporary,
    uprns_ok,
)
from shared.kernel.contract.rules import common
from shared.kernel.contract.rules.frame import (
    Frame,
    day_number,
    years_before,
)
from shared.kernel.contract.rules.registry import Context, Rulebook

PUPIL_RULES = Rulebook("PUP")

YOUNGEST, OLDEST = 2, 20
FROM_MIS = "Correct it in the school's MIS and export again."
FSM_CATEGORIES = ("TFSM", "EFSM", "OFSM", "TARGETED", "EXPANDED", "OTHER", "T", "E", "O")
"""Targeted, Expanded and Other as they may be written. Only TFSM is seen in a census so far, so others only warn."""
NO_FSM = {"fsm_start_date": None, "fsm_end_date": None, "fsm_category": None}

error, warning = PUPIL_RULES.error, PUPIL_RULES.warning

error("PUP-001", "upn", "The UPN is missing.", "Give every pupil a UPN, a temporary one where need be.")(
    common.empty("upn")
)


@error(
    "PUP-002",
    "upn",
    "The UPN does not have the shape of one: a letter, eleven digits, then a digit or letter; never I, O or S.",
    "Copy the UPN from the school's MIS; UN1 to UN5 and local numbers are not UPNs.",
)
def upn_shape(frame: Frame, _: Context) -> Mask:
    return frame.filled("upn") & ~frame.holds(upns_shaped, "upn")


@error(
    "PUP-003",
    "upn",
    "The UPN's check letter does not agree with its other characters.",
    "Copy the UPN from the school's MIS: a digit was mistyped or two were swapped.",
)
def upn_check_letter(frame: Frame, _: Context) -> Mask:
    return frame.holds(upns_shaped, "upn") & ~frame.holds(upns_ok, "upn")


@warning(
    "PUP-004",
    "upn",
    "The UPN is a temporary one.",
    "Nothing needs doing now; ask the school for the permanent UPN, so that the child keeps one number.",
)
def upn_temporary(frame: Frame, _: Context) -> Mask:
    return frame.holds(upns_temporary, "upn")


@warning(
    "PUP-005",
    "uln",
    "The ULN is not one: ten digits, not starting with 0, with a check digit. It was left out.",
    "Correct the ULN in the school's MIS, or leave it empty.",
    instead={"uln": None},
)
def uln_holds(frame: Frame, _: Context) -> Mask:
    return frame.filled("uln") & ~frame.holds(ulns_ok, "uln")


error("PUP-006", "surname", "The surname is missing.", FROM_MIS)(common.empty("surname"))
error("PUP-007", "forename", "The forename is missing.", f"{FROM_MIS} {common.SINGLE_NAME}")(common.empty("forename"))
PUPIL_RULES.error_in_each(
    "PUP-008",
    ("surname", "forename"),
    "The name has no letter in it.",
    f"{FROM_MIS} {common.SINGLE_NAME}",
    common.without_letters,
)
PUPIL_RULES.warning_in_each(
    "PUP-009",
    ("surname", "forename"),
    "The name holds digits, control characters or the mark of a wrong text encoding.",
    "Export as UTF-8 and correct the name in the school's MIS; it will match less well as it is.",
    common.damaged,
)
PUPIL_RULES.error_in_each(
    "PUP-010",
    texts(PUPIL_COLUMNS),
    f"The text is longer than {common.LONGEST_TEXT} characters.",
    "Check which column was mapped here.",
    common.too_long,
)
error("PUP-011", "dob", "The date of birth is missing.", FROM_MIS)(common.empty("dob"))
error("PUP-012", "dob", "The date of birth is a placeholder, such as 1 January 1900.", FROM_MIS)(
    common.placeholder("dob")
)
error("PUP-013", "dob", "The date of birth is in the future.", FROM_MIS)(common.future("dob"))
error(
    "PUP-014",
    "dob",
    f"The date of birth makes the pupil younger than {YOUNGEST} or older than {OLDEST}.",
    "Correct the date of birth; check that day, month and century were exported in the right order.",
)(common.age_outside("dob", YOUNGEST, OLDEST))
error("PUP-015", "sex", "The sex is missing.", FROM_MIS)(common.empty("sex"))
error("PUP-016", "sex", "The sex is not M or F.", "Send the School Census code.")(
    common.not_one_of("sex", column_of(PUPIL_COLUMNS, "sex").codes)
)
error("PUP-017", "nc_year", "The national curriculum year is missing.", FROM_MIS)(common.empty("nc_year"))
error(
    "PUP-018",
    "nc_year",
    "The national curriculum year is not a School Census code.",
    "Send E1, E2, N1, N2, R, 1 to 14, M or X, without leading zeros.",
)(common.not_one_of("nc_year", column_of(PUPIL_COLUMNS, "nc_year").codes))


@warning(
    "PUP-019",
    "nc_year",
    "The year taught is three years or more away from the pupil's age.",
    "Check the date of birth and the year; where both are right, nothing needs doing.",
)
def year_against_age(frame: Frame, context: Context) -> Mask:
    taught = np.full(len(frame), np.nan)
    for year in range(15):
        taught[frame.among("nc_year", ("R" if year == 0 else str(year),))] = year
    # Reception is the school year that starts, on 1 September, at the age of four.
    school_year = context.as_of.year - (context.as_of.month < 9)
    start = context.as_of.replace(year=school_year, month=8, day=31)
    born = frame.days("dob")
    age = np.sum([born <= years_before(start, years) for years in range(1, 30)], axis=0)
    # An age that is not a pupil's, or none, is for the rules on the date of birth.
    return np.asarray((np.abs(age - 4 - taught) >= 3) & (age >= YOUNGEST) & (age <= OLDEST))


error("PUP-020", "enrol_status", "The enrolment status is missing.", FROM_MIS)(common.empty("enrol_status"))
error("PUP-021", "enrol_status", "The enrolment status is not C, M, S, F or O.", "Send the School Census code.")(
    common.not_one_of("enrol_status", column_of(PUPIL_COLUMNS, "enrol_status").codes)
)
warning(
    "PUP-022",
    "postcode",
    "The postcode is not one. It was left out.",
    "Correct the postcode: with it the home borough is found and the match is surer.",
    instead={"postcode": None},
)(common.malformed_postcode)
warning(
    "PUP-023",
    "postcode",
    "The postcode is a ZZ99 pseudo-postcode. It counts as missing.",
    "Send the postcode of the home where there is one.",
    instead={"postcode": None},
)(common.pseudo_postcode)
warning(
    "PUP-024",
    "uprn",
    "The UPRN is not 1 to 12 digits. It was left out.",
    "Export UPRNs as text: a spreadsheet has turned this one into a decimal or an exponent.",
    instead={"uprn": None},
)(common.malformed_uprn)


@warning(
    "PUP-025",
    "postcode",
    "The pupil has no address: no postcode, no UPRN, no house and street, no address line.",
    "Add what the school knows of the home; without it the home borough may not be found.",
)
def without_address(frame: Frame, _: Context) -> Mask:
    located = frame.holds(postcodes_ok, "postcode") | frame.holds(uprns_ok, "uprn")
    return ~located & common.without_address_text(frame)


@warning(
    "PUP-026",
    "home_la",
    "The home authority is neither an ONS code nor a DfE number. It was left out.",
    "Send a code such as E09000022 or 208, or leave it empty: it is then derived from the postcode.",
    instead={"home_la": None},
)
def home_la_shape(frame: Frame, _: Context) -> Mask:
    return frame.filled("home_la") & ~frame.like("home_la", r"\A(?:[ENSW]\d{8}|\d{3})\z")


error("PUP-027", "urn", "The school's URN is missing.", FROM_MIS)(common.empty("urn"))


@error("PUP-028", "urn", "The school's URN is not six digits.", "Take the URN from Get Information about Schools.")
def urn_shape(frame: Frame, _: Context) -> Mask:
    return frame.filled("urn") & ~frame.like("urn", r"\A[1-9]\d{5}\z")


error("PUP-029", "laestab", "The school's LAESTAB is missing.", FROM_MIS)(common.empty("laestab"))


@error(
    "PUP-030",
    "laestab",
    "The school's LAESTAB is not seven digits: three for the authority, four for the establishment.",
    "Write 2104345 without a slash.",
)
def laestab_shape(frame: Frame, _: Context) -> Mask:
    return frame.filled("laestab") & ~frame.like("laestab", r"\A[1-9]\d{6}\z")


error("PUP-031", "school_name", "The school's name is missing.", "Add it; officers and letters name the school.")(
    common.empty("school_name")
)


@warning(
    "PUP-032",
    "fsm_start_date",
    "The FSM period starts before the child was born, or more than a year from now. It was left out.",
    "Correct the start of the FSM period in the school's MIS.",
    instead=NO_FSM,
)
def fsm_start_plausible(frame: Frame, context: Context) -> Mask:
    start = frame.days("fsm_start_date")
    return (start < frame.days("dob")) | (start > day_number(context.as_of) + 366)


@warning(
    "PUP-033",
    "fsm_end_date",
    "The FSM period ends before it starts. It was left out.",
    "Correct the dates of the FSM period in the school's MIS.",
    instead=NO_FSM,
)
def fsm_end_before_start(frame: Frame, _: Context) -> Mask:
    return (frame.days("fsm_end_date") < frame.days("fsm_start_date")) & ~common.is_placeholder(frame, "fsm_end_date")


@warning(
    "PUP-034",
    "fsm_end_date",
    "The FSM period has an end and no start. It was left out.",
    "Send both dates, or neither.",
    instead={"fsm_end_date": None},
)
def fsm_end_alone(frame: Frame, _: Context) -> Mask:
    return frame.filled("fsm_end_date") & ~frame.filled("fsm_start_date")


@warning(
    "PUP-035",
    "fsm_end_date",
    "The FSM period ends more than ten years from now. The end was left out, so the period is open.",
    "Leave the end empty while the period is open.",
    instead={"fsm_end_date": None},
)
def fsm_end_far(frame: Frame, context: Context) -> Mask:
    return frame.days("fsm_end_date") > day_number(context.as_of) + 3653


@warning(
    "PUP-036",
    "fsm_category",
    "The FSM category is not one that the exchange knows. It was left out.",
    f"Send one of: {', '.join(FSM_CATEGORIES)}.",
    instead={"fsm_category": None},
)
def fsm_category_known(frame: Frame, _: Context) -> Mask:
    return frame.filled("fsm_category") & ~frame.among("fsm_category", FSM_CATEGORIES)


@warning(
    "PUP-037",
    "fsm_category",
    "There is an FSM category and no FSM start date. It was left out.",
    "Send the start of the period that the category belongs to: without it no FSM period is seen as open.",
    instead={"fsm_category": None},
)
def fsm_category_alone(frame: Frame, _: Context) -> Mask:
    return frame.filled("fsm_category") & ~frame.filled("fsm_start_date")


warning(
    "PUP-038",
    "uprn",
    "The UPRN ends in zeros as one does that a spreadsheet has rounded. It was left out.",
    "Export UPRNs as text; the digits that were lost cannot be guessed.",
    instead={"uprn": None},
)(common.rounded_uprn)

note_rules(PUPIL_RULES, "pupils", IN_PUPILS, {})


@warning(
    "PUP-049",
    "fsm_end_date",
    "The end of the FSM period is a placeholder, such as 1 January 1900. It was left out, so the period is open.",
    "Leave the end empty while the period is open.",
    instead={"fsm_end_date": None},
)
def fsm_end_placeholder(frame: Frame, context: Context) -> Mask:
    return common.is_placeholder(frame, "fsm_end_date") & (frame.days("fsm_end_date") < day_number(context.as_of))
