"""Census tables in: every pupil row is packed or listed, and no pupil twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from client.pack.census_folder import FILE_NAME
from tests.unit.client.census_sample import PUPIL, address, period, pupil, upn, write_census, write_csv
from tests.unit.client.conftest import Exchange, Said

AS_OF = ("--as-of", "2026-11-21")


@pytest.fixture
def pack(exchange: Exchange, tmp_path: Path):
    """Pack a census of these tables; returns what was said, the packed rows and the report's lines."""

    def command(pupils, addresses=None, periods=None, *options, **more) -> tuple[Said, list[dict], list[dict]]:
        folder = write_census(tmp_path / "census", pupils, addresses, periods, **more)
        out = tmp_path / "pupils.parquet"
        said = exchange("pack", "census", folder, "--out", out, "--json", *AS_OF, *options)
        rows = pq.read_table(out).to_pylist() if out.exists() else []
        report = pa.csv.read_csv(tmp_path / "pupils-report.csv").to_pylist()
        return said, rows, report

    return command


def lines(report: list[dict], code: str) -> list[int]:
    return [line["row"] for line in report if line["code"] == code]


def test_a_pupil_with_address_school_and_period_becomes_one_contract_row(pack):
    said, rows, _ = pack([pupil(1)], [address(1)], [period(1, "2024-Sep-02 00:00:00")])
    assert said.code == 0
    assert said.json["rows_to_be_rejected"] == 0
    (row,) = rows
    assert row["upn"] == upn(1)
    assert row["dob"] == date(2015, 3, 21)
    assert (row["nc_year"], row["enrol_status"], row["sex"]) == ("6", "C", "F")
    assert (row["urn"], row["laestab"], row["school_name"]) == ("100785", "2101234", "Peckham Rye Primary")
    assert (row["postcode"], row["uprn"], row["paon"], row["town"]) == ("sw25sg", "100023336956", "14", "London")
    assert (row["fsm_start_date"], row["fsm_end_date"]) == (date(2024, 9, 2), None)


def test_several_open_periods_never_double_a_pupil_and_the_latest_start_is_packed(pack):
    periods = [period(1, "2023-Sep-01 00:00:00"), period(1, "2025-Sep-01 00:00:00"), period(1, "2024-Sep-01 00:00:00")]
    said, rows, report = pack([pupil(1), pupil(2)], [address(1), address(2)], periods)
    assert [row["fsm_start_date"] for row in rows] == [date(2025, 9, 1), None]
    assert said.json["rows_written"] == 2
    assert lines(report, "PAK-028") == [2]


def test_an_open_period_goes_before_a_closed_one_that_started_later(pack):
    periods = [period(1, "2024-Sep-01 00:00:00"), period(1, "2025-Sep-01 00:00:00", "2026-Jul-31 00:00:00")]
    _, rows, _ = pack([pupil(1)], [address(1)], periods)
    assert (rows[0]["fsm_start_date"], rows[0]["fsm_end_date"]) == (date(2024, 9, 1), None)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (period(1, "2024-Sep-01 00:00:00", ukcountry="WLS"), "PAK-027"),
        (period(1, "2024-Sep-01 00:00:00", "the end of term"), "PAK-002"),
        (period(9, "2024-Sep-01 00:00:00"), "PAK-026"),
    ],
)
def test_a_period_that_does_not_count_leaves_the_pupil_without_one_and_is_said(pack, given, code):
    _, rows, report = pack([pupil(1)], [address(1)], [given])
    assert (rows[0]["fsm_start_date"], rows[0]["fsm_end_date"]) == (None, None)
    assert lines(report, code) == [2]


