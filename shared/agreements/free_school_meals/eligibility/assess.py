"""Applies a rule set to whole tables: a tier for each household row, a reason for each pupil who is left out."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.eligibility.rules import BenefitRule, ExclusionRule, RuleSet, rule_set_for

Mask = npt.NDArray[np.bool_]
Pence = npt.NDArray[np.float64]


def assess(households: pa.Table, *, rule_set: RuleSet | str, as_of: date) -> pa.Table:
    """The tier of every household child row, in order.

    Reads `qualifying_benefit` (text code) and `uc_net_earnings` (pounds in the latest assessment period, null when not
    known). Gives `tier` (targeted, expanded, targeted_or_expanded, none), `tier_reason` (code of the rule that decided)
    and `rule_version`, all text without nulls. Raises `InvalidAgreement` when the rules are not in force on `as_of`.
    """
    rules = rule_set_for(rule_set, as_of)
    rows = households.num_rows
    benefit = pc.fill_null(_column(households, "qualifying_benefit", pa.string()), "")
    pence = _pence(_column(households, "uc_net_earnings", pa.float64()))
    decided = np.full(rows, -1)
    for number, rule in enumerate(rules.benefits):
        decided[(decided < 0) & _gives(rule, benefit, pence)] = number
    return pa.table(
        {
            "tier": _named([rule.tier for rule in rules.benefits], decided),
            "tier_reason": _named([rule.reason for rule in rules.benefits], decided),
            "rule_version": pa.repeat(pa.scalar(rules.version), rows),
        }
    )


def exclude_pupils(pupils: pa.Table, *, rule_set: RuleSet | str, as_of: date) -> pa.Array:
    """Why each pupil is left out whatever their family receives, as a reason code; null for a pupil who is not.

    Reads `fsm_start_date`, `fsm_end_date`, `fsm_category`, `enrol_status`, `nc_year` and `dob`; a column that is absent
    excludes nobody. Raises `InvalidAgreement` when the rules are not in force on `as_of`.
    """
    rules = rule_set_for(rule_set, as_of)
    decided = np.full(pupils.num_rows, -1)
    for number, rule in enumerate(rules.exclusions):
        decided[(decided < 0) & _leaves_out(rule, pupils, as_of)] = number
    return _named([rule.reason for rule in rules.exclusions], decided)


def _gives(rule: BenefitRule, benefit: pa.Array, pence: Pence) -> Mask:
    holds = _among(benefit, rule.benefits)
    if rule.earnings != "not asked":
        holds &= np.isnan(pence) == (rule.earnings == "unknown")
    if rule.at_most is not None:
        holds &= pence <= int(rule.at_most * 100)
    return holds


def _leaves_out(rule: ExclusionRule, pupils: pa.Table, as_of: date) -> Mask:
    holds = _among(_column(pupils, "nc_year", pa.string()), rule.nc_years)
    holds &= _among(_column(pupils, "enrol_status", pa.string()), rule.enrol_statuses)
    if rule.open_fsm:
        holds &= _open_on(pupils, as_of)
        category = pc.utf8_upper(pc.utf8_trim_whitespace(_column(pupils, "fsm_category", pa.string())))
        holds &= ~np.asarray(pc.is_in(category, pa.array(rule.not_fsm_categories, pa.string())))
    if rule.aged is not None:
        august = date(as_of.year - (as_of.month < 9), 8, 31)
        born_by = august.replace(year=august.year - rule.aged)
        holds &= _true(pc.less_equal(_column(pupils, "dob", pa.date32()), pa.scalar(born_by)))
    return holds


def _open_on(pupils: pa.Table, on: date) -> Mask:
    day = pa.scalar(on)
    start, end = (_column(pupils, name, pa.date32()) for name in ("fsm_start_date", "fsm_end_date"))
    not_over = pc.or_(pc.is_null(end), pc.fill_null(pc.greater_equal(end, day), False))
    return _true(pc.and_(pc.less_equal(start, day), not_over))


def _pence(pounds: pa.Array) -> Pence:
    # Whole pence, so that a sum such as 308.33 + 308.34 is the amount that it says.
    pence: Pence = np.round(pc.fill_null(pounds, np.nan).to_numpy(zero_copy_only=False) * 100)
    return pence


def _among(values: pa.Array, codes: tuple[str, ...]) -> Mask:
    if not codes:
        return np.ones(len(values), np.bool_)
    return _true(pc.is_in(values, pa.array(codes, pa.string())))


def _true(mask: pa.Array) -> Mask:
    holds: Mask = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return holds


def _named(names: list[str], decided: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(decided, mask=decided < 0))


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, kind)
    return table.column(name).combine_chunks().cast(kind)
