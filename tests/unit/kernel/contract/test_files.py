"""What refuses a file as a whole: the code, the columns named, and never a value."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from shared.kernel.contract.file_rules import FILE_RULES, LONGEST_TEXT_BYTES, contract_for
from shared.kernel.contract.read import read_columns
from shared.kernel.contract.validate import Validation, validate
from shared.kernel.errors import BadFile
from tests.unit.kernel.contract.toy import AS_OF, CONTRACTS, LOANS, STALE_AFTER_DAYS, loans, validated

UTC_MILLISECONDS = pa.timestamp("ms", "+00:00")


def check(table: pa.Table) -> Validation:
    return validate(table, LOANS, as_of=AS_OF, stale_after_days=STALE_AFTER_DAYS)


def refusal(table: pa.Table) -> BadFile:
    with pytest.raises(BadFile) as caught:
        check(table)
    # Arrow quotes the cell in its own errors: not even the cause may hold one.
    assert caught.value.__cause__ is None
    assert caught.value.remedy
    return caught.value


def with_column(name: str, values: Any) -> pa.Table:
    table = loans()
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array([values])
    if name not in table.column_names:
        return table.append_column(name, array)
    return table.set_column(table.column_names.index(name), name, array)


def test_an_unknown_column_refuses_the_file_and_is_named() -> None:
    error = refusal(with_column("ethnicity", "WBRI"))
    assert error.code == "FIL-005"
    assert "ethnicity" in error.message
    assert "WBRI" not in str(error)


def test_a_misspelt_column_is_reported_as_unknown_and_lacking_at_once() -> None:
    error = refusal(loans().rename_columns({"surname": "Surname"}))
    assert error.code == "FIL-005"
    assert "Surname" in error.message
    assert "lacks: surname" in error.message


def test_of_many_unknown_columns_ten_are_named_and_the_rest_counted() -> None:
    table = loans()
    for n in range(300):
        table = table.append_column(f"column_{n}", pa.array([n]))
    assert refusal(table).message.endswith("column_9 and 290 more.")


def test_a_column_name_goes_into_a_message_only_short_and_printable() -> None:
    message = refusal(with_column("x\n\x1b[31m<b>" + "y" * 100, "")).message
    assert "x???31m?b?" in message
    assert len(message) < 150


def test_a_file_without_a_header_row_does_not_have_its_first_row_repeated() -> None:
    error = refusal(pa.table({"L17": ["L18"], "Okafor": ["Reid"]}))
    assert error.code == "FIL-003"
    assert "Okafor" not in str(error)


def test_a_lacking_required_column_is_named_and_an_optional_one_may_lack() -> None:
    error = refusal(loans().drop_columns(["dob", "saon", "branch"]))
    assert (error.code, error.message) == ("FIL-006", "The file lacks required columns: dob, branch.")
    accepted = check(loans().drop_columns(["saon"])).accepted
    assert accepted.column("saon").to_pylist() == [None]


def test_a_column_twice_refuses_the_file() -> None:
    table = loans()
    error = refusal(pa.table([*table.columns, table.column("ref")], names=[*table.column_names, "ref"]))
    assert (error.code, "ref" in error.message) == ("FIL-004", True)


def test_no_rows_say_that_there_are_none_where_a_file_replaces_the_one_before() -> None:
    checked = check(loans().slice(0, 0))
    assert (checked.status, checked.rows_in, checked.accepted.num_rows, checked.stands) == ("accepted", 0, 0, True)
    everything_wrong = validated({"surname": None})
    assert (everything_wrong.status, everything_wrong.stands) == ("rejected", False)


def test_no_rows_and_no_dataset_have_their_own_codes() -> None:
    with pytest.raises(BadFile, match="FIL-002"):
        validate(loans().slice(0, 0), replace(LOANS, identifier=None), as_of=AS_OF, stale_after_days=60)
    with pytest.raises(BadFile, match="FIL-001") as caught:
        contract_for(CONTRACTS, "Okafor")
    assert "There are: loans, members." in caught.value.message
    assert "Okafor" not in str(caught.value)


class Named(pa.ExtensionType):  # type: ignore[misc]
    """An extension type as a file could bring one."""

    def __init__(self) -> None:
        super().__init__(pa.string(), "test.named")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type: pa.DataType, serialized: bytes) -> Named:
        return cls()


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        ("surname", pa.ExtensionArray.from_storage(Named(), pa.array(["Okafor"])), "FIL-007"),
        ("surname", pa.array([["Okafor"]]), "FIL-008"),
        ("surname", pa.array([{"a": "Okafor"}]), "FIL-008"),
        ("surname", pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32())), "FIL-008"),
        ("uprn", 100023336956.0, "FIL-009"),
        ("uprn", 100023336956, "FIL-009"),
        ("surname", b"Okafor", "FIL-009"),
        ("dob", "2015-11-03", "FIL-009"),
        ("dob", 20150311, "FIL-009"),
        ("surname", pa.array([1]).dictionary_encode(), "FIL-009"),
        ("lost", "N", "FIL-009"),
        ("lost", 0, "FIL-009"),
        ("copies", 1.0, "FIL-009"),
        ("fine", pa.array([412.5], pa.float16()), "FIL-009"),
        ("fine", "412.50", "FIL-009"),
        ("dob", datetime(2015, 11, 3, 0, 0, 1), "FIL-010"),  # noqa: DTZ001
        ("dob", datetime(2015, 6, 2, 23, tzinfo=UTC), "FIL-010"),
        ("dob", pa.array([datetime(2015, 11, 3)], pa.timestamp("us", "Europe/London")), "FIL-010"),  # noqa: DTZ001
        ("dob", pa.array([86_400_001], pa.int64()).view(pa.date64()), "FIL-010"),
        ("dob", pa.array([2**60], pa.timestamp("s")), "FIL-010"),
        ("surname", pa.array([b"\xd6zg\xfcr"]).view(pa.string()), "FIL-011"),
        ("surname", "x" * (LONGEST_TEXT_BYTES + 1), "FIL-012"),
        ("surname", pa.array(["x" * (LONGEST_TEXT_BYTES + 1)]).dictionary_encode(), "FIL-012"),
        ("copies", pa.array([2**64 - 1], pa.uint64()), "FIL-013"),
        ("fine", 2**60, "FIL-013"),
    ],
)
def test_a_column_of_the_wrong_kind_refuses_the_file_and_is_named(name: str, values: Any, code: str) -> None:
    error = refusal(with_column(name, values))
    assert error.code == code
    assert name in error.message
    assert "Okafor" not in str(error)


@pytest.mark.parametrize(
    ("name", "values", "read"),
    [
        ("surname", pa.array(["Reid"], pa.large_string()), "Reid"),
        ("surname", pa.array(["Reid"], pa.string_view()), "Reid"),
        ("surname", pa.array(["Reid"]).dictionary_encode(), "Reid"),
        ("surname", pa.array(["Reid"], pa.large_string()).dictionary_encode(), "Reid"),
        ("saon", pa.nulls(1), None),
        ("uprn", pa.nulls(1), None),
        ("lent_on", pa.nulls(1), None),
        ("dob", pa.array([date(2015, 11, 3)], pa.date64()), date(2015, 11, 3)),
        ("dob", pa.array([date(2015, 11, 3)]).dictionary_encode(), date(2015, 11, 3)),
        ("dob", pa.array([datetime(2015, 11, 3)], pa.timestamp("ns")), date(2015, 11, 3)),  # noqa: DTZ001
        ("copies", pa.array([3], pa.uint8()), 3),
        ("fine", pa.array([412]), 412.0),
        ("fine", pa.array([Decimal("412.50")]), 412.5),
        ("dob", datetime(2015, 11, 3, tzinfo=UTC), date(2015, 11, 3)),
        (
            "dob",
            pa.array([datetime(2015, 11, 3, tzinfo=UTC)], pa.timestamp("ms", "+00:00")),
            date(2015, 11, 3),
        ),
        ("fine", pa.array([412.37], pa.float32()), 412.37),
        ("fine", pa.array([0.1], pa.float32()), 0.1),
    ],
)
def test_every_fitting_type_is_read_into_the_contracts_own(name: str, values: Any, read: object) -> None:
    accepted = check(with_column(name, values)).accepted
    assert accepted.column(name).to_pylist() == [read]
    assert accepted.schema.field(name).type == LOANS.arrow_schema().field(name).type


def test_every_penny_of_an_amount_in_half_the_bits_is_read_as_it_was_meant() -> None:
    pence = range(0, 13_107_200, 61)
    earnings = pa.array([penny / 100 for penny in pence], pa.float32())
    table = loans().take([0] * len(pence)).drop_columns(["fine"])
    read = read_columns(table.append_column("fine", earnings), LOANS)
    assert read.column("fine").to_pylist() == [penny / 100 for penny in pence]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_what_is_no_number_is_a_fault_of_its_row_and_left_out(value: float, kind: pa.DataType) -> None:
    checked = check(with_column("fine", pa.array([value], kind)))
    assert checked.findings.column("code").to_pylist() == ["LOA-006"]
    assert checked.accepted.column("fine").to_pylist() == [None]


def test_a_date_that_was_midnight_in_summer_is_said_to_be_one() -> None:
    moments = [datetime(2015, 11, 3, tzinfo=UTC), datetime(2015, 6, 2, 23, tzinfo=UTC)]
    table = loans().take([0, 0]).drop_columns(["dob"]).append_column("dob", pa.array(moments))
    error = refusal(table)
    assert error.code == "FIL-010"
    assert "1 of its values are at 23:00 UTC: midnight in British Summer Time" in error.message
    assert error.particulars is not None
    assert error.particulars.settings["parquet-java, Spark"].startswith("to_date")


def test_names_in_capitals_are_said_to_be_capitals() -> None:
    table = loans()
    shouted = refusal(table.rename_columns([name.upper() for name in table.column_names]))
    assert shouted.code == "FIL-003"
    assert f"In lower case {table.num_columns} of the names would belong to it: REF, SURNAME" in shouted.message
    assert shouted.particulars is not None
    assert "name.lower()" in shouted.particulars.settings["parquet-java, Spark"]
    one = refusal(table.rename_columns({"surname": "Surname"}))
    assert (one.code, "In lower case 1 of the names would belong to it: Surname." in one.message) == ("FIL-005", True)


def test_every_file_rule_says_as_data_what_it_says_in_words() -> None:
    for rule in FILE_RULES:
        error = rule.broken_by(["column"])
        assert error.particulars is not None
        assert error.particulars.found == error.message
        assert all(text in error.remedy for text in (rule.remedy, *rule.settings.values()))


def test_a_long_word_in_a_dictionary_is_refused_before_it_is_copied_into_every_row() -> None:
    words = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), ["x" * 1_000_000])
    table = loans().take([0] * 100_000).drop_columns(["surname"]).append_column("surname", words)
    before = pa.total_allocated_bytes()
    assert refusal(table).code == "FIL-012"
    assert pa.total_allocated_bytes() - before < 1_000_000


def test_columns_in_any_order_and_in_many_chunks_are_read() -> None:
    table = pa.concat_tables([loans(), loans({"ref": "L18"})])
    assert check(table.select(list(reversed(table.column_names)))).accepted.num_rows == 2


def test_every_file_code_is_given_once_and_says_its_remedy() -> None:
    codes = [rule.code for rule in FILE_RULES]
    assert codes == sorted(set(codes))
    assert all(rule.message and rule.remedy for rule in FILE_RULES)
