"""Text with separators: lines, quotation marks, headings, encodings. What is not understood is said, never guessed."""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path

import pytest

from client.pack.delimited import written
from client.pack.source import Source, read
from shared.kernel.errors import InvalidInput

ROW = "1,Ann,Lee,SW2 5SG"
HEAD = "ref,forename,surname,postcode"
NAMES = HEAD.split(",")


def source(tmp_path: Path, data: str | bytes, name: str = "t.csv", **options: object) -> Source:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read(path, **options)


def refusal(tmp_path: Path, data: str | bytes, **options: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as raised:
        source(tmp_path, data, **options)
    return raised.value


def said(found: Source) -> dict[str, list[int] | None]:
    """The lines of each code."""
    lines: dict[str, list[int] | None] = {}
    for remark in found.remarks:
        if remark.lines is None:
            lines.setdefault(remark.code.code, None)
        else:
            lines[remark.code.code] = sorted([*(lines.get(remark.code.code) or []), *remark.lines.tolist()])
    return lines


def messages(found: Source) -> str:
    return " ".join(remark.code.message for remark in found.remarks)


# Quotation marks


def test_an_address_over_several_lines_is_one_cell_and_rows_are_named_by_their_first_line(tmp_path):
    found = source(tmp_path, f'{HEAD}\n1,Ann,"14 High St,\nBrixton,\r\nLondon",SW2 5SG\n2,Bob,Ray,SE1 1AA\n')
    assert found.column("surname").to_pylist() == ["14 High St, Brixton, London", "Ray"]
    assert found.line.tolist() == [2, 5]
    assert said(found) == {}


@pytest.mark.parametrize("apart", [1, 20])
def test_a_mark_left_open_and_closed_in_the_same_column_further_down_swallows_rows(tmp_path, apart):
    between = "".join(f"{n},Kim,Bell,SE1 4PF\n" for n in range(apart - 1))
    text = f'{HEAD}\n{ROW}\n2,"Bob,Ray,SE1 1AA\n{between}3,Cy",Poe,SE1 1AB\n4,Di,Fox,SE1 1AC\n'
    found = source(tmp_path, text)
    assert found.column("ref").to_pylist() == ["1", "4"]
    lines = list(range(3, 4 + apart))
    assert said(found) == {"PAK-041": lines}
    assert found.unsplit.tolist() == lines
    assert f"lines 3 to {3 + apart}" in messages(found)


def test_a_mark_that_ends_a_cell_too_early_leaves_its_lines_out(tmp_path):
    found = source(tmp_path, f'{HEAD}\n1,"Ann "Lou" May",Lee,SW2 5SG\n2,"Bo,Ray,SE1\n3,"Cy",Poe,SE1"\n4,Di,Fox,SE1\n')
    assert found.column("ref").to_pylist() == ["4"]
    assert said(found) == {"PAK-040": [2, 3, 4]}


def test_a_mark_inside_an_unquoted_cell_is_a_character_and_a_doubled_one_is_one(tmp_path):
    found = source(tmp_path, f'{HEAD}\n1,Ann "Lou",Lee,SW2 5SG\n2,"Bo ""B""",Ray,SE1 1AA\n')
    assert found.column("forename").to_pylist() == ['Ann "Lou"', 'Bo "B"']
    assert said(found) == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'{HEAD}\n{ROW}\n2,"Bob,Ray,SE1 1AA\n3,Cy,Poe,SE1 1AB\n', "line 3"),
        (f'{HEAD}\n1,"Ann\nLou",Lee,SW2\n2,Bo,6" Ray,SE1\n', "line 4"),
        (f'{HEAD}\n{ROW}\n2,Bob,Ray,SE1 1AA"', "line 3"),
    ],
)
def test_an_odd_number_of_quotation_marks_refuses_the_file_and_names_the_line(tmp_path, text, line):
    refused = refusal(tmp_path, text)
    assert refused.code == "INP-054"
    assert f"Look at {line}:" in refused.remedy


