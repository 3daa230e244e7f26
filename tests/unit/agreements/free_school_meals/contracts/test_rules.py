"""Every rule breaks where it says and holds where it says; the ones with consequences have them."""

from __future__ import annotations

from datetime import date

import pytest

from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.kernel.contract.catalogue import rule_page
from shared.kernel.contract.file_rules import FILE_RULES
from shared.kernel.contract.rules.registry import Rule
from tests.unit.agreements.free_school_meals.contracts.examples import EXAMPLES, LONG, OTHER_UPN, SIBLING
from tests.unit.agreements.free_school_meals.contracts.rows import GOOD, found, validated

DATASET_OF = {rule.code: dataset for dataset, contract in CONTRACTS.items() for rule in contract.rules}
ALL_RULES = [rule for contract in CONTRACTS.values() for rule in contract.rules]


@pytest.mark.parametrize("dataset", list(CONTRACTS))
def test_a_good_row_is_accepted_without_a_finding(dataset: str) -> None:
    validation = validated(dataset)
    assert (validation.status, found(validation)) == ("accepted", [])


@pytest.mark.parametrize("code", list(EXAMPLES))
def test_a_rule_breaks_on_its_breaking_example_and_not_on_its_holding_one(code: str) -> None:
    example = EXAMPLES[code]
    rule = next(rule for rule in ALL_RULES if rule.code == code)
    dataset = DATASET_OF[code]
    broken = validated(dataset, *example.breaking)
    assert code in {found_code for _, found_code, _ in found(broken)}
    assert (code in broken.rejected_by_code) is (rule.severity == "error")
    assert code not in {found_code for _, found_code, _ in found(validated(dataset, *example.holding))}


def test_every_rule_has_an_example_and_every_example_a_rule() -> None:
    assert set(EXAMPLES) == set(DATASET_OF)


def test_every_code_stands_in_the_generated_page_with_what_it_means_and_its_remedy() -> None:
    page = rule_page({"Free school meals": CONTRACTS})
    for rule in [*ALL_RULES, *FILE_RULES]:
        assert f"| {rule.code} |" in page
        assert rule.message.format(columns="…") in page
        assert f"| {rule.remedy} |" in page


def test_codes_of_a_dataset_are_in_order_and_mean_one_thing() -> None:
    for contract in CONTRACTS.values():
        codes = [rule.code for rule in contract.rules]
        assert codes == sorted(codes)
        assert len({(rule.code, rule.field) for rule in contract.rules}) == len(codes)


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: f"{rule.code}-{rule.field}")
def test_a_rule_names_a_column_of_its_contract_and_replaces_only_such(rule: Rule) -> None:
    columns = {column.name: column for column in CONTRACTS[DATASET_OF[rule.code]].columns}
    assert rule.field in columns
    assert set(rule.instead) <= set(columns)
    # A value is left out by a warning; an error leaves out the row.
    assert not rule.instead or rule.severity == "warning"


@pytest.mark.parametrize("dataset", list(CONTRACTS))
def test_only_rules_on_missing_values_fire_on_an_empty_row(dataset: str) -> None:
    empty = validated(dataset, dict.fromkeys(GOOD[dataset]))
    for _, code, field in found(empty):
        rule = next(rule for rule in ALL_RULES if (rule.code, rule.field) == (code, field))
        assert any(word in rule.message for word in ("missing", "no address", "neither", "It is not said"))


# --- what a broken value costs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dataset", "change", "field"),
    [
        ("pupils", {"uln": "9276308687"}, "uln"),
        ("pupils", {"postcode": "ZZ99 3VZ"}, "postcode"),
        ("pupils", {"postcode": "nowhere"}, "postcode"),
        ("pupils", {"uprn": "1.0"}, "uprn"),
        ("pupils", {"uprn": "000"}, "uprn"),
        ("pupils", {"uprn": "1234567890123"}, "uprn"),
        ("pupils", {"home_la": "x"}, "home_la"),
        ("pupils", {"fsm_category": "Q"}, "fsm_category"),
        ("households", {"postcode": "ZZ99 3VZ"}, "postcode"),
        ("households", {"claimant_nino": "BG123456A"}, "claimant_nino"),
        ("households", {"claimant_dob": date(1899, 12, 31)}, "claimant_dob"),
        ("households", {"uc_net_earnings": 20_000.01}, "uc_net_earnings"),
    ],
)
def test_a_fault_in_a_value_that_nobody_must_send_costs_the_value_and_not_the_child(
    dataset: str, change: dict[str, object], field: str
) -> None:
    validation = validated(dataset, change)
    assert validation.status == "accepted_with_errors"
    assert validation.accepted.column(field).to_pylist() == [None]


