"""The three datasets of the agreement: columns, rules, and what tells one row from another."""

from __future__ import annotations

from shared.agreements.free_school_meals.columns.decisions import DECISION_COLUMNS
from shared.agreements.free_school_meals.columns.households import HOUSEHOLD_COLUMNS
from shared.agreements.free_school_meals.columns.pupils import PUPIL_COLUMNS
from shared.agreements.free_school_meals.rules.decisions import DECISION_RULES, DECISION_RULES_AMONG
from shared.agreements.free_school_meals.rules.households import HOUSEHOLD_RULES
from shared.agreements.free_school_meals.rules.households_among import HOUSEHOLD_RULES_AMONG
from shared.agreements.free_school_meals.rules.pupils import PUPIL_RULES
from shared.agreements.free_school_meals.rules.pupils_among import PUPIL_RULES_AMONG
from shared.kernel.contract.columns import Contract, Grouping

PUPILS = Contract(
    "pupils",
    PUPIL_COLUMNS,
    (*PUPIL_RULES, *PUPIL_RULES_AMONG),
    identifier="upn",
    grouped_by=Grouping("urn", r"[1-9]\d{5}", "School (URN)"),
)
HOUSEHOLDS = Contract(
    "households", HOUSEHOLD_COLUMNS, (*HOUSEHOLD_RULES, *HOUSEHOLD_RULES_AMONG), identifier="household_ref"
)
DECISIONS = Contract("decisions", DECISION_COLUMNS, (*DECISION_RULES, *DECISION_RULES_AMONG))

CONTRACTS = {contract.dataset: contract for contract in (PUPILS, HOUSEHOLDS, DECISIONS)}
