"""Supplier extracts in, one row per child out, and everything that could not be read on a list."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from client.pack import styles
from tests.unit.client.conftest import Exchange, Said

AS_OF = ("--as-of", "2026-11-21")

EXTRACTS = Path(__file__).parent / "extracts"
NEC, CAPITA, CIVICA = ((EXTRACTS / f"{style}.csv").read_text(encoding="utf-8") for style in ("nec", "capita", "civica"))
STYLES = Path(styles.__file__).parent / "styles"


@pytest.fixture
def pack(exchange: Exchange, tmp_path: Path):
    """Pack an extract; returns what was said, the packed rows and the report's lines."""

    def command(text: str, *options: object, encoding: str = "cp1252") -> tuple[Said, list[dict], list[dict]]:
        extract, out = tmp_path / "extract.csv", tmp_path / "households.parquet"
        extract.write_bytes(text.encode(encoding))
        said = exchange("pack", "households", extract, "--out", out, "--json", *AS_OF, *options)
        rows = pq.read_table(out).to_pylist() if out.exists() else []
        listed = tmp_path / "households-report.csv"
        return said, rows, pyarrow.csv.read_csv(listed).to_pylist() if listed.exists() else []

    return command


def lines(report: list[dict], code: str) -> list[tuple[int, str]]:
    return [(line["row"], line["field"]) for line in report if line["code"] == code]


def test_the_nec_style_has_whole_names_surname_first_and_one_row_per_child(pack):
    said, rows, report = pack(NEC)
    assert (said.code, said.json["style"], said.json["rows_to_be_rejected"]) == (0, "nec", 0)
    first = rows[0]
    assert (first["claimant_title"], first["claimant_forename"], first["claimant_surname"]) == (
        "Mrs",
        "NGOZI",
        "OKAFOR",
    )
    assert (first["child_forename"], first["child_surname"], first["child_dob"]) == (
        "AMARA",
        "OKAFOR",
        date(2015, 3, 21),
    )
    assert [row["child_seq"] for row in rows] == [1, 2, 1]
    assert [row["qualifying_benefit"] for row in rows] == ["JSAIB", "JSAIB", "UC"]
    assert [row["claim_type"] for row in rows] == ["BOTH", "BOTH", "CTR"]
    assert {row["source"] for row in rows} == {"LOCAL"}
    assert [row["suppress_contact"] for row in rows] == [False, False, True]
    assert (first["saon"], first["paon"], first["street"]) == ("FLAT 2", "14", "ACRE LANE")
    assert rows[1]["child_surname"] == "O\u2019BRIEN-OKAFOR"
    assert rows[1]["child_forename"] == "JOS\u00c9"
    assert lines(report, "PAK-004") == [(3, "uprn")]
    assert rows[1]["uprn"] is None
    assert lines(report, "PAK-003") == [(4, "clmt_dob")]
    assert rows[2]["claimant_dob"] is None


def test_the_capita_style_has_titles_inside_names_and_phrases_for_codes(pack):
    said, rows, report = pack(CAPITA)
    assert (said.code, said.json["style"]) == (0, "capita")
    assert [row["claimant_title"] for row in rows] == ["Mrs", "Ms"]
    assert [row["claimant_forename"] for row in rows] == ["Ngozi", "Ada"]
    assert [row["child_forename"] for row in rows] == ["Amara", "Leo"]
    assert rows[0]["uc_net_earnings"] == 1212.5
    assert (rows[0]["qualifying_benefit"], rows[0]["claim_type"], rows[0]["child_sex"]) == ("UC", "CTR", "F")
    assert lines(report, "PAK-008") == [(2, "child_forename"), (2, "claimant_forename")]
    assert lines(report, "PAK-006") == [(3, "passported_benefit")]
    assert lines(report, "PAK-002") == [(3, "child_dob")]


def test_a_flag_that_is_neither_yes_nor_no_never_leads_to_a_letter(pack):
    _, rows, report = pack(CAPITA)
    assert [row["suppress_contact"] for row in rows] == [False, True]
    assert lines(report, "PAK-011") == [(3, "sensitive_case")]