def test_contradicting_fsm_dates_leave_no_fsm_period_at_all() -> None:
    accepted = validated("pupils", {"fsm_end_date": date(2020, 1, 1)}).accepted.to_pylist()[0]
    assert [accepted[name] for name in ("fsm_start_date", "fsm_end_date", "fsm_category")] == [None] * 3


def test_the_text_rule_names_the_field_that_is_too_long() -> None:
    assert [(code, field) for _, code, field in found(validated("pupils", {"street": LONG}))] == [("PUP-010", "street")]


# --- the same child in two rows -------------------------------------------------------------------------------------


def test_of_a_dual_registration_the_main_one_stands_wherever_it_is_in_the_file() -> None:
    subsidiary, main = {"enrol_status": "S", "urn": "100786", "laestab": "2104999"}, {"enrol_status": "M"}
    for rows, kept in (((subsidiary, main), 1), ((main, subsidiary), 0)):
        validation = validated("pupils", *rows)
        assert validation.accepted.column("row").to_pylist() == [kept]
        assert validation.rejected_by_code == {"PUP-052": 1}


def test_a_good_row_is_not_set_aside_as_the_double_of_a_rejected_one() -> None:
    validation = validated("pupils", {"sex": "?"}, {}, {})
    assert validation.accepted.column("row").to_pylist() == [1]
    assert validation.rejected_by_code == {"PUP-016": 1, "PUP-050": 1}


def test_a_upn_of_two_children_lets_neither_in() -> None:
    validation = validated("pupils", {}, {"dob": date(2015, 3, 11), "forename": "Ben"})
    assert (validation.status, validation.rejected_by_code) == ("rejected", {"PUP-051": 2})


def test_a_uln_of_two_children_is_left_out_of_both() -> None:
    assert validated("pupils", {}, {"upn": OTHER_UPN}).accepted.column("uln").to_pylist() == [None, None]


def test_of_the_same_child_in_two_claims_the_latest_stands_and_a_benefit_goes_before_none() -> None:
    old = {"household_ref": "HB1", "extract_date": date(2026, 10, 1)}
    none = {"household_ref": "HB2", "qualifying_benefit": "NONE", "uc_net_earnings": None}
    validation = validated("households", old, none, {"claimant_forename": "NGOZI"})
    assert validation.accepted.column("row").to_pylist() == [2]
    assert validation.rejected_by_code == {"HOU-051": 2}


NEW_HOME = {"postcode": "SE1 5LU", "address_line_1": "99 Old Kent Road"}


@pytest.mark.parametrize("rows", [[{}, NEW_HOME], [NEW_HOME, {}]])
@pytest.mark.parametrize("other", [NEW_HOME, {"address_line_1": "Flat 20, 14 Acre Lane"}])
def test_of_two_homes_of_a_claim_on_one_day_none_is_chosen_and_nobody_is_written_to(rows, other) -> None:
    validation = validated("households", *(other if row else {} for row in rows))
    assert validation.rows_rejected == 0
    assert validation.accepted.column("suppress_contact").to_pylist() == [True, True]
    assert found(validation) == [(row, "HOU-058", "postcode") for row in (0, 1)]


def test_of_two_claimants_of_a_claim_on_one_day_none_is_chosen_and_nobody_is_written_to() -> None:
    validation = validated("households", {}, {"claimant_forename": "David"})
    assert validation.accepted.column("suppress_contact").to_pylist() == [True, True]
    assert found(validation) == [(row, "HOU-056", "claimant_surname") for row in (0, 1)]


@pytest.mark.parametrize("newest", [0, 1])
def test_the_home_of_the_newest_extract_stands_wherever_it_is_and_the_remedy_says_what_differs(newest: int) -> None:
    rows: list[dict[str, object]] = [{"extract_date": date(2026, 10, 1)}, dict(NEW_HOME)]
    validation = validated("households", *(rows if newest else reversed(rows)))
    assert validation.accepted.column("postcode").to_pylist() == ["SE1 5LU"]
    assert validation.accepted.column("suppress_contact").to_pylist() == [False]
    [remedy] = [line["remedy"] for line in validation.findings.to_pylist() if line["code"] == "HOU-051"]
    assert remedy.endswith("The rows of this child differ in postcode, address_line_1, extract_date.")


