"""A decision is carried out only on the pair that its row shows, and every row of a sheet is accounted for."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from client.decisions.at_hand import find_results
from client.decisions.row_check import CHECK, SHOWN
from client.decisions.standing import check_standing
from shared.kernel.errors import InvalidInput
from tests.shared_files import shared
from tests.unit.client.results_sample import lay_run, lay_tables, pair
from tests.unit.client.workbooks import workbook

NAMES = ("Amara Okafor", "Bo Eze", "Cy Reid", "Di Lin", "Eve Marlow", "Flo Quill")
OFFICER = {"decided_by": "officer1", "decided_on": "2026-11-20"}
Row = dict[str, str]
Edit = Callable[[list[Row]], Any]


def of_child(number: int, **cells: Any) -> dict[str, Any]:
    """A pair that nobody takes for another one."""
    forename, surname = NAMES[number].split()
    child = {"household_ref": f"CT00{number}", "child_seq": number + 1, "child_dob": date(2015, 3, 21 + number)}
    names = {"child_forename": forename.upper(), "child_surname": surname.upper()}
    pupil = {"pupil_forename": forename, "pupil_surname": surname, "pupil_dob": date(2015, 3, 21 + number)}
    place = {"school_name": f"School {number}", "school_borough": "southwark"}
    return pair(f"m-{number}", 0.97) | child | names | pupil | place | cells


ALL = [of_child(number) for number in range(len(NAMES))]


@pytest.fixture
def sheet(exchange, tmp_path) -> Path:
    """The sheet as the product writes it; the results that it is of are elsewhere."""
    folder = lay_tables(tmp_path / "elsewhere" / "so" / "far" / "away" / "run", ALL)
    out = tmp_path / "decisions.csv"
    assert exchange("review", "decide", folder, "--out", out).code == 0
    return out


@pytest.fixture
def pack(exchange, tmp_path):
    """Pack a sheet: references and decisions that were taken, and the codes of each row."""

    def command(path: Path, *more: object) -> tuple[dict[str, str], dict[int, set[str]]]:
        out = tmp_path / "packed" / "d.parquet"
        out.unlink(missing_ok=True)
        said = exchange(
            "pack", "table", path, "--dataset", "decisions", "--as-of", "2026-11-21", "--out", out, *more, "--json"
        )
        assert said.code in (0, 2), said.err
        rows = pq.read_table(out).to_pylist() if out.exists() else []
        codes: dict[int, set[str]] = {}
        for line in pyarrow.csv.read_csv(out.with_name("d-report.csv")).to_pylist():
            if line["row"] is not None:
                codes.setdefault(line["row"], set()).add(line["code"])
        assert said.json["rows_left_out"] + said.json["rows_packed"] == said.json["rows_in"]
        return {row["match_ref"]: row["decision"] for row in rows if row["decision"]}, codes

    return command


def edit(path: Path, change: Edit) -> Path:
    """What somebody does to the rows of a CSV sheet: in place, or what comes back stands instead."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = change(rows) or rows
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def decide(*numbers: int, choice: str = "confirm", **cells: str) -> Edit:
    """Write the same decision into these rows."""

    def change(rows: list[Row]) -> None:
        for number in numbers:
            rows[number] |= {"decision": choice, **OFFICER, **cells}

    return change


def test_a_row_as_it_was_written_needs_no_results_at_hand(sheet, pack):
    taken, codes = pack(edit(sheet, decide(0, 3)))
    assert taken == {"m-0": "confirm", "m-3": "confirm"}
    assert codes == {row: {"PAK-031"} for row in (3, 4, 6, 7)}


@pytest.mark.parametrize(
    ("moved", "named"),
    [
        (["match_ref"], ["match_ref"]),
        (["match_ref", CHECK], list(SHOWN)),
        ([CHECK], list(SHOWN)),
        (["child_forename"], ["child_forename"]),
        (["household_ref", "child_seq"], ["household_ref", "child_seq"]),
        (["pupil_surname"], ["pupil_surname"]),
    ],
)
def test_a_column_that_was_sorted_on_its_own_carries_nothing_to_other_children(sheet, pack, tmp_path, moved, named):
    def sort_alone(rows: list[Row]) -> None:
        decide(*range(6))(rows)
        for name in moved:
            cells = [row[name] for row in rows]
            for row, cell in zip(rows, [*cells[1:], cells[0]], strict=True):
                row[name] = cell

    taken, codes = pack(edit(sheet, sort_alone))
    assert taken == {}
    assert codes == {row: {"PAK-081"} for row in range(2, 8)}
    lines = pyarrow.csv.read_csv(tmp_path / "packed" / "d-report.csv").to_pylist()
    assert {line["message"].split(": ")[1].split(" is ")[0] for line in lines if line["row"]} == {", ".join(named)}
    assert not [name for name in NAMES if name.split()[0] in str(lines)]


