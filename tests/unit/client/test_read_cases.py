"""Files that real people met, made small (`data/cases` of the shared folder): each is packed or refused as is right."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.shared_files import shared

AS_OF = ("--as-of", "2026-10-30")


@pytest.fixture
def pack(exchange, tmp_path):
    """Pack a file of the cases: the answer, the packed rows, and the lines of the report."""

    def packed(case: str, *options: str, dataset: str = "households"):
        out = tmp_path / "out.parquet"
        command = ("households",) if dataset == "households" else ("table", "--dataset", dataset)
        said = exchange("pack", *command, shared(f"data/cases/{case}"), "--out", out, "--json", *AS_OF, *options)
        rows = pq.read_table(out).to_pylist() if said.code == 0 else []
        report = Path(tmp_path / "out-report.csv")
        lines = pyarrow.csv.read_csv(report).to_pylist() if report.exists() else []
        return said.json, rows, lines

    return packed


def refused(answer: dict) -> str:
    assert answer["ok"] is False
    return answer["error"]["code"]


@pytest.mark.parametrize("name", ["capita", "civica", "nec"])
def test_01_true_dates_are_dates_whatever_the_style(pack, name):
    _, rows, lines = pack(f"01-xlsx-date-cells/{name}.xlsx")
    assert {row["child_dob"] for row in rows} <= {date(2015, 11, 3), date(2016, 2, 29)}
    assert {row["claimant_dob"] for row in rows} == {date(1986, 11, 4)}
    assert {row["extract_date"] for row in rows} == {date(2026, 10, 27)}
    assert not [line for line in lines if line["code"] == "PAK-002"]


@pytest.mark.parametrize(
    ("name", "claims", "out"),
    [
        ("good", range(1, 9), []),
        ("two-stray-quotes", (1, 2, 4, 5, 6, 8), [4, 8]),
        ("capita-two-adjacent", (1, 4), [3, 4]),
        ("capita-twenty-between", (1, 4), list(range(3, 25))),
    ],
)
def test_04_what_a_stray_quotation_mark_touches_is_out_line_by_line(pack, name, claims, out):
    answer, rows, lines = pack(f"04-stray-quote/{name}.csv")
    assert [int(row["household_ref"][-2:]) for row in rows] == list(claims)
    assert [line["row"] for line in lines if line["effect"] == "left out"] == out
    assert answer["rows_in"] == len(rows) + len(out)


@pytest.mark.parametrize("name", ["unclosed-in-row-4", "capita-one-unclosed"])
def test_04_an_odd_number_of_quotation_marks_refuses_the_file(pack, name):
    assert refused(pack(f"04-stray-quote/{name}.csv")[0]) == "INP-054"


@pytest.mark.parametrize(("case", "line"), [("06-sep-line/sep.csv", 2), ("07-title-rows/title.csv", 3)])
def test_06_07_09_headings_are_found_and_it_is_said_where(pack, case, line):
    answer, rows, _ = pack(case)
    assert len(rows) == 2
    assert answer["source"]["headings_in"] == line


def test_09_carriage_returns_end_lines(pack):
    assert len(pack("09-cr-only/mac.csv")[1]) == 2


def test_11_empty_cells_beyond_the_headings_do_not_matter(pack):
    assert len(pack("11-trailing-commas/extra.csv")[1]) == 2
    assert len(pack("11-trailing-commas/pupils-dfe-shape.csv", dataset="pupils")[1]) == 3


@pytest.mark.parametrize(
    ("name", "option", "surnames", "codes"),
    [
        ("mixed", (), ["O’BRIEN", "O’BRIEN"], {"PAK-046"}),
        ("cp1252", (), ["O’BRIEN"], {"PAK-046"}),
        ("cp850", ("--encoding", "cp850"), ["OBRIEN"], set()),
        ("maccroman", ("--encoding", "mac-roman"), ["OBRIEN"], set()),
        ("cp850", (), ["OBRIEN"], {"PAK-046"}),
        ("mojibake", (), ["OBRIEN"], {"PAK-047"}),
    ],
)
def test_15_what_was_assumed_of_an_encoding_is_said(pack, name, option, surnames, codes):
    _, rows, lines = pack(f"15-mixed-encoding/{name}.csv", *option)
    assert [row["child_surname"] for row in rows] == surnames
    assert {line["code"] for line in lines} & {"PAK-046", "PAK-047"} == codes
    if option:
        assert rows[0]["child_forename"] == "ZOË"


def test_16_hidden_sheets_are_no_data_and_several_are_not_guessed_between(pack):
    answer, rows, lines = pack("16-hidden-first-sheet/hidden-old-data-first.xlsx")
    assert [row["household_ref"] for row in rows] == ["CTR900001", "CTR900002"]
    assert answer["source"]["sheet"] == "Oct"
    assert [line["code"] for line in lines if "Sept (old)" in line["message"]] == ["PAK-051"]
    several = pack("16-hidden-first-sheet/two-data-sheets.xlsx")[0]
    assert refused(several) == "INP-051"
    assert len(pack("16-hidden-first-sheet/two-data-sheets.xlsx", "--sheet", "ctr")[1]) == 1


@pytest.mark.parametrize(
    "name",
    [
        *("1904.xlsx", "EXTRACT.DAT", "biff.xls", "csv-named.xls", "libre.ods"),
        *("nec.csv", "nec.zip", "noending", "plain.xlsx", "xlsx-named.csv"),
    ],
)
def test_17_what_can_be_read_is_read_whatever_its_name(pack, name):
    assert len(pack(f"17-odd-workbooks/{name}")[1]) == 2


@pytest.mark.parametrize(
    ("name", "told"), [("html.xls", "a web page"), ("password.xlsx", "a workbook with a password")]
)
def test_17_what_cannot_is_named(pack, name, told):
    answer = pack(f"17-odd-workbooks/{name}")[0]
    assert refused(answer) == "INP-050"
    assert told in answer["error"]["message"]


@pytest.mark.parametrize("name", ["far-column", "far-corner", "far-row"])
def test_31_a_far_cell_is_named(pack, name):
    assert refused(pack(f"31-xlsx-far-cell/{name}.xlsx")[0]) == "INP-055"


def test_45_a_word_for_nothing_is_nothing(pack):
    _, rows, lines = pack("45-null-words/nec.csv")
    assert "NULL" not in {value for row in rows for value in row.values()}
    assert ["23 cells" in line["message"] for line in lines if line["code"] == "PAK-049"] == [True]
    assert not [line for line in lines if line["code"] == "PAK-004"]


def test_46_headings_again_are_no_claim_and_another_order_is_read(pack):
    _, rows, lines = pack("46-two-extracts-joined/nec.csv")
    assert len(rows) == 4
    assert [line["row"] for line in lines if line["code"] == "PAK-042"] == [4]
    _, rows, lines = pack("46-two-extracts-joined/other-order.csv")
    assert [(row["claimant_surname"], row["partner_surname"]) for row in rows] == [
        ("QUILLER", "QUILLER"),
        ("MARLOW", "BYRD"),
    ]
    assert [line["row"] for line in lines if line["code"] == "PAK-043"] == [3]


def test_what_the_product_wrote_it_reads(pack):
    answer, _, lines = pack("return/nul-in-name.csv", dataset="decisions")
    assert answer["rows_in"] == 2
    assert [line["row"] for line in lines if line["code"] == "PAK-048"] == [3]


def test_hidden_rows_are_said(pack):
    _, _, lines = pack("return/hidden-rows.xlsx", dataset="decisions")
    assert [line["row"] for line in lines if line["code"] == "PAK-052"] == [3, 5, 7, 9]
