"""Tiers, at the pence and the days where they change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.eligibility.assess import assess
from shared.agreements.free_school_meals.eligibility.page import eligibility_page
from shared.agreements.free_school_meals.eligibility.rules import (
    FSM_2018,
    FSM_2026,
    RULE_SETS,
    rule_set_for,
    rule_set_named,
    rule_set_on,
)
from shared.agreements.registry import load_agreement
from shared.kernel.errors import InvalidAgreement

NOW = date(2026, 11, 1)
THEN = date(2025, 11, 1)


def _assessed(benefit: str | None, earnings: Any = None, rule_set: str = "fsm-2026", on: date = NOW) -> tuple[str, str]:
    kind = pa.decimal128(10, 2) if isinstance(earnings, Decimal) else pa.float64()
    table = pa.table(
        {"qualifying_benefit": pa.array([benefit], pa.string()), "uc_net_earnings": pa.array([earnings], kind)}
    )
    (found,) = assess(table, rule_set=rule_set, as_of=on).to_pylist()
    return found["tier"], found["tier_reason"]


@pytest.mark.parametrize("rule_set", RULE_SETS)
@pytest.mark.parametrize(
    ("benefit", "reason"),
    [
        ("IS", "income_support"),
        ("JSAIB", "income_based_jsa"),
        ("ESAIR", "income_related_esa"),
        ("PCGC", "guarantee_pension_credit"),
        ("NASS", "asylum_support"),
    ],
)
def test_a_passporting_benefit_is_targeted_under_every_rule_set(rule_set: Any, benefit: str, reason: str) -> None:
    assert _assessed(benefit, None, rule_set.name, rule_set.first) == ("targeted", reason)


@pytest.mark.parametrize(
    ("earnings", "tier", "reason"),
    [
        (0.0, "targeted", "uc_within_limit"),
        (-120.0, "targeted", "uc_within_limit"),
        (616.66, "targeted", "uc_within_limit"),
        (616.67, "targeted", "uc_within_limit"),
        (308.33 + 308.34, "targeted", "uc_within_limit"),
        (Decimal("616.67"), "targeted", "uc_within_limit"),
        (Decimal("616.68"), "expanded", "uc_above_one_period_limit"),
        (616.68, "expanded", "uc_above_one_period_limit"),
        (1850.00, "expanded", "uc_above_one_period_limit"),
        (1850.01, "expanded", "uc_above_every_limit"),
        (1e300, "expanded", "uc_above_every_limit"),
        (None, "targeted_or_expanded", "uc_earnings_unknown"),
    ],
)
def test_universal_credit_since_september_2026(earnings: Any, tier: str, reason: str) -> None:
    assert _assessed("UC", earnings) == (tier, reason)


@pytest.mark.parametrize(
    ("earnings", "tier", "reason"),
    [
        (616.67, "targeted", "uc_within_limit"),
        (616.68, "none", "uc_above_one_period_limit"),
        (1850.01, "none", "uc_above_every_limit"),
        (None, "none", "uc_earnings_unknown"),
    ],
)
def test_universal_credit_before_september_2026(earnings: Any, tier: str, reason: str) -> None:
    assert _assessed("UC", earnings, "fsm-2018", THEN) == (tier, reason)


@pytest.mark.parametrize("benefit", ["NONE", None, "SOMETHING"])
def test_without_a_qualifying_benefit_there_is_no_tier(benefit: str | None) -> None:
    assert _assessed(benefit, 100.0) == ("none", "no_qualifying_benefit")


def test_every_row_carries_the_version_that_made_it_and_no_null() -> None:
    table = pa.table({"qualifying_benefit": ["UC", "IS", "NONE"]})
    found = assess(table, rule_set=FSM_2026, as_of=NOW)
    assert found.column("rule_version").to_pylist() == ["fsm-2026.1"] * 3
    assert found.column("tier").to_pylist() == ["targeted_or_expanded", "targeted", "none"]
    assert found.column("tier_reason").null_count == 0
    assert assess(table.slice(0, 0), rule_set="fsm-2026", as_of=NOW).num_rows == 0


def test_the_agreement_names_a_rule_set_in_force_throughout() -> None:
    agreement = load_agreement("fsm")
    for day in (agreement.in_force.first, agreement.in_force.last):
        assert rule_set_for(agreement.eligibility.rule_set, day) is FSM_2026


def test_rule_sets_follow_each_other_without_a_gap() -> None:
    assert rule_set_on(date(2018, 4, 1)) is rule_set_on(date(2026, 8, 31)) is FSM_2018
    assert rule_set_on(date(2026, 9, 1)) is FSM_2026
    with pytest.raises(InvalidAgreement, match="2018-03-31"):
        rule_set_on(date(2018, 3, 31))


@pytest.mark.parametrize(("name", "on"), [("fsm-2018", date(2026, 9, 1)), ("fsm-2026.1", date(2026, 8, 31))])
def test_rules_that_are_not_in_force_are_not_applied(name: str, on: date) -> None:
    with pytest.raises(InvalidAgreement, match=r"not in force"):
        _assessed("IS", None, name, on)


def test_an_unknown_rule_set_names_those_there_are() -> None:
    with pytest.raises(InvalidAgreement, match="fsm-2018, fsm-2026"):
        rule_set_named("fsm-1944")


def test_reasons_are_unique_within_a_set_and_every_rule_has_a_source() -> None:
    for rules in RULE_SETS:
        assert len({rule.reason for rule in rules.benefits}) == len(rules.benefits)
        assert all(rule.meaning and rule.citation for rule in (*rules.benefits, *rules.exclusions))
        assert rules.version.startswith(f"{rules.name}.")


def test_the_page_shows_every_rule_with_its_source() -> None:
    page = eligibility_page()
    for rules in RULE_SETS:
        assert f"`{rules.version}`" in page
        for rule in (*rules.benefits, *rules.exclusions):
            assert f"`{rule.reason}`" in page
            assert rule.meaning in page
            assert rule.citation in page
    assert "1 September 2026 until further notice" in page
    assert "1 April 2018 to 31 August 2026" in page
