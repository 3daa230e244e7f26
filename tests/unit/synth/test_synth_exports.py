"""The census and supplier files: the shape that authorities hold, and the same children as in the drops."""

from __future__ import annotations

import csv
import re
from datetime import date
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from client.pack.census import Beside, pack_census
from client.pack.census_folder import read_censuses
from client.pack.households import pack_households
from client.pack.places import read_directory
from client.pack.source import read
from client.pack.styles import choose_style
from local.synth import shipped
from local.synth.census_export import census_day, collect_date
from local.synth.files import write_census, write_extracts, write_parquet
from local.synth.london import AS_OF, London
from local.synth.supplier_styles import load_styles

COLLECT_DATE = re.compile(r"\d{4}-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{2} 00:00:00")
SAMPLE_HEADER = Path(__file__).parent / "pupilonroll_header.txt"


@pytest.fixture(scope="module")
def census(london: London, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("census")
    write_census(london, "southwark", folder)
    return folder


def rows(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(path.read_bytes().decode(encoding), newline="")))


def test_the_pupil_table_has_the_columns_of_a_collect_export(census: Path) -> None:
    header = (census / "2026_autumn_pupilonroll.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == SAMPLE_HEADER.read_text(encoding="utf-8").strip()


def test_keys_join_and_begin_with_the_school_authority(census: Path) -> None:
    pupils = rows(census / "2026_autumn_pupilonroll.csv")
    keys = {(row["pupilonrolltableid"], row["NativeId"]) for row in pupils}
    assert len(keys) == len(pupils)
    for table in ("addressesonroll", "fsmperiodsonroll"):
        assert {
            (row["pupilonrolltableid"], row["NativeId"]) for row in rows(census / f"2026_autumn_{table}.csv")
        } <= keys
    # A damaged LAESTAB is among the deliberately invalid rows.
    assert all(row["NativeId"].startswith("210") for row in pupils if row["NativeId"].isdigit())
    schools = {row["NativeId"]: row for row in rows(census / "2026_autumn_schoolcensus.csv")}
    assert {row["NativeId"] for row in pupils if row["NativeId"].isdigit()} <= set(schools)
    assert all(row["lea"] + row["estab"] == native and len(row["urn"]) == 6 for native, row in schools.items())
    assert all(row["schoolname"] for row in rows(census / "2026_autumn_school.csv"))


def test_dates_and_numbers_are_written_as_collect_writes_them(census: Path) -> None:
    for row in rows(census / "2026_autumn_pupilonroll.csv"):
        assert COLLECT_DATE.fullmatch(row["dob"])
        assert re.fullmatch(r"\d+\.0", row["termlysessionspossible"])


def test_some_pupils_have_several_open_periods_and_none_is_doubled(census: Path) -> None:
    open_periods: dict[str, int] = {}
    for row in rows(census / "2026_autumn_fsmperiodsonroll.csv"):
        assert COLLECT_DATE.fullmatch(row["fsmstartdate"])
        open_periods[row["pupilonrolltableid"]] = open_periods.get(row["pupilonrolltableid"], 0) + (
            not row["fsmenddate"]
        )
    assert max(open_periods.values()) == 2


def test_an_address_is_in_parts_or_in_lines_never_in_both(census: Path) -> None:
    addresses = rows(census / "2026_autumn_addressesonroll.csv")
    in_parts = [bool(row["street"]) for row in addresses]
    in_lines = [bool(row["addressline1"]) for row in addresses]
    assert not any(a and b for a, b in zip(in_parts, in_lines, strict=True))
    assert any(in_parts)
    assert any(in_lines)


def test_packing_the_census_gives_the_pupils_of_the_drop(census: Path, london: London, tmp_path: Path) -> None:
    directory = read_directory(write_parquet(london.postcodes, tmp_path / "postcodes.parquet"))
    packed = pack_census(
        read_censuses([census]).censuses,
        as_of=AS_OF,
        stale_after_days=120,
        beside=Beside(directory, own_la="E09000028"),
    ).table
    drop = london.pupils["southwark"]
    sent = {row["upn"]: row for row in drop.to_pylist()}
    got = {row["upn"]: row for row in packed.to_pylist()}
    assert len(got) > 0.97 * len(sent)  # those without a usable postcode cannot be routed and are left out
    assert set(got) <= set(sent)
    for upn, row in got.items():
        for name in ("surname", "forename", "dob", "laestab", "urn", "school_name", "street", "address_line_1"):
            placeholder = name == "dob" and sent[upn][name] == date(1900, 1, 1)  # packing empties it
            assert row[name] == sent[upn][name] or placeholder, name
        assert (row["fsm_start_date"] is None) == (sent[upn]["fsm_start_date"] is None)


def test_residents_of_the_borough_are_in_the_census_only(census: Path, london: London) -> None:
    on_roll = {row["upn"] for row in rows(census / "2026_autumn_pupilonroll.csv")}
    residents = set(london.residents["southwark"].column("upn").to_pylist())
    assert residents
    assert residents <= on_roll
    assert not residents & set(london.pupils["southwark"].column("upn").to_pylist())


@pytest.fixture(scope="module")
def extracts(london: London, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extracts")
    write_extracts(london, "lambeth", folder)
    return folder


@pytest.mark.parametrize("style", [style.name for style in load_styles()])
def test_each_supplier_s_extract_packs_to_the_households_of_the_drop(
    style: str, extracts: Path, london: London
) -> None:
    path = extracts / f"{style}.csv"
    source = read(path)
    chosen = choose_style(source, path, "auto")
    assert chosen.name == style
    packed = pack_households(source, chosen, as_of=AS_OF, stale_after_days=60).table
    drop = london.households["lambeth"]
    # A wide extract has no place for a ninth child.
    assert drop.num_rows - 2 <= packed.num_rows <= drop.num_rows
    sent = {(row["household_ref"], row["child_dob"], row["child_forename"]): row for row in drop.to_pylist()}
    matched = 0
    for row in packed.to_pylist():
        key = (row["household_ref"], row["child_dob"], row["child_forename"] and row["child_forename"].upper())
        if key in sent:
            matched += 1
            for name in (
                "claim_type",
                "source",
                "uc_net_earnings",
                "claimant_nino",
                "suppress_contact",
                "extract_date",
            ):
                assert row[name] == sent[key][name], name
    assert matched > 0.98 * drop.num_rows


def test_styles_differ_as_systems_do(extracts: Path) -> None:
    nec, capita = rows(extracts / "nec.csv"), rows(extracts / "capita.csv", "cp1252")
    civica = rows(extracts / "civica.csv", "utf-8-sig")
    assert re.fullmatch(r"[^,]+, (MRS|MISS|MS|MR|DR) .+", nec[0]["CLMT_NAME"])
    assert all(row["CHILD_NAME"] == row["CHILD_NAME"].upper() for row in nec)
    assert re.fullmatch(r"\d{2}/\d{2}/\d{4}", nec[0]["CHILD_DOB"])
    assert any(re.fullmatch(r"\d\.\d{5}E\+1[01]", row["UPRN"]) for row in capita)
    assert any(re.match(r"0\d{11}", row["UPRN"]) for row in nec + capita)
    assert any(re.match(r"(?i)(mrs|mr|ms|miss) ", row["Claimant Forename"]) for row in capita)
    assert len(civica) < len(nec)
    assert any(row["dep3_dob"] for row in civica)


def test_a_windows_extract_is_really_windows_1252(london: London, tmp_path: Path) -> None:
    write_extracts(london, "lewisham", tmp_path)
    data = (tmp_path / "capita.csv").read_bytes()
    assert any(byte > 0x7F for byte in data)
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")


def test_the_shipped_sample_is_what_the_generator_makes(tmp_path: Path) -> None:
    made = shipped.write_sample(tmp_path)
    for path in made:
        assert path.read_bytes() == (shipped.FOLDER / path.relative_to(tmp_path)).read_bytes(), path.name
    assert len(list(shipped.FOLDER.rglob("*.csv"))) == len(made)


def test_the_shipped_sample_is_small_and_documented() -> None:
    assert sum(path.stat().st_size for path in shipped.FOLDER.rglob("*") if path.is_file()) < 400_000
    assert "truth/truth.csv" in (shipped.FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_shipped_sample_s_truth_leads_to_the_same_child() -> None:
    truth = rows(shipped.FOLDER / "truth" / "truth.csv")
    children = rows(shipped.FOLDER / "households_csv" / "lambeth" / "nec.csv")
    pupils = {row["upn"]: row for row in rows(shipped.FOLDER / "census" / "southwark" / "2026_autumn_pupilonroll.csv")}
    same = 0
    listed = [row for row in truth if row["household_row"]]
    for row in listed:
        child = children[int(row["household_row"])]
        assert child["CLAIM_REF"] == row["household_ref"]
        day, month, year = child["CHILD_DOB"].split("/")
        same += collect_date(pa.array([date(int(year), int(month), int(day))]))[0].as_py() == pupils[row["upn"]]["dob"]
    assert len(listed) > 50
    assert same > 0.9 * len(listed)


def test_the_census_day_is_the_first_thursday_of_october() -> None:
    assert census_day(2026) == date(2026, 10, 1)
    assert census_day(2025) == date(2025, 10, 2)


def test_empty_dates_stay_empty() -> None:
    assert collect_date(pa.array([None, date(2012, 1, 21)])).to_pylist() == [None, "2012-Jan-21 00:00:00"]
    assert pc.is_null(collect_date(pa.array([None], pa.date32())))[0].as_py()