def test_whole_rows_may_be_sorted_filtered_and_cut(sheet, pack):
    taken, _ = pack(edit(sheet, lambda rows: (decide(0, 2, 5)(rows), rows[::-1][:4])[1]))
    assert taken == {"m-5": "confirm", "m-2": "confirm"}


def test_what_a_spreadsheet_makes_of_a_cell_is_no_other_cell(sheet, pack):
    def as_saved(rows: list[Row]) -> None:
        decide(0, 1)(rows)
        rows[0] |= {"child_dob": "21/03/2015", "child_seq": "1.0", "child_forename": " Amara\u200b "}
        rows[1] |= {"child_dob": "3/22/2015", "pupil_dob": "22-Mar-2015", CHECK: rows[1][CHECK].upper()}

    assert pack(edit(sheet, as_saved))[0] == {"m-0": "confirm", "m-1": "confirm"}


def test_a_sheet_without_checks_is_taken_only_with_the_results_at_hand(sheet, pack, tmp_path):
    def shortened(rows: list[Row]) -> list[Row]:
        decide(0, 1)(rows)
        rows[1] |= {"pupil_forename": "Zed"}
        kept = ("match_ref", "decision", "decided_by", "decided_on", "reason", "pupil_forename")
        return [{name: row[name] for name in kept} for row in rows]

    edit(sheet, shortened)
    taken, codes = pack(sheet)
    assert (taken, codes[2], codes[3]) == ({}, {"PAK-082"}, {"PAK-082"})
    taken, codes = pack(sheet, "--results", tmp_path / "elsewhere" / "so" / "far" / "away")
    assert (taken, codes[3]) == ({"m-0": "confirm"}, {"PAK-081"})
    lay_tables(tmp_path / "collected", ALL[1:])
    taken, codes = pack(sheet)
    assert (taken, codes[2], codes[3]) == ({}, {"PAK-083"}, {"PAK-081"})


def test_a_folder_that_was_named_and_has_no_results_is_refused(sheet, exchange, tmp_path):
    given = ("--dataset", "decisions", "--out", tmp_path / "d.parquet", "--results", tmp_path / "packed", "--json")
    assert exchange("pack", "table", sheet, *given).json["error"]["code"] == "INP-131"


@pytest.mark.parametrize("says", ["NO - wrong child", "reject", "opted_out", ""])
@pytest.mark.parametrize("first", [True, False])
def test_a_colleagues_no_counts_readable_or_not(sheet, pack, tmp_path, says, first):
    def merged(rows: list[Row]) -> list[Row]:
        decide(0, 1)(rows)
        no = rows[0] | {"decision": says, "reason": "another child"}
        return [no, *rows] if first else [*rows, no]

    taken, codes = pack(edit(sheet, merged))
    assert taken == {"m-1": "confirm"}
    both = (2, 3) if first else (2, 8)
    assert all("PAK-080" in codes[row] for row in both)
    lines = pyarrow.csv.read_csv(tmp_path / "packed" / "d-report.csv").to_pylist()
    [told] = {line["message"] for line in lines if line["code"] == "PAK-080"}
    assert f"rows {both[0]} and {both[1]}" in told


def test_a_reference_in_another_cell_or_in_a_line_that_cannot_be_split_counts_too(sheet, pack):
    def noted(rows: list[Row]) -> None:
        decide(0, 1, 2)(rows)
        rows[4]["reason"] = "see m-0: that one is wrong"

    edit(sheet, noted)
    sheet.write_text(sheet.read_text() + "m-1,NO\n")
    taken, codes = pack(sheet)
    assert taken == {"m-2": "confirm"}
    assert "PAK-080" in codes[2] & codes[3]