# Cells


def test_empty_cells_beyond_the_headings_do_not_matter_and_others_are_counted(tmp_path):
    found = source(
        tmp_path, f'{HEAD}\n1,Ann,Lee,SW2,,\n2,"Bo, B",Ray,SE1,"", \n3,Cy,Poe,SE1,x\n4,Di\n,,\n5,Ed,Orr,SE1\n'
    )
    assert found.column("ref").to_pylist() == ["1", "2", "5"]
    assert found.column("forename").to_pylist() == ["Ann", "Bo, B", "Ed"]
    assert said(found) == {"PAK-001": [4, 5]}
    assert "The line has 5 cells; there are 4 headings." in messages(found)
    assert "The line has 2 cells; there are 4 headings." in messages(found)


def test_columns_without_heading_and_cells_are_no_columns(tmp_path):
    found = source(tmp_path, f"{HEAD},,\n{ROW},,\n2,Bo,Ray,SE1,,\n")
    assert found.table.column_names == NAMES
    kept = source(tmp_path, "ref,,surname\n1,Ann,Lee\n")
    assert kept.table.column_names == ["ref", "column_2", "surname"]


# Lines


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_any_line_end_is_one_and_lines_are_counted_as_an_editor_does(tmp_path, end):
    found = source(tmp_path, end.join([HEAD, ROW, "", ",,,", "2,Bo,Ray,SE1"]))
    assert found.line.tolist() == [2, 5]
    mixed = source(tmp_path, f"{HEAD}\r\n{ROW}\r2,Bo,Ray,SE1\n3,Cy,Poe,SE1")
    assert mixed.line.tolist() == [2, 3, 4]


def test_control_characters_are_taken_out_and_said_and_the_end_mark_of_dos_is_none(tmp_path):
    found = source(tmp_path, f"{HEAD}\n1,A\0nn,Lee\x02,SW2\n2,Bo\x0bB,Ray,SE1\n\x1a\0\0")
    assert found.column("forename").to_pylist() == ["Ann", "Bo B"]
    assert said(found) == {"PAK-048": [2]}


def test_a_byte_order_mark_of_a_file_that_was_joined_is_never_taken_out_unsaid(tmp_path):
    found = source(tmp_path, f'{HEAD}\n\ufeff1,Ann,Lee,SW2\n\ufeff"2","Bo, B",Ray,SE1\n\ufeff"ref",{HEAD[4:]}\n')
    # Before a cell without quotation marks it is that cell's invisible character, which `Cells` names.
    assert found.column("ref").to_pylist() == ["\ufeff1", "2"]
    assert found.column("forename").to_pylist() == ["Ann", "Bo, B"]
    assert said(found) == {"PAK-042": [4], "PAK-048": [3]}


# Headings


def test_a_separator_that_a_spreadsheet_stated_is_taken_and_its_line_is_none_of_the_rows(tmp_path):
    found = source(tmp_path, "sep=;\nref;forename\n1;a,b\n2;c,d\n")
    assert found.table.column_names == ["ref", "forename"]
    assert found.line.tolist() == [3, 4]
    assert found.facts["headings_in"] == 2
    assert source(tmp_path, '"sep=\t"\r\nref\tforename\r\n1\ta\r\n').column("forename").to_pylist() == ["a"]


@pytest.mark.parametrize("expected", [(), NAMES])
@pytest.mark.parametrize("title", ["Extract of 27/10/2026", "\n\nExtract,,,\n,,,", "Run:,27/10/2026\nBy,me\n"])
def test_headings_are_found_below_titles_and_it_is_said_where(tmp_path, title, expected):
    found = source(
        tmp_path, f"{title}\n{HEAD}\n{ROW}\n2,Bo,Ray,SE1\n", expected=expected if "Run" not in title else NAMES
    )
    line = title.count("\n") + 2
    assert found.table.column_names == NAMES
    assert found.line.tolist() == [line + 1, line + 2]
    assert found.facts["headings_in"] == line
    assert f"found in line {line};" in messages(found)


