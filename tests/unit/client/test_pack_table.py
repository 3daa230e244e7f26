"""A filled-in template, or any table under the contract's names, becomes a contract file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from shared.agreements.free_school_meals.contracts import CONTRACTS
from tests.opened import text_in
from tests.unit.client.census_sample import upn
from tests.unit.client.conftest import Exchange
from tests.unit.client.results_sample import lay_references

AS_OF = ("--as-of", "2026-11-21")
DECISIONS = """match_ref,decision,decided_by,decided_on,reason
m-1,confirm,officer1,2026-11-20,
m-2,OPTED_OUT,officer1,20/11/2026,
"""


@pytest.fixture(autouse=True)
def results(tmp_path: Path) -> Path:
    """Results that lie beside every sheet, so that a typed list of decisions is taken."""
    return lay_references(
        tmp_path / "results", ["m-1", "m-2", "m-3", CONTRACTS["decisions"].column("match_ref").example]
    )


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
    assert header == [column.name for column in CONTRACTS[dataset].filled_in]
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
        ("d.csv", b"", "INP-060"),
        ("d.csv", b"a,b\x00\n1,2\n", "INP-004"),
        ("d.csv", b"decision,Decision\nconfirm,confirm\n", "INP-007"),
        ("d.xlsx", b"not a workbook", "INP-050"),
        ("d.pdf", b"%PDF", "INP-050"),
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
    said = text_in(report.read_bytes())
    assert "perhaps" not in said
    assert "PAK-006" in said


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


HEAD = (
    "upn,surname,forename,dob,sex,nc_year,enrol_status,urn,laestab,school_name,postcode,uprn,paon,"
    "fsm_start_date,fsm_end_date\n"
)


def pack_pupils(exchange: Exchange, folder: Path, **cells: str) -> tuple[dict, list[tuple[str, str, str]], dict]:
    """Pack one pupil; returns the row, its lines (code, effect, field) and the facts."""
    given = {
        "upn": upn(1), "surname": "Okafor", "forename": "Amara", "dob": "2015-11-03", "sex": "F", "nc_year": "6",
        "enrol_status": "C", "urn": "100785", "laestab": "2101234", "school_name": "Peckham Rye", "postcode": "SW2 5SG",
    } | cells  # fmt: skip
    row = ",".join(f'"{given.get(name, "")}"' for name in HEAD.strip().split(","))
    (folder / "p.csv").write_text(HEAD + row + "\n", encoding="utf-8")
    out = folder / "p.parquet"
    said = exchange("pack", "table", folder / "p.csv", "--dataset", "pupils", "--out", out, "--json", *AS_OF)
    report = pyarrow.csv.read_csv(folder / "p-report.csv").to_pylist()
    lines = [(line["code"], line["effect"], line["field"]) for line in report]
    return pq.read_table(out).to_pylist()[0], lines, said.json


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        *[("nc_year", text, "6") for text in ("Year 6", "year  6", "Y6", "Yr 6", "YEAR-6", "06", "6.0", "Yr6")],
        *[("nc_year", text, "R") for text in ("R", "Rec", "RECEPTION", "Year R")],
        *[("nc_year", text, "N2") for text in ("N2", "n2", "Nursery 2")],
        *[("sex", text, "F") for text in ("f", "Female", "GIRL")],
        *[("sex", text, "M") for text in ("Male", "boy")],
        *[("enrol_status", text, "C") for text in ("Single", "Current (single registration at this school)")],
        ("enrol_status", "Main", "M"),
        ("enrol_status", "subsidiary", "S"),
    ],
)
def test_codes_in_plain_words_are_read(exchange: Exchange, tmp_path: Path, field, text, code):
    row, lines, _ = pack_pupils(exchange, tmp_path, **{field: text})
    assert row[field] == code
    assert not [line for line in lines if line[2] == field and line[1] != "noted"]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *[
            ("nc_year", text)
            for text in ("Nursery", "N", "0", "-1", "1?", "(1)", "Year 15", "Year", "6/7", "R?", "1 1")
        ],
        *[("sex", text) for text in ("1", "2", "U", "F?", "M/F", "Not known")],
        *[("enrol_status", text) for text in ("Current", "G", "Main?", "C/M")],
    ],
)
def test_a_code_with_two_meanings_or_none_is_refused_in_one_line_and_listed(exchange, tmp_path, field, text):
    row, lines, facts = pack_pupils(exchange, tmp_path, **{field: text})
    assert row[field] is None
    assert [line for line in lines if line[2] == field] == [("PAK-006", "would be rejected", field)]
    assert facts["unknown_codes"] == {field: {"codes": {text: 1}, "other_cells": 0}}
    assert facts["rows_to_be_rejected"] == 1


@pytest.mark.parametrize(
    ("sent", "packed", "code"),
    [
        (("-", "Suharto"), ("-", "Suharto"), None),
        ((".", "Suharto"), ("-", "Suharto"), "PAK-070"),
        (("Suharto", "."), ("-", "Suharto"), "PAK-070"),
        (("Suharto", "-"), ("-", "Suharto"), "PAK-070"),
        (("FNU", "Rahimi"), ("-", "Rahimi"), "PAK-070"),
        (("Karim", "LNU"), ("-", "Karim"), "PAK-070"),
        (("\u2014", "Budi"), ("-", "Budi"), "PAK-070"),
        (("", "Suharto"), (None, "Suharto"), "PUP-007"),
        (("Suharto", ""), ("Suharto", None), "PUP-006"),
        ((".", "-"), (".", "-"), "PUP-008"),
        (("Suhartono", "Suhartono"), ("Suhartono", "Suhartono"), None),
        (("J.", "O'Neil-Smith"), ("J.", "O'Neil-Smith"), None),
        (("Fnu", "Rahimi"), ("Fnu", "Rahimi"), None),
    ],
)
def test_a_single_name_can_be_sent_and_an_empty_cell_is_no_such_name(exchange, tmp_path, sent, packed, code):
    row, lines, facts = pack_pupils(exchange, tmp_path, forename=sent[0], surname=sent[1])
    assert (row["forename"], row["surname"]) == packed
    assert {line[0] for line in lines} == ({code} if code else set())
    assert facts["rows_to_be_rejected"] == (code is not None and code.startswith("PUP"))


def test_a_date_that_cannot_be_read_does_not_make_another_cell_wrong(exchange, tmp_path):
    _, lines, _ = pack_pupils(exchange, tmp_path, fsm_start_date="soon", fsm_end_date="2026-07-31")
    assert lines == [("PAK-002", "emptied", "fsm_start_date")]
    _, lines, _ = pack_pupils(exchange, tmp_path, fsm_start_date="", fsm_end_date="2026-07-31")
    assert lines == [("PUP-034", "noted", "fsm_end_date")]


def test_a_house_number_that_a_spreadsheet_made_a_date_of_is_left_out(exchange, tmp_path):
    row, lines, _ = pack_pupils(exchange, tmp_path, paon="12-Mar")
    assert (row["paon"], lines) == (None, [("PAK-066", "emptied", "paon")])


@pytest.mark.parametrize(
    "text",
    [
        "confirm?",
        "(confirm)",
        "~confirm",
        "confirm.",
        "-confirm",
        "REJECT!",
        "opted-out",
        "opted out",
        "confirmed",
        "y",
    ],
)
def test_no_decision_is_read_out_of_something_like_one(exchange, tmp_path, text):
    (tmp_path / "d.csv").write_text(DECISIONS.replace(",confirm,", f",{text},"))
    out = tmp_path / "d.parquet"
    said = exchange("pack", "table", tmp_path / "d.csv", "--dataset", "decisions", "--out", out, "--json", *AS_OF)
    assert pq.read_table(out)["decision"].to_pylist() == [None, "opted_out"]
    report = pyarrow.csv.read_csv(tmp_path / "d-report.csv").to_pylist()
    assert [(x["row"], x["code"], x["effect"]) for x in report if x["field"] == "decision"] == [
        (2, "PAK-006", "would be rejected")
    ]
    assert said.json["findings"].keys().isdisjoint({"DEC-003", "DEC-004"})


def test_a_name_in_the_column_of_decisions_is_counted_and_not_shown(exchange, tmp_path):
    (tmp_path / "d.csv").write_text(DECISIONS.replace(",confirm,", ",Okafor,") + "m-3,confirmed,o,2026-11-20,\n")
    out = ("--out", tmp_path / "d.parquet", "--json")
    said = exchange("pack", "table", tmp_path / "d.csv", "--dataset", "decisions", *out, *AS_OF)
    assert said.json["unknown_codes"] == {"decision": {"codes": {"confirmed": 1}, "other_cells": 1}}


def test_texts_that_do_not_repeat_are_names_sooner_than_codes(exchange, tmp_path):
    names = ("Quill", "Wren", "Marlow", "Obi", "Reid", "Lin", "Femal", "Hale")
    rows = [f'"{upn(n)}",A,B,2015-11-03,{name},6,C,100785,2101234,P,SW2 5SG,,,,' for n, name in enumerate(names)]
    (tmp_path / "p.csv").write_text(HEAD + "\n".join(rows) + "\n")
    out = ("--out", tmp_path / "p.parquet", "--json")
    said = exchange("pack", "table", tmp_path / "p.csv", "--dataset", "pupils", *out, *AS_OF)
    assert said.json["unknown_codes"] == {"sex": {"codes": {"Femal": 1}, "other_cells": 7}}


def test_what_an_officer_wrote_beside_a_decision_is_counted_and_not_shown(exchange, tmp_path):
    (tmp_path / "d.csv").write_text(DECISIONS.replace(",confirm,", ",confirm - Mrs Okafor rang,"))
    command = ("pack", "table", tmp_path / "d.csv", "--dataset", "decisions", "--out", tmp_path / "d.parquet")
    said = exchange(*command, "--json", *AS_OF)
    assert said.json["unknown_codes"] == {"decision": {"codes": {}, "other_cells": 1}}
    assert "Okafor" not in exchange(*command, *AS_OF).out + (tmp_path / "d-report.csv").read_text()


def test_an_empty_safety_flag_of_a_template_is_asked_about(exchange, tmp_path):
    contract = CONTRACTS["households"]
    cells = {c.name: c.example for c in contract.columns} | {"suppress_contact": ""}
    (tmp_path / "h.csv").write_text(",".join(cells) + "\n" + ",".join(cells.values()) + "\n")
    command = (
        "pack",
        "table",
        tmp_path / "h.csv",
        "--dataset",
        "households",
        "--out",
        tmp_path / "h.parquet",
        "--json",
    )
    assert exchange(*command, *AS_OF).json["error"]["code"] == "INP-073"
    assert exchange(*command, *AS_OF, "--nobody-suppressed").code == 0
    assert pq.read_table(tmp_path / "h.parquet")["suppress_contact"].to_pylist() == [False]


def test_the_workbook_counts_every_code_filters_and_sets_apart_what_needs_nothing_done(exchange, tmp_path):
    text = DECISIONS.replace("confirm", "confirmed").replace("reason", "ethnicity")
    (tmp_path / "d.csv").write_text(text)
    out = ("--out", tmp_path / "o.parquet", "--report", tmp_path / "r.xlsx")
    exchange("pack", "table", tmp_path / "d.csv", "--dataset", "decisions", *out, *AS_OF)
    book = CalamineWorkbook.from_path(str(tmp_path / "r.xlsx"))
    rows = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    assert [(row[0], row[2], row[3]) for row in rows["Codes"][1:]] == [("PAK-006", 1.0, "yes"), ("PAK-030", 1.0, "no")]
    assert [row[2] for row in rows["To do"][1:]] == ["PAK-006"]
    assert [row[2] for row in rows["Nothing to do"][1:]] == ["PAK-030"]
    assert rows["Unknown codes"][1:] == [["decision", "confirmed", 1.0]]
    with ZipFile(tmp_path / "r.xlsx") as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert all(b"<autoFilter" in parts.read(name) for name in sheets)


def test_that_there_are_none_is_stated_by_a_command_of_its_own_and_by_no_empty_file(exchange, tmp_path):
    (tmp_path / "p.csv").write_text(",".join(CONTRACTS["pupils"].names) + "\n")
    out = tmp_path / "p.parquet"
    said = exchange("pack", "table", tmp_path / "p.csv", "--dataset", "pupils", "--out", out, "--json", *AS_OF)
    assert (said.code, said.json["error"]["code"], out.exists()) == (2, "INP-006", False)
    assert "exchange pack none" in said.json["error"]["remedy"]
    said = exchange("pack", "none", "--dataset", "pupils", "--out", out, "--json")
    assert (said.code, said.json["states"]) == (0, "none")
    assert pq.read_table(out).equals(CONTRACTS["pupils"].arrow_schema().empty_table())
    assert exchange("check", out, "--dataset", "pupils", "--json").json["status"] == "accepted"


def test_no_decisions_are_no_statement(exchange, tmp_path):
    said = exchange("pack", "none", "--dataset", "decisions", "--out", tmp_path / "d.parquet", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "FIL-002")