def test_the_same_decision_twice_is_one_and_an_untouched_copy_is_none(sheet, pack):
    def merged(rows: list[Row]) -> list[Row]:
        untouched = [dict(row) for row in rows]
        decide(0)(rows)
        return [*rows, dict(rows[0]), *untouched]

    taken, codes = pack(edit(sheet, merged))
    assert taken == {"m-0": "confirm"}
    assert codes[8] == {"DEC-050"}


def test_decisions_in_hidden_rows_are_named_and_wait_for_a_word(sheet, pack, tmp_path):
    edit(sheet, decide(0, 1))
    with sheet.open(encoding="utf-8", newline="") as file:
        cells = list(csv.reader(file))
    hidden = tmp_path / "decisions.xlsx"
    hidden.write_bytes(
        workbook(cells, change=lambda _book, sheets: sheets["Sheet1"].set_row(2, None, None, {"hidden": True}))
    )
    taken, codes = pack(hidden)
    assert (taken, codes[3]) == ({"m-0": "confirm"}, {"PAK-052", "PAK-087"})
    assert pack(hidden, "--include-hidden")[0] == {"m-0": "confirm", "m-1": "confirm"}


def test_only_what_the_current_results_propose_is_decided_on(sheet, pack, tmp_path):
    collected = tmp_path / "collected"
    lay_run(collected, "run-1", ALL[:4], started="2026-11-10T09:00:00+00:00", schools=("southwark", "lewisham"))
    lay_run(collected, "run-2", ALL[:1], started="2026-11-18T09:00:00+00:00")
    lay_run(collected, "theirs", ALL[4:5], started="2026-11-18T09:00:00+00:00", home="lewisham")
    edit(sheet, decide(*range(6)))
    taken, codes = pack(sheet)
    assert taken == {"m-0": "confirm"} | {"m-4": "confirm"}  # nobody has said whose sheet it is
    assert [codes[row] for row in (3, 4, 5, 7)] == [{"PAK-084"}] * 3 + [{"PAK-083"}]
    told = (tmp_path / "packed" / "d-report.csv").read_text()
    assert "2026-autumn (run run-2)" in told
    (tmp_path / "exchange.toml").write_text('borough = "lambeth"\n')
    taken, codes = pack(sheet, "--profile", tmp_path / "exchange.toml")
    assert (taken, codes[6]) == ({"m-0": "confirm"}, {"PAK-085"})


def test_a_pair_stands_until_a_later_run_is_over_its_school_boroughs_file(sheet, pack, tmp_path):
    lay_run(tmp_path / "collected", "run-1", ALL, started="2026-11-10T09:00:00+00:00")
    lay_run(tmp_path / "collected", "run-2", [], started="2026-11-18T09:00:00+00:00", schools=("lewisham",))
    assert pack(edit(sheet, decide(2)))[0] == {"m-2": "confirm"}


@pytest.mark.parametrize("choice", ["retract", "opted_out", "recall"])
def test_what_takes_back_or_forbids_counts_whenever_it_comes(sheet, pack, tmp_path, choice):
    lay_run(tmp_path / "collected", "run-1", ALL[:2], started="2026-11-21T09:00:00+00:00")
    lay_run(tmp_path / "collected", "run-2", [], started="2026-11-21T10:00:00+00:00")
    edit(sheet, decide(0, 5, choice=choice, reason="sent_in_error"))
    assert pack(sheet)[0] == {"m-0": choice, "m-5": choice}


def test_a_decision_from_before_its_pair_was_proposed_from_the_future_or_of_last_year_is_refused(sheet, pack, tmp_path):
    lay_run(tmp_path / "collected", "run-1", ALL, started="2026-11-18T09:00:00+00:00")
    lay_run(tmp_path / "collected", "run-2", ALL, started="2026-11-20T09:00:00+00:00")

    def dated(rows: list[Row]) -> None:
        days = ("2026-11-18", "2026-11-17", "2026-11-22", "2025-11-18")
        for number, day in enumerate(days):
            decide(number, decided_on=day)(rows)
        decide(4, choice="retract", decided_on="2025-11-19")(rows)
        decide(5, choice="retract", decided_on="2025-11-20")(rows)

    taken, codes = pack(edit(sheet, dated))
    assert "DEC-007" in codes[4]
    assert codes[6] == {"DEC-012"}
    assert (codes[3], codes[5]) == ({"PAK-086"}, {"PAK-086", "DEC-012"})
    assert {"m-0", "m-5"} <= taken.keys() <= {"m-0", "m-2", "m-4", "m-5"}
    assert {2, 7}.isdisjoint(codes)


