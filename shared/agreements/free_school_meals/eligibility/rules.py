"""The rules for free school meals as data: dated, versioned, each with its source. `assess` applies them.

Limits of what a benefit extract can show, which these rules respect:

- it holds the earnings of the latest assessment period only. Over the limit there, a family may still be under it over
  two or three periods; the reason says so, and the Department for Education's check decides.
- it holds no income of families without recourse to public funds, nor tax credits (closed in April 2025): those routes
  are not decided here.
- it cannot see transitional protection, which kept meals that had already begun: such a pupil has free school meals
  open and is excluded as that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from shared.kernel.errors import InvalidAgreement

Tier = Literal["targeted", "expanded", "targeted_or_expanded", "none"]
Earnings = Literal["not asked", "known", "unknown"]


@dataclass(frozen=True)
class BenefitRule:
    """What a household's benefit gives. The first rule of a set that holds decides."""

    reason: str
    """Stable code that stands on the result as `tier_reason`."""
    tier: Tier
    benefits: tuple[str, ...]
    """Codes of `qualifying_benefit`; none means any, and no benefit at all."""
    meaning: str
    citation: str
    earnings: Earnings = "not asked"
    """Whether the net earned income of the latest assessment period must be known, or unknown."""
    at_most: Decimal | None = None
    """Pounds in that period, the limit itself included."""


@dataclass(frozen=True)
class ExclusionRule:
    """Why a pupil is left out before any household is looked at. The first rule of a set that holds decides."""

    reason: str
    meaning: str
    citation: str
    open_fsm: bool = False
    """Holds for a pupil whose free school meals are open on the day."""
    not_fsm_categories: tuple[str, ...] = ()
    """Categories of an open period that are no free school meals in law."""
    nc_years: tuple[str, ...] = ()
    """Holds only for these years; none means any."""
    enrol_statuses: tuple[str, ...] = ()
    """Holds only for these enrolment statuses; none means any."""
    aged: int | None = None
    """Holds only for pupils who had this age on the 31 August before the school year of the day."""


@dataclass(frozen=True)
class RuleSet:
    """The law on a range of days."""

    name: str
    version: str
    title: str
    first: date
    last: date | None
    """The last day, included; `None` while it is in force."""
    benefits: tuple[BenefitRule, ...]
    exclusions: tuple[ExclusionRule, ...]

    def covers(self, on: date) -> bool:
        """Whether the set is in force on that day."""
        return self.first <= on and (self.last is None or on <= self.last)


SECTION = "Education Act 1996, section 512ZB"
REGULATIONS_2018 = (
    "SI 2018/148, Free School Lunches and Milk, and School and Early Years Finance "
    "(Amendments Relating to Universal Credit) (England) Regulations 2018"
)
GUIDANCE_2026 = (
    "Department for Education, Manage eligibility for free school meals: guidance on the expansion and on rechecks, "
    "from September 2026"
)

ONE_PERIOD = Decimal("616.67")
THREE_PERIODS = Decimal("1850.00")

_PASSPORTED = (
    BenefitRule("income_support", "targeted", ("IS",), "Income Support.", SECTION),
    BenefitRule("income_based_jsa", "targeted", ("JSAIB",), "Income-based Jobseeker's Allowance.", SECTION),
    BenefitRule(
        "income_related_esa", "targeted", ("ESAIR",), "Income-related Employment and Support Allowance.", SECTION
    ),
    BenefitRule(
        "guarantee_pension_credit", "targeted", ("PCGC",), "Guarantee element of State Pension Credit.", SECTION
    ),
    BenefitRule(
        "asylum_support",
        "targeted",
        ("NASS",),
        "Support under Part VI of the Immigration and Asylum Act 1999.",
        SECTION,
    ),
)
_NO_BENEFIT = BenefitRule(
    "no_qualifying_benefit", "none", (), "None of the qualifying benefits, or no benefit is recorded.", SECTION
)


