"""What databases, shells and spreadsheets write where there is nothing, below the rows and between two extracts."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.pack.source import Source, read

HEAD = "claim,name,flat,street,child_name,sex"
ROWS = ["C1,HANA,2,ACRE LANE,WREN,F", "C2,TESS,3,ACRE LANE,NELL,F"]
NAMES = HEAD.split(",")


def source(folder: Path, *lines: str, end: str = "\r\n", last: str = "\r\n") -> Source:
    path = folder / "extract.csv"
    path.write_bytes((end.join(lines) + last).encode())
    return read(path, expected=NAMES)


def codes(found: Source) -> dict[str, list[int] | None]:
    return {remark.code.code: None if remark.lines is None else remark.lines.tolist() for remark in found.remarks}


@pytest.mark.parametrize(
    "line",
    [
        *("(2 rows affected)", "2 rows selected.", "(2 rows)", "  2 record(s) selected.", "2 rows in set (0.00 sec)"),
        *("Completion time: 2026-10-27T10:00:00.1234567+01:00", "Elapsed: 00:00:01.23", "SQL> spool off", "EOF"),
        *("Records: 2", "TOTAL,2,,,,", ",,,Total:,2,", "*** END OF REPORT ***", "no more rows", "------,----,,,,"),
    ],
)
def test_what_stands_below_the_rows_is_no_row_and_said_once(tmp_path: Path, line: str) -> None:
    found = source(tmp_path, HEAD, *ROWS, "", line)
    assert (found.rows, codes(found)) == (2, {"PAK-044": [5]})


@pytest.mark.parametrize("name", ["Total", "Totals Road 3", "Count"])
def test_a_row_that_only_begins_like_a_total_is_one(tmp_path: Path, name: str) -> None:
    assert source(tmp_path, HEAD, *ROWS, f"{name},IVY,4,ACRE LANE,OLA,F").rows == 3


@pytest.mark.parametrize("word", ["(null)", "\\N", "<NULL>", "[NULL]", "N/A", "--", "-----", "NULL", "None", "nil"])
def test_a_word_for_nothing_is_nothing_and_said_once_with_its_count(tmp_path: Path, word: str) -> None:
    found = source(tmp_path, HEAD, f"C1,HANA,{word},{word},WREN,F", f"C2,{word},3,ACRE LANE,NELL,{word}")
    assert [found.column(name).null_count for name in NAMES] == [0, 1, 1, 1, 0, 1]
    assert codes(found) == {"PAK-049": None}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_an_extract_glued_to_the_last_line_is_read_apart(tmp_path: Path, mark: str) -> None:
    found = source(tmp_path, HEAD, f"{ROWS[0]}{mark}{HEAD}", ROWS[1])
    assert found.column("claim").to_pylist() == ["C1", "C2"]
    assert codes(found) == {"PAK-058": None, "PAK-042": [3]}


def test_a_control_character_in_a_line_that_is_no_row_is_not_said_of_it(tmp_path: Path) -> None:
    found = source(tmp_path, HEAD, ROWS[0], f"\x1a{HEAD}", ROWS[1], last="\r\n\x1a")
    assert (found.rows, codes(found)) == (2, {"PAK-042": [3]})


@pytest.mark.parametrize(
    ("line", "street"),
    [
        ("C1,HANA,2,ACRE\\, LONG LANE,WREN,F", "ACRE, LONG LANE"),
        ('C1,HANA,2,"ACRE \\"OLD\\" LANE",WREN,F', 'ACRE "OLD" LANE'),
        ("C1,HANA,2,ST JOHN\\'S RD,WREN,F", "ST JOHN'S RD"),
    ],
)
def test_a_backslash_that_takes_a_meaning_off_is_taken_out_and_said(tmp_path: Path, line: str, street: str) -> None:
    found = source(tmp_path, HEAD, line, ROWS[1])
    assert (found.column("street")[0].as_py(), found.rows) == (street, 2)
    assert codes(found) == {"PAK-057": [2]}


def test_a_backslash_that_means_nothing_stays(tmp_path: Path) -> None:
    found = source(tmp_path, HEAD, "C1,HANA,2,A\\B LANE,WREN,F")
    assert (found.column("street").to_pylist(), codes(found)) == (["A\\B LANE"], {})