def test_the_kept_sheets_are_taken_nowhere(pack):
    for name, decided in (("references-sorted-alone.xlsx", None), ("hidden-rows.xlsx", "PAK-087")):
        taken, codes = pack(shared(f"data/cases/return/{name}"))
        assert taken == {}
        assert any("PAK-082" in told for told in codes.values())
        assert decided is None or any(decided in told for told in codes.values())
    taken, codes = pack(shared("data/cases/return/nul-in-name.csv"))
    assert (taken, codes[3]) == ({}, {"PAK-031", "PAK-048"})
    assert "PAK-082" in codes[2]


def test_a_first_look_of_two_minds_counts_as_none(exchange, tmp_path):
    folder = lay_tables(tmp_path / "results", [], [row | {"guard": "dob"} for row in ALL])
    looked, out = tmp_path / "looked.csv", tmp_path / "decisions.csv"
    assert exchange("review", "first-look", folder, "--out", looked).code == 0

    def answer(rows: list[Row]) -> list[Row]:
        for row in rows:
            row["first_look"] = "same"
        return [*rows, rows[0] | {"first_look": "different"}, dict(rows[1])]

    edit(looked, answer)
    said = exchange("review", "decide", folder, "--first-look", looked, "--out", out, "--json")
    assert (said.json["pairs"], said.json["held_back"]) == (5, 1)
    assert "rows 2 and 8" in said.err


def test_a_first_look_whose_references_were_sorted_alone_is_refused(exchange, tmp_path):
    folder = lay_tables(tmp_path / "results", [], [row | {"guard": "dob"} for row in ALL])
    looked = tmp_path / "looked.csv"
    exchange("review", "first-look", folder, "--out", looked)

    def turn(rows: list[Row]) -> None:
        rows[0]["match_ref"], rows[1]["match_ref"] = rows[1]["match_ref"], rows[0]["match_ref"]
        rows[0]["first_look"] = "same"

    edit(looked, turn)
    said = exchange("review", "decide", folder, "--first-look", looked, "--out", tmp_path / "d.csv", "--json")
    assert said.json["error"]["code"] == "INP-133"
    assert "rows 2 are" in said.json["error"]["message"]


@pytest.mark.parametrize(
    ("ref", "choice", "told"),
    [
        ("m-0", "confirm", ""),
        ("m-1", "confirm", "rows 3 no longer proposed by the current results"),
        ("m-1", "retract", ""),
        ("m-4", "opted_out", "rows 3 of another collection's results"),
        ("m-5", "recall", "rows 3 of another borough's results"),
        ("m-9", "confirm", ""),
    ],
)
def test_before_sealing_decisions_are_held_against_the_results_of_their_collection(tmp_path, capsys, ref, choice, told):
    lay_run(tmp_path, "run-1", ALL[:2], started="2026-11-10T09:00:00+00:00")
    lay_run(tmp_path, "run-2", ALL[:1], started="2026-11-18T09:00:00+00:00")
    lay_run(tmp_path, "spring", ALL[4:5], started="2026-11-18T09:00:00+00:00", collection="2027-spring")
    lay_run(tmp_path, "theirs", ALL[5:], started="2026-11-18T09:00:00+00:00", home="lewisham")
    decisions = pa.table({"match_ref": ["m-0", ref], "decision": ["confirm", choice]})
    given = (Path("d.parquet"), decisions, find_results(tmp_path), "lambeth", "2026-autumn")
    if told:
        with pytest.raises(InvalidInput, match=told) as refused:
            check_standing(*given)
        assert (refused.value.code, "(run-2)" in refused.value.remedy) == ("INP-132", True)
    else:
        check_standing(*given)
        assert ("1 of its references are in no results" in capsys.readouterr().err) is (ref == "m-9")


def test_without_results_at_hand_sealing_says_that_nothing_was_compared(tmp_path, capsys):
    check_standing(Path("d.parquet"), pa.table({"match_ref": ["m"]}), find_results(tmp_path), "lambeth", "2026-autumn")
    assert "No results lie beside it" in capsys.readouterr().err