def test_a_heading_may_be_broken_within_its_cell_or_over_two_lines(tmp_path):
    quoted = source(tmp_path, '"Claim\nRef",Child\n1,Ann\n')
    assert quoted.table.column_names == ["claim_ref", "child"]
    assert quoted.line.tolist() == [3]
    names = ["claim_ref", "child_forename", "child_surname", "postcode"]
    over_two = source(tmp_path, f"Claim,Child,Child,Post\nRef,Forename,Surname,code\n{ROW}\n", expected=[*names, "x"])
    assert over_two.table.column_names[:3] == names[:3]
    assert over_two.line.tolist() == [3]
    assert "found in line 2;" in messages(over_two)


def test_of_two_extracts_joined_the_first_headings_count_even_if_the_second_knows_more(tmp_path):
    refused = refusal(tmp_path, "ref,forename,surname\n1,a,b\n2,c,d\nref,forename,surname,postcode\n", expected=NAMES)
    assert refused.code == "INP-059"


def test_a_heading_that_comes_twice_is_refused_by_name_if_it_is_known_else_by_its_places(tmp_path):
    known = refusal(tmp_path, f"{HEAD},Surname\n", expected=NAMES)
    assert (known.code, "surname" in known.message) == ("INP-007", True)
    # A file without headings: its first row is somebody.
    strange = refusal(tmp_path, "Oka,Ngozi,Oka\n")
    assert strange.code == "INP-007"
    assert "in places 1 and 3" in strange.message
    assert "oka" not in strange.message.casefold()


def test_headings_again_are_out_and_a_new_order_is_read_by_itself(tmp_path):
    other = "ref,surname,forename,postcode"
    text = f"{HEAD}\n{ROW}\n\ufeff{HEAD.upper()}\n2,Bo,Ray,SE1\n{other}\n3,Poe,Cy,SE1\n{HEAD}\n4,Di,Fox,SE1"
    found = source(tmp_path, text)
    assert found.column("forename").to_pylist() == ["Ann", "Bo", "Cy", "Di"]
    assert found.column("surname").to_pylist() == ["Lee", "Ray", "Poe", "Fox"]
    assert found.line.tolist() == [2, 4, 6, 8]
    assert said(found) == {"PAK-042": [3, 7], "PAK-043": [5]}
    assert found.unsplit.tolist() == [3, 5, 7]


def test_other_headings_between_the_rows_refuse_the_file(tmp_path):
    refused = refusal(tmp_path, f"{HEAD}\n{ROW}\nref,forename,surname,uprn\n2,Bo,Ray,100\n")
    assert refused.code == "INP-059"
    assert "line 3" in refused.message


def test_totals_and_counts_below_the_rows_are_no_rows_and_said(tmp_path):
    found = source(tmp_path, f"{HEAD}\n---,----,----,---\n{ROW}\nTotal,,,\n(1 rows affected)\nEnd of report\n")
    assert found.column("ref").to_pylist() == ["1"]
    assert said(found) == {"PAK-044": [2, 4, 5, 6]}


def test_a_person_whose_name_is_total_is_a_row(tmp_path):
    found = source(tmp_path, f"{HEAD}\n{ROW}\n2,Total,Count,SE1\n3,Sum,Eof,SE1\n")
    assert found.rows == 3
    assert said(found) == {}


# Words for nothing


def test_a_databases_word_for_nothing_is_an_empty_cell_and_said_once_with_its_count(tmp_path):
    found = source(tmp_path, f'{HEAD}\n1,NULL,Lee,NULL\n2,\\N,"NULL",SE1\n3,Cy,(null),None\n')
    assert found.table.to_pylist()[0] == {"ref": "1", "forename": None, "surname": "Lee", "postcode": None}
    assert found.column("surname").to_pylist() == ["Lee", None, None]
    assert said(found) == {"PAK-049": None}
    assert "NULL stands in 3 cells of 3 columns" in messages(found)
    assert len(found.remarks) == 4


