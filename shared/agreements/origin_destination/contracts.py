"""The three datasets of the agreement. Nothing in them names a child but the pupil's number, and no row is released."""

from __future__ import annotations

import numpy as np

from shared.kernel.contract.columns import Column, Contract, Grouping, day, text
from shared.kernel.contract.identifiers import Mask, postcodes_ok, pseudo_postcodes, upns_ok, upns_shaped
from shared.kernel.contract.rules import common
from shared.kernel.contract.rules.frame import Frame, all_but_best, day_number
from shared.kernel.contract.rules.registry import Context, Rulebook

CENSUS = "School Census"
MOST = 100_000
"""Children of one pair of authorities; the largest authority has fewer pupils than three times as many."""
CODE = r"\A(?:[ENSW]\d{8}|\d{3})\z"
"""An ONS code or a DfE number."""

PUPIL_COLUMNS = (
    text(
        "upn",
        "Unique Pupil Number, so that no pupil of a file is counted twice",
        "J210234519001",
        f"{CENSUS} pupilonroll.upn",
        required=True,
        form="identifier",
    ),
    text(
        "laestab",
        "LA number and establishment number of the school, 7 digits",
        "2104345",
        f"{CENSUS} school.lea+estab",
        required=True,
        form="identifier",
    ),
    text("home_la", "Home authority: ONS code or DfE number", "E09000022", "exchange", form="identifier"),
    text(
        "postcode",
        "Postcode of the home, only where home_la is empty",
        "SW2 5SG",
        f"{CENSUS} addressesonroll",
        form="postcode",
    ),
    day("fsm_start_date", "Start of the latest FSM period", "2024-09-02", f"{CENSUS} fsmperiodsonroll.fsmstartdate"),
    day("fsm_end_date", "End of that period; empty while it is open", "2025-07-31", f"{CENSUS} fsmperiodsonroll"),
)

PUPIL_RULES = Rulebook("ORP")
PUPIL_RULES_AMONG = Rulebook("ORP", among_rows=True)
FROM_MIS = "Correct it in the school's MIS and export again."

PUPIL_RULES.error("ORP-001", "upn", "The UPN is missing.", "Give every pupil a UPN, a temporary one where need be.")(
    common.empty("upn")
)


@PUPIL_RULES.error("ORP-002", "upn", "The UPN is not one: its shape or its check letter is wrong.", FROM_MIS)
def upn_holds(frame: Frame, _: Context) -> Mask:
    return frame.filled("upn") & ~(frame.holds(upns_shaped, "upn") & frame.holds(upns_ok, "upn"))


PUPIL_RULES.error("ORP-003", "laestab", "The school's LAESTAB is missing.", FROM_MIS)(common.empty("laestab"))


@PUPIL_RULES.error(
    "ORP-004",
    "laestab",
    "The school's LAESTAB is not seven digits: three for the authority, four for the establishment.",
    "Write 2104345 without a slash.",
)
def laestab_shape(frame: Frame, _: Context) -> Mask:
    return frame.filled("laestab") & ~frame.like("laestab", r"\A[1-9]\d{6}\z")


@PUPIL_RULES.warning(
    "ORP-005",
    "home_la",
    "The home authority is neither an ONS code nor a DfE number. It was left out.",
    "Send a code such as E09000022 or 208, or leave it empty and send the postcode.",
    instead={"home_la": None},
)
def home_la_shape(frame: Frame, _: Context) -> Mask:
    return frame.filled("home_la") & ~frame.like("home_la", CODE)


@PUPIL_RULES.warning(
    "ORP-006",
    "postcode",
    "The postcode stands beside a home authority, so it is not needed. It was left out.",
    "Send the postcode only where home_la is empty: `exchange totals pack` does.",
    instead={"postcode": None},
)
def postcode_not_needed(frame: Frame, _: Context) -> Mask:
    return frame.filled("postcode") & frame.like("home_la", CODE)


