"""The parts that records are made of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from client.cli import run
from local.synth.addresses import STYLES, held
from local.synth.damage import as_excel_shows
from local.synth.names import Lexicon, Names, folded
from local.synth.numbers import ninos, ulns, upns
from local.synth.places import DATA, load_places
from local.synth.spelling import slip
from local.synth.streams import Streams, pick, rank_within, shuffled
from local.synth.text_files import csv_bytes
from shared.kernel.contract.identifiers import ninos_ok, ulns_ok, upn_ok, upns_ok


def test_upns_hold_and_differ_even_from_one_issuer() -> None:
    size = 900
    made = upns(Streams(1), np.full(size, 210), np.full(size, 2345), np.full(size, 19))
    assert upns_ok(made).all()
    assert len(made.unique()) == size
    assert made[0].as_py()[1:10] == "210234519"
    assert any(text[-1].isalpha() and upn_ok(text) for text in made.to_pylist())


def test_ulns_and_ninos_hold_and_differ() -> None:
    for made, ok in ((ulns(Streams(2), 5000), ulns_ok), (ninos(Streams(2), 5000), ninos_ok)):
        assert ok(made).all()
        assert len(made.unique()) == 5000


@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=20), *[st.floats(0, 1, exclude_max=True)] * 3)
def test_a_slip_changes_a_name_by_one_stroke_at_most(text: str, where: float, how: float, which: float) -> None:
    slipped = slip(text, where, how, which)
    assert abs(len(slipped) - len(text)) <= 1
    assert slipped


@pytest.mark.parametrize(
    ("written", "plain"),
    [("Łukasz", "Lukasz"), ("Zoë", "Zoe"), ("Şahin", "Sahin"), ("Nguyễn", "Nguyen"), ("O'Brien", "O'Brien")],
)
def test_accents_are_folded_as_old_systems_do(written: str, plain: str) -> None:
    assert folded(written) == plain


def test_streams_depend_on_seed_and_topic_alone() -> None:
    assert Streams(1).of("a").random() == Streams(1).of("a").random()
    assert Streams(1).of("a").random() != Streams(1).of("b").random()
    assert Streams(1).of("a").random() != Streams(2).of("a").random()


@given(st.lists(st.integers(0, 4), max_size=30))
def test_rank_within_counts_earlier_items_of_the_same_key(keys: list[int]) -> None:
    ranks = rank_within(np.array(keys, dtype=np.int64))
    assert ranks.tolist() == [keys[:n].count(key) for n, key in enumerate(keys)]


def test_draws_follow_their_weights_and_shuffles_lose_nothing() -> None:
    drawn = pick(Streams(3).of("x"), [1, 0, 3], 20_000)
    assert not (drawn == 1).any()
    assert (drawn == 2).mean() == pytest.approx(0.75, abs=0.02)
    assert sorted(shuffled(Streams(3).of("y"), 50).tolist()) == list(range(50))


def test_name_lists_are_complete_and_their_source_is_stated() -> None:
    for name in ("names.yaml", "spellings.yaml", "places.yaml", "boroughs.yaml"):
        assert "ource: " in (DATA / name).read_text(encoding="utf-8").split("\n\n")[0][:900]
    document = yaml.safe_load((DATA / "names.yaml").read_text(encoding="utf-8"))
    for origin, facts in document.items():
        for kind in ("surnames", "male", "female"):
            assert len(facts[kind]) >= 20, (origin, kind)
            assert len(facts[kind]) == len(set(facts[kind])), (origin, kind)
            assert all(isinstance(name, str) for name in facts[kind])


def test_every_origin_is_drawn_with_skewed_frequencies() -> None:
    names = Names(Lexicon())
    origin = np.repeat(np.arange(len(names.origins)), 2000)
    drawn = names.surnames(Streams(1).of("surnames"), origin)
    for number in range(len(names.origins)):
        counts = np.sort(np.bincount(drawn[origin == number]))[::-1]
        counts = counts[counts > 0]
        assert counts[0] > 3 * np.median(counts)


def test_polish_women_bear_the_feminine_form() -> None:
    names = Names(Lexicon())
    polish = names.labels.index("polish")
    codes = names.lexicon.codes(["Kowalski", "Nowak"])
    borne = names.womens(Streams(1).of("women"), codes, np.full(2, polish))
    assert names.lexicon.of(borne) == ["Kowalska", "Nowak"]


def test_every_borough_of_the_agreement_has_its_facts() -> None:
    places = load_places()
    assert places.boroughs == 33
    for place in places.all[: places.boroughs]:
        assert place.facts["pupils_address"] in ("parts", *STYLES)
        assert place.facts["households_address"] in ("parts", *STYLES)
        assert place.facts["supplier"] in ("nec", "capita", "civica")


FLAT = {"saon": "Flat 12", "paon": "Attar House", "street": "Barset Road", "locality": None, "town": "London"}
HALF = {"saon": "Flat A", "paon": "44", "street": "Barset Road", "locality": "Eastmoor", "town": None}
HOUSE = {"saon": None, "paon": "44", "street": "Barset Road", "locality": None, "town": "London"}


@pytest.mark.parametrize(
    ("style", "address", "lines"),
    [
        ("lines", FLAT, ["Flat 12", "Attar House", "Barset Road", "London", None]),
        ("lines", HOUSE, ["44 Barset Road", "London", None, None, None]),
        ("flat_in_line", FLAT, ["Flat 12 Attar House", "Barset Road", "London", None, None]),
        ("flat_in_line", HALF, ["Flat A 44 Barset Road", "Eastmoor", None, None, None]),
        ("flat_last", HALF, ["44 Barset Road, Flat A", "Eastmoor", None, None, None]),
        ("slash", FLAT, ["12/Attar House", "Barset Road", "London", None, None]),
        ("slash", HALF, ["A/44 Barset Road", "Eastmoor", None, None, None]),
    ],
)
def test_each_way_of_holding_an_address(style: str, address: dict[str, str | None], lines: list[str | None]) -> None:
    columns = held({name: pa.array([value], pa.string()) for name, value in address.items()}, style)
    assert [columns[f"address_line_{n}"][0].as_py() for n in range(1, 6)] == lines
    assert columns["street"][0].as_py() is None


def test_a_long_number_looks_as_a_spreadsheet_leaves_it() -> None:
    assert as_excel_shows(pa.array(["900123456789", None])).to_pylist() == ["9.00123E+11", None]


def test_csv_cells_are_quoted_only_where_they_must_be() -> None:
    data = csv_bytes(
        {"a": pa.array(["x", None, 'say "y"', "p,q"]), "b c": pa.array(["é", "Ł", "", "z"])}, encoding="cp1252"
    )
    assert data == b'a,b c\r\nx,\xe9\r\n,?\r\n"say ""y""",\r\n"p,q",z\r\n'


def test_the_command_writes_and_answers_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(
        [
            "synth",
            "--out",
            str(tmp_path),
            "--scale",
            "0.005",
            "--boroughs",
            "lambeth,southwark",
            "--no-exports",
            "--json",
        ]
    )
    out, err = capsys.readouterr()
    assert code == 0
    facts = json.loads(out)
    assert facts["ok"]
    assert set(facts["drops"]) == {"lambeth", "southwark"}
    assert (tmp_path / "truth" / "truth.parquet").is_file()
    assert "files of southwark" in err


def test_the_command_answers_in_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["synth", "--out", str(tmp_path), "--scale", "0.005", "--boroughs", "camden", "--no-exports"]) == 0
    assert "camden" in capsys.readouterr().out


def test_the_command_refuses_an_unknown_borough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["synth", "--out", str(tmp_path), "--boroughs", "atlantis"]) == 2
    assert "atlantis" in capsys.readouterr().err
