"""Whatever text or bytes are given: what was written is read back, or said to be out, or refused with a code."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from client.pack.delimited import Records, likely_separator, split, walk
from client.pack.headings import words_for_nothing
from client.pack.lines import Lines
from client.pack.source import Source, read, tidy
from shared.kernel.errors import InvalidInput
from tests.unit.client.workbooks import workbook

NOTHING = {word for words in words_for_nothing() for word in words}
HEADINGS = ["ref", "given", "family", "street"]
LINE_ENDS = ["\r\n", "\n", "\r"]
# Text of every language, and often what a reader may stumble over; no control characters, which are taken out, nor
# backslashes, which may be (`test_read_dialects`).
CELLS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff\ufffd\\"),
        st.sampled_from('",;\t|\n\r \'"\n,'),
    ),
    max_size=12,
).filter(lambda cell: cell.strip() not in NOTHING)
NAMES = st.text("aÉéñöØß ’-'", min_size=1, max_size=9).filter(lambda name: name.strip() not in NOTHING)
ROWS = st.lists(st.tuples(st.sampled_from(["1", "20"]), CELLS, CELLS, CELLS).map(list), max_size=8)
QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)


def written(rows: list[list[str]], separator: str, line_end: str, quoting: int) -> str:
    """As a careful writer does: before Python 3.13 `csv` leaves a line break bare that is not its own line end."""
    text = []
    for row in rows:
        line = io.StringIO(newline="")
        csv.writer(line, delimiter=separator, lineterminator="\r\n", quoting=quoting).writerow(row)
        text.append(line.getvalue().removesuffix("\r\n") + line_end)
    return "".join(text)


def tidied(row: list[str]) -> list[str | None]:
    import pyarrow as pa

    return tidy(pa.array(row, pa.string())).to_pylist()


def account_for(source: Source, rows: list[list[str]], separator: str, line_end: str, quoting: int) -> None:
    """Every row stands in the source as it was written, or all its lines are among those that are out."""
    line, read_back = 2, dict(zip(source.line.tolist(), source.table.to_pylist(), strict=True))
    said = {number for remark in source.remarks if remark.lines is not None for number in remark.lines.tolist()}
    for row in rows:
        height = len(Lines.of(written([row], separator, line_end, quoting).encode()))
        wanted = tidied(row)
        if line in read_back:
            assert list(read_back[line].values()) == wanted
        elif any(wanted):
            out = set(range(line, line + height))
            assert out <= set(source.unsplit.tolist())
            assert out <= said
        line += height


@QUIET
@given(
    ROWS,
    st.sampled_from(",;\t|"),
    st.sampled_from(LINE_ENDS),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from([("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("utf-16-le", "utf-16-le")]),
)
@example([["1", "A", 'say "x"', "14 High St,\nLondon"]], ",", "\r\n", csv.QUOTE_MINIMAL, ("utf-8", None))
def test_any_table_is_read_back_from_any_dialect(tmp_path: Path, rows, separator, line_end, quoting, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes(written([HEADINGS, *rows], separator, line_end, quoting).encode(encoding[0]))
    source = read(path, encoding=encoding[1], expected=HEADINGS)
    assert source.table.column_names == HEADINGS
    account_for(source, rows, separator, line_end, quoting)


@QUIET
@given(st.lists(NAMES, min_size=1), st.sampled_from(["cp1252", "mac_roman"]))
def test_a_stated_encoding_is_believed(tmp_path: Path, names, codec):
    path = tmp_path / "t.csv"
    text = written([HEADINGS, *[["1", name, "x", "y"] for name in names]], ",", "\n", csv.QUOTE_MINIMAL)
    path.write_bytes(text.encode(codec))
    source = read(path, encoding=codec.replace("_", "-"), expected=HEADINGS)
    assert source.table.column("given").to_pylist() == tidied(names)
    assert source.remarks == ()


@QUIET
@given(st.lists(st.sampled_from([b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"a", b"bc", b" "]), max_size=60))
@example([b'"', b"a", b"\n", b'"', b"bc", b'"', b"\n", b"a", b'"'])
def test_lines_that_are_counted_together_are_those_that_a_reader_of_characters_finds(pieces):
    data = b"".join(pieces)
    if data.count(b'"') % 2:
        with pytest.raises(InvalidInput, match="INP-054"):
            split(Path("t.csv"), Lines.of(data), b",")
        return
    found = split(Path("t.csv"), Lines.of(data), b",")
    assert records(found) == records_one_by_one(data)


def records(found: Records) -> list[tuple[int, int]]:
    return list(zip(found.lines.start[found.first].tolist(), found.cells.tolist(), strict=True))


def records_one_by_one(data: bytes) -> list[tuple[int, int]]:
    listed, starts = [], Lines.of(data).start.tolist()
    while starts:
        record = walk(data, starts[0], b",")
        listed.append((starts[0], len(record.cells)))
        starts = [start for start in starts if start > record.stop]
    return listed


def outcome(path: Path) -> int | str:
    """How many rows are read, or the code of the refusal."""
    try:
        return read(path, expected=HEADINGS).rows
    except InvalidInput as refusal:
        return refusal.code


@QUIET
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode), st.sampled_from([".csv", ".xlsx", ".xls", ""]))
def test_any_bytes_are_read_or_refused_with_a_code(tmp_path: Path, data, ending):
    path = tmp_path / f"t{ending}"
    path.write_bytes(data)
    refusals = ("INP-007", "INP-050", "INP-054", "INP-057", "INP-059", "INP-060", "INP-064")
    assert isinstance(found := outcome(path), int) or found in refusals


@pytest.mark.parametrize("ending", [".xlsx", ".ods", ".zip"])
def test_an_archive_whose_parts_do_not_unpack_is_refused_with_a_code(tmp_path: Path, ending):
    """What a part is packed with may be damaged where its check sum is not even looked at."""
    path = tmp_path / f"t{ending}"
    names = {
        ".xlsx": ["[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"],
        ".ods": ["mimetype", "META-INF/manifest.xml", "content.xml"],
        ".zip": ["t.csv"],
    }
    for damaged in names[ending]:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names[ending]:
                archive.writestr(name, "application/vnd.oasis.opendocument.spreadsheet " * 20)
            at = archive.getinfo(damaged).header_offset + 30 + len(damaged)
        data = bytearray(path.read_bytes())
        data[at : at + 6] = b"\x00\x00\x00\x00\x00\x00"  # a stored block whose lengths do not fit
        path.write_bytes(data)
        assert outcome(path) == "INP-050"


@QUIET
@given(st.data())
def test_a_workbook_with_any_part_of_it_broken_is_read_or_refused_with_a_code(tmp_path: Path, data):
    whole = workbook([HEADINGS, ["1", "A", "B", "C"]])
    at = data.draw(st.integers(0, len(whole) - 1))
    broken = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + data.draw(st.integers(0, 8)) :]
    path = tmp_path / "t.xlsx"
    path.write_bytes(broken[: data.draw(st.integers(len(broken) // 2, len(broken)))])
    refusals = ("INP-007", "INP-050", *(f"INP-05{n}" for n in range(3, 8)), "INP-060", "INP-061", "INP-064")
    assert outcome(path) in (0, 1, *refusals)


@pytest.mark.parametrize(("ending", "step"), [(".xlsx", 29), (".zip", 3)])
def test_a_byte_that_is_not_what_it_was_is_read_or_refused_with_a_code_wherever_it_is(tmp_path: Path, ending, step):
    """Here and there all through the file, so that none of the libraries below a workbook is left out."""
    whole = workbook([HEADINGS, ["1", "A", "B", "C"]])
    if ending == ".zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("t.csv", ",".join(HEADINGS) + "\n" + "\n".join(f"{n},A,B,C" for n in range(99)))
        whole = packed.getvalue()
    refusals = ("INP-007", "INP-050", "INP-056", "INP-057", "INP-060", "INP-061", "INP-064")
    path = tmp_path / f"t{ending}"
    for at in range(0, len(whole), step):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
        assert isinstance(found := outcome(path), int) or found in refusals, at


@QUIET
@given(ROWS)
def test_any_table_is_read_back_from_a_workbook(tmp_path: Path, rows):
    path = tmp_path / "t.xlsx"
    path.write_bytes(workbook([HEADINGS, *rows]))
    source = read(path, expected=HEADINGS)
    filled = [row for row in map(tidied, rows) if any(row)]
    assert [list(row.values()) for row in source.table.to_pylist()] == filled


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_stands_equally_often(separator):
    rows = [["id", "text"], *[[str(n), "1 High St" + " " * n + "; or, not" * (n % 3)] for n in range(9)]]
    lines = Lines.of(written(rows, separator, "\n", csv.QUOTE_MINIMAL).encode())
    assert likely_separator(lines) == separator.encode()
