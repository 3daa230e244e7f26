"""Workbooks: which sheet is read, what is hidden in it, true dates, and sizes that are looked at before reading."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest

from client.pack import sheet_parts
from client.pack.source import Source, read
from shared.agreements.free_school_meals.contracts import DECISIONS
from shared.kernel.contract.template import template_xlsx
from shared.kernel.errors import InvalidInput
from tests.unit.client.workbooks import with_part, workbook

HEAD = ["ref", "forename", "dob"]
ROWS = [HEAD, ["1", "Ann", "2015-03-21"], ["2", "Bo", "2016-02-29"]]
SHEET = "xl/worksheets/sheet1.xml"


def source(tmp_path: Path, data: bytes, name: str = "t.xlsx", **options: object) -> Source:
    path = tmp_path / name
    path.write_bytes(data)
    return read(path, **options)


def refusal(tmp_path: Path, data: bytes, **options: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as raised:
        source(tmp_path, data, **options)
    return raised.value


def said(found: Source) -> dict[str, list[tuple[str, list[int] | None]]]:
    """By code: the column and the rows."""
    told: dict[str, list[tuple[str, list[int] | None]]] = {}
    for remark in found.remarks:
        rows = None if remark.lines is None else remark.lines.tolist()
        told.setdefault(remark.code.code, []).append((remark.field, rows))
    return told


def messages(found: Source) -> str:
    return " ".join(remark.code.message for remark in found.remarks)


def test_the_only_sheet_is_read_and_named(tmp_path):
    found = source(tmp_path, workbook(ROWS, sheet="Oct"))
    assert found.facts["sheet"] == "Oct"
    assert found.line.tolist() == [2, 3]
    assert said(found) == {}


@pytest.mark.parametrize("how", ["hide", "very_hidden"])
def test_a_hidden_sheet_is_no_data_and_said(tmp_path, how):
    def hide(book, sheets):
        getattr(sheets["Sept (old)"], how)()
        sheets["Oct"].activate()
        sheets["Oct"].set_first_sheet()

    found = source(tmp_path, workbook([HEAD, ["9", "Old", ""]], sheet="Sept (old)", more={"Oct": ROWS}, change=hide))
    assert found.column("ref").to_pylist() == ["1", "2"]
    assert list(said(found)) == ["PAK-051"]
    assert "The sheet Oct was read; these were not: Sept (old) (hidden)." in messages(found)
    assert source(tmp_path, (tmp_path / "t.xlsx").read_bytes(), sheet=" sept (OLD)").column("ref").to_pylist() == ["9"]


def test_of_several_sheets_with_rows_none_is_guessed(tmp_path):
    data = workbook(ROWS, sheet="HB", more={"CTR": ROWS, "Empty": []})
    refused = refusal(tmp_path, data)
    assert (refused.code, "HB, CTR" in refused.message) == ("INP-051", True)
    assert source(tmp_path, data, sheet="ctr").facts["sheet"] == "CTR"
    unknown = refusal(tmp_path, data, sheet="ESA")
    assert (unknown.code, "HB, CTR, Empty" in unknown.remedy) == ("INP-052", True)
    assert refusal(tmp_path, data, sheet="empty").code == "INP-053"


def test_a_sheet_without_rows_is_passed_over_but_a_template_is_read_without_its_dictionary(tmp_path):
    found = source(tmp_path, workbook([["Notes"]], sheet="Read me", more={"Data": ROWS}))
    assert found.facts["sheet"] == "Data"
    assert "not: Read me." in messages(found)
    assert source(tmp_path, template_xlsx(DECISIONS)).facts["sheet"] == "decisions"


def test_a_workbook_whose_rows_are_all_hidden_or_that_has_none_is_refused(tmp_path):
    def hide(book, sheets):
        sheets["Sheet1"].hide()
        sheets["Cover"].activate()

    refused = refusal(tmp_path, workbook(ROWS, more={"Cover": []}, change=hide))
    assert (refused.code, "Unhide" in refused.remedy) == ("INP-053", True)
    assert refusal(tmp_path, workbook([])).code == "INP-053"


def test_a_true_date_is_iso_text_and_marked_whatever_the_sheet_shows(tmp_path):
    moment = datetime(2015, 11, 3, 9, 30)  # noqa: DTZ001 - a cell knows no time zone
    rows = [HEAD, ["1", "Ann", date(2015, 11, 3)], ["2", "Bo", "03/11/2015"], ["3", "Cy", moment]]
    for date_1904 in (False, True):
        found = source(tmp_path, workbook(rows, date_1904=date_1904))
        assert found.column("dob").to_pylist() == ["2015-11-03", "03/11/2015", "2015-11-03 09:30:00"]
        assert {name: mask.tolist() for name, mask in found.dates.items()} == {"dob": [True, False, True]}


def test_dates_go_with_their_rows_and_columns_when_headings_come_again_in_another_order(tmp_path):
    rows = [HEAD, ["1", "Ann", date(2015, 11, 3)], [], ["forename", "ref", "dob"], ["Bo", date(2026, 4, 3), "x"]]
    found = source(tmp_path, workbook(rows))
    assert found.column("ref").to_pylist() == ["1", "2026-04-03"]
    assert {name: mask.tolist() for name, mask in found.dates.items()} == {"dob": [True, False], "ref": [False, True]}
    assert found.line.tolist() == [2, 5]


def test_numbers_flags_and_control_characters_are_text_as_a_csv_would_have_it(tmp_path):
    rows = [["a", "b", "c", "d", "e"], [100023336956, 0.1 + 0.2, True, 1e11, "A\x02n\x0bn"]]
    found = source(tmp_path, workbook(rows))
    assert list(found.table.to_pylist()[0].values()) == ["100023336956", "0.3", "TRUE", "100000000000", "An n"]
    assert said(found) == {"PAK-048": [("e", [2])]}


def test_hidden_rows_and_columns_are_read_and_said(tmp_path):
    def hide(book, sheets):
        sheets["Sheet1"].set_row(2, None, None, {"hidden": True})
        sheets["Sheet1"].set_column(1, 1, 10, None, {"hidden": True})
        sheets["Sheet1"].set_column(8, 16_383, 10, None, {"hidden": True})

    found = source(tmp_path, workbook(ROWS, change=hide))
    assert found.rows == 2
    assert said(found) == {"PAK-052": [("", [3])], "PAK-053": [("forename", None)]}
    assert found.hidden.tolist() == [False, True]


def test_formulas_without_results_and_merged_cells_are_said_by_row_and_column(tmp_path):
    def change(book, sheets):
        sheets["Sheet1"].merge_range(1, 1, 2, 1, "Ann")

    row = b'<row r="4"><c r="A4"><f>1+1</f><v></v></c><c r="B4" t="str"><f>""</f><v></v></c>'
    row += b'<c r="C4"><f>1</f><v>1</v></c>'
    data = workbook([*ROWS[:2], ["2", None, "2016-02-29"]], change=change)
    data = with_part(data, SHEET, lambda xml: xml.replace(b"</sheetData>", row + b"</row></sheetData>"))
    found = source(tmp_path, data)
    assert said(found) == {"PAK-054": [("ref", [4])], "PAK-055": [("forename", [3])]}
    assert found.column("forename").to_pylist() == ["Ann", None, None]


def test_headings_below_titles_are_found_and_rows_keep_their_numbers(tmp_path):
    found = source(tmp_path, workbook([["Benefits extract"], [], *ROWS]))
    assert found.table.column_names == HEAD
    assert found.line.tolist() == [4, 5]
    assert "found in line 3;" in messages(found)


def far(cell: str, row: int, value: str = "x") -> bytes:
    addition = f'<row r="{row}"><c r="{cell}{row}" t="inlineStr"><is><t>{value}</t></is></c></row></sheetData>'
    return with_part(workbook(ROWS), SHEET, lambda xml: xml.replace(b"</sheetData>", addition.encode()))


@pytest.mark.parametrize(("cell", "row"), [("XFD", 4), ("A", 1_048_576), ("XFD", 1_048_576)])
@pytest.mark.parametrize("value", [" ", "x"])
def test_a_cell_far_from_the_table_is_named_before_anything_is_read(tmp_path, cell, row, value):
    began = time.monotonic()
    refused = refusal(tmp_path, far(cell, row, value))
    assert refused.code == "INP-055"
    assert len(refused.message) < 300
    assert time.monotonic() - began < 2


def test_a_cell_somewhat_beyond_the_table_is_no_reason_to_refuse(tmp_path):
    assert source(tmp_path, far("H", 900, " ")).rows == 2


def test_a_workbook_that_unpacks_to_far_more_is_refused_unread(tmp_path, monkeypatch):
    data = with_part(
        workbook(ROWS), SHEET, lambda xml: xml.replace(b"</sheetData>", b" " * 300_000_000 + b"</sheetData>")
    )
    tracemalloc.start()
    refused = refusal(tmp_path, data)
    assert refused.code == "INP-056"
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_part_that_says_it_is_smaller_than_it_is_unpacks_to_no_more_than_it_says(tmp_path):
    data = with_part(
        workbook(ROWS), SHEET, lambda xml: xml.replace(b"</sheetData>", b" " * 5_000_000 + b"</sheetData>")
    )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = archive.getinfo(SHEET).file_size
    lying = data.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert refusal(tmp_path, lying).code == "INP-050"


def test_entities_are_not_unpacked(tmp_path):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    data = with_part(
        workbook(ROWS), SHEET, lambda xml: xml.replace(b"?>", b"?>" + bomb, 1).replace(b"<v>0<", b"<v>&b;<")
    )
    assert refusal(tmp_path, data).code == "INP-050"


def document(table: str) -> bytes:
    """A minimal OpenDocument spreadsheet."""
    buffer = io.BytesIO()
    uses = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f'xmlns:{name}="{uses}:{name}:1.0"' for name in ("office", "table", "text", "style"))
    body = f'<office:body><office:spreadsheet><table:table table:name="Extract">{table}</table:table>'
    content = f"<office:document-content {spaces}>{body}</office:spreadsheet></office:body></office:document-content>"
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", '<?xml version="1.0"?>' + content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return buffer.getvalue()


def cells(*texts: str, attributes: str = "") -> str:
    inner = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{t}</text:p></table:table-cell>' for t in texts
    )
    return f"<table:table-row {attributes}>{inner}</table:table-row>"


def test_an_opendocument_sheet_is_read_and_its_hidden_rows_said(tmp_path):
    rows = [cells(*HEAD), cells("1", "Ann", "x", attributes='table:visibility="filter"'), cells("2", "Bo", "y")]
    found = source(tmp_path, document("".join(rows)), name="t.ods")
    assert found.column("ref").to_pylist() == ["1", "2"]
    assert said(found) == {"PAK-052": [("", [2])]}


def test_an_opendocument_sheet_of_repeated_cells_is_refused_before_it_is_read(tmp_path):
    rows = cells(*HEAD) + cells("1", "a", "b", attributes='table:number-rows-repeated="1048576"').replace(
        "<table:table-cell ", '<table:table-cell table:number-columns-repeated="5000" '
    )
    assert refusal(tmp_path, document(rows)).code in ("INP-055", "INP-062")


def test_what_a_workbook_needs_is_unpacked_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(sheet_parts, "MOST_UNPACKED", 60_000)

    def picture(book, sheets):
        sheets["Sheet1"].insert_textbox(0, 5, "x" * 80_000)

    assert source(tmp_path, workbook(ROWS, change=picture)).rows == 2
