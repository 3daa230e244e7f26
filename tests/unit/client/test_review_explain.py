"""`exchange review explain`: the waterfall of a pair in review, from the borough's own collected results."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.agreements.registry import load_agreement
from tests.unit.client.test_review import pair

PARTS = (
    "dob exact +12; surname exact +9; surname how common it is -4; forename differs -8; address same uprn +14; rest -15"
)
COLUMNS = list(load_agreement("fsm").releases["review"].columns)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A run with one pair that was weighed and one that a rule made."""
    folder = tmp_path / "results"
    folder.mkdir()
    rows = [pair("m-1", 0.94, guard="twin") | {"parts": PARTS}, pair("m-2", 0.7, "upn") | {"parts": None}]
    pq.write_table(pa.Table.from_pylist(rows).select(COLUMNS), folder / "review.parquet")
    return folder


def test_every_part_is_a_bar_that_begins_where_the_one_above_ends(exchange: Any, results: Path) -> None:
    said = exchange("review", "explain", results, "m-1")
    assert said.code == 0
    head, sentence, _, *lines = said.out.splitlines()
    assert (head, sentence) == ("m-1: probabilistic, twin, chance 0.940", "A secret sentence.")
    wide = len("surname how common it is")
    bars = {line[:wide].strip(): (line[wide + 2 : wide + 6].strip(), line[wide + 8 :]) for line in lines}
    assert list(bars) == [part.rsplit(" ", 1)[0] for part in PARTS.split("; ")] + ["in all"]
    assert bars["dob exact"][0] == "+12"
    assert bars["in all"][0] == "+8"
    assert bars["surname exact"][1].index("+") == len(bars["dob exact"][1])
    assert len(bars["surname how common it is"][1]) == len(bars["surname exact"][1])
    assert set(bars["forename differs"][1].strip()) == {"-"}


def test_as_json_with_a_picture_or_a_page(exchange: Any, results: Path, tmp_path: Path) -> None:
    said = exchange("review", "explain", results, "m-1", "--out", tmp_path / "a.svg", "--json")
    assert said.json["parts"][2] == {"part": "surname how common it is", "bits": -4}
    assert (said.json["match_weight"], said.json["guard"]) == (8, "twin")
    picture = ElementTree.fromstring((tmp_path / "a.svg").read_text())
    assert [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")][1] == "dob exact"
    assert exchange("review", "explain", results, "m-1", "--out", tmp_path / "a.html").code == 0
    assert "<svg" in (tmp_path / "a.html").read_text()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["m-9"], "INP-000"),
        (["m-2"], "no weight made it"),
        (["m-1", "--out", "a.png"], "INP-015"),
    ],
)
def test_what_cannot_be_drawn_is_said(exchange: Any, results: Path, given: list[str], says: str) -> None:
    said = exchange("review", "explain", results, *given)
    assert said.code == 2
    assert says in said.err


def test_results_from_before_the_parts_were_released_have_none(exchange: Any, results: Path) -> None:
    path = results / "review.parquet"
    pq.write_table(pq.read_table(path).drop_columns("parts"), path)
    said = exchange("review", "explain", results, "m-1")
    assert (said.code, "has no column parts" in said.err) == (2, True)
