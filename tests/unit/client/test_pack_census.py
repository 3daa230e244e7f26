"""Census tables in: every pupil row is packed or listed, and no pupil twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

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
        listed = tmp_path / "pupils-report.csv"
        return said, rows, pa.csv.read_csv(listed).to_pylist() if listed.exists() else []

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


def test_the_encoding_of_a_census_can_be_stated_as_the_advice_says(exchange, tmp_path):
    """A table that COLLECT never wrote: saved by a program of old, in which é is one byte that Windows reads as ‚."""
    folder = write_census(tmp_path / "census", [pupil(1, surname="Andre")], [address(1)], None)
    table = folder / "2026_autumn_pupilonroll.csv"
    table.write_bytes(table.read_bytes().replace(b"Andre", b"Andr\x82"))
    asked = ("pack", "census", folder, "--out", tmp_path / "pupils.parquet", "--json", *AS_OF)
    refused = exchange(*asked).json["error"]
    assert (refused["code"], "--encoding" in refused["remedy"]) == ("INP-057", True)
    stated = exchange(*asked, "--encoding", "cp850")
    assert stated.code == 0
    assert pq.read_table(tmp_path / "pupils.parquet").column("surname").to_pylist() == ["André"]
    assert exchange(*asked, "--encoding", "klingon").json["error"]["code"] == "INP-058"


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


REGISTER = '"URN","LA (code)","EstablishmentNumber","EstablishmentName","EstablishmentStatus (code)"{more}\n'
BY_NUMBER = {"schools": False}
CLOSED, OPEN, TO_CLOSE, TO_OPEN = (f"10000{n},{{la}},{{number}},School {n},{n}" for n in (2, 1, 3, 4))


@pytest.mark.parametrize(("rows", "urn"), [([CLOSED, OPEN], "100001"), ([CLOSED, TO_CLOSE], "100003")])
@pytest.mark.parametrize("turned", [False, True])
def test_an_open_school_goes_before_a_closed_one_of_its_number(pack, tmp_path, rows, urn, turned):
    _, packed, report = pack(
        [pupil(1)], [address(1)], None, "--schools", register_of(tmp_path, rows, turned=turned), **BY_NUMBER
    )
    assert (packed[0]["urn"], lines(report, "PAK-032")) == (urn, [])


def test_a_school_to_be_opened_goes_before_a_closed_one_and_without_a_status_the_first_stands(pack, tmp_path):
    _, packed, _ = pack(
        [pupil(1)], [address(1)], None, "--schools", register_of(tmp_path, [CLOSED, TO_OPEN]), **BY_NUMBER
    )
    assert packed[0]["urn"] == "100004"
    unsaid = [row[:-1] for row in (CLOSED, OPEN)]
    _, packed, _ = pack([pupil(1)], [address(1)], None, "--schools", register_of(tmp_path, unsaid), **BY_NUMBER)
    assert packed[0]["urn"] == "100002"


@pytest.mark.parametrize(
    ("more", "link", "says"),
    [("", "", "number."), (',"LinkURN","LinkType"', ",140777,Successor", "number; its successor has the URN 140777.")],
)
def test_a_school_that_has_closed_is_said_with_its_successor(pack, tmp_path, more, link, says):
    register = register_of(tmp_path, [CLOSED + link], more=more)
    _, packed, report = pack([pupil(1)], [address(1)], None, "--schools", register, **BY_NUMBER)
    [line] = [line for line in report if line["code"] == "PAK-032"]
    assert packed[0]["urn"] == "100002"
    assert line["message"].endswith(says)
    assert "--schools" in line["remedy"]


def register_of(folder: Path, rows: list[str], *, turned: bool = False, more: str = "") -> Path:
    path = folder / "register.csv"
    listed = [row.format(la="210", number="1234") for row in (reversed(rows) if turned else rows)]
    path.write_text(REGISTER.format(more=more) + "\n".join(listed), encoding="utf-8")
    return path


@pytest.mark.parametrize("end", ["1900-Jan-01 00:00:00", "30/12/1899", "1900-01-01"])
def test_a_placeholder_ends_no_period_and_is_said(pack, end):
    _, packed, report = pack([pupil(1)], [address(1)], [period(1, "2024-Sep-01 00:00:00", end)])
    assert (packed[0]["fsm_start_date"] is not None, packed[0]["fsm_end_date"]) == (True, None)
    assert len(lines(report, "PAK-003")) == 1


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


@pytest.mark.parametrize(
    ("prefix", "collection"),
    [
        ("2026_autumn", "2026-autumn"),
        ("2026_Autumn", "2026-autumn"),
        ("2026_October", "2026-autumn"),
        ("2026_OCT", "2026-autumn"),
        ("2027_January", "2027-spring"),
        ("2027_may", "2027-summer"),
        ("2026_autumn_la", "2026-autumn"),
        ("2026_AUTUMN_ACAD", "2026-autumn"),
    ],
)
def test_a_collection_is_named_by_its_term_or_its_month_and_may_be_a_set(exchange, tmp_path, prefix, collection):
    folder = write_census(tmp_path / "census", [pupil(1)], [address(1)], prefix=prefix)
    said = exchange("pack", "census", folder, "--out", tmp_path / "p.parquet", "--json", *AS_OF)
    assert (said.code, said.json["collection"], said.json["rows_written"]) == (0, collection, 1)


@pytest.mark.parametrize("month", ["september", "june", "term1"])
def test_a_month_without_a_census_is_not_guessed_and_its_files_are_named(exchange, tmp_path, month):
    folder = write_census(tmp_path / "census", [pupil(2)], prefix=f"2026_{month}")
    write_census(folder, [pupil(1)], [address(1)])
    said = exchange("pack", "census", folder, "--out", tmp_path / "p.parquet", "--json", *AS_OF)
    assert said.json["rows_written"] == 1
    assert said.json["files_not_read"] == sorted(
        f"2026_{month}_{table}.csv" for table in ("pupilonroll", "schoolcensus", "school")
    )


def test_authority_and_academy_files_become_one_file_and_their_keys_never_meet(exchange, tmp_path):
    """Both deliveries number their pupils from 1: an address goes to the pupil of its own delivery."""
    folder = tmp_path / "census"
    write_census(folder, [pupil(1, upn=upn(1))], [address(1, paon="14")], prefix="2026_autumn_la")
    write_census(folder, [pupil(1, upn=upn(2))], [address(1, paon="15")], prefix="2026_autumn_acad")
    said = exchange("pack", "census", folder, "--out", tmp_path / "p.parquet", "--json", *AS_OF)
    assert (said.code, said.json["rows_in"], said.json["rows_packed"]) == (0, 2, 2)
    packed = {row["upn"]: row["paon"] for row in pq.read_table(tmp_path / "p.parquet").to_pylist()}
    assert packed == {upn(1): "14", upn(2): "15"}


def test_several_folders_become_one_file_and_a_line_says_which_file_it_is_of(exchange, tmp_path):
    one = write_census(tmp_path / "one", [pupil(1), pupil(2)], [address(1)])
    two = write_census(tmp_path / "two", [pupil(1, enrolstatus="S"), pupil(3)], [address(1)])
    said = exchange("pack", "census", one, two, "--out", tmp_path / "p.parquet", "--json", *AS_OF)
    assert (said.json["rows_in"], said.json["rows_written"], said.json["rows_left_out"]) == (4, 1, 3)
    report = pa.csv.read_csv(tmp_path / "p-report.csv").to_pylist()
    told = {(line["file"], line["row"], line["code"]) for line in report if line["effect"] == "left out"}
    assert told == {
        ("one/2026_autumn_pupilonroll.csv", 3, "PAK-020"),
        ("two/2026_autumn_pupilonroll.csv", 2, "PAK-023"),
        ("two/2026_autumn_pupilonroll.csv", 3, "PAK-020"),
    }


def test_two_deliveries_of_which_one_lacks_a_column_are_joined(exchange, tmp_path):
    one = write_census(tmp_path / "one", [pupil(1)], [address(1)], [period(1, "2024-Sep-02 00:00:00")])
    two = write_census(tmp_path / "two", [pupil(2)], [address(2)])
    exchange("pack", "census", one, two, "--out", tmp_path / "p.parquet", "--json", *AS_OF)
    rows = pq.read_table(tmp_path / "p.parquet").to_pylist()
    assert [row["fsm_start_date"] for row in rows] == [date(2024, 9, 2), None]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026_autumn", "2026_October"),
        ("2026_autumn", "2026_autumn_la"),
        ("2026_autumn_la", "2026_oct_la"),
    ],
)
def test_two_files_for_one_table_are_refused_and_both_are_named(exchange, tmp_path, first, second):
    folder = write_census(tmp_path / "census", [pupil(1)], [address(1)], prefix=first)
    write_census(folder, [pupil(1)], [address(1)], prefix=second)
    said = exchange("pack", "census", folder, "--out", tmp_path / "p.parquet", "--json", *AS_OF)
    assert (said.code, said.json["error"]["code"]) == (2, "INP-071")
    assert {f"{first}_" in said.json["error"]["message"], f"{second}_" in said.json["error"]["message"]} == {True}
    assert not (tmp_path / "p.parquet").exists()


def test_two_names_of_one_table_are_two_files_for_it(exchange, tmp_path):
    folder = write_census(tmp_path / "census", [pupil(1)], [address(1)])
    write_csv(folder / "2026_autumn_addresses.csv", ["NativeId", "pupilonrolltableid", "postcode"], [address(1)])
    said = exchange("pack", "census", folder, "--out", tmp_path / "p.parquet", "--json", *AS_OF)
    assert said.json["error"]["code"] == "INP-071"


def test_a_file_of_a_census_brings_its_own_set_and_no_other(exchange, tmp_path):
    folder = write_census(tmp_path / "census", [pupil(1)], [address(1)], prefix="2026_autumn_la")
    write_census(folder, [pupil(2)], [address(2)], prefix="2026_autumn_acad")
    given = folder / "2026_autumn_acad_pupilonroll.csv"
    said = exchange("pack", "census", given, "--out", tmp_path / "p.parquet", "--json", *AS_OF)
    assert pq.read_table(tmp_path / "p.parquet")["upn"].to_pylist() == [upn(2)]
    assert {name.split("_")[2] for name in said.json["files_read"]} == {"acad"}


def test_another_file_and_a_path_that_is_not_there_are_told_apart(exchange, tmp_path):
    (tmp_path / "pupils.csv").write_text("upn\n")
    said = exchange("pack", "census", tmp_path / "pupils.csv", "--out", tmp_path / "p.parquet", "--json")
    assert said.json["error"]["code"] == "INP-072"
    said = exchange("pack", "census", tmp_path / "gone", "--out", tmp_path / "p.parquet", "--json")
    assert said.json["error"]["code"] == "INP-001"


def test_dates_of_a_census_that_was_saved_again_in_a_spreadsheet_are_read_or_refused_never_guessed(pack):
    _, rows, _ = pack([pupil(1, dob="03/11/2015 00:00", entrydate="01/09/2020 00:00")], [address(1)])
    assert rows[0]["dob"] == date(2015, 11, 3)
    american = [pupil(1, dob="11/3/2015 0:00"), pupil(2, dob="11/23/2015 0:00")]
    assert pack(american, [address(1), address(2)])[0].json["error"]["code"] == "INP-070"
    _said, rows, _ = pack(american, [address(1), address(2)], None, "--dates", "us")
    assert [row["dob"] for row in rows] == [date(2015, 11, 3), date(2015, 11, 23)]


def test_a_code_or_a_birthday_that_cannot_be_read_has_one_line(pack):
    _, _, report = pack([pupil(1, ncyearactual="6?", sex="female", dob="soon", enrolstatus="")], [address(1)])
    told = [
        (line["code"], line["effect"], line["field"])
        for line in report
        if "pupilonroll" in line["file"] and line["row"]
    ]
    assert told == [
        ("PAK-002", "would be rejected", "dob"),
        ("PAK-006", "would be rejected", "ncyearactual"),
        ("PUP-020", "would be rejected", "enrol_status"),
    ]
    assert "style" not in next(line["remedy"] for line in report if line["code"] == "PAK-006")


def test_no_line_of_report_or_screen_holds_a_value(pack):
    said, _, report = pack([pupil(1, surname="Zyxwv-Quirk", dob="not a date")], [address(1, postcode="ZZ99 3VZ")])
    told = said.out + said.err + str(report)
    assert not any(value in told for value in ("Zyxwv", "not a date", "ZZ99 3VZ", upn(1)))


def test_the_order_of_rows_is_the_order_of_the_pupil_table(pack):
    numbers = [5, 3, 9, 1]
    _, rows, _ = pack([pupil(n) for n in numbers], [address(n) for n in sorted(numbers)])
    assert [row["upn"] for row in rows] == [upn(n) for n in numbers]


@pytest.mark.parametrize("postcode", ["", "SE1", "ZZ99 3VZ", "SW2 5SG?"])
def test_a_postcode_that_routes_nobody_has_one_line(pack, postcode):
    _, _, report = pack([pupil(1), pupil(2)], [address(1), address(2, postcode=postcode)])
    told = [(line["code"], line["effect"]) for line in report if line["row"] == 3 and line["field"] == "postcode"]
    assert told == [("PAK-021", "left out")]
