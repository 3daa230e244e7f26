"""Sheets that people shuffle, merge, cut, hide, double and edit: no decision reaches a pair that its row does not show.

What a row may carry out is said here anew and plainly, from the cells as they stand in the file.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client.decisions.packing import beside_sheet, pack_decisions
from client.decisions.row_check import CHECK, SHOWN, row_checks
from client.pack.source import read
from tests.unit.client.workbooks import workbook

CHILDREN = ("Amara Okafor", "Bo Eze", "Cy Reid", "Di Lin", "Eve Marlow", "Eve Marlowe")
COLUMNS = ("match_ref", CHECK, "decision", "decided_by", "decided_on", "reason", *SHOWN)
CHOICES = ("confirm", "reject", "opted_out", "", "NO - wrong child", "Yes")
Row = dict[str, str]
Sheet = tuple[list[Row], set[int]]
"""The rows, and which of them are hidden."""


def pairs() -> list[Row]:
    """Pairs of a run, each with its check; two of them are hard to tell apart."""
    rows = []
    for number, name in enumerate(CHILDREN):
        forename, surname = name.split()
        cells = (f"CT{number // 2}", str(number % 2 + 1), forename.upper(), surname.upper(), f"2015-03-{number + 10}")
        pupil = (forename, surname, f"2015-03-{number + 10}", f"School {number // 3}")
        rows.append({"match_ref": f"m-{number}", **dict(zip(SHOWN, (*cells, *pupil), strict=True))})
    table = pa.table({name: [row[name] for row in rows] for name in ("match_ref", *SHOWN)})
    return [row | {CHECK: check} for row, check in zip(rows, row_checks(table).to_pylist(), strict=True)]


PAIRS = pairs()


@st.composite
def sheets(draw: Callable[..., object]) -> Sheet:
    """A sheet that was filled in, after a few things that people do to it."""
    at, column = st.integers(0, 99), st.sampled_from(COLUMNS)
    rows: list[Row] = []
    for pair in PAIRS:
        choice = draw(st.sampled_from((*CHOICES, "confirm")))
        officer = {"decided_by": "o1", "decided_on": "2026-11-20"} if choice else {}
        rows.append(dict.fromkeys(COLUMNS, "") | pair | {"decision": str(choice)} | officer)
    hidden: set[int] = set()
    for deed in draw(st.lists(st.sampled_from(DEEDS), max_size=4)):  # type: ignore[attr-defined]
        if rows:
            deed(rows, draw(at), draw(at), draw(column))
    if rows:
        hidden = {number % len(rows) for number in draw(st.sets(at, max_size=2))}  # type: ignore[attr-defined]
    return rows, hidden


def turn(rows: list[Row], one: int, _other: int, column: str) -> None:
    """One column is sorted on its own."""
    cells = [row[column] for row in rows]
    for row, cell in zip(rows, cells[one % len(rows) :] + cells[: one % len(rows)], strict=True):
        row[column] = cell


def turn_names(rows: list[Row], one: int, other: int, _column: str) -> None:
    """Reference and check are sorted without the rest."""
    for column in ("match_ref", CHECK):
        turn(rows, one, other, column)


def shuffle(rows: list[Row], one: int, other: int, _column: str) -> None:
    rows.append(rows.pop(one % len(rows)))
    rows.insert(other % len(rows), rows.pop())


def double(rows: list[Row], one: int, other: int, _column: str) -> None:
    """A colleague's copy of the row."""
    rows.append(rows[one % len(rows)] | {"decision": CHOICES[other % len(CHOICES)]})


def cut(rows: list[Row], one: int, _other: int, _column: str) -> None:
    del rows[one % len(rows)]


def copy_cell(rows: list[Row], one: int, other: int, column: str) -> None:
    rows[one % len(rows)][column] = rows[other % len(rows)][column]


def clear(rows: list[Row], one: int, _other: int, column: str) -> None:
    rows[one % len(rows)][column] = ""


def note(rows: list[Row], one: int, other: int, _column: str) -> None:
    rows[one % len(rows)]["reason"] = f"not {rows[other % len(rows)]['match_ref']}"


DEEDS = (turn, turn_names, shuffle, double, cut, copy_cell, clear, note)