def test_every_row_is_packed_or_listed_as_left_out(pack):
    pupils = [
        pupil(1),
        pupil(2),  # no address row
        pupil(3),  # pseudo-postcode
        pupil(4, NativeId="SCH5", schoolcensustableid=""),  # no school, and its address row has another NativeId
        pupil(1),  # the same key again
        pupil(6, upn=upn(1), enrolstatus="S"),  # a second enrolment
    ]
    addresses = [address(1), address(3, postcode="ZZ99 3VZ"), address(4, NativeId="SCH5"), address(6)]
    said, rows, report = pack(pupils, addresses)
    assert said.code == 0
    assert [row["upn"] for row in rows] == [upn(1)]
    left_out = {line["row"]: line["code"] for line in report if line["effect"] == "left out"}
    assert left_out == {3: "PAK-020", 4: "PAK-021", 5: "PAK-022", 6: "PAK-025", 7: "PAK-023"}
    facts = said.json
    assert (facts["rows_in"], facts["rows_packed"], facts["rows_left_out"]) == (6, 1, 5)


def test_a_line_with_another_number_of_columns_is_listed_and_counted(pack, exchange, tmp_path):
    folder = write_census(tmp_path / "census", [pupil(1), pupil(2)], [address(1), address(2)])
    path = folder / "2026_autumn_pupilonroll.csv"
    path.write_text(path.read_text().replace("Okafor", "Okafor,Reid", 1))
    said = exchange("pack", "census", folder, "--out", tmp_path / "pupils.parquet", "--json", *AS_OF)
    assert said.json["rows_in"] == 2
    assert said.json["rows_left_out"] == 1
    assert lines(pa.csv.read_csv(tmp_path / "pupils-report.csv").to_pylist(), "PAK-001") == [2]


def test_the_main_enrolment_is_the_one_that_is_packed(pack):
    pupils = [pupil(1, enrolstatus="S", entrydate="2026-Sep-01 00:00:00"), pupil(2, upn=upn(1), enrolstatus="M")]
    _, rows, report = pack(pupils, [address(1), address(2)])
    assert [row["enrol_status"] for row in rows] == ["M"]
    assert lines(report, "PAK-023") == [2]


def test_an_enrolment_that_cannot_be_routed_does_not_displace_one_that_can(pack):
    pupils = [pupil(1, enrolstatus="C"), pupil(2, upn=upn(1), enrolstatus="S")]
    _, rows, _ = pack(pupils, [address(2)])
    assert [row["enrol_status"] for row in rows] == ["S"]


def test_the_first_of_several_addresses_in_order_is_packed(pack):
    addresses = [
        address(1, addressesonrollorderseqcolumn="2", postcode="SE15 4QP"),
        address(1, addressesonrollorderseqcolumn="1", postcode="SW2 5SG"),
    ]
    _, rows, report = pack([pupil(1)], addresses)
    assert rows[0]["postcode"] == "SW2 5SG"
    assert lines(report, "PAK-029") == [2]


def test_what_the_contract_does_not_ask_for_is_dropped_and_named(pack):
    said, rows, _ = pack([pupil(1)], [address(1)])
    assert {"language", "senprovision", "termlysessionspossible"} <= set(said.json["columns_dropped"])
    assert not {"language", "senprovision"} & set(rows[0])


def test_with_a_postcode_directory_home_is_filled_and_own_residents_stay_out(pack, tmp_path):
    places = tmp_path / "onspd.csv"
    places.write_text("pcds,lad25cd,lad25nm\nSW2 5SG,E09000022,Lambeth\nSE15 4QP,E09000028,Southwark\n")
    pupils, addresses = [pupil(1), pupil(2)], [address(1), address(2, postcode="SE15 4QP")]
    _, rows, report = pack(pupils, addresses, None, "--directory", places, "--borough", "southwark")
    assert [(row["upn"], row["home_la"]) for row in rows] == [(upn(1), "E09000022")]
    assert lines(report, "PAK-024") == [3]


