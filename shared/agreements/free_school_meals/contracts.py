"""The three datasets of the agreement: columns, rules, and what tells one row from another."""

from __future__ import annotations

from functools import partial

from shared.agreements.free_school_meals.columns.decisions import DECISION_COLUMNS, SHEET_ROW
from shared.agreements.free_school_meals.columns.households import HOUSEHOLD_COLUMNS
from shared.agreements.free_school_meals.columns.pupils import PUPIL_COLUMNS
from shared.agreements.free_school_meals.notes import OF_CHILD, OF_PUPIL, without_notes
from shared.agreements.free_school_meals.rules.decisions import DECISION_RULES, DECISION_RULES_AMONG
from shared.agreements.free_school_meals.rules.households import HOUSEHOLD_RULES
from shared.agreements.free_school_meals.rules.households_among import HOUSEHOLD_RULES_AMONG
from shared.agreements.free_school_meals.rules.pupils import PUPIL_RULES
from shared.agreements.free_school_meals.rules.pupils_among import PUPIL_RULES_AMONG
from shared.kernel.contract.columns import Contract, Grouping
from shared.kernel.contract.objections import CLAIM, PERSON, UPN

PUPILS = Contract(
    "pupils",
    PUPIL_COLUMNS,
    (*PUPIL_RULES, *PUPIL_RULES_AMONG),
    identifier="upn",
    grouped_by=Grouping("urn", r"[1-9]\d{5}", "School (URN)"),
    named_by={UPN: ("upn",), PERSON: ("forename", "surname", "dob")},
    plain=partial(without_notes, fields=OF_PUPIL),
    one_row="One row for each registration of a pupil who lives in another borough. `home_la` says where; without it "
    "the postcode decides.",
)
HOUSEHOLDS = Contract(
    "households",
    HOUSEHOLD_COLUMNS,
    (*HOUSEHOLD_RULES, *HOUSEHOLD_RULES_AMONG),
    identifier="household_ref",
    named_by={
        UPN: ("child_upn",),
        CLAIM: ("household_ref",),
        PERSON: ("child_forename", "child_surname", "child_dob"),
    },
    plain=partial(without_notes, fields=OF_CHILD),
    one_row="One row for **each child** of a claim. Claim, claimant and address stand in each of its rows, and should "
    "be the same in all of them; `child_seq` counts the children from 1. A claim without children has no row.",
)
DECISIONS = Contract(
    "decisions",
    DECISION_COLUMNS,
    (*DECISION_RULES, *DECISION_RULES_AMONG),
    officer="decided_by",
    numbered_by=SHEET_ROW,
    one_row="One row for each match of your results that an officer has decided; `match_ref` is copied from it.",
)

CONTRACTS = {contract.dataset: contract for contract in (PUPILS, HOUSEHOLDS, DECISIONS)}