@PUPIL_RULES.warning(
    "ORP-007",
    "postcode",
    "The postcode is not one, or a ZZ99 pseudo-postcode. It was left out.",
    "Correct the postcode: without it and without home_la the pupil counts under an unknown residence.",
    instead={"postcode": None},
)
def postcode_holds(frame: Frame, _: Context) -> Mask:
    no_postcode = ~frame.holds(postcodes_ok, "postcode") | frame.holds(pseudo_postcodes, "postcode")
    return frame.filled("postcode") & no_postcode & ~frame.like("home_la", CODE)


@PUPIL_RULES.warning(
    "ORP-008",
    "fsm_start_date",
    "The FSM period starts more than a year from now. It was left out.",
    "Correct the start of the FSM period in the school's MIS.",
    instead={"fsm_start_date": None, "fsm_end_date": None},
)
def fsm_start_plausible(frame: Frame, context: Context) -> Mask:
    return frame.days("fsm_start_date") > day_number(context.as_of) + 366


@PUPIL_RULES.warning(
    "ORP-009",
    "fsm_end_date",
    "The FSM period ends before it starts, or has no start. It was left out.",
    "Send both dates, or the start alone, or neither.",
    instead={"fsm_start_date": None, "fsm_end_date": None},
)
def fsm_dates_ordered(frame: Frame, _: Context) -> Mask:
    before = frame.days("fsm_end_date") < frame.days("fsm_start_date")
    return np.asarray(before | (frame.filled("fsm_end_date") & ~frame.filled("fsm_start_date")))


@PUPIL_RULES_AMONG.error(
    "ORP-050",
    "upn",
    "The UPN stands in an earlier row, which counts.",
    "For a dual registration send the main one alone; `exchange totals pack` takes what you packed for free meals.",
)
def pupil_twice(frame: Frame, _: Context) -> Mask:
    return all_but_best(frame.same(("upn",)))


def _by_school_authority(prefix: str, dataset: str, counted: str, described: str, one_row: str) -> Contract:
    """A file of one number for each school authority."""
    columns = (
        text(
            "school_la",
            "Authority of the schools: ONS code or DfE number",
            "E09000028",
            "GIAS LA (code)",
            required=True,
            form="identifier",
        ),
        Column(counted, "integer", True, described, None, "17", "exchange"),
    )
    rules, among = Rulebook(prefix), Rulebook(prefix, among_rows=True)
    rules.error(f"{prefix}-001", "school_la", "The school authority is missing.", "Give its ONS code or DfE number.")(
        common.empty("school_la")
    )
    rules.error(
        f"{prefix}-002",
        "school_la",
        "The school authority is neither an ONS code nor a DfE number.",
        "Send a code such as E09000028 or 210.",
    )(lambda frame, _: frame.filled("school_la") & ~frame.like("school_la", CODE))
    rules.error(f"{prefix}-003", counted, "The number is missing.", "Write 0, or leave the row out.")(
        common.empty(counted)
    )
    rules.error(
        f"{prefix}-004",
        counted,
        f"The number is below 0 or above {MOST}.",
        "Count children; one row for each school authority.",
    )(lambda frame, _: (frame.numbers(counted) < 0) | (frame.numbers(counted) > MOST))
    among.error(
        f"{prefix}-050",
        "school_la",
        "The school authority stands in an earlier row, which counts.",
        "Add the numbers up: one row for each school authority.",
    )(lambda frame, _: all_but_best(frame.same(("school_la",))))
    return Contract(dataset, columns, (*rules, *among), identifier="school_la", one_row=one_row)


CONTRACTS = {
    contract.dataset: contract
    for contract in (
        Contract(
            "roll",
            PUPIL_COLUMNS,
            (*PUPIL_RULES, *PUPIL_RULES_AMONG),
            identifier="upn",
            grouped_by=Grouping("laestab", r"[1-9]\d{6}", "School (LAESTAB)"),
            one_row="One row for each pupil on roll, wherever the pupil lives. No name, no birthday, no address.",
        ),
        _by_school_authority(
            "ORE",
            "entitled",
            "newly_entitled",
            "Children of your authority whom you have newly found entitled to free school meals",
            "One row for each authority in whose schools such children are. No row is about a child.",
        ),
        _by_school_authority(
            "ORL",
            "plans",
            "ehc_plans",
            "Children and young people with an EHC plan that your authority maintains",
            "One row for each authority in whose schools they are placed. No row is about a child.",
        ),
    )
}
