"""A contract that contradicts itself is a defect, and is found where it is made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.kernel.contract.columns import Contract, Grouping, address, column_of, names, text, texts
from shared.kernel.contract.rules.registry import Rulebook
from tests.unit.kernel.contract.toy import LOAN_COLUMNS, LOAN_RULES, LOAN_RULES_AMONG, LOANS


def test_a_rule_on_single_rows_may_not_stand_after_one_that_compares_rows() -> None:
    with pytest.raises(ValueError, match="loans: a rule on single rows"):
        replace(LOANS, rules=(*LOAN_RULES_AMONG, *LOAN_RULES))


@pytest.mark.parametrize(
    "wrong",
    [
        {"identifier": "upn"},
        {"grouped_by": Grouping("upn", ".", "UPN")},
        {"columns": tuple(column for column in LOAN_COLUMNS if column.name != "fine")},
    ],
)
def test_a_contract_names_no_column_that_it_does_not_have(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"loans has no column (upn|fine)"):
        replace(LOANS, **wrong)  # type: ignore[arg-type]


def test_a_value_is_replaced_only_in_a_column_that_there_is() -> None:
    book = Rulebook("LOA")
    book.warning("LOA-001", "ref", "m", "n", instead={"upn": None})(lambda frame, _: frame.none())
    with pytest.raises(ValueError, match="has no column upn"):
        Contract("loans", LOAN_COLUMNS, tuple(book))


def test_a_column_stands_once() -> None:
    with pytest.raises(ValueError, match="loans has the column ref twice"):
        replace(LOANS, columns=(*LOAN_COLUMNS, LOANS.column("ref")))


def test_columns_are_found_by_name_and_by_kind() -> None:
    columns = (text("a", "A", "", "", codes=("x",)), *LOAN_COLUMNS[:6])
    assert names(columns) == ("a", "ref", "surname", "forename", "dob", "state", "copies")
    assert texts(columns) == ("a", "ref", "surname", "forename", "state")
    assert column_of(columns, "a").codes == ("x",)
    with pytest.raises(KeyError):
        column_of(columns, "b")


def test_an_address_may_need_its_postcode() -> None:
    assert [column.name for column in address("x", postcode_required=True) if column.required] == ["postcode"]
    assert not any(column.required for column in address("x", postcode_required=False))
