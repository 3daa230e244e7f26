"""Supplier extracts in, one row per child out, and everything that could not be read on a list."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from client.pack import styles
from tests.unit.client.conftest import Exchange, Said

AS_OF = ("--as-of", "2026-11-21")

EXTRACTS = Path(__file__).parent / "extracts"
NEC, CAPITA, CIVICA = ((EXTRACTS / f"{style}.csv").read_text(encoding="utf-8") for style in ("nec", "capita", "civica"))
STYLES = Path(styles.__file__).parent / "styles"


@pytest.fixture
def pack(exchange: Exchange, tmp_path: Path):
    """Pack an extract; returns what was said, the packed rows and the report's lines."""

    def command(text: str, *options: object, encoding: str = "cp1252") -> tuple[Said, list[dict], list[dict]]:
        extract, out = tmp_path / "extract.csv", tmp_path / "households.parquet"
        extract.write_bytes(text.encode(encoding))
        said = exchange("pack", "households", extract, "--out", out, "--json", *AS_OF, *options)
        rows = pq.read_table(out).to_pylist() if out.exists() else []
        listed = tmp_path / "households-report.csv"
        return said, rows, pyarrow.csv.read_csv(listed).to_pylist() if listed.exists() else []

    return command


def lines(report: list[dict], code: str) -> list[tuple[int, str]]:
    return [(line["row"], line["field"]) for line in report if line["code"] == code]


def test_the_nec_style_has_whole_names_surname_first_and_one_row_per_child(pack):
    said, rows, report = pack(NEC)
    assert (said.code, said.json["style"], said.json["rows_to_be_rejected"]) == (0, "nec", 0)
    first = rows[0]
    assert (first["claimant_title"], first["claimant_forename"], first["claimant_surname"]) == (
        "Mrs",
        "NGOZI",
        "OKAFOR",
    )
    assert (first["child_forename"], first["child_surname"], first["child_dob"]) == (
        "AMARA",
        "OKAFOR",
        date(2015, 3, 21),
    )
    assert [row["child_seq"] for row in rows] == [1, 2, 1]
    assert [row["qualifying_benefit"] for row in rows] == ["JSAIB", "JSAIB", "UC"]
    assert [row["claim_type"] for row in rows] == ["BOTH", "BOTH", "CTR"]
    assert {row["source"] for row in rows} == {"LOCAL"}
    assert [row["suppress_contact"] for row in rows] == [False, False, True]
    assert (first["saon"], first["paon"], first["street"]) == ("FLAT 2", "14", "ACRE LANE")
    assert rows[1]["child_surname"] == "O\u2019BRIEN-OKAFOR"
    assert rows[1]["child_forename"] == "JOS\u00c9"
    assert lines(report, "PAK-004") == [(3, "uprn")]
    assert rows[1]["uprn"] is None
    assert lines(report, "PAK-003") == [(4, "clmt_dob")]
    assert rows[2]["claimant_dob"] is None


def test_the_capita_style_has_titles_inside_names_and_phrases_for_codes(pack):
    said, rows, report = pack(CAPITA)
    assert (said.code, said.json["style"]) == (0, "capita")
    assert [row["claimant_title"] for row in rows] == ["Mrs", "Ms"]
    assert [row["claimant_forename"] for row in rows] == ["Ngozi", "Ada"]
    assert [row["child_forename"] for row in rows] == ["Amara", "Leo"]
    assert rows[0]["uc_net_earnings"] == 1212.5
    assert (rows[0]["qualifying_benefit"], rows[0]["claim_type"], rows[0]["child_sex"]) == ("UC", "CTR", "F")
    assert lines(report, "PAK-008") == [(2, "child_forename"), (2, "claimant_forename")]
    assert lines(report, "PAK-006") == [(3, "passported_benefit")]
    assert lines(report, "PAK-002") == [(3, "child_dob")]


def test_a_flag_that_is_neither_yes_nor_no_never_leads_to_a_letter(pack):
    _, rows, report = pack(CAPITA)
    assert [row["suppress_contact"] for row in rows] == [False, True]
    assert lines(report, "PAK-011") == [(3, "sensitive_case")]


def test_the_civica_style_has_children_side_by_side(pack):
    said, rows, report = pack(CIVICA)
    assert (said.code, said.json["style"]) == (0, "civica")
    assert [(row["household_ref"], row["child_seq"], row["child_forename"]) for row in rows] == [
        ("C1", 1, "Leo"),
        ("C1", 2, "Mia"),
    ]
    assert lines(report, "PAK-012") == [(3, "child_forename")]
    facts = said.json
    assert (facts["rows_in"], facts["rows_packed"], facts["rows_left_out"], facts["rows_written"]) == (2, 1, 1, 2)