def test_the_register_of_schools_names_a_school_that_no_table_names(pack, tmp_path):
    register = tmp_path / "schools.csv"
    register.write_text("URN,LA (code),EstablishmentNumber,EstablishmentName\n100785,210,1234,Peckham Rye Primary\n")
    _, rows, _ = pack([pupil(1)], [address(1)], None, "--schools", register, schools=False)
    assert (rows[0]["urn"], rows[0]["laestab"], rows[0]["school_name"]) == ("100785", "2101234", "Peckham Rye Primary")


def test_spring_tables_and_the_old_name_of_sex_are_read(exchange, tmp_path):
    folder = tmp_path / "census"
    folder.mkdir()
    old = {("gender" if name == "sex" else name): value for name, value in pupil(1).items()}
    write_csv(folder / "2023_spring_pupilonroll.csv", ["gender" if name == "sex" else name for name in PUPIL], [old])
    write_csv(folder / "2023_spring_addresses.csv", ["NativeId", "pupilonrolltableid", "postcode"], [address(1)])
    write_csv(
        folder / "2023_spring_fsmperiod.csv",
        ["NativeId", "pupilonrolltableid", "fsmstartdate", "fsmenddate"],
        [period(1, "2022-Sep-01 00:00:00")],
    )
    out = tmp_path / "pupils.parquet"
    assert exchange("pack", "census", folder, "--out", out, "--json").json["collection"] == "2023-spring"
    (row,) = pq.read_table(out).to_pylist()
    assert (row["sex"], row["fsm_start_date"]) == ("F", date(2022, 9, 1))


def test_two_collections_in_a_folder_are_never_mixed(exchange, tmp_path):
    write_census(tmp_path / "census", [pupil(1)], [address(1)])
    folder = write_census(tmp_path / "census", [pupil(1)], [address(1)], prefix="2026_spring")
    out = tmp_path / "pupils.parquet"
    refused = exchange("pack", "census", folder, "--out", out)
    assert refused.code == 2
    assert "INP-021" in refused.err
    assert exchange("pack", "census", folder, "--out", out, "--collection", "2026-spring").code == 0


def test_nothing_to_pack_exits_with_2_and_still_accounts_for_every_row(pack, tmp_path):
    said, rows, report = pack([pupil(1), pupil(2)], None)
    assert (said.code, rows) == (2, [])
    facts = said.json
    assert (facts["ok"], facts["error"]["code"]) == (False, "INP-006")
    assert (facts["rows_in"], facts["rows_left_out"], facts["rows_packed"]) == (2, 2, 0)
    assert lines(report, "PAK-020") == [2, 3]


def test_a_folder_without_pupils_or_a_table_without_keys_is_refused_by_name(exchange, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    said = exchange("pack", "census", empty, "--out", tmp_path / "pupils.parquet")
    assert (said.code, "INP-005" in said.err) == (2, True)
    write_csv(empty / "2026_autumn_pupilonroll.csv", ["upn", "surname"], [])
    said = exchange("pack", "census", empty, "--out", tmp_path / "pupils.parquet")
    assert (said.code, "INP-004" in said.err, "nativeid" in said.err) == (2, True, True)


@pytest.mark.parametrize("name", ["2026_autumn_pupilonroll.csv", "2026_Spring_Addresses.CSV"])
def test_file_names_are_read_as_authorities_write_them(name):
    assert FILE_NAME.fullmatch(name)


def test_no_line_of_report_or_screen_holds_a_value(pack):
    said, _, report = pack([pupil(1, surname="Zyxwv-Quirk", dob="not a date")], [address(1, postcode="ZZ99 3VZ")])
    told = said.out + said.err + str(report)
    assert not any(value in told for value in ("Zyxwv", "not a date", "ZZ99 3VZ", upn(1)))


def test_the_order_of_rows_is_the_order_of_the_pupil_table(pack):
    numbers = [5, 3, 9, 1]
    _, rows, _ = pack([pupil(n) for n in numbers], [address(n) for n in sorted(numbers)])
    assert [row["upn"] for row in rows] == [upn(n) for n in numbers]
