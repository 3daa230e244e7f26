"""Every dataset's rules, in the order in which they are applied."""

from __future__ import annotations

from shared.agreements.free_school_meals.rules.decisions import DECISION_RULES, DECISION_RULES_AMONG
from shared.agreements.free_school_meals.rules.households import HOUSEHOLD_RULES
from shared.agreements.free_school_meals.rules.households_among import HOUSEHOLD_RULES_AMONG
from shared.agreements.free_school_meals.rules.pupils import PUPIL_RULES
from shared.agreements.free_school_meals.rules.pupils_among import PUPIL_RULES_AMONG
from shared.kernel.contract.rules.registry import Rule

# Single rows first: a rejected row must not reject its double.
RULES: dict[str, tuple[Rule, ...]] = {
    "pupils": (*PUPIL_RULES, *PUPIL_RULES_AMONG),
    "households": (*HOUSEHOLD_RULES, *HOUSEHOLD_RULES_AMONG),
    "decisions": (*DECISION_RULES, *DECISION_RULES_AMONG),
}