def as_csv(rows: list[Row], _hidden: set[int]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: list[Row], hidden: set[int]) -> bytes:
    def hide(_book: object, found: dict[str, object]) -> None:
        for row in hidden:
            found["Sheet1"].set_row(row + 1, None, None, {"hidden": True})  # type: ignore[attr-defined]

    return workbook([COLUMNS, *([row[name] for name in COLUMNS] for row in rows)], change=hide)


def as_ods(rows: list[Row], hidden: set[int]) -> bytes:
    def line(cells: list[str], *, out: bool = False) -> str:
        shown = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            if cell
            else "<table:table-cell/>"
            for cell in cells
        )
        attribute = ' table:visibility="collapse"' if out else ""
        return f"<table:table-row{attribute}>{shown}</table:table-row>"

    lines = [
        line(list(COLUMNS)),
        *(line([row[name] for name in COLUMNS], out=at in hidden) for at, row in enumerate(rows)),
    ]
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet>'
    content += f'<table:table table:name="rows">{"".join(lines)}</table:table></office:spreadsheet></office:body>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", f"{content}</office:document-content>")
    return buffer.getvalue()


@pytest.mark.parametrize(("kind", "write"), [("csv", as_csv), ("xlsx", as_xlsx), ("ods", as_ods)])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sheet=sheets())
def test_no_decision_reaches_a_pair_that_its_row_does_not_show(
    kind: str, write: Callable[[list[Row], set[int]], bytes], sheet: Sheet
) -> None:
    rows, hidden = sheet
    hidden = set() if kind == "csv" else hidden
    if not any(any(row.values()) for row in rows):
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"d.{kind}"
        path.write_bytes(write(rows, hidden))
        source = read(path, expected=COLUMNS)
        packed = pack_decisions(source, beside_sheet(path, source, None), as_of=date(2026, 11, 21), stale_after_days=60)
    decided = [row for row in packed.table.to_pylist() if row["decision"]]
    # One without a reference reaches no pair: the contract refuses it by its row (DEC-001).
    taken = [row for row in decided if row["match_ref"]]
    true = {pair["match_ref"]: pair for pair in PAIRS}
    for decision in taken:
        at = decision["sheet_row"] - 2
        shown, pair = rows[at], true[decision["match_ref"]]
        assert shown | pair == shown  # it shows its pair, whole, and bears its check
        assert shown["decision"] == decision["decision"]
        assert at not in hidden
        others = [row for other, row in enumerate(rows) if other != at]
        of_it = {row["decision"] for row in others if row["match_ref"] == pair["match_ref"] and is_written(row)}
        assert of_it <= {decision["decision"]}
        # What a row's own reason says of it is a note; another row's is something else that the file says of the pair.
        elsewhere = [row["reason"] for row in others if row["match_ref"] != pair["match_ref"]]
        assert not [reason for reason in elsewhere if pair["match_ref"] in reason]
    told = set(packed.findings.column("row").to_pylist())
    accounted = {row["sheet_row"] for row in decided} | told
    assert {at + 2 for at, row in enumerate(rows) if any(row.values())} <= accounted
    assert packed.rows_in == packed.rows_left_out + packed.table.num_rows


def is_written(row: Row) -> bool:
    """Whether somebody wrote anything of a decision into it."""
    return any(row[name] for name in ("decision", "decided_by", "decided_on", "reason"))


def test_a_sheet_that_nobody_touched_is_carried_out_whole() -> None:
    rows = [
        dict.fromkeys(COLUMNS, "") | pair | {"decision": "confirm", "decided_by": "o", "decided_on": "2026-11-20"}
        for pair in PAIRS
    ]
    for kind, write in (("csv", as_csv), ("xlsx", as_xlsx), ("ods", as_ods)):
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"d.{kind}"
            path.write_bytes(write(rows, set()))
            source = read(path, expected=COLUMNS)
            beside = beside_sheet(path, source, None)
            packed = pack_decisions(source, beside, as_of=date(2026, 11, 21), stale_after_days=60)
        assert packed.table.column("match_ref").to_pylist() == [pair["match_ref"] for pair in PAIRS]
        assert packed.table.column("sheet_row").to_pylist() == [*range(2, 8)]
