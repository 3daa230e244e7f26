"""Files that real people met, through the command itself: each gives what the README beside them says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.shared_files import shared
from tests.unit.client.conftest import Exchange
from tests.unit.client.results_sample import lay_references

AS_OF = ("--as-of", "2026-11-21")


@pytest.fixture
def pack(exchange: Exchange, tmp_path: Path):
    """Pack files of the cases; returns the facts, the rows, and the report's lines by row."""

    def command(kind: str, *given: object) -> tuple[dict, list[dict], dict[int, list[tuple[str, str]]]]:
        out = tmp_path / "out.parquet"
        said = exchange("pack", kind, *given, "--out", out, "--json", *AS_OF)
        rows = pq.read_table(out).to_pylist() if out.exists() else []
        lines: dict[int, list[tuple[str, str]]] = {}
        listed = tmp_path / "out-report.csv"
        for line in pyarrow.csv.read_csv(listed).to_pylist() if listed.exists() else []:
            if line["row"]:
                lines.setdefault(line["row"], []).append((line["code"], line["effect"]))
        return said.json, rows, lines

    return command


def column(name: str, field: str) -> str:
    return str(shared(f"data/cases/19-identifiers/{name}.csv"))


@pytest.mark.parametrize("style", ["nec", "capita", "civica"])
def test_01_a_date_cell_is_a_date_whatever_the_style(pack, style):
    facts, rows, lines = pack("households", shared(f"data/cases/01-xlsx-date-cells/{style}.xlsx"))
    assert (facts["ok"], facts["rows_left_out"], facts["rows_to_be_rejected"], lines) == (True, 0, 0, {})
    for row in rows:
        assert None not in (row["child_dob"], row["claimant_dob"], row["extract_date"])


def test_02_a_census_that_excel_saved_again_is_read(pack):
    facts, rows, lines = pack("census", shared("data/cases/02-census-resaved-in-excel"))
    assert (facts["rows_written"], facts["rows_to_be_rejected"], lines) == (2, 0, {})
    assert [row["dob"].isoformat() for row in rows] == ["2015-11-03", "2016-02-29"]


@pytest.mark.parametrize("folder", ["la", "acad", "month-name"])
def test_03_a_census_is_found_under_every_name_of_its_files(pack, folder):
    facts, rows, _ = pack("census", shared(f"data/cases/03-la-and-academy-files/{folder}"))
    assert (facts["collection"], len(rows), facts["rows_to_be_rejected"]) == ("2026-autumn", 1, 0)


def test_03_two_folders_and_two_sets_in_one_folder_become_one_file(pack):
    cases = shared("data/cases/03-la-and-academy-files")
    facts, rows, _ = pack("census", cases / "la", cases / "acad")
    assert (facts["rows_in"], facts["rows_left_out"], len({row["upn"] for row in rows})) == (2, 0, 2)
    facts, rows, lines = pack("census", cases / "as-delivered")  # the same pupil in both
    assert (facts["rows_in"], facts["rows_left_out"], len(rows)) == (2, 1, 1)
    assert list(lines.values()) == [[("PAK-023", "left out")]]


def test_03_a_file_of_a_census_works(pack):
    given = shared("data/cases/03-la-and-academy-files/as-delivered/2026_autumn_acad_pupilonroll.csv")
    facts, rows, _ = pack("census", given)
    assert (facts["ok"], len(rows)) == (True, 1)


def emptied(lines: dict[int, list[tuple[str, str]]], *codes: str) -> set[int]:
    return {row for row, told in lines.items() if {code for code, _ in told} & set(codes)}


