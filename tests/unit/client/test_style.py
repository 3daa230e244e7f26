"""Styles of one's own: what a file says of how another file is laid out, for any dataset, and its first draft."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from client.pack.styles import load_style
from shared.agreements.free_school_meals.contracts import CONTRACTS
from tests.unit.client.census_sample import upn
from tests.unit.client.conftest import Exchange
from tests.unit.client.results_sample import lay_references
from tests.unit.client.test_pack_households import CIVICA, NEC

AS_OF = ("--as-of", "2026-11-21")
PUPILS = (
    "UPN No,Pupil,Birth Date,Gender,Year Group,Status,URN,DfE No,School,Postcode,Ethnicity\n"
    f'{upn(1)},"OKAFOR, Amara",11/23/2015,Girl,Year 6,Single,100785,210/1234,Peckham Rye Primary,SW2 5SG,x\n'
)
PUPIL_STYLE = """
title: Our pupils
dataset: pupils
dates: [us]
columns:
  upn: UPN No
  dob: [Birth Date]
  sex: [Gender]
  nc_year: [Year Group]
  enrol_status: [Status]
  urn: [URN]
  laestab: [DfE No]
  school_name: [School]
  postcode: [Postcode]
full_names:
  pupil: {column: [Pupil], order: surname_comma_forename}
