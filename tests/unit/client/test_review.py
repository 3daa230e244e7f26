"""A first look shows no score; what was answered opens the rest; `calibrate` holds the two side by side."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from client.reviewing import SIDE_BY_SIDE
from shared.agreements.free_school_meals.contracts import DECISIONS
from tests.unit.client.results_sample import RELEASES, lay_references, lay_tables, pair

SCORES = {"rule", "guard", "probability", "match_weight", "margin", "evidence", "sentence", "tier", "tier_reason"}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A run of eight pairs in review, one of them with a claim that does not list the pupil, and thirty matches."""
    review = [pair(f"r-{number}", 0.5 + number / 20) for number in range(7)] + [
        pair("r-7", 0.85, "unlisted", "unlisted")
    ]
    matches = [pair(f"m-{number:02}", 0.96) for number in range(30)]
    return lay_tables(tmp_path / "results", matches, review)


def sheet(path: Path) -> list[dict[str, Any]]:
    """The rows of a sheet that was written, as text."""
    if path.suffix == ".csv":
        return pyarrow.csv.read_csv(path).to_pylist()
    head, *rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    return [dict(zip(head, row, strict=True)) for row in rows]


def filled_in(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The sheet as somebody saves it who has written into it."""
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, list(rows[0]))
        for line, row in enumerate(rows, 1):
            page.write_row(line, 0, list(row.values()))
    return path


def answered(results: Path, exchange: Any, tmp_path: Path, **answers: str) -> Path:
    """A first look that was filled in; `r_0="same"` answers pair r-0, and what is not named stays empty."""
    out = tmp_path / "first-look.csv"
    assert exchange("review", "first-look", results, "--out", out).code == 0
    said = {reference.replace("_", "-"): answer for reference, answer in answers.items()}
    return filled_in(
        tmp_path / "looked.xlsx", [row | {"first_look": said.get(row["match_ref"], "")} for row in sheet(out)]
    )


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_first_look_shows_both_records_and_nothing_that_the_exchange_thinks_of_them(
    exchange, results, tmp_path, kind
):
    out = tmp_path / f"first-look.{kind}"
    said = exchange("review", "first-look", results, "--out", out, "--json")
    assert (said.code, said.json) == (0, {"ok": True, "pairs": 17, "in_review": 7, "matched": 10, "out": str(out)})
    rows = sheet(out)
    assert list(rows[0]) == list(SIDE_BY_SIDE)
    assert not SCORES & set(rows[0])
    shown = " ".join(str(cell) for row in rows for cell in row.values())
    assert not [word for word in ("0.96", "7.7", "3.3", "secret", "probabilistic", "sibling") if word in shown]
    assert {row["also_compared"] for row in rows} == {"sex exact; address same postcode"}
    assert {(row["pupil_surname"], row["child_surname"]) for row in rows} == {("'=cmd()", "Okafor")}
    assert not any(row["first_look"] for row in rows)


def test_a_claim_that_does_not_list_the_pupil_is_no_pair_for_a_first_look(exchange, results, tmp_path):
    exchange("review", "first-look", results, "--out", tmp_path / "first-look.csv")
    assert "r-7" not in {row["match_ref"] for row in sheet(tmp_path / "first-look.csv")}


def test_matched_pairs_stand_among_those_in_review_and_the_same_results_give_the_same_sheet(
    exchange, results, tmp_path
):
    first, second = tmp_path / "1.xlsx", tmp_path / "2.xlsx"
    for out in (first, second):
        assert exchange("review", "first-look", results, "--out", out).code == 0
    assert first.read_bytes() == second.read_bytes()
    kinds = "".join(row["match_ref"][0] for row in sheet(first))
    assert "r" * 7 not in kinds
    assert "m" * 10 not in kinds
    stated = [float(row["match_ref"][2:]) for row in sheet(first) if row["match_ref"][0] == "r"]
    assert stated not in (sorted(stated), sorted(stated, reverse=True))


@pytest.mark.parametrize(("asked", "matched"), [(0, 0), (3, 3), (99, 30)])
def test_an_officer_may_ask_for_fewer_or_more_controls(exchange, results, tmp_path, asked, matched):
    said = exchange("review", "first-look", results, "--controls", asked, "--out", tmp_path / "x.csv", "--json")
    assert (said.json["matched"], said.json["pairs"]) == (matched, matched + 7)


def test_the_choices_are_offered_in_the_cells_to_be_filled_in(exchange, results, tmp_path):
    from zipfile import ZipFile

    for command, listed in (("first-look", "same,different,unsure"), ("decide", "confirm,reject,opted_out")):
        exchange("review", command, results, "--out", tmp_path / f"{command}.xlsx")
        with ZipFile(tmp_path / f"{command}.xlsx") as book:
            assert listed in book.read("xl/worksheets/sheet1.xml").decode()


def test_to_decide_shows_everything_that_was_looked_at_and_holds_back_what_was_not(exchange, results, tmp_path):
    looked = answered(results, exchange, tmp_path, r_0="Same", r_1="different", r_2=" unsure ")
    out = tmp_path / "decisions.xlsx"
    said = exchange("review", "decide", results, "--first-look", looked, "--out", out, "--json")
    assert (said.code, said.json) == (0, {"ok": True, "pairs": 24, "held_back": 14, "out": str(out)})
    rows = {row["match_ref"]: row for row in sheet(out)}
    assert {name for name in rows if name[0] == "r"} == {"r-0", "r-1", "r-2", "r-7"}
    assert [rows[name]["first_look"] for name in ("r-0", "r-1", "r-2", "r-7")] == ["same", "different", "unsure", ""]
    assert list(rows["r-0"])[:7] == [
        "match_ref",
        "row_check",
        "first_look",
        *(column.name for column in DECISIONS.filled_in[1:]),
    ]
    assert set(RELEASES["review"].columns) <= set(rows["r-0"])
    assert (rows["r-0"]["sentence"], rows["r-0"]["decision"]) == ("A secret sentence.", "")


def test_without_a_first_look_every_pair_can_be_decided(exchange, results, tmp_path):
    said = exchange("review", "decide", results, "--out", tmp_path / "decisions.csv", "--json")
    assert (said.json["pairs"], said.json["held_back"]) == (38, 0)


def test_the_sheet_is_packed_as_it_is_and_what_is_not_decided_is_left_for_another_day(exchange, results, tmp_path):
    out, packed = tmp_path / "decisions.csv", tmp_path / "decisions.parquet"
    exchange("review", "decide", results, "--out", out)
    decided = {"decision": "reject", "decided_by": "officer1", "decided_on": "20/11/2026", "reason": "Another child"}
    rows = [row | (decided if row["match_ref"] == "r-0" else dict.fromkeys(decided, "")) for row in sheet(out)]
    filled = filled_in(tmp_path / "decisions.xlsx", rows)
    terms = ("--dataset", "decisions", "--as-of", "2026-11-21", "--out", packed, "--json")
    said = exchange("pack", "table", filled, *terms)
    assert (said.code, said.json["rows_in"], said.json["rows_left_out"]) == (0, 38, 37)
    assert (said.json["rows_packed"], said.json["rows_to_be_rejected"]) == (1, 0)
    assert set(said.json["findings"]) == {"PAK-030", "PAK-031"}
    row = 2 + [row["match_ref"] for row in rows].index("r-0")
    taken = {"match_ref": "r-0", **decided, "decided_on": date(2026, 11, 20), "sheet_row": row}
    assert pq.read_table(packed).to_pylist() == [taken]


def test_a_decision_without_its_day_is_still_a_mistake(exchange, tmp_path):
    (tmp_path / "d.csv").write_text("match_ref,decision,decided_by,decided_on,reason\nm-1,confirm,,,\nm-2,,,,\n")
    lay_references(tmp_path / "results", ["m-1"])
    terms = ("--dataset", "decisions", "--as-of", "2026-11-21", "--out", tmp_path / "d.parquet", "--json")
    facts = exchange("pack", "table", tmp_path / "d.csv", *terms).json
    assert (facts["rows_left_out"], facts["rows_to_be_rejected"]) == (1, 1)


def test_calibrate_says_by_band_who_judged_blind_and_who_decided_otherwise(exchange, results, tmp_path):
    looked = answered(results, exchange, tmp_path, r_0="same", r_1="different", r_2="same", r_3="unsure")
    decisions = tmp_path / "decisions.parquet"
    said = [("r-0", "confirm"), ("r-1", "confirm"), ("r-3", "reject"), ("m-00", "confirm")]
    pq.write_table(pa.table(dict(zip(("match_ref", "decision"), zip(*said, strict=True), strict=True))), decisions)
    files = [results / "matches.parquet", results / "review.parquet", "-d", decisions]
    facts = exchange("calibrate", *files, "--first-look", looked, "--json").json
    bands = [
        tuple(band[name] for name in ("from", "looked", "same", "decided", "differ")) for band in facts["first_looks"]
    ]
    assert bands == [(0.5, 2, 1, 2, 1), (0.6, 1, 1, 0, 0)]
    assert [(band["from"], band["decided"]) for band in facts["bands"]] == [(0.5, 2), (0.6, 1), (0.95, 1)]
    text = exchange("calibrate", *files, "--first-look", looked)
    assert "first look, 0.5 to 0.6  2 judged, the same child 0.500 (" in text.out
    assert "; 2 then decided, 1 of them otherwise" in text.out
    assert exchange("calibrate", *files, "--json").json["first_looks"] == []


def test_calibrate_takes_decisions_and_first_looks_in_parts(exchange, results, tmp_path):
    parts: list[Any] = []
    for number, answer in enumerate(("same", "different")):
        decisions, looked = tmp_path / f"{number}.parquet", tmp_path / f"{number}.csv"
        pq.write_table(pa.table({"match_ref": [f"r-{number}"], "decision": ["confirm"]}), decisions)
        looked.write_text(f"match_ref,first_look\nr-{number},{answer}\nr-{1 - number},\n")
        parts += ["-d", decisions, "--first-look", looked]
    (band,) = exchange("calibrate", results / "review.parquet", *parts, "--json").json["first_looks"]
    assert (band["looked"], band["same"], band["decided"], band["differ"]) == (2, 1, 2, 1)


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("match_ref,answer\nr-1,same\n", "INP-004", "first_look"),
        ("match_ref,first_look\nr-0,same\nr-1,Okafor\n", "INP-018", "row 3: first_look"),
    ],
)
def test_a_first_look_that_cannot_be_read_is_named_by_column_and_row(exchange, results, tmp_path, text, code, named):
    looked = tmp_path / "looked.csv"
    looked.write_text(text)
    said = exchange("review", "decide", results, "--first-look", looked, "--out", tmp_path / "d.csv", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, code)
    assert named in said.json["error"]["message"]
    assert "Okafor" not in said.out + said.err


def test_no_sheet_is_written_over_one_that_may_be_filled_in(exchange, results, tmp_path):
    out = tmp_path / "sheet.csv"
    out.write_text("hours of work")
    for command in ("first-look", "decide"):
        said = exchange("review", command, results, "--out", out)
        assert (said.code, said.err[:7], out.read_text()) == (2, "INP-028", "hours of work")
        assert exchange("review", command, results, "--out", tmp_path / "sheet.json").err[:7] == "INP-015"


def test_results_that_are_not_there_or_not_whole_or_empty_are_refused(exchange, results, tmp_path):
    assert exchange("review", "decide", tmp_path, "--out", tmp_path / "x.csv").err[:7] == "INP-001"
    review = pq.read_table(results / "review.parquet")
    for name in ("matches", "review"):
        pq.write_table(review.slice(0, 0), results / f"{name}.parquet")
    said = exchange("review", "first-look", results, "--out", tmp_path / "x.csv")
    assert (said.code, said.err[:7]) == (2, "INP-000")
    pq.write_table(review.drop_columns(["evidence"]), results / "review.parquet")
    said = exchange("review", "first-look", results, "--out", tmp_path / "x.csv", "--json")
    assert (said.json["error"]["code"], "evidence" in said.json["error"]["message"]) == ("INP-004", True)