@pytest.mark.parametrize(
    ("name", "wrong", "changed"),
    [
        ("sex", {"PAK-006": {8, 9, 10, 11, 13}}, {}),
        ("nc_year", {"PAK-006": {11, 13, 14, 19}}, {}),
        ("enrol_status", {"PAK-006": {4, 10}}, {}),
        ("laestab", {"PUP-030": {7}}, {"PAK-063": {3, 4, 5, 8, 9}}),
        ("urn", {"PUP-028": {5, 7}}, {"PAK-063": {6}}),
        ("uln", {"PAK-064": {7}, "PUP-005": {3, 8}}, {"PAK-062": {9}, "PAK-063": {6}}),
        ("upn", {"PUP-002": {5, 7, 8, 9}}, {"PAK-062": {10, 11, 13, 14}}),
        ("uprn", {"PAK-004": {6, 7, 10}, "PAK-065": {9, 11, 14, 15}}, {"PAK-010": {5}, "PAK-063": {8, 13}}),
        ("dob", {"PAK-002": {6}, "PAK-003": {13, 14}, "PAK-061": {5}, "PUP-014": {17, 18, 19}}, {}),
    ],
)
def test_19_identifiers_are_read_where_they_are_plain_and_named_once_where_not(pack, name, wrong, changed):
    given = shared(f"data/cases/19-identifiers/{name}.csv")
    facts, _, lines = pack("table", given, "--dataset", "pupils")
    for code, rows in (wrong | changed).items():
        assert emptied(lines, code) == rows, code
    for row, told in lines.items():
        faults = [line for line in told if line[1] in ("emptied", "would be rejected") and line[0] != "PUP-052"]
        assert len(faults) == (1 if row in set().union(*wrong.values()) and told[0][0] != "PUP-005" else 0), row
    assert not set(facts["findings"]) & {"PUP-001", "PUP-011", "PUP-015", "PUP-017", "PUP-020", "PUP-027", "PUP-029"}


def test_20_a_single_name_can_be_sent_by_both_sides_and_reaches_an_officer(pack, exchange, tmp_path):
    for dataset, name in (("pupils", "forename"), ("households", "child_forename")):
        given = shared(f"data/cases/20-names/{dataset}.csv")
        facts, rows, lines = pack("table", given, "--dataset", dataset)
        assert (facts["rows_written"], facts["rows_to_be_rejected"]) == (61, 0)
        assert emptied(lines, "PAK-070") == {29, 32, 33}
        assert {row for row, cells in enumerate(rows, 2) if cells[name] == "-"} >= {29, 31, 32, 33}
        (tmp_path / "out.parquet").rename(tmp_path / f"{dataset}.parquet")
    files = [tmp_path / f"{dataset}.parquet" for dataset in ("pupils", "households")]
    assert exchange("link", *files, "--out", tmp_path / "linked").code == 0
    links = pq.read_table(tmp_path / "linked" / "links.parquet").to_pylist()
    for row in (27, 29, 30, 31):
        found = links[row]
        assert (found["household_row"], found["outcome"], found["guard"]) == (row, "review", "forename")


def test_23_a_safety_flag_that_is_empty_throughout_is_asked_about(pack):
    given = shared("data/cases/23-safety-flag-empty/nec.csv")
    facts, rows, _ = pack("households", given)
    assert (facts["ok"], facts["error"]["code"], rows) == (False, "INP-073", [])
    facts, rows, _ = pack("households", given, "--nobody-suppressed")
    assert {row["suppress_contact"] for row in rows} == {False}
    assert facts["nothing_to_do"] == {"PAK-067": 1}


def test_27_only_what_is_written_as_a_decision_is_one(pack, tmp_path):
    given = shared("data/cases/27-code-punctuation/decisions.csv")
    refs = [row["match_ref"] for row in pyarrow.csv.read_csv(given).to_pylist()]
    results = lay_references(tmp_path / "results", refs)
    _facts, rows, lines = pack("table", given, "--dataset", "decisions", "--results", results)
    decided = {row: cells["decision"] for row, cells in enumerate(rows, 2) if cells["decision"]}
    assert decided == {2: "confirm", 3: "confirm", 10: "reject"}
    assert all(told == [("PAK-006", "would be rejected")] for told in lines.values())
    assert len(lines) == 11


def test_27_a_year_with_a_sign_is_no_year(pack):
    _, rows, lines = pack("table", shared("data/cases/27-code-punctuation/nc_year.csv"), "--dataset", "pupils")
    assert [row["nc_year"] for row in rows] == [None, None, None, "1", *[None] * 6]
    assert all(told == [("PAK-006", "would be rejected")] for told in lines.values())


