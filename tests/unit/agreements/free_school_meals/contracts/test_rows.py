"""A file's rows: each accepted or rejected once, in normal form, with findings that hold no value."""

from __future__ import annotations

import re
from datetime import date

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.contracts import CONTRACTS, HOUSEHOLDS, PUPILS
from shared.kernel.contract.identifiers import upn_check_letter
from shared.kernel.contract.rules.registry import Rule
from shared.kernel.contract.validate import Validation, validate
from tests.unit.agreements.free_school_meals.contracts.examples import EXAMPLES
from tests.unit.agreements.free_school_meals.contracts.rows import AS_OF, GOOD, PUPIL, table_of, validated

DATASET_OF = {rule.code: dataset for dataset, contract in CONTRACTS.items() for rule in contract.rules}


def upn(serial: int) -> str:
    body = f"{208200000000 + serial:012d}"
    return upn_check_letter(body) + body


def conserved(validation: Validation) -> bool:
    rejected = sum(validation.rejected_by_code.values())
    return (
        validation.rows_in == validation.accepted.num_rows + validation.rows_rejected
        and rejected == validation.rows_rejected
    )


def test_three_bad_rows_in_ten_thousand_are_left_out_and_the_rest_accepted() -> None:
    rows = [{"upn": upn(n), "uln": None, "forename": f"Child{chr(97 + n % 26)}"} for n in range(10_000)]
    rows[17]["upn"] = "A" + str(rows[17]["upn"])[1:]
    rows[4_000]["dob"] = None
    rows[9_999]["surname"] = " "
    validation = validated("pupils", *rows)
    assert validation.status == "partly_accepted"
    assert (validation.rows_in, validation.accepted.num_rows, validation.rows_rejected) == (10_000, 9_997, 3)
    assert validation.rejected_by_code == {"PUP-003": 1, "PUP-006": 1, "PUP-011": 1}
    assert set(range(10_000)) - set(validation.accepted.column("row").to_pylist()) == {17, 4_000, 9_999}


@pytest.mark.parametrize("dataset", list(CONTRACTS))
def test_accepted_rows_have_every_contract_column_and_their_place_in_the_file(dataset: str) -> None:
    schema = validated(dataset).accepted.schema
    assert schema == CONTRACTS[dataset].arrow_schema().append(pa.field("row", pa.int32()))


def test_identifiers_come_out_in_normal_form_and_names_as_sent() -> None:
    sent = {
        "upn": " j210 234519001",
        "surname": "  de la  Cruz ",
        "forename": "ZOË",
        "postcode": "sw2-5sg",
        "uprn": "000000100023336956",
        "nc_year": "r",
        "dob": date(2022, 1, 1),
        "saon": "\u00a0Flat 2\t",
        "town": " ",
        "laestab": "210 4345",
        "home_la": "e09000022",
    }
    accepted = validated("pupils", sent).accepted.to_pylist()[0]
    assert {name: accepted[name] for name in sent if name != "dob"} == {
        "upn": "J210234519001",
        "surname": "de la  Cruz",
        "forename": "ZOË",
        "postcode": "SW2 5SG",
        "uprn": "100023336956",
        "nc_year": "R",
        "saon": "Flat 2",
        "town": None,
        "laestab": "2104345",
        "home_la": "E09000022",
    }
    household = validated("households", {"claimant_nino": "ab 12 34 56 c", "claim_type": "both"}).accepted.to_pylist()[
        0
    ]
    assert (household["claimant_nino"], household["claim_type"]) == ("AB123456C", "BOTH")
    assert validated("decisions", {"decision": "CONFIRM"}).accepted.column("decision").to_pylist() == ["confirm"]


@pytest.mark.parametrize("code", list(EXAMPLES))
def test_every_row_in_is_accepted_or_rejected_once_whatever_is_wrong_with_it(code: str) -> None:
    dataset = DATASET_OF[code]
    for rows in (EXAMPLES[code].breaking, EXAMPLES[code].holding):
        assert conserved(validated(dataset, *rows))


def is_of(rule: Rule, finding: dict[str, str], columns: set[str]) -> bool:
    """Whether a finding is what its rule says, and nothing else but names of columns, where the rule adds those."""
    same = all(finding[name] == getattr(rule, name) for name in ("code", "severity", "field", "message"))
    more = finding["remedy"].removeprefix(rule.remedy)
    if rule.also is None or not more:
        return same and not more
    named = re.fullmatch(r" The rows of this child differ in ([a-z_, ]+)\.", more)
    return same and named is not None and set(named[1].split(", ")) <= columns


def test_a_finding_says_only_what_its_rule_says_and_so_holds_no_value_of_the_row() -> None:
    for code, example in EXAMPLES.items():
        contract = CONTRACTS[DATASET_OF[code]]
        told = validated(contract.dataset, *example.breaking).findings.drop_columns(["row"]).to_pylist()
        columns = {column.name for column in contract.columns}
        assert all(any(is_of(rule, finding, columns) for rule in contract.rules) for finding in told)


def test_the_school_of_a_row_is_told_only_where_it_has_the_shape_of_one() -> None:
    rows = ({}, {"upn": upn(1), "urn": "Okafor"}, {"upn": upn(2), "urn": None})
    assert validated("pupils", *rows).groups.to_pylist() == [PUPIL["urn"], None, None]
    assert validated("households").groups.to_pylist() == [None]


def test_the_age_of_an_extract_is_judged_by_the_terms_it_is_given() -> None:
    table = table_of("households", {"extract_date": date(2026, 8, 1)})
    for days, accepted in ((112, 1), (111, 0)):
        assert validate(table, HOUSEHOLDS, as_of=AS_OF, stale_after_days=days).accepted.num_rows == accepted


def test_the_29th_of_february_is_a_day_like_any_other() -> None:
    leap_day = date(2028, 2, 29)
    table = table_of("pupils", {"dob": date(2010, 3, 1), "fsm_start_date": None, "fsm_end_date": None})
    assert validate(table, PUPILS, as_of=leap_day, stale_after_days=60).rows_rejected == 0
    for dob, accepted in ((date(2026, 3, 1), 1), (date(2026, 3, 2), 0)):
        young = table_of("pupils", {"dob": dob, "nc_year": "X", "fsm_start_date": None, "fsm_end_date": None})
        assert validate(young, PUPILS, as_of=leap_day, stale_after_days=60).accepted.num_rows == accepted


def test_a_file_in_which_no_row_stands_is_still_compared_among_its_rows() -> None:
    for dataset in CONTRACTS:
        nothing = dict.fromkeys(GOOD[dataset])
        assert validated(dataset, nothing, nothing).status == "rejected"