def test_utf8_with_a_mark_and_windows_1252_give_the_same_rows(pack):
    assert pack(NEC, encoding="cp1252")[1] == pack(NEC, encoding="utf-8-sig")[1]


def test_a_name_that_cannot_be_split_is_listed(pack):
    _, rows, report = pack(NEC.replace('"REID, LEO"', "LEO REID"))
    assert rows[2]["child_surname"] is None
    assert lines(report, "PAK-009") == [(4, "child_name")]


def test_a_code_that_is_not_known_does_not_turn_into_the_default(pack):
    text = NEC.replace("EXTRACT_DATE", "EXTRACT_DATE,DATA_SOURCE").replace("14/11/2026\n", "14/11/2026,XYZ\n")
    _, rows, report = pack(text)
    assert {row["source"] for row in rows} == {None}
    assert lines(report, "PAK-006") == [(2, "data_source"), (3, "data_source"), (4, "data_source")]


def test_a_missing_safety_flag_refuses_the_extract_by_name(pack):
    said, rows, _ = pack(NEC.replace("SENSITIVE", "SOMETHING"))
    assert (said.code, rows, said.json["error"]["code"]) == (2, [], "INP-004")
    assert "sensitive" in said.json["error"]["message"]


def test_the_extract_date_can_be_given_where_no_column_says_it(pack):
    text = NEC.replace("EXTRACT_DATE", "PRINTED")
    assert pack(text)[0].json["error"]["code"] == "INP-004"
    _, rows, _ = pack(text, "--extract-date", "2026-11-14")
    assert {row["extract_date"] for row in rows} == {date(2026, 11, 14)}


def test_an_extract_of_no_known_style_is_refused_and_one_of_your_own_can_be_described(pack, tmp_path):
    text = NEC.replace("CHILD_NAME", "KID")
    assert pack(text)[0].json["error"]["code"] == "INP-010"
    shipped = (STYLES / "nec.yaml").read_text()
    own = tmp_path / "own.yaml"
    own.write_text(shipped.replace("child: {column: [CHILD_NAME]", "child: {column: [KID]"))
    assert pack(text, "--style", own)[0].json["rows_written"] == 3


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("UC: UC", "UC: U"), ""),
        (("order: surname_comma_forename", "order: backwards"), "full_names.claimant"),
        (("household_ref:", "house_ref:"), "columns.house_ref"),
        (("dates: [uk, month]", "dates: [roman]"), "dates"),
        (("layout: long", "layout: tall"), "layout"),
        (("Housing Benefit: HB", "Housing Benefit: HBB"), "codes.claim_type"),
        (("title:", "titel:"), "titel"),
    ],
)
def test_a_style_that_is_wrong_is_refused_and_names_the_key(pack, tmp_path, change, named):
    own = tmp_path / "own.yaml"
    own.write_text((STYLES / "nec.yaml").read_text().replace(*change))
    said, _, _ = pack(NEC, "--style", own)
    if named:
        assert said.json["error"]["code"] == "INP-011"
        assert named in said.json["error"]["message"]
    else:
        assert said.code == 0


def test_no_two_shipped_styles_recognise_the_same_headings():
    shipped = styles.shipped_styles()
    assert [style.name for style in shipped] == ["capita", "civica", "nec"]
    assert len({style.recognised_by for style in shipped}) == len(shipped)


def test_no_line_of_report_or_screen_holds_a_value(pack):
    said, _, report = pack(NEC.replace('"REID, LEO"', "ZYXWV"))
    told = said.out + said.err + str(report)
    assert not any(value in told for value in ("ZYXWV", "OKAFOR", "AB123456C", "1.00E+11", "SW2 5SG"))


def flags(*cells: str) -> str:
    """The NEC extract with these safety flags."""
    head, *rows = NEC.splitlines()
    rows = [row.replace(",N,", f",{cell},").replace(",Y,", f",{cell},") for row, cell in zip(rows, cells, strict=True)]
    return "\n".join([head, *rows]) + "\n"


