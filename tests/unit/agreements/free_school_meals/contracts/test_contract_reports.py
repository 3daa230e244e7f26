"""What people read: reports, templates, the page of codes. The same input gives the same bytes."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from shared.agreements.free_school_meals.contracts import CONTRACTS, PUPILS
from shared.kernel.contract import report as report_module
from shared.kernel.contract.catalogue import rule_page
from shared.kernel.contract.file_rules import UNKNOWN
from shared.kernel.contract.identifiers import upn_check_letter
from shared.kernel.contract.report import report_json, report_xlsx, row_reference, status_of
from shared.kernel.contract.template import DICTIONARY_HEADER, dictionary_csv, template_csv, template_xlsx
from shared.kernel.contract.validate import Validation
from tests.opened import moments_in
from tests.unit.agreements.free_school_meals.contracts.rows import PUPIL, validated

FACTS: dict[str, str | int] = {"drop": "d-0a1b2c", "dataset": "pupils", "agreement": "fsm@1.0.0"}
REFUSED = UNKNOWN.broken_by(["ethnicity"])


def three_schools() -> Validation:
    return validated(
        "pupils",
        {"urn": "100786", "sex": "?", "surname": "=HYPERLINK()"},
        {"urn": "100785", "upn": None},
        {"urn": "not one"},
        {"urn": "100785", "dob": None, "upn": "B801200005001"},
    )


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    workbook = CalamineWorkbook.from_filelike(BytesIO(data))
    return {name: workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names}


def test_a_report_line_says_group_row_message_how_to_mend_and_field_in_that_order() -> None:
    document = json.loads(report_json(three_schools(), FACTS))
    line = document["findings"][1]
    assert list(line) == ["group", "reference", "message", "mend", "field", "severity", "code", "to_mend"]
    assert (line["group"], line["reference"], line["field"], line["code"]) == ("100785", "row 3", "upn", "PUP-001")
    header = sheets(report_xlsx(three_schools(), FACTS))["Findings"][0]
    assert header == ["School (URN)", "Row", "Message", "How to mend", "Field", "Severity", "Code"]


def test_lines_are_school_by_school_and_then_in_the_order_of_the_file() -> None:
    lines = json.loads(report_json(three_schools(), FACTS))["findings"]
    assert [(line["group"], line["reference"]) for line in lines] == [
        ("", "row 4"),
        ("100785", "row 3"),
        ("100785", "row 5"),
        ("100786", "row 2"),
    ]


def test_the_sheet_and_the_json_say_the_same() -> None:
    lines = json.loads(report_json(three_schools(), FACTS))["findings"]
    assert sheets(report_xlsx(three_schools(), FACTS))["Findings"][1:] == [list(line.values())[:-1] for line in lines]


def test_the_summary_says_what_the_report_is_about_and_what_became_of_the_rows() -> None:
    document = json.loads(report_json(three_schools(), FACTS))
    assert document["facts"] == FACTS
    assert document["status"] == "rejected"
    assert (document["rows_in"], document["rows_accepted"], document["rows_rejected"]) == (4, 0, 4)
    assert sum(document["rejected_by_code"].values()) == 4
    summary = {str(row[0]): row[1] for row in sheets(report_xlsx(three_schools(), FACTS))["Summary"]}
    assert (summary["drop"], summary["Status"], summary["Rows in"]) == ("d-0a1b2c", "rejected", 4.0)
    assert summary["Rejected by PUP-001"] == 1.0
    assert "header is row 1" in str(summary["Row numbers"])


def with_temporary_upns() -> Validation:
    """Three rows, of which two need nothing done, and one is to be mended."""
    temporary = [upn_check_letter(body) + body for body in ("21023451900A", "21023451901A")]
    return validated(
        "pupils", {"upn": temporary[0]}, {"sex": "?"}, {"upn": temporary[1], "uln": None, "forename": "Bo"}
    )


def test_what_needs_nothing_done_stands_apart_and_every_code_has_its_count() -> None:
    document = json.loads(report_json(with_temporary_upns(), FACTS))
    assert [(line["code"], line["to_mend"]) for line in document["findings"]] == [
        ("PUP-016", "yes"),
        ("PUP-004", "no"),
        ("PUP-004", "no"),
    ]
    assert [(c["code"], c["lines"], c["to_mend"]) for c in document["codes"]] == [
        ("PUP-004", 2, "no"),
        ("PUP-016", 1, "yes"),
    ]
    book = sheets(report_xlsx(with_temporary_upns(), FACTS))
    assert list(book) == ["Summary", "Codes", "Findings", "Nothing to do"]
    assert [row[6] for row in book["Findings"][1:]] == ["PUP-016"]
    assert [row[6] for row in book["Nothing to do"][1:]] == ["PUP-004", "PUP-004"]
    assert [row[:4] for row in book["Codes"][1:]] == [
        ["PUP-004", "warning", 2.0, "no"],
        ["PUP-016", "error", 1.0, "yes"],
    ]
    assert ["Findings to be mended", 1.0] in book["Summary"]
    assert ["Findings that need nothing done", 2.0] in book["Summary"]


def test_every_sheet_of_lines_has_filters_over_all_of_them() -> None:
    with ZipFile(BytesIO(report_xlsx(with_temporary_upns(), FACTS))) as parts:
        filters = [
            re.findall(r'<autoFilter ref="([^"]+)"', parts.read(f"xl/worksheets/sheet{n}.xml").decode())
            for n in range(1, 5)
        ]
    assert filters == [[], ["A1:F3"], ["A1:G2"], ["A1:G3"]]


def test_a_long_list_of_what_needs_nothing_done_never_crowds_out_what_is_to_be_mended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report_module, "MOST_LINES", 1)
    document = json.loads(report_json(with_temporary_upns(), FACTS))
    assert [line["code"] for line in document["findings"]] == ["PUP-016"]
    assert [c["lines"] for c in document["codes"]] == [2, 1]


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
    assert json.loads(report_json(validated("pupils"), FACTS))["findings"] == []
    assert len(sheets(report_xlsx(validated("pupils"), FACTS))["Findings"]) == 1


def test_no_report_has_a_value_of_a_row() -> None:
    values = [str(value) for name, value in PUPIL.items() if value is not None and name not in ("urn", "nc_year")]
    text = report_json(three_schools(), FACTS).decode()
    cells = str(sheets(report_xlsx(three_schools(), FACTS)))
    for value in [*values, "HYPERLINK", "not one"]:
        if len(value) > 1:
            assert value not in text
            assert value not in cells


def test_the_same_outcome_gives_the_same_bytes() -> None:
    for make in (report_json, report_xlsx):
        assert make(three_schools(), FACTS) == make(three_schools(), FACTS)
        assert make(REFUSED, FACTS) == make(REFUSED, FACTS)
    for contract in CONTRACTS.values():
        assert template_xlsx(contract) == template_xlsx(contract)
    # Made within one second they would be the same with the time in them, too.
    for workbook in (report_xlsx(REFUSED, FACTS), template_xlsx(PUPILS)):
        assert moments_in(workbook) == {"2026-01-01T00:00:00Z", "1980-01-01T00:00:00Z"}


def test_no_file_has_the_moment_in_which_it_was_made() -> None:
    for data in (report_xlsx(three_schools(), FACTS), template_xlsx(PUPILS)):
        with ZipFile(BytesIO(data)) as parts:
            assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            properties = parts.read("docProps/core.xml").decode()
        assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", properties)) == {"2026-01-01T00:00:00Z"}


def test_a_report_that_would_be_too_long_has_the_row_numbers_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report_module, "MOST_LINES", 2)
    book = sheets(report_xlsx(three_schools(), FACTS))
    assert len(book["Findings"]) == 3
    assert any("row numbers of all" in str(row) for row in book["Summary"])
    assert ["Findings to be mended", 4.0] in book["Summary"]
    document = json.loads(report_json(three_schools(), FACTS))
    assert len(document["findings"]) == 2
    assert document["rows_by_code"] == {"PUP-001": [3], "PUP-011": [5], "PUP-016": [2], "PUP-028": [4]}


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
    page = rule_page({"Free school meals": CONTRACTS})
    assert page.endswith("\n")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert {line.count(" | ") for line in rows} == {3, 4}
    assert str(date.today().year) not in page  # noqa: DTZ011 - the page may not depend on the day