def test_a_household_that_has_two_claims_led_by_each_parent_is_one() -> None:
    father = {"claimant_forename": "David", "claimant_surname": "Reid"}
    father |= {"partner_forename": "NGOZI", "partner_surname": "OKAFOR", "household_ref": "HB1", "claim_type": "HB"}
    for rows in (({}, father), (father, {})):
        validation = validated("households", *rows)
        assert validation.accepted.column("claim_type").to_pylist() == ["BOTH"]
        assert {code for _, code, _ in found(validation)} == {"HOU-047", "HOU-051"}
    other = validated("households", {}, father | {"partner_forename": "Grace"})
    assert {code for _, code, _ in found(other)} == {"HOU-052"}
    alone = validated("households", {"partner_forename": None}, father | {"partner_forename": None})
    assert "HOU-052" in {code for _, code, _ in found(alone)}


def test_claimants_without_a_postcode_are_never_taken_for_one() -> None:
    rows = [{"household_ref": ref, "postcode": postcode} for ref, postcode in (("A", "ZZ99 3VZ"), ("B", "SW2 5SG"))]
    assert validated("households", *rows).rows_rejected == 0


@pytest.mark.parametrize("bad", [{}, {"child_dob": None}, {"child_sex": "?"}])
def test_one_suppressed_row_suppresses_the_whole_claim_even_where_that_row_is_rejected(bad: dict[str, object]) -> None:
    validation = validated("households", {}, {**SIBLING, "suppress_contact": True, **bad})
    assert set(validation.accepted.column("suppress_contact").to_pylist()) == {True}


def test_a_suppressed_child_is_suppressed_under_another_claim_too() -> None:
    rows = ({}, {"household_ref": "2", "claimant_forename": "David", "suppress_contact": True})
    assert validated("households", *rows).accepted.column("suppress_contact").to_pylist() == [True, True]


def test_conflicting_decisions_are_not_decided_by_the_exchange() -> None:
    validation = validated("decisions", {}, {"decision": "reject", "reason": "r"}, {"match_ref": "m-2"})
    assert validation.accepted.column("match_ref").to_pylist() == ["m-2"]
    assert validation.rejected_by_code == {"DEC-051": 2}


def test_of_two_equal_decisions_the_later_stands() -> None:
    validation = validated("decisions", {}, {"decided_on": date(2026, 10, 2)})
    assert validation.accepted.column("row").to_pylist() == [1]


# --- rules that a single example cannot show ------------------------------------------------------------------------


def test_pupils_of_2_to_20_are_plausible_and_ages_are_in_whole_years() -> None:
    days = {date(2024, 11, 21): True, date(2024, 11, 22): False, date(2005, 11, 22): True, date(2005, 11, 21): False}
    for dob, plausible in days.items():
        assert (validated("pupils", {"dob": dob, "nc_year": "X"}).rows_rejected == 0) is plausible


def test_the_year_taught_is_compared_with_the_age_at_the_start_of_the_school_year() -> None:
    # Born on 31 August 2016: ten years old when the school year starts, so year 6; a day later, year 5.
    last, first = date(2016, 8, 31), date(2016, 9, 1)
    for dob, year, strange in ((last, "8", False), (last, "9", True), (first, "8", True)):
        codes = {code for _, code, _ in found(validated("pupils", {"dob": dob, "nc_year": year}))}
        assert ("PUP-019" in codes) is strange


def test_the_earlier_of_two_identical_rows_stands() -> None:
    validation = validated("households", {}, SIBLING, {}, {})
    assert validation.accepted.column("row").to_pylist() == [0, 1]
    assert validation.rejected_by_code == {"HOU-050": 2}


@pytest.mark.parametrize(
    ("forename", "surname", "codes"),
    [
        ("-", "Suharto", set()),
        (None, "Suharto", {"PUP-007"}),
        (".", "Suharto", {"PUP-008"}),
        ("--", "Suharto", {"PUP-008"}),
        ("Suharto", "-", {"PUP-008"}),
        ("-", "-", {"PUP-008"}),
        ("-", "12", {"PUP-008"}),
        ("-", None, {"PUP-006", "PUP-008"}),
    ],
)
def test_only_the_agreed_mark_beside_a_surname_stands_for_a_forename(
    forename: str | None, surname: str | None, codes: set[str]
) -> None:
    validation = validated("pupils", {"forename": forename, "surname": surname})
    assert {code for _, code, _ in found(validation)} - {"PUP-009"} == codes
    assert validation.rows_rejected == bool(codes)