@pytest.mark.parametrize(
    ("cells", "options", "packed", "code"),
    [
        (("", "", ""), (), None, "INP-073"),
        (("", "", ""), ("--nobody-suppressed",), [False, False, False], "PAK-067"),
        (("N", "N", ""), (), [False, False, None], "PAK-069"),
        (("N", "N", ""), ("--nobody-suppressed",), [False, False, False], "PAK-067"),
        (("", "", "Y"), (), [False, False, True], "PAK-068"),
        (("", "", "Y"), ("--nobody-suppressed",), None, "INP-075"),
        (("", "", "perhaps"), ("--nobody-suppressed",), None, "INP-075"),
        (("N", "", "Y"), (), [False, None, True], "PAK-069"),
        (("N", "N", "N"), (), [False, False, False], None),
    ],
)
def test_an_empty_safety_flag_is_never_taken_for_leave_to_write_unless_somebody_states_it(
    pack, cells, options, packed, code
):
    said, rows, report = pack(flags(*cells), *options)
    if packed is None:
        assert (said.code, rows, said.json["error"]["code"]) == (2, [], code)
        return
    assert said.code == 0
    assert [row["suppress_contact"] for row in rows] == packed
    told = {line["code"]: line["effect"] for line in report if line["field"] in ("sensitive", "suppress_contact")}
    assert told.keys() - {"HOU-033"} == ({code} if code else set())
    assert (told.get("PAK-069") == "would be rejected") is (None in packed)


def test_a_safety_flag_that_no_column_holds_can_be_stated_too(pack):
    text = NEC.replace("SENSITIVE", "SOMETHING")
    _said, rows, report = pack(text, "--nobody-suppressed")
    assert {row["suppress_contact"] for row in rows} == {False}
    assert [line["code"] for line in report if line["field"] == "suppress_contact"] == ["PAK-067"]
    assert "--nobody-suppressed" in pack(text)[0].json["error"]["remedy"]


def test_every_numbered_child_that_stands_in_the_file_is_read(pack):
    head, first, second = CIVICA.splitlines()
    many = "".join(f",dep{n}_forename,dep{n}_surname,dep{n}_dob,dep{n}_sex" for n in (3, 9, 12))
    head = head.replace(",restricted", f"{many},restricted")
    first = first.replace(",0,2026", ",,,,,Ivy,Reid,2017-01-10,F,Jude,Reid,2018-02-11,F,0,2026")
    second = second.replace(",0,2026", ",,,,,,,,,Nell,Lin,2015-03-04,F,0,2026")
    said, rows, _report = pack("\n".join([head, first, second]) + "\n")
    assert [(row["household_ref"], row["child_seq"], row["child_forename"]) for row in rows] == [
        ("C1", 1, "Leo"),
        ("C1", 2, "Mia"),
        ("C1", 9, "Ivy"),
        ("C1", 12, "Jude"),
        ("C2", 12, "Nell"),
    ]
    assert (said.json["rows_left_out"], said.json["columns_dropped"]) == (0, [])


def test_a_column_that_looks_like_one_more_of_a_group_is_never_called_no_part_of_the_contract(pack):
    text = (
        NEC.replace("CHILD_NAME,", "CHILD_NAME,CHILD_NAME_2,ADDRESS_1,ADDRESS_6,")
        .replace('",21/03', '",,,,21/03')
        .replace('",02/04', '","OBI, ADA",,,02/04')
    )
    said, _, report = pack(text)
    assert lines(report, "PAK-071") == [(4, "child_name_2"), (None, "address_6")]
    assert said.json["columns_dropped"] == []
    assert said.json["columns_of_groups_not_read"] == ["address_6", "child_name_2"]


def test_what_is_wrong_with_a_cell_is_said_once_and_rejects_the_row_in_that_line(pack):
    text = NEC.replace("21/03/2015", "31/06/2016").replace("JSA(IB)", "JSA?")
    said, _, report = pack(text)
    wrong = [
        (line["row"], line["code"], line["effect"]) for line in report if line["field"] in ("child_dob", "passport_ind")
    ]
    assert wrong == [
        (2, "PAK-002", "would be rejected"),
        (2, "PAK-006", "would be rejected"),
        (3, "PAK-006", "would be rejected"),
    ]
    assert not {line["code"] for line in report} & {"HOU-002", "HOU-022"}
    assert said.json["rows_to_be_rejected"] == 2


def test_of_two_children_side_by_side_only_the_one_with_the_bad_birthday_is_told_of_it(pack):
    _said, _rows, report = pack(CIVICA.replace("2018-05-06", "31/06/2018").replace("2016-04-02", ""))
    told = [(line["code"], line["effect"], line["field"]) for line in report if "dob" in line["field"]]
    assert told == [("HOU-022", "would be rejected", "child_dob"), ("PAK-002", "would be rejected", "dep2_dob")]