def test_43_every_numbered_child_is_read(pack):
    facts, rows, _lines = pack("households", shared("data/cases/43-ten-children/civica.csv"))
    assert [row["child_seq"] for row in rows if row["household_ref"] == "CT900001"] == list(range(1, 11))
    assert [row["child_forename"] for row in rows if row["household_ref"] == "CT900002"] == ["NELL"]
    assert (facts["rows_left_out"], facts["columns_dropped"]) == (0, [])


def test_47_a_night_job_packs_the_extract_of_its_own_day(exchange, tmp_path, monkeypatch):
    monkeypatch.setattr("client.settings.now", lambda: datetime(2027, 6, 30, 23, 30, tzinfo=UTC))
    given, out = shared("data/cases/47-night-job/nec.csv"), tmp_path / "out.parquet"
    said = exchange("pack", "households", given, "--out", out, "--json")
    assert (said.code, said.json["rows_to_be_rejected"], said.json["findings"]) == (0, 0, {})
    assert exchange("check", out, "--dataset", "households", "--json").code == 0
    # Whoever names a day means that day.
    named = exchange("pack", "households", given, "--out", out, "--json", "--as-of", "2027-06-30")
    assert named.json["findings"] == {"HOU-031": 1}


def test_40_a_note_in_a_name_leaves_the_pair_to_a_person(pack, exchange: Exchange, tmp_path: Path):
    for kind in ("pupils", "households"):
        facts, _, _ = pack("table", shared(f"data/cases/40-notes-in-names/{kind}.csv"), "--dataset", kind)
        (tmp_path / "out.parquet").rename(tmp_path / f"{kind}.parquet")
    assert facts["findings"] == {"HOU-033": 8, "HOU-037": 10, "HOU-039": 2}
    exchange("link", tmp_path / "pupils.parquet", tmp_path / "households.parquet", "--out", tmp_path)
    links = pq.read_table(tmp_path / "links.parquet").to_pylist()
    kinds = ["do not contact"] * 2 + ["death"] * 4
    assert [(link["outcome"], link["household_row"]) for link in links] == [("review", 2 * row) for row in range(6)]
    assert [link["sentence"].partition("A note stands in a name: ")[2] for link in links] == [f"{x}." for x in kinds]


def test_40_what_is_no_claimants_name_is_said_by_its_kind(pack):
    _, rows, lines = pack("households", shared("data/cases/40-notes-in-names/claimants-nec.csv"))
    codes = [next((code for code, _ in lines.get(row, []) if code.startswith("HOU")), None) for row in range(2, 13)]
    assert codes == ["HOU-038", *["HOU-037"] * 2, "HOU-042", *["HOU-044"] * 3, None, None, "HOU-043", "HOU-043"]
    names = [row["claimant_forename"] for row in rows[4:9]]
    assert names == ["MR & MRS T", "HANA & TOM", "T AND MRS H", "HANA", "HANA"]
    assert {row["claimant_title"] for row in rows[7:9]} == {"Mrs"}


def test_42_two_homes_of_one_claim_are_said_and_neither_is_lost(pack):
    facts, rows, lines = pack("households", shared("data/cases/42-two-homes-one-claim/nec.csv"))
    assert (facts["rows_to_be_rejected"], len(rows)) == (0, 4)
    assert lines == {row: [("HOU-058", "noted")] for row in (2, 3, 4, 5)}


def test_48_claimant_and_partner_exchanged_are_one_household(pack):
    facts, _, lines = pack("households", shared("data/cases/48-joint-claim/nec.csv"))
    assert facts["rows_to_be_rejected"] == 1
    assert lines == {2: [("HOU-047", "noted")], 3: [("HOU-047", "noted"), ("HOU-051", "would be rejected")]}


def test_44_an_open_school_goes_before_the_one_that_closed_for_it(pack):
    folder = shared("data/cases/44-closed-school")
    _, [row], _ = pack("census", folder, "--schools", folder / "register" / "edubasealldata20261001.csv")
    assert (row["urn"], row["school_name"]) == ("140777", "Larch Road Academy")