def test_a_word_that_is_also_a_name_is_nothing_only_if_it_stands_where_no_name_does(tmp_path):
    named = source(tmp_path, f"{HEAD}\n1,Nan,None,SE1\n2,Null,Null,SE1\n")
    assert named.column("surname").to_pylist() == ["None", "Null"]
    assert said(named) == {"PAK-059": None}
    assert "None stands in 1 cells of names" in messages(named)
    written_by_python = source(tmp_path, f"{HEAD}\n1,Nan,None,None\n")
    in_capitals = source(tmp_path, f"{HEAD}\n1,AMY,NULL,SE1\n")
    assert in_capitals.column("surname").to_pylist() == ["NULL"]
    assert written_by_python.table.to_pylist() == [{"ref": "1", "forename": "Nan", "surname": None, "postcode": None}]


# Encodings


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_unicode_is_read_with_its_mark_and_without(tmp_path, mark, codec):
    found = source(tmp_path, mark + f"{HEAD}\n1,Zoë,O’Brien,SW2\n".encode(codec))
    assert found.table.to_pylist() == [{"ref": "1", "forename": "Zoë", "surname": "O’Brien", "postcode": "SW2"}]
    assert found.facts["encoding"] == codec
    assert said(found) == {}


def test_lines_that_are_not_utf_8_are_read_as_windows_1252_and_said(tmp_path):
    one = f"{HEAD}\n1,Zoë,Lee,SW2\n".encode()
    two = "2,Zoë,O’Brien,SW2\n".encode("cp1252")
    mixed = source(tmp_path, one + two + b"3,Cy,Poe,SE1\n")
    assert mixed.column("forename").to_pylist() == ["Zoë", "Zoë", "Cy"]
    assert mixed.column("surname").to_pylist()[1] == "O’Brien"
    assert said(mixed) == {"PAK-046": [3]}
    alone = source(tmp_path, f"{HEAD}\n".encode() + two * 3)
    assert said(alone) == {"PAK-046": None}
    assert "there are 3; the first is line 2) were read as Windows-1252" in messages(alone)


@pytest.mark.parametrize(("codec", "name"), [("cp850", "JOSé"), ("cp850", "Müller"), ("mac_roman", "Thérèse")])
def test_what_no_windows_system_wrote_is_refused_until_the_encoding_is_stated(tmp_path, codec, name):
    data = f"{HEAD}\n{ROW}\n2,{name},Ray,SE1\n".encode(codec)
    refused = refusal(tmp_path, data)
    assert refused.code == "INP-057"
    assert "line 3" in refused.message
    assert "cp850" in refused.remedy
    assert name not in refused.message
    stated = source(tmp_path, data, encoding=codec)
    assert stated.column("forename").to_pylist() == ["Ann", name]
    assert said(stated) == {}


def test_an_encoding_that_is_unknown_or_does_not_fit_is_refused(tmp_path):
    assert refusal(tmp_path, HEAD, encoding="ebcdic").code == "INP-058"
    wrong = refusal(tmp_path, f"{HEAD}\n{ROW}\n2,Zo\xeb,a,b\n".encode("latin-1"), encoding="utf-8")
    assert (wrong.code, "line 3" in wrong.message) == ("INP-057", True)


@pytest.mark.parametrize(
    "spoilt", ["ZoÃ«", "Oâ€™Brien", "O&#39;Brien", "Zo\ufffd", "M&amp;S", "Zo&euml;", "Zo√´", "ZOÃ‹"]
)
def test_text_that_was_spoilt_before_is_said_by_row_and_column_and_left_as_it_is(tmp_path, spoilt):
    found = source(tmp_path, f"{HEAD}\n{ROW}\n2,Bo,{spoilt},SE1\n")
    assert found.column("surname").to_pylist()[1] == spoilt
    assert said(found) == {"PAK-047": [3]}
    assert {remark.field for remark in found.remarks} == {"surname"}
    assert spoilt not in messages(found)