def test_the_civica_style_has_children_side_by_side(pack):
    said, rows, report = pack(CIVICA)
    assert (said.code, said.json["style"]) == (0, "civica")
    assert [(row["household_ref"], row["child_seq"], row["child_forename"]) for row in rows] == [
        ("C1", 1, "Leo"),
        ("C1", 2, "Mia"),
    ]
    assert lines(report, "PAK-012") == [(3, "child_forename")]
    facts = said.json
    assert (facts["rows_in"], facts["rows_packed"], facts["rows_left_out"], facts["rows_written"]) == (2, 1, 1, 2)


def test_utf8_with_a_mark_and_windows_1252_give_the_same_rows(pack):
    assert pack(NEC, encoding="cp1252")[1] == pack(NEC, encoding="utf-8-sig")[1]


def test_a_name_that_cannot_be_split_is_listed(pack):
    _, rows, report = pack(NEC.replace('"REID, LEO"', "LEO REID"))
    assert rows[2]["child_surname"] is None
    assert lines(report, "PAK-009") == [(4, "child_name")]


def test_a_code_that_is_not_known_does_not_turn_into_the_default(pack):
    text = NEC.replace("EXTRACT_DATE", "EXTRACT_DATE,DATA_SOURCE").replace("14/11/2026\n", "14/11/2026,XYZ\n")
    _, rows, report = pack(text)
    assert {row["source"] for row in rows} == {None}
    assert lines(report, "PAK-006") == [(2, "data_source"), (3, "data_source"), (4, "data_source")]


def test_a_missing_safety_flag_refuses_the_extract_by_name(pack):
    said, rows, _ = pack(NEC.replace("SENSITIVE", "SOMETHING"))
    assert (said.code, rows, said.json["error"]["code"]) == (2, [], "INP-004")
    assert "sensitive" in said.json["error"]["message"]


def test_the_extract_date_can_be_given_where_no_column_says_it(pack):
    text = NEC.replace("EXTRACT_DATE", "PRINTED")
    assert pack(text)[0].json["error"]["code"] == "INP-004"
    _, rows, _ = pack(text, "--extract-date", "2026-11-14")
    assert {row["extract_date"] for row in rows} == {date(2026, 11, 14)}


def test_an_extract_of_no_known_style_is_refused_and_one_of_your_own_can_be_described(pack, tmp_path):
    text = NEC.replace("CHILD_NAME", "KID")
    assert pack(text)[0].json["error"]["code"] == "INP-010"
    shipped = (STYLES / "nec.yaml").read_text()
    own = tmp_path / "own.yaml"
    own.write_text(shipped.replace("child: {column: [CHILD_NAME]", "child: {column: [KID]"))
    assert pack(text, "--style", own)[0].json["rows_written"] == 3


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("UC: UC", "UC: U"), ""),
        (("order: surname_comma_forename", "order: backwards"), "full_names.claimant"),
        (("household_ref:", "house_ref:"), "columns.house_ref"),
        (("dates: [uk, month]", "dates: [roman]"), "dates"),
        (("layout: long", "layout: tall"), "layout"),
        (("Housing Benefit: HB", "Housing Benefit: HBB"), "codes.claim_type"),
        (("title:", "titel:"), "titel"),
    ],
)
def test_a_style_that_is_wrong_is_refused_and_names_the_key(pack, tmp_path, change, named):
    own = tmp_path / "own.yaml"
    own.write_text((STYLES / "nec.yaml").read_text().replace(*change))
    said, _, _ = pack(NEC, "--style", own)
    if named:
        assert said.json["error"]["code"] == "INP-011"
        assert named in said.json["error"]["message"]
    else:
        assert said.code == 0


def test_no_two_shipped_styles_recognise_the_same_headings():
    shipped = styles.shipped_styles()
    assert [style.name for style in shipped] == ["capita", "civica", "nec"]
    assert len({style.recognised_by for style in shipped}) == len(shipped)


def test_no_line_of_report_or_screen_holds_a_value(pack):
    said, _, report = pack(NEC.replace('"REID, LEO"', "ZYXWV"))
    told = said.out + said.err + str(report)
    assert not any(value in told for value in ("ZYXWV", "OKAFOR", "AB123456C", "1.00E+11", "SW2 5SG"))
