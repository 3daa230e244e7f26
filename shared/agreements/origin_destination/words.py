"""The table that this agreement releases: its columns, measures, symbols and what they mean."""

from __future__ import annotations

from typing import NamedTuple

RELEASE = "totals"
"""The name of the release, and its folder in outboxes."""

PUPILS, OPEN_FSM, NEWLY_ENTITLED, EHC_PLANS = "pupils", "open_fsm", "newly_entitled", "ehc_plans"
MEASURES = {
    PUPILS: "Pupils on roll of the school authority's schools",
    OPEN_FSM: "Of these, pupils whose FSM period was open on the day the file was made",
    NEWLY_ENTITLED: "Of these, pupils without an open FSM period whose entitlement the residence has newly found",
    EHC_PLANS: "Children and young people with an EHC plan that the residence maintains, by the school's authority",
}

SUPPRESSED, NOT_APPLICABLE, UNAVAILABLE = "c", "z", "x"
SYMBOLS = {
    SUPPRESSED: "left out, so that no number from one to four can be learnt; it may be a larger number, or none",
    NOT_APPLICABLE: "not applicable: the residence is no party to the agreement and sends no such file",
    UNAVAILABLE: "not available: its file has not arrived, or leaves out who lives in its own authority",
}

TOTAL = "Total"
UNKNOWN, OUTSIDE = "unknown", "outside"
PLACES = {UNKNOWN: "Unknown", OUTSIDE: "Outside England"}
"""Residences that are no English authority: nothing says where; or elsewhere in the United Kingdom."""


class Described(NamedTuple):
    """One column of the table."""

    name: str
    kind: str
    """As Frictionless names types."""
    text: str


COLUMNS = (
    Described("time_period", "string", "Academic year, such as 202627 for 2026/27"),
    Described("time_identifier", "string", "Autumn Term, Spring Term, Summer Term, or Academic year"),
    Described("old_la_code", "string", "DfE number of the residence; empty in totals and where it has none"),
    Described("new_la_code", "string", "ONS code of the authority of residence; empty in totals and where it has none"),
    Described("la_name", "string", "Authority of residence; Unknown, Outside England, or Total"),
    Described("school_old_la_code", "string", "DfE number of the school's authority; empty in totals"),
    Described("school_new_la_code", "string", "ONS code of the school's authority; empty in totals"),
    Described("school_la_name", "string", "The school's authority, or Total"),
    Described("measure", "string", f"What is counted: {', '.join(MEASURES)}"),
    Described("value", "integer", "How many; empty where a symbol stands"),
    Described("symbol", "string", "Why there is no number: c, z or x; empty where there is one"),
)
NAMES = tuple(column.name for column in COLUMNS)