@pytest.mark.parametrize("name", ["JOÃO", "Ângela", "SÃO JOSÉ", "Mc&Co", "Zoë", "Â", "Ø'Ñ"])
def test_names_with_rare_letters_are_not_spoilt(tmp_path, name):
    assert said(source(tmp_path, f"{HEAD}\n1,{name},Lee,SW2\n")) == {}


# What the file is


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\xef\xbb\xbf<!DOCTYPE html><table>", "web page"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "Excel 2003"),
        (b'[{"ref": 1}]', "JSON"),
        (b"PAR1....PAR1", "Parquet"),
        (b"PARE....PARE", "sealed"),
        (b"PK\x03\x04 cut", "cut short"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + b"\0\0", "password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le") + b"\0\0", "no workbook"),
        (bytes(range(1, 9)) * 40, "neither text nor"),
    ],
)
@pytest.mark.parametrize("name", ["t.csv", "t.xls"])
def test_what_is_no_table_is_named_for_what_it_is(tmp_path, data, told, name):
    refused = refusal(tmp_path, data, name=name)
    assert refused.code == "INP-050"
    assert told in refused.message


@pytest.mark.parametrize("data", ["", "\ufeff", "\r\n \r\n", "\0\0"])
def test_a_file_with_nothing_in_it_is_empty(tmp_path, data):
    assert refusal(tmp_path, data).code == "INP-060"


def test_headings_alone_are_a_table_without_rows(tmp_path):
    assert source(tmp_path, HEAD).rows == 0


@pytest.mark.parametrize("name", ["EXTRACT.DAT", "noending", "t.txt", "t.out"])
def test_text_is_text_whatever_its_ending(tmp_path, name):
    found = source(tmp_path, f"{HEAD}\n{ROW}\n", name=name)
    assert (found.rows, said(found)) == (1, {})


def test_text_that_is_named_as_a_workbook_is_read_and_said(tmp_path):
    assert said(source(tmp_path, f"{HEAD}\n{ROW}\n", name="t.xls")) == {"PAK-050": None}
    assert refusal(tmp_path, "not a workbook", name="t.xlsx").code == "INP-050"


def archive(files: dict[str, bytes]) -> bytes:
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in files.items():
            new.writestr(name, data)
    return buffer.getvalue()


def test_an_archive_of_one_text_is_read_and_of_anything_else_refused(tmp_path):
    text = f"{HEAD}\n{ROW}\n".encode()
    found = source(tmp_path, archive({"__MACOSX/t": b"x", "a/t.csv": text}), name="t.zip")
    assert (found.rows, said(found)) == (1, {})
    assert refusal(tmp_path, archive({"a.csv": text, "b.csv": text})).code == "INP-061"
    assert refusal(tmp_path, archive({"a.pdf": b"%PDF"})).code == "INP-050"
    assert refusal(tmp_path, archive({"word/document.xml": b"<x/>", "[Content_Types].xml": b""})).code == "INP-050"
    assert "Numbers" in refusal(tmp_path, archive({"Index/Document.iwa": b"", "Metadata/x": b""})).message


def test_a_row_that_is_written_anew_keeps_its_cells_of_several_lines(tmp_path):
    """Such a row has empty cells beyond the headings. Before Python 3.13 its line breaks had no marks round them."""
    assert written(["1", "a\nb"], b",") == b'"1","a\nb"'
    text = f'{HEAD}\n1,Ann,"14 High St,\nBrixton",SW2 5SG,\n2,Bob,"one\r\ntwo",,\n{ROW.replace("1,", "3,", 1)}\n'
    found = source(tmp_path, text)
    assert found.column("surname").to_pylist() == ["14 High St, Brixton", "one two", "Lee"]
    assert found.column("postcode").to_pylist() == ["SW2 5SG", None, "SW2 5SG"]
    assert found.line.tolist() == [2, 4, 6]