"""


def test_a_style_of_pupils_reads_any_headings_whole_names_and_a_stated_order_of_dates(exchange: Exchange, tmp_path):
    (tmp_path / "p.csv").write_text(PUPILS)
    (tmp_path / "ours.yaml").write_text(PUPIL_STYLE)
    command = ("pack", "table", tmp_path / "p.csv", "--dataset", "pupils", "--out", tmp_path / "p.parquet", "--json")
    said = exchange(*command, "--style", tmp_path / "ours.yaml", *AS_OF)
    assert (said.code, said.json["rows_to_be_rejected"], said.json["columns_dropped"]) == (0, 0, ["ethnicity"])
    (row,) = pq.read_table(tmp_path / "p.parquet").to_pylist()
    assert (row["surname"], row["forename"], row["dob"]) == ("OKAFOR", "Amara", date(2015, 11, 23))
    assert (row["sex"], row["nc_year"], row["enrol_status"], row["laestab"]) == ("F", "6", "C", "2101234")


def test_a_style_of_decisions_maps_headings_and_codes_but_folds_nothing(exchange: Exchange, tmp_path):
    (tmp_path / "d.csv").write_text(
        "Match,Outcome,Officer,Day\nm-1,Agreed,o1,2026-11-20\nm-2,agreed?,o1,2026-11-20\nm-3,,,\n"
        "m-4,NOT OURS,o1,2026-11-20\nm-5,not-ours,o1,2026-11-20\n"
    )
    (tmp_path / "ours.yaml").write_text(
        "title: Ours\ndataset: decisions\ncolumns: {match_ref: Match, decision: Outcome, decided_by: Officer, "
        "decided_on: Day}\ncodes: {decision: {Agreed: confirm, Not ours: reject}}\n"
    )
    command = ("pack", "table", tmp_path / "d.csv", "--dataset", "decisions", "--out", tmp_path / "d.parquet", "--json")
    results = lay_references(tmp_path / "results", (f"m-{number}" for number in range(1, 6)))
    said = exchange(*command, "--style", tmp_path / "ours.yaml", "--results", results, *AS_OF)
    assert pq.read_table(tmp_path / "d.parquet")["decision"].to_pylist() == ["confirm", None, "reject", None]
    assert said.json["unknown_codes"] == {"outcome": {"codes": {"agreed?": 1, "not-ours": 1}, "other_cells": 0}}
    assert said.json["rows_left_out"] == 1


def test_a_style_is_for_its_own_dataset_and_a_command_says_so(exchange: Exchange, tmp_path):
    (tmp_path / "p.csv").write_text(PUPILS)
    (tmp_path / "ours.yaml").write_text(PUPIL_STYLE)
    said = exchange(
        "pack",
        "households",
        tmp_path / "p.csv",
        "--style",
        tmp_path / "ours.yaml",
        "--out",
        tmp_path / "o.parquet",
        "--json",
    )
    assert (said.code, said.json["error"]["code"]) == (2, "INP-074")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("dataset: pupils", "dataset: meals"), "dataset"),
        (("  dob:", "  child_dob:"), "columns.child_dob"),
        (("[Birth Date]", "[1, 2]"), "columns.dob"),
        (("dates: [us]", "dates: [us, uk]"), "dates"),
        (("  pupil:", "  child:"), "full_names.child"),
        (("full_names:", "codes: {sex: {yes: M}}\nfull_names:"), "codes.sex"),
        (("full_names:", "codes: {sex: {Boy: B}}\nfull_names:"), "codes.sex"),
        (("full_names:", "defaults: {sex: B}\nfull_names:"), "defaults.sex"),
    ],
)
def test_what_is_wrong_in_a_style_is_named(exchange: Exchange, tmp_path, change, named):
    (tmp_path / "p.csv").write_text(PUPILS)
    (tmp_path / "ours.yaml").write_text(PUPIL_STYLE.replace(*change))
    said = exchange(
        "pack",
        "table",
        tmp_path / "p.csv",
        "--dataset",
        "pupils",
        "--style",
        tmp_path / "ours.yaml",
        "--out",
        tmp_path / "o.parquet",
        "--json",
    )
    assert said.json["error"]["code"] == "INP-011"
    assert named in said.json["error"]["message"]


def draft(exchange: Exchange, folder: Path, text: str, dataset: str):
    (folder / "file.csv").write_text(text, encoding="utf-8")
    said = exchange("style", "new", folder / "file.csv", "--dataset", dataset, "--out", folder / "draft.yaml", "--json")
    assert said.code == 0, said.err
    return said.json, (folder / "draft.yaml").read_text(encoding="utf-8"), load_style(folder / "draft.yaml")


@pytest.mark.parametrize("dataset", list(CONTRACTS))
def test_the_draft_of_a_template_is_whole(exchange: Exchange, tmp_path, dataset):
    said, _, style = draft(exchange, tmp_path, ",".join(CONTRACTS[dataset].names) + "\n", dataset)
    assert (said["not_sure"], said["required_and_missing"], said["not_packed"]) == ({}, [], [])
    assert style.columns == {name: (name,) for name in CONTRACTS[dataset].names}


def test_the_draft_names_what_is_sure_unsure_missing_and_unused_and_guesses_nothing(exchange: Exchange, tmp_path):
    text = NEC.replace("CHILD_DOB", "KID_BIRTH_DATE").replace("HOUSE_NO", "ZODIAC")
    said, written, style = draft(exchange, tmp_path, text, "households")
    assert said["not_sure"] == {"kid_birth_date": "child_dob"}
    assert said["required_and_missing"] == ["source", "child_dob"]
    assert said["not_packed"] == ["zodiac"]
    assert "child_dob" not in style.columns
    assert '  # child_dob: ["kid_birth_date"]  # required, not sure' in written
    assert style.full_names["child"].order == "surname_comma_forename"
    assert '#     "JSA(IB)": JSAIB  # 2 cells; not sure' in written
    for value in ("OKAFOR", "REID", "ACRE", "SW2", "AB123456C", "1001"):
        assert value not in written


def test_a_finished_draft_packs_the_file_that_it_was_made_of(exchange: Exchange, tmp_path):
    _, written, _ = draft(exchange, tmp_path, NEC, "households")
    finished = written.replace("#   source: ?", "#   source: LOCAL")
    lines = [
        line.removeprefix("# ") if line.startswith(("# defaults:", "# codes:", "#   ")) else line
        for line in finished.splitlines()
    ]
    (tmp_path / "draft.yaml").write_text("\n".join(lines))
    out = tmp_path / "o.parquet"
    command = ("pack", "households", tmp_path / "file.csv", "--out", out, "--json", *AS_OF)
    drafted = exchange(*command, "--style", tmp_path / "draft.yaml").json
    by_draft = pq.read_table(out)
    shipped = exchange(*command, "--style", "nec").json
    assert drafted["findings"] == shipped["findings"]
    assert by_draft.drop_columns(["claimant_dob"]).equals(pq.read_table(out).drop_columns(["claimant_dob"]))


def test_children_side_by_side_are_seen_as_a_numbered_group(exchange: Exchange, tmp_path):
    said, written, style = draft(exchange, tmp_path, CIVICA, "households")
    assert style.layout == "wide"
    assert style.columns["child_dob"] == ("dep{n}_dob",)
    assert said["required_and_missing"] == ["source"]
    assert "#   source: ?  # one of LOCAL, UCDS" in written


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (("11/23/2015", "11/03/2015"), "dates: [us]  #"),
        (("11/23/2015", "23/11/2015"), "# dates: [us]  # not sure"),
        (("23/11/2015", "11/03/2015"), None),
    ],
)
def test_the_draft_says_how_dates_are_written_where_they_show_it(exchange: Exchange, tmp_path, days, expected):
    _, written, _ = draft(exchange, tmp_path, "upn,dob\n" + "".join(f"x,{day}\n" for day in days), "pupils")
    said = [line for line in written.splitlines() if "dates:" in line]
    assert said == [] if expected is None else said[0].startswith(expected)


def test_a_draft_never_overwrites_what_was_finished(exchange: Exchange, tmp_path):
    draft(exchange, tmp_path, NEC, "households")
    words = ("style", "new", tmp_path / "file.csv", "--out", tmp_path / "draft.yaml", "--json")
    assert exchange(*words).json["ok"], "the very same draft, as after a run that was ended late"
    with (tmp_path / "draft.yaml").open("a", encoding="utf-8") as file:
        file.write("# finished by hand\n")
    finished = (tmp_path / "draft.yaml").read_bytes()
    assert exchange(*words).json["error"]["code"] == "INP-028"
    assert (tmp_path / "draft.yaml").read_bytes() == finished
