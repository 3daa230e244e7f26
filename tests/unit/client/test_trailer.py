"""A stated trailer: the extract ends with it and has as many rows as it says, or it is not packed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.pack.source import Source, read
from client.pack.styles import load_style, stated_trailer
from client.pack.trailer import Trailer, fault_of
from shared.kernel.errors import InvalidInput
from tests.unit.client.results_sample import lay_references
from tests.unit.client.workbooks import workbook

HEAD = "match_ref,decision,decided_by,decided_on"
COLUMNS = (
    f"title: Ours\ndataset: decisions\ncolumns: {{{', '.join(f'{name}: [{name}]' for name in HEAD.split(','))}}}\n"
)


def rows(count: int, separator: str = ",") -> str:
    head = HEAD.replace(",", separator)
    return f"{head}\n" + "".join(
        separator.join((f"m-{number}", "confirm", "officer1", "2026-11-20")) + "\n" for number in range(count)
    )


def source(tmp_path: Path, text: str | bytes, stated: str, name: str = "e.csv") -> Source:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, trailer=Trailer.of(stated))


ENDS = {
    "a cell": ("TRAILER,3\n", "TRAILER,{rows}", ","),
    "no line end": ("TRAILER,3", "TRAILER,{rows}", ","),
    "bars": ("T|3\n", "T|{rows}", "|"),
    "words": ("*** END 3 ROWS\n", "*** END {rows} ROWS", ","),
    "padded to the width": ("TRL,3,,\n", "TRL,{rows}", ","),
    "padded, and stated so": ("TRL,3,,\n", "TRL,{rows},,", ","),
    "in quotation marks": ('"TRAILER","3"\n', "TRAILER,{rows}", ","),
    "with zeros": ("TRL;000003\n", "TRL;{rows}", ";"),
    "with a day": ("TRL,20261120,3,9f2c\n", "TRL,{any},{rows},{any}", ","),
    "blank lines behind": ("TRL,3\r\n\r\n , , ,\n\n", "TRL,{rows}", ","),
    "the end of a DOS file": ("TRL,3\r\n\x1a", "TRL,{rows}", ","),
    "another case": ("Trailer: 3\n", "TRAILER: {rows}", ","),
    "a total, which is known as no row": ("Total: 3\n", "total: {rows}", ","),
    "one odd quotation mark": ('END" 3\n', 'END" {rows}', ","),
}


@pytest.mark.parametrize("end", ENDS, ids=str)
def test_a_trailer_that_agrees_is_no_row(tmp_path, end):
    line, stated, separator = ENDS[end]
    found = source(tmp_path, rows(3, separator) + line, stated)
    assert (found.rows, found.rows_in, found.facts["trailer"]) == (3, 3, 3)
    assert found.column("match_ref").to_pylist() == ["m-0", "m-1", "m-2"]
    assert [remark.code.code for remark in found.remarks] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (rows(3) + "TRAILER,4\n", "INP-117"),
        (rows(3) + "TRAILER,2\n", "INP-117"),
        (rows(3) + "TRAILER,3\n" + rows(3) + "TRAILER,3\n", "INP-117"),  # two extracts joined
        (rows(4) + "m-4,conf\nTRAILER,4\n", "INP-117"),  # a line that is no whole row is one more
        (rows(3), "INP-119"),
        (rows(3) + "TRAIL", "INP-119"),
        (rows(3) + "TRAILER,", "INP-119"),
        (rows(3) + "TRAILER,three\n", "INP-119"),
        (rows(3) + "TRAILER,3.5\n", "INP-119"),
        (rows(3) + "TRAILER,-3\n", "INP-119"),
        (rows(3) + "TRAILER,1,003\n", "INP-119"),
        (rows(3) + "TRAILER,3\nm-3,confirm,officer1,2026-11-20\n", "INP-119"),
        ("\n\n", "INP-060"),
        ("", "INP-060"),
    ],
)
def test_what_does_not_end_so_is_refused_and_no_line_is_repeated(tmp_path, text, code):
    with pytest.raises(InvalidInput) as raised:
        source(tmp_path, text, "TRAILER,{rows}")
    assert raised.value.code == code
    assert "confirm" not in raised.value.message


def test_without_a_statement_nothing_is_guessed(tmp_path):
    (tmp_path / "e.csv").write_text(rows(3) + "TRAILER,9\n")
    found = read(tmp_path / "e.csv")
    assert (found.rows, found.rows_in) == (3, 4)
    assert [remark.code.code for remark in found.remarks] == ["PAK-001"]


@pytest.mark.parametrize(
    "stated",
    [
        "",
        "TRAILER",
        "{rows} of {rows}",
        "TRAILER,{row}",
        "{rows} {other}",
        "{any}{rows}",
        "T{any},{rows}",
        "{any}-{rows}",
    ],
)
def test_a_statement_that_could_mean_two_things_is_refused(stated):
    with pytest.raises(InvalidInput, match="INP-122"):
        Trailer.of(stated)


@pytest.mark.parametrize("said", [3, 4])
def test_a_sheet_may_end_with_one_too(tmp_path, said):
    head, *lines = [line.split(",") for line in rows(3).split()]
    path = tmp_path / "e.xlsx"
    path.write_bytes(workbook([head, *lines, ["T", said], []]))
    if said == 4:
        with pytest.raises(InvalidInput, match="INP-117"):
            read(path, trailer=Trailer.of("T|{rows}"))
        return
    found = read(path, trailer=Trailer.of("T|{rows}"))
    assert (found.rows, found.rows_in, found.facts["trailer"]) == (3, 3, 3)
    with pytest.raises(InvalidInput, match="INP-119"):
        read(path, trailer=Trailer.of("END {rows}"))


@pytest.fixture
def pack(exchange, tmp_path):
    def command(text: str, *more: object):
        (tmp_path / "e.csv").write_text(text)
        out = tmp_path / "out" / "h.parquet"
        proposed = lay_references(tmp_path / "results", (f"m-{number}" for number in range(31)))
        words = ("--dataset", "decisions", "--as-of", "2026-11-21", "--settle", "0", "--out", out, "--json")
        words += ("--results", proposed)
        return exchange("pack", "table", tmp_path / "e.csv", *words, *more)

    return command


def test_the_command_takes_it_from_the_option_before_the_style(pack, tmp_path):
    style = tmp_path / "ours.yaml"
    style.write_text(COLUMNS + "trailer: 'T|{rows}'\n")
    assert load_style(style).trailer == "T|{rows}"
    said = pack(rows(3) + "T,3\n", "--style", style)
    assert (said.code, said.json["rows_in"], said.json["source"]["trailer"]) == (0, 3, 3)
    said = pack(rows(3), "--style", style)
    assert (said.code, said.json["error"]["code"]) == (2, "INP-119")
    assert pack(rows(3) + "END 3\n", "--style", style, "--trailer", "END {rows}").code == 0
    assert pack(rows(3), "--style", style, "--trailer", "").code == 0
    assert pack(rows(3), "--trailer", "END").json["error"]["code"] == "INP-122"
    style.write_text(COLUMNS + "trailer: 'T'\n")
    assert pack(rows(3), "--style", style).json["error"]["code"] == "INP-011"
    assert stated_trailer(None, "auto") is None


@pytest.mark.parametrize("line", ["3 rows\n", "Total,,,\n", f"{HEAD}\n"])
def test_lines_that_are_known_as_no_row_do_not_count(pack, line):
    """`--expect-rows` says how many rows the supplier has written; a line below them is none."""
    said = pack(rows(30) + line, "--expect-rows", "30")
    assert (said.code, said.json["rows_in"], said.json["rows_left_out"]) == (0, 31, 1)
    assert pack(rows(30) + line, "--expect-rows", "31").json["error"]["code"] == "INP-117"


WORDS = st.lists(st.sampled_from(["TRL", "end", "of", "file", "*", "{any}", "-", "sum:"]), max_size=4)


@given(before=WORDS, after=WORDS, count=st.integers(0, 10**9), separator=st.sampled_from([",", " ", "|", "; "]))
def test_a_line_made_from_the_statement_says_its_number_and_no_part_of_it_says_it(before, after, count, separator):
    stated = separator.join([*before, "{rows}", *after])
    assert not fault_of(stated)
    trailer = Trailer.of(stated)
    line = stated.replace("{rows}", str(count)).replace("{any}", "20261120")
    assert trailer.rows(Path("x"), line) == count
    parts = [] if after else [line[:end] for end in range(len(line))]
    assert count not in [_said(trailer, part) for part in parts]


def _said(trailer: Trailer, line: str) -> int | None:
    try:
        return trailer.rows(Path("x"), line)
    except InvalidInput:
        return None
