"""A filled-in template, or any table under the contract's names, becomes a contract file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from shared.contract.datasets import CONTRACTS
from tests.unit.client.census_sample import upn
from tests.unit.client.conftest import Exchange

AS_OF = ("--as-of", "2026-11-21")
DECISIONS = """match_ref,decision,decided_by,decided_on,reason
m-1,confirm,officer1,2026-11-20,
m-2,OPTED_OUT,officer1,20/11/2026,
"""


def test_a_csv_is_read_with_codes_and_dates_as_people_write_them(exchange: Exchange, tmp_path: Path):
    (tmp_path / "d.csv").write_text(DECISIONS)
    out = tmp_path / "decisions.parquet"
    said = exchange("pack", "table", tmp_path / "d.csv", "--dataset", "decisions", "--out", out, "--json", *AS_OF)
    assert said.code == 0
    rows = pq.read_table(out)
    assert rows.schema.equals(CONTRACTS["decisions"].arrow_schema())
    assert rows["decision"].to_pylist() == ["confirm", "opted_out"]
    assert rows["decided_on"].to_pylist() == [date(2026, 11, 20)] * 2


@pytest.mark.parametrize("dataset", list(CONTRACTS))
def test_a_template_that_is_filled_in_with_its_own_examples_comes_back_whole(exchange, tmp_path, dataset):
    template = tmp_path / "template.xlsx"
    assert exchange("template", dataset, "--out", template).code == 0
    header = CalamineWorkbook.from_path(str(template)).get_sheet_by_index(0).to_python()[0]
    assert header == list(CONTRACTS[dataset].names)
    filled, out = tmp_path / "filled.xlsx", tmp_path / "filled.parquet"
    with xlsxwriter.Workbook(filled, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet(dataset)
        for place, column in enumerate(CONTRACTS[dataset].columns):
            sheet.write_string(0, place, column.name)
            if column.kind == "date" and column.example:
                sheet.write_datetime(1, place, date.fromisoformat(column.example))
            elif column.kind == "integer":
                sheet.write_number(1, place, int(column.example))
            else:
                sheet.write_string(1, place, column.example)
    said = exchange("pack", "table", filled, "--dataset", dataset, "--out", out, "--json", *AS_OF)
    assert said.code == 0, said.out
    assert said.json["findings"].keys() <= {"PAK-030"} | {code for code in said.json["findings"] if code[:3] != "PAK"}
    (row,) = pq.read_table(out).to_pylist()
    assert {name for name, value in row.items() if value is None} == {
        column.name for column in CONTRACTS[dataset].columns if not column.example
    }


def test_a_csv_template_holds_the_header_and_opens_in_a_spreadsheet_as_utf8(exchange, tmp_path):
    assert exchange("template", "pupils", "--out", tmp_path / "pupils.csv").code == 0
    data = (tmp_path / "pupils.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig").strip().split(",") == list(CONTRACTS["pupils"].names)


def test_unknown_columns_are_dropped_and_named_and_missing_ones_refuse_by_name(exchange, tmp_path):
    text = DECISIONS.replace("reason", "ethnicity")
    (tmp_path / "d.csv").write_text(text)
    command = ("pack", "table", tmp_path / "d.csv", "--dataset", "decisions", "--out", tmp_path / "d.parquet", "--json")
    assert exchange(*command, *AS_OF).json["columns_dropped"] == ["ethnicity"]
    (tmp_path / "d.csv").write_text(text.replace("decided_by", "by"))
    said = exchange(*command)
    assert (said.code, said.json["error"]["code"]) == (2, "INP-004")
    assert "decided_by" in said.json["error"]["message"]


def test_rows_that_the_exchange_would_reject_are_packed_and_listed_with_their_line(exchange, tmp_path):
    (tmp_path / "d.csv").write_text(DECISIONS + "\n,confirm,officer1,2026-11-20,\n")
    out = tmp_path / "d.parquet"
    said = exchange("pack", "table", tmp_path / "d.csv", "--dataset", "decisions", "--out", out, "--json", *AS_OF)
    assert said.json["rows_to_be_rejected"] == 1
    report = pyarrow.csv.read_csv(tmp_path / "d-report.csv").to_pylist()
    assert {line["row"] for line in report if line["effect"] == "would be rejected"} == {5}  # line 4 is blank


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("d.csv", b"", "INP-002"),
        ("d.csv", b"a,b\x00\n1,2\n", "INP-002"),
        ("d.csv", b"decision,Decision\nconfirm,confirm\n", "INP-007"),
        ("d.xlsx", b"not a workbook", "INP-002"),
        ("d.pdf", b"%PDF", "INP-015"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(exchange, tmp_path, name, data, code):
    (tmp_path / name).write_bytes(data)
    said = exchange(
        "pack", "table", tmp_path / name, "--dataset", "decisions", "--out", tmp_path / "o.parquet", "--json"
    )
    assert (said.code, said.json["error"]["code"]) == (2, code)


def test_a_missing_file_an_unknown_dataset_and_another_kind_of_output_are_refused(exchange, tmp_path):
    (tmp_path / "d.csv").write_text(DECISIONS)
    gone = exchange(
        "pack", "table", tmp_path / "e.csv", "--dataset", "decisions", "--out", tmp_path / "o.parquet", "--json"
    )
    assert gone.json["error"]["code"] == "INP-001"
    other = exchange(
        "pack", "table", tmp_path / "d.csv", "--dataset", "meals", "--out", tmp_path / "o.parquet", "--json"
    )
    assert other.json["error"]["code"] == "INP-003"
    csv = exchange("pack", "table", tmp_path / "d.csv", "--dataset", "decisions", "--out", tmp_path / "o.csv", "--json")
    assert csv.json["error"]["code"] == "INP-015"


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".json"])
def test_the_report_can_be_csv_xlsx_or_json(exchange, tmp_path, suffix):
    (tmp_path / "d.csv").write_text(DECISIONS.replace("confirm", "perhaps"))
    report = tmp_path / f"list{suffix}"
    out = ("--out", tmp_path / "o.parquet", "--report", report)
    assert exchange("pack", "table", tmp_path / "d.csv", "--dataset", "decisions", *out, *AS_OF).code == 0
    data = report.read_bytes()
    assert b"perhaps" not in data
    assert data[:2] == b"PK" or b"PAK-006" in data


def test_separators_and_upns_survive_as_they_are(exchange, tmp_path):
    (tmp_path / "p.csv").write_text(
        "UPN;Surname;Forename;DOB;Sex;NC Year;Enrol Status;URN;LAESTAB;School Name;Postcode\n"
        f"{upn(1)};O'Neil; Zo\u00eb  Mae ;21/03/2015;f;6;C;100785;2101234;Peckham Rye Primary;SW2 5SG\n",
        encoding="utf-8",
    )
    out = tmp_path / "p.parquet"
    said = exchange("pack", "table", tmp_path / "p.csv", "--dataset", "pupils", "--out", out, "--json", *AS_OF)
    assert said.json["rows_to_be_rejected"] == 0
    (row,) = pq.read_table(out).to_pylist()
    assert (row["upn"], row["surname"], row["forename"], row["sex"]) == (upn(1), "O'Neil", "Zo\u00eb Mae", "F")


@pytest.mark.parametrize("dataset", ["pupils", "households", "decisions"])
def test_a_csv_template_comes_with_its_data_dictionary(exchange, tmp_path, dataset):
    said = exchange("template", dataset, "--out", tmp_path / "empty.csv", "--json")
    dictionary = tmp_path / "empty-dictionary.csv"
    assert said.code == 0
    assert json.loads(said.out)["dictionary"] == str(dictionary)
    told = [line.partition(",")[0] for line in dictionary.read_text(encoding="utf-8-sig").splitlines()[1:]]
    assert told == (tmp_path / "empty.csv").read_text(encoding="utf-8-sig").strip().split(",")
