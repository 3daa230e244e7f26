"""Each row of a file is accepted or rejected once, with findings that hold no value, whatever the contract is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.contract.rules.registry import Rulebook
from shared.kernel.contract.validate import validate
from tests.unit.kernel.contract.toy import AS_OF, LOANS, MEMBERS, found, loans, validated


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ([{}], "accepted"),
        ([{"word": "Away"}], "accepted_with_errors"),
        ([{}, {"ref": None}], "partly_accepted"),
        ([{"ref": None}], "rejected"),
    ],
)
def test_the_status_says_how_much_was_taken(changes: list[dict[str, object]], status: str) -> None:
    assert validated(*changes).status == status


def test_a_row_with_several_errors_is_counted_at_the_first_and_every_error_is_found() -> None:
    validation = validated({"ref": " ", "surname": None, "state": "?"})
    assert validation.rejected_by_code == {"LOA-001": 1}
    assert [code for _, code, _ in found(validation)] == ["LOA-001", "LOA-002", "LOA-004"]


def test_findings_are_in_the_order_of_the_file_and_then_of_the_codes() -> None:
    told = found(validated({"surname": None, "ref": None}, {"state": "?", "ref": "L2"}, {"ref": None}))
    assert told == sorted(told, key=lambda finding: finding[:2])


def test_accepted_rows_have_every_column_in_normal_form_and_their_place_in_the_file() -> None:
    accepted = validated({"ref": None}, {"ref": " l 18", "state": "back", "word": "KEEP", "town": " "}).accepted
    assert accepted.schema == LOANS.arrow_schema().append(pa.field("row", pa.int32()))
    [row] = accepted.to_pylist()
    assert [row[name] for name in ("row", "ref", "state", "word", "town")] == [1, "L18", "BACK", "keep", None]


def test_a_warning_leaves_out_the_value_and_keeps_the_row() -> None:
    validation = validated({"fine": -1.0})
    assert (validation.status, validation.accepted.column("fine").to_pylist()) == ("accepted_with_errors", [None])


def test_a_good_row_is_not_set_aside_as_the_double_of_a_rejected_one() -> None:
    validation = validated({"state": "?"}, {}, {})
    assert validation.accepted.column("row").to_pylist() == [1]
    assert validation.rejected_by_code == {"LOA-004": 1, "LOA-050": 1}


def test_the_group_of_a_row_is_told_only_where_it_has_the_shape_of_one() -> None:
    rows = ({}, {"branch": "Okafor"}, {"branch": None}, {"branch": "1015"}, {"branch": "101\n"})
    assert validated(*rows).groups.to_pylist() == ["101", None, None, None, "101"]
    members = validate(pa.table({"ref": ["M1"]}), MEMBERS, as_of=AS_OF, stale_after_days=1)
    assert (members.grouped_by, members.groups.to_pylist()) == (None, [None])


def test_a_contract_without_rules_takes_whatever_its_columns_can_hold() -> None:
    members = validate(pa.table({"ref": ["M1", None]}), MEMBERS, as_of=AS_OF, stale_after_days=1)
    assert (members.dataset, members.status, members.accepted.num_rows) == ("members", "accepted", 2)


def test_findings_can_be_filtered_and_counted_without_unpacking_them() -> None:
    findings = validated({"ref": None}, {"word": "away"}).findings
    assert findings.filter(pc.equal(findings.column("code"), "LOA-007")).num_rows == 1
    assert findings.group_by("severity").aggregate([([], "count_all")]).num_rows == 2


def test_a_bug_in_a_rule_is_raised_and_never_taken_for_a_bad_row() -> None:
    book = Rulebook("LOA")
    book.error("LOA-999", "ref", "m", "n")(lambda frame, _: frame.filled("no_such_column"))
    with pytest.raises(KeyError):
        validate(loans(), replace(LOANS, rules=tuple(book)), as_of=AS_OF, stale_after_days=60)


def test_the_age_of_an_extract_is_judged_by_the_terms_it_is_given() -> None:
    for days, accepted in ((112, 1), (111, 0)):
        table = loans({"lent_on": date(2026, 8, 1)})
        assert validate(table, LOANS, as_of=AS_OF, stale_after_days=days).accepted.num_rows == accepted


def test_a_rulebook_refuses_a_code_twice_out_of_order_or_of_another_dataset() -> None:
    book = Rulebook("LOA")
    book.error("LOA-002", "ref", "m", "n")(lambda frame, _: frame.none())
    for code in ("LOA-002", "LOA-001", "HOU-003"):
        with pytest.raises(ValueError, match=code):
            book.error(code, "ref", "another", "n")


cells = st.sampled_from(["L1", "L2", "", None, "x" * 300, "?", "OUT", "101"])


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(("ref", "surname", "state", "branch"), cells)), min_size=1))
def test_every_row_in_is_accepted_or_rejected_once_whatever_is_wrong_with_it(rows: list[dict[str, object]]) -> None:
    validation = validated(*rows)
    kept = validation.accepted.column("row").to_pylist()
    errors = validation.findings.filter(pc.equal(validation.findings.column("severity"), "error"))
    assert kept == sorted(set(range(len(rows))) - set(errors.column("row").to_pylist()))
    assert sum(validation.rejected_by_code.values()) == validation.rows_rejected == len(rows) - len(kept)