def test_a_reference_that_a_spreadsheet_rounded_rejects_its_rows(pack):
    said, _, report = pack(NEC.replace("1001,", "1.23E+11,"))
    assert {line["row"] for line in report if line["code"] == "HOU-035"} == {2, 3}
    assert said.json["rows_to_be_rejected"] == 2


def test_unknown_codes_are_listed_with_their_counts_and_nothing_that_may_be_a_name(pack):
    text = NEC.replace("JSA(IB)", "UC-LIVE").replace(",F,N", ",Okafor,N").replace(",M,Y", ",100023336956,Y")
    said, _, report = pack(text)
    assert said.json["unknown_codes"]["passport_ind"] == {"codes": {"UC-LIVE": 2}, "other_cells": 0}
    assert said.json["unknown_codes"]["child_sex"] == {"codes": {}, "other_cells": 2}
    assert "UC-LIVE" not in str(report)


def test_a_column_with_many_other_texts_holds_no_codes_and_none_is_shown(pack):
    head, first, *_ = NEC.splitlines()
    rows = [first.replace(",F,N", f",W{n},N") for n in range(30)]
    said, _, _ = pack("\n".join([head, *rows]) + "\n")
    assert said.json["unknown_codes"]["child_sex"] == {"codes": {}, "other_cells": 30}


def test_what_needs_nothing_done_is_counted_and_shown_apart_from_what_is_to_be_done(pack, exchange, tmp_path):
    said, _, report = pack(CIVICA.replace("ESA(IR)", "ESA?").replace(",uprn,", ",ethnicity,"))
    assert said.json["to_do"] == {"PAK-006": 1}
    assert said.json["nothing_to_do"] == {"PAK-012": 1, "PAK-030": 1}
    assert {line["code"]: line["to_do"] for line in report} == {"PAK-006": "yes", "PAK-012": "no", "PAK-030": "no"}
    text = exchange("pack", "households", tmp_path / "extract.csv", "--out", tmp_path / "h.parquet", *AS_OF).out
    remedy, nothing = text.index("To do"), text.index("Nothing to be done")
    assert remedy < text.index("PAK-006") < nothing < text.index("PAK-012")
    assert "columns not packed             1: ethnicity" in text


def test_dates_are_never_guessed_and_the_order_can_be_stated(pack):
    text = NEC.replace("14/11/2026", "11/14/2026").replace("21/03/", "03/11/").replace("02/04/", "04/02/")
    said, rows, _ = pack(text.replace("04/11/1986", "11/04/1986").replace("01/01/1900", ""))
    assert (said.code, rows, said.json["error"]["code"]) == (2, [], "INP-070")
    assert "extract_date" in said.json["error"]["message"]
    _, rows, _ = pack(text.replace("04/11/1986", "11/04/1986").replace("01/01/1900", ""), "--dates", "us")
    assert [row["child_dob"] for row in rows] == [date(2015, 3, 11), date(2017, 3, 11), date(2016, 4, 2)]
    assert pack(text, "--dates", "eu")[0].json["error"]["code"] == "INP-049"


def test_a_child_in_a_column_that_no_style_reads_is_never_nothing_to_be_done(pack):
    head, first, *rest = NEC.splitlines()
    childless = _with(head, first, CHILD_NAME="", CHILD_DOB="")
    text = "\n".join([f"{head},CHILD_2_NAME", f'{childless},"QUILLER, BEN"', *(f"{line}," for line in rest)])
    said, _, report = pack(text)
    assert lines(report, "PAK-013") == [(2, "child_forename")]
    assert lines(report, "PAK-071") == [(2, "child_2_name")]
    assert not {"PAK-012", "PAK-030"} & set(said.json["findings"])
    assert {line["to_do"] for line in report if line["code"] in ("PAK-013", "PAK-071")} == {"yes"}


@pytest.mark.parametrize("reference", ["-", "???", "#######", "NULL", "(null)", "---"])
def test_a_claim_reference_of_signs_or_of_a_word_for_nothing_puts_its_row_out(pack, reference):
    head, first, *rest = NEC.splitlines()
    said, _, report = pack("\n".join([head, _with(head, first, CLAIM_REF=reference), *rest]))
    assert said.json["rows_to_be_rejected"] == 1
    assert len([line for line in report if line["row"] == 2 and line["effect"] == "would be rejected"]) == 1


def _with(head: str, line: str, **cells: str) -> str:
    """The line of an extract with other cells."""
    [row] = csv.DictReader([head, line])
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow((row | cells).values())
    return out.getvalue()
