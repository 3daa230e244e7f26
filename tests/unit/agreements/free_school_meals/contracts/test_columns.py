"""The columns of the three datasets: each described, each with a source, none that nobody agreed to."""

from __future__ import annotations

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.kernel.contract.validate import validate
from tests.unit.agreements.free_school_meals.contracts.rows import AS_OF, STALE_AFTER_DAYS, table_of


def test_every_decimal_column_has_a_rule_for_what_is_no_number() -> None:
    """No reader may make an empty cell of it in silence."""
    for dataset, contract in CONTRACTS.items():
        for column in contract.columns:
            if column.kind == "decimal":
                table = table_of(dataset)
                strange = pa.array([float("nan")])
                table = table.set_column(table.column_names.index(column.name), column.name, strange)
                checked = validate(table, contract, as_of=AS_OF, stale_after_days=STALE_AFTER_DAYS)
                assert column.name in checked.findings.column("field").to_pylist()


def test_only_pupils_are_read_school_by_school_and_decisions_replace_nothing() -> None:
    grouped = {name: contract.grouped_by.column for name, contract in CONTRACTS.items() if contract.grouped_by}
    assert grouped == {"pupils": "urn"}
    assert {name: contract.identifier for name, contract in CONTRACTS.items()} == {
        "pupils": "upn",
        "households": "household_ref",
        "decisions": None,
    }


def test_every_contract_describes_each_of_its_columns_and_where_its_name_comes_from() -> None:
    for contract in CONTRACTS.values():
        assert len(set(contract.names)) == len(contract.names)
        for column in contract.columns:
            assert column.description
            assert column.source
            assert contract.column(column.name) is column
        with pytest.raises(KeyError):
            contract.column("ethnicity")


def test_the_examples_of_the_data_dictionary_are_in_their_own_code_sets() -> None:
    for contract in CONTRACTS.values():
        for column in contract.columns:
            assert column.codes is None or column.example in column.codes
