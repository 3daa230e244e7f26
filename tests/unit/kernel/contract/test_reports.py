"""What people read: reports, templates, the page of codes. The same input gives the same bytes."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from io import BytesIO, StringIO
from zipfile import ZipFile

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook

from shared.kernel.contract import report as report_module
from shared.kernel.contract.catalogue import rule_page
from shared.kernel.contract.file_rules import UNKNOWN
from shared.kernel.contract.report import report_json, report_xlsx, row_reference, status_of
from shared.kernel.contract.template import DICTIONARY_HEADER, dictionary_csv, template_csv, template_xlsx
from shared.kernel.contract.validate import Validation, validate
from tests.opened import moments_in
from tests.unit.kernel.contract.toy import AS_OF, CONTRACTS, LOAN, LOANS, MEMBERS, validated

FACTS: dict[str, str | int] = {"drop": "d-0a1b2c", "dataset": "loans", "agreement": "toy@1.0.0"}
REFUSED = UNKNOWN.broken_by(["ethnicity"])


def three_branches() -> Validation:
    return validated(
        {"branch": "102", "state": "?", "surname": "=HYPERLINK()"},
        {"branch": "101", "ref": None},
        {"branch": "Adeyemi"},
        {"branch": "101", "dob": None, "ref": "L18"},
    )


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    workbook = CalamineWorkbook.from_filelike(BytesIO(data))
    return {name: workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names}


def test_a_report_line_says_group_row_message_remedy_and_field_in_that_order() -> None:
    document = json.loads(report_json(three_branches(), FACTS))
    line = document["findings"][1]
    assert list(line) == ["group", "reference", "message", "remedy", "field", "severity", "code", "to_do"]
    assert (line["group"], line["reference"], line["field"], line["code"]) == ("101", "row 3", "ref", "LOA-001")
    header = sheets(report_xlsx(three_branches(), FACTS))["Findings"][0]
    assert header == ["Branch (number)", "Row", "Message", "Remedy", "Field", "Severity", "Code"]


def test_lines_are_group_by_group_and_then_in_the_order_of_the_file() -> None:
    lines = json.loads(report_json(three_branches(), FACTS))["findings"]
    assert [(line["group"], line["reference"]) for line in lines] == [
        ("", "row 4"),
        ("101", "row 3"),
        ("101", "row 5"),
        ("102", "row 2"),
    ]


def test_the_sheet_and_the_json_say_the_same() -> None:
    lines = json.loads(report_json(three_branches(), FACTS))["findings"]
    assert sheets(report_xlsx(three_branches(), FACTS))["Findings"][1:] == [list(line.values())[:-1] for line in lines]


def test_the_summary_says_what_the_report_is_about_and_what_became_of_the_rows() -> None:
    document = json.loads(report_json(three_branches(), FACTS))
    assert document["version"] == 2
    assert document["facts"] == FACTS
    assert document["status"] == "rejected"
    assert (document["rows_in"], document["rows_accepted"], document["rows_rejected"]) == (4, 0, 4)
    assert sum(document["rejected_by_code"].values()) == 4
    summary = {str(row[0]): row[1] for row in sheets(report_xlsx(three_branches(), FACTS))["Summary"]}
    assert (summary["drop"], summary["Status"], summary["Rows in"]) == ("d-0a1b2c", "rejected", 4.0)
    assert summary["Rejected by LOA-001"] == 1.0
    assert "header is row 1" in str(summary["Row numbers"])


def with_borrowers_away() -> Validation:
    """Three rows, of which two need nothing done, and one is to be put right."""
    return validated({"word": "away"}, {"state": "?", "ref": "L18"}, {"word": "away", "ref": "L19"})


def test_what_needs_nothing_done_stands_apart_and_every_code_has_its_count() -> None:
    document = json.loads(report_json(with_borrowers_away(), FACTS))
    assert [(line["code"], line["to_do"]) for line in document["findings"]] == [
        ("LOA-004", "yes"),
        ("LOA-007", "no"),
        ("LOA-007", "no"),
    ]
    assert [(c["code"], c["lines"], c["to_do"]) for c in document["codes"]] == [
        ("LOA-004", 1, "yes"),
        ("LOA-007", 2, "no"),
    ]
    book = sheets(report_xlsx(with_borrowers_away(), FACTS))
    assert list(book) == ["Summary", "Codes", "Findings", "Nothing to do"]
    assert [row[6] for row in book["Findings"][1:]] == ["LOA-004"]
    assert [row[6] for row in book["Nothing to do"][1:]] == ["LOA-007", "LOA-007"]
    assert [row[:4] for row in book["Codes"][1:]] == [
        ["LOA-004", "error", 1.0, "yes"],
        ["LOA-007", "warning", 2.0, "no"],
    ]
    assert ["Findings with something to do", 1.0] in book["Summary"]
    assert ["Findings that need nothing done", 2.0] in book["Summary"]


def test_every_sheet_of_lines_has_filters_over_all_of_them() -> None:
    with ZipFile(BytesIO(report_xlsx(with_borrowers_away(), FACTS))) as parts:
        filters = [
            re.findall(r'<autoFilter ref="([^"]+)"', parts.read(f"xl/worksheets/sheet{n}.xml").decode())
            for n in range(1, 5)
        ]
    assert filters == [[], ["A1:F3"], ["A1:G2"], ["A1:G3"]]


def test_a_long_list_of_what_needs_nothing_done_never_crowds_out_what_is_to_be_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report_module, "MOST_LINES", 1)
    document = json.loads(report_json(with_borrowers_away(), FACTS))
    assert [line["code"] for line in document["findings"]] == ["LOA-004"]
    assert [c["lines"] for c in document["codes"]] == [1, 2]


def test_rows_are_numbered_as_a_spreadsheet_numbers_them() -> None:
    assert row_reference(0) == "row 2"


def test_a_file_refused_as_a_whole_is_reported_with_its_code_and_without_row_counts() -> None:
    document = json.loads(report_json(REFUSED, FACTS))
    assert (document["status"], document["rows_in"]) == ("rejected", None)
    assert document["findings"][0]["code"] == "FIL-005"
    assert "ethnicity" in document["findings"][0]["message"]
    book = sheets(report_xlsx(REFUSED, FACTS))
    assert book["Findings"][1][0] == "file"
    assert ["Rows in", "not read"] in book["Summary"]
    assert status_of(REFUSED) == "rejected"


def test_a_good_file_is_reported_too() -> None:
    assert json.loads(report_json(validated(), FACTS))["findings"] == []
    assert len(sheets(report_xlsx(validated(), FACTS))["Findings"]) == 1


def test_no_report_has_a_value_of_a_row() -> None:
    values = [
        str(value)
        for name, value in LOAN.items()
        if isinstance(value, str | date) and name not in ("branch", "state", "word")
    ]
    text = report_json(three_branches(), FACTS).decode()
    cells = str(sheets(report_xlsx(three_branches(), FACTS)))
    for value in [*values, "HYPERLINK", "Adeyemi"]:
        if len(value) > 1:
            assert value not in text
            assert value not in cells


def test_the_same_outcome_gives_the_same_bytes() -> None:
    for make in (report_json, report_xlsx):
        assert make(three_branches(), FACTS) == make(three_branches(), FACTS)
        assert make(REFUSED, FACTS) == make(REFUSED, FACTS)
    for contract in CONTRACTS.values():
        assert template_xlsx(contract) == template_xlsx(contract)
    # Made within one second they would be the same with the time in them, too.
    for workbook in (report_xlsx(REFUSED, FACTS), template_xlsx(LOANS)):
        assert moments_in(workbook) == {"2026-01-01T00:00:00Z", "1980-01-01T00:00:00Z"}


def test_no_file_has_the_moment_in_which_it_was_made() -> None:
    for data in (report_xlsx(three_branches(), FACTS), template_xlsx(LOANS)):
        with ZipFile(BytesIO(data)) as parts:
            assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            properties = parts.read("docProps/core.xml").decode()
        assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", properties)) == {"2026-01-01T00:00:00Z"}


def test_a_report_that_would_be_too_long_has_the_row_numbers_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report_module, "MOST_LINES", 2)
    book = sheets(report_xlsx(three_branches(), FACTS))
    assert len(book["Findings"]) == 3
    assert any("row numbers of all" in str(row) for row in book["Summary"])
    assert ["Findings with something to do", 4.0] in book["Summary"]
    document = json.loads(report_json(three_branches(), FACTS))
    assert len(document["findings"]) == 2
    assert document["rows_by_code"] == {"LOA-001": [3], "LOA-004": [2], "LOA-005": [5], "LOA-008": [4]}


@pytest.mark.parametrize("dataset", list(CONTRACTS))
def test_a_template_has_the_contracts_columns_and_a_data_dictionary(dataset: str) -> None:
    names = list(CONTRACTS[dataset].names)
    book = sheets(template_xlsx(CONTRACTS[dataset]))
    assert list(book) == [dataset, "data dictionary"]
    assert book[dataset] == [names]
    assert template_csv(CONTRACTS[dataset]) == ",".join(names) + "\r\n"
    dictionary = list(csv.reader(StringIO(dictionary_csv(CONTRACTS[dataset]))))
    assert dictionary[0] == list(DICTIONARY_HEADER)
    assert [line[0] for line in dictionary[1:]] == names
    assert book["data dictionary"] == dictionary


def test_the_page_of_codes_is_a_page_of_whole_tables() -> None:
    page = rule_page({"Library": CONTRACTS, "Other library": {"loans": LOANS}})
    assert page.endswith("\n")
    assert [line for line in page.splitlines() if line.startswith("##")] == [
        "## The file as a whole",
        "## Library",
        "### Rows of `loans`",
        "### Rows of `members`",
        "## Other library",
        "### Rows of `loans`",
    ]
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert {line.count(" | ") for line in rows} == {3, 4}
    assert str(date.today().year) not in page  # noqa: DTZ011 - the page may not depend on the day


def test_a_dataset_that_is_not_grouped_has_no_column_for_it() -> None:
    book = sheets(report_xlsx(validate(pa.table({"ref": ["M1"]}), MEMBERS, as_of=AS_OF, stale_after_days=1), FACTS))
    assert book["Findings"] == [["Row", "Message", "Remedy", "Field", "Severity", "Code"]]