def _universal_credit(above: Tier, unknown: Tier, citation: str) -> tuple[BenefitRule, ...]:
    return (
        BenefitRule(
            "uc_within_limit",
            "targeted",
            ("UC",),
            "Universal Credit with net earned income of at most £616.67 in the latest assessment period.",
            citation,
            "known",
            ONE_PERIOD,
        ),
        BenefitRule(
            "uc_above_one_period_limit",
            above,
            ("UC",),
            "Universal Credit with net earned income above £616.67 in the latest assessment period. At most £1,233.34 "
            "over two or £1,850.00 over three periods would still make it targeted: the extract holds one period only, "
            "so the Department's check decides.",
            citation,
            "known",
            THREE_PERIODS,
        ),
        BenefitRule(
            "uc_above_every_limit",
            above,
            ("UC",),
            "Universal Credit with net earned income above £1,850.00 in the latest assessment period alone: over the "
            "limit of one, two and three periods.",
            citation,
            "known",
        ),
        BenefitRule(
            "uc_earnings_unknown",
            unknown,
            ("UC",),
            "Universal Credit, earnings not in the extract: the Department's check decides.",
            citation,
            "unknown",
        ),
    )


_OPEN = ExclusionRule(
    "fsm_already_open",
    "The school already records free school meals that have begun and not ended. A scheme that is not free school "
    "meals in law (category Other, such as the Mayor of London's) does not count.",
    "School Census, FSM eligibility periods: current where the end date is empty",
    open_fsm=True,
    not_fsm_categories=("OTHER", "O", "OFSM"),
)
_LEAVER = ExclusionRule(
    "leaver",
    "Has left school for a further education college: free meals there are another scheme.",
    "School Census enrolment status F; Education Act 1996, sections 512 and 512ZB: registered pupils of a school",
    enrol_statuses=("F",),
)
_OUT_OF_AGE = (
    ExclusionRule(
        "out_of_age",
        "Above Year 11 and not in a school's sixth form.",
        "Education Act 1996, sections 512 and 512ZB: registered pupils of a school",
        nc_years=("12", "13", "14"),
        enrol_statuses=("O",),
    ),
    ExclusionRule(
        "out_of_age",
        "Was 19 or older on the 31 August before the school year.",
        "Department for Education, free school meals guidance: sixth formers under 19",
        aged=19,
    ),
)
_EXCLUSIONS = (_OPEN, _LEAVER, *_OUT_OF_AGE)

FSM_2018 = RuleSet(
    "fsm-2018",
    "fsm-2018.1",
    "One tier: Universal Credit up to £7,400 net earned income a year",
    date(2018, 4, 1),
    date(2026, 8, 31),
    (*_PASSPORTED, *_universal_credit("none", "none", REGULATIONS_2018), _NO_BENEFIT),
    _EXCLUSIONS,
)
FSM_2026 = RuleSet(
    "fsm-2026",
    "fsm-2026.1",
    "Two tiers: targeted gives the meal and pupil premium, expanded (any other Universal Credit award) the meal",
    date(2026, 9, 1),
    None,
    (*_PASSPORTED, *_universal_credit("expanded", "targeted_or_expanded", GUIDANCE_2026), _NO_BENEFIT),
    _EXCLUSIONS,
)
RULE_SETS: tuple[RuleSet, ...] = (FSM_2018, FSM_2026)


def rule_set_named(name: str) -> RuleSet:
    """The rule set of that name or exact version. Raises `InvalidAgreement` (AGR-000) when there is none."""
    for rules in RULE_SETS:
        if name in (rules.name, rules.version):
            return rules
    known = ", ".join(rules.name for rules in RULE_SETS)
    raise InvalidAgreement("AGR-000", "eligibility.rule_set: there is no such rule set.", f"Known are {known}.")


def rule_set_on(on: date) -> RuleSet:
    """The rule set in force on that day. Raises `InvalidAgreement` (AGR-000) for a day before the first of them."""
    for rules in RULE_SETS:
        if rules.covers(on):
            return rules
    raise InvalidAgreement("AGR-000", f"eligibility.rule_set: no rules are held for {on.isoformat()}.")


def rule_set_for(rule_set: RuleSet | str, on: date) -> RuleSet:
    """The rule set asked for. Raises `InvalidAgreement` (AGR-000) when it is not in force on that day."""
    rules = rule_set_named(rule_set) if isinstance(rule_set, str) else rule_set
    if not rules.covers(on):
        raise InvalidAgreement(
            "AGR-000",
            f"eligibility.rule_set: {rules.name} is not in force on {on.isoformat()}.",
            "Name the rule set of that day in the agreement.",
        )
    return rules
