"""`train` makes a model that an agreement can name; `calibrate` holds what was stated against what was decided."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.agreements.registry import load_agreement
from shared.methods.linkage.model.calibrate import calibrate
from shared.methods.linkage.policy import LinkageModel
from tests.agreements import copied
from tests.world import decision, household, pupil, table, upn

SYLLABLES = [f"{first}{middle}{last}" for first in "BDKLMNRT" for middle in "aeio" for last in ("va", "lo", "shi")]


def child(number: int) -> dict[str, Any]:
    """Name and day of birth of a made-up child."""
    name = SYLLABLES[number % len(SYLLABLES)]
    day = date(2010 + number % 9, 1 + number % 12, 1 + number % 28)
    return {"forename": name, "surname": f"{SYLLABLES[-1 - number % 90]}wick", "dob": day}


@pytest.fixture
def pupils(tmp_path: Path) -> Path:
    rows = [pupil(number, **child(number), paon=str(number)) for number in range(1, 121)]
    pq.write_table(table("pupils", rows), tmp_path / "pupils.parquet")
    return tmp_path / "pupils.parquet"


@pytest.fixture
def households(tmp_path: Path) -> Path:
    rows = [
        household(f"H{number}", paon=str(number), **{f"child_{name}": cell for name, cell in child(number).items()})
        for number in range(61, 181)
    ]
    pq.write_table(table("households", rows), tmp_path / "households.parquet")
    return tmp_path / "households.parquet"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return written(tmp_path / "matches.parquet", match_ref=["m-1", "m-2", "m-3"], probability=[0.96, 0.97, 0.9995])


@pytest.fixture
def decisions(tmp_path: Path) -> Path:
    rows = [decision("m-1"), decision("m-2", "reject", reason="Not Okafor's child"), decision("m-3", "opted_out")]
    pq.write_table(table("decisions", rows), tmp_path / "decisions.parquet")
    return tmp_path / "decisions.parquet"


def written(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_train_writes_a_model_and_says_how_many_it_found(exchange, pupils, households, tmp_path):
    out = tmp_path / "new" / "model-1.1.0.json"
    about = ("--name", "my-borough", "--version", "1.1.0", "--trained-on", "a test")
    said = exchange("train", pupils, households, "--out", out, "--json", *about)
    assert said.code == 0
    model = LinkageModel.model_validate_json(out.read_bytes())
    assert (model.name, model.version, model.trained_on) == ("my-borough", "1.1.0", "a test")
    assert said.json == {"ok": True, "pupils": 120, "households": 120, "found": model.found, "file": str(out)}
    assert 0.4 < model.found < 0.6
    text = exchange("train", pupils, households, "--out", out, *about)
    assert (text.code, text.err) == (0, "")
    assert text.out.split() == [
        "pupils", "120", "households", "120", "found", str(model.found), "file", str(out),
    ]  # fmt: skip


def test_a_trained_model_is_used_when_the_agreement_names_it(exchange, pupils, households, tmp_path):
    folder = copied(tmp_path / "agreements")
    assert exchange("train", pupils, households, "--out", folder / "model-1.4.0.json", "--version", "1.4.0").code == 0
    terms = folder / "fsm.yaml"
    terms.write_text(terms.read_text(encoding="utf-8").replace("model-1.3.0.json", "model-1.4.0.json"), "utf-8")
    model = load_agreement("fsm", folder).linkage.model
    assert model is not None
    assert model.version == "1.4.0"
    said = exchange("link", pupils, households, "--out", tmp_path / "links", "--agreements", folder, "--json")
    assert said.code == 0
    assert said.json["outcome"]["matched"] >= 55


def test_the_same_rows_in_any_order_train_the_same_bytes(exchange, pupils, households, tmp_path):
    backwards = [tmp_path / "p.parquet", tmp_path / "h.parquet"]
    for source, path in zip((pupils, households), backwards, strict=True):
        rows = pq.read_table(source)
        pq.write_table(rows.take(pa.array(range(rows.num_rows - 1, -1, -1))), path)
    models = []
    for number, files in enumerate(((pupils, households), (pupils, households), backwards)):
        out = tmp_path / f"{number}.json"
        assert exchange("train", *files, "--out", out).code == 0
        models.append(out.read_bytes())
    assert models[0] == models[1] == models[2]


def test_several_pairs_of_files_train_one_model(exchange, pupils, households, tmp_path):
    said = exchange("train", pupils, households, pupils, households, "--out", tmp_path / "m.json", "--json")
    assert (said.code, said.json["pupils"], said.json["households"]) == (0, 240, 240)


def test_neither_the_model_nor_what_train_says_holds_a_value_of_a_row(exchange, pupils, households, tmp_path):
    told = ""
    for form in ((), ("--json",)):
        said = exchange("train", pupils, households, "--out", tmp_path / "m.json", *form)
        told += said.out + said.err
    told = (told + (tmp_path / "m.json").read_text(encoding="utf-8")).lower()
    cells = [child(number)[name] for number in range(1, 181) for name in ("forename", "surname")]
    assert not [cell for cell in {*cells, upn(1), "SW2 5SG", "Acre", "Ngozi", "2015-03-21"} if cell.lower() in told]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--name", "My Borough"), "--name"),
        (("--version", "2"), "--version"),
        (("--version", ""), "--version"),
    ],
)
def test_train_refuses_a_name_or_version_by_its_option_before_it_reads(exchange, tmp_path, options, named):
    said = exchange("train", "none.parquet", "none.parquet", "--out", tmp_path / "m.json", "--json", *options)
    assert (said.code, said.json["error"]["code"]) == (2, "INP-000")
    assert said.json["error"]["message"].startswith(named)
    assert "pydantic" not in said.out + said.err


def test_train_refuses_files_that_cannot_be_used_and_writes_nothing(exchange, pupils, households, tmp_path):
    none = tmp_path / "none.parquet"
    pq.write_table(pq.read_table(households).slice(0, 0), none)
    apart = tmp_path / "apart.parquet"
    pq.write_table(table("households", [household(child_forename="Zed", child_surname="Yu", postcode=None)]), apart)
    garbage = tmp_path / "garbage.parquet"
    garbage.write_text("Okafor,Amara", encoding="utf-8")
    dates = written(tmp_path / "dates.parquet", surname=["Okafor"], forename=["Amara"], dob=["21st of March"])
    out = tmp_path / "m.json"
    for files, code, named in (
        ((pupils,), "INP-000", "households file is missing"),
        ((pupils, tmp_path / "absent.parquet"), "INP-001", "absent.parquet"),
        ((pupils, garbage), "INP-002", "garbage.parquet"),
        ((households, pupils), "INP-004", "surname, forename, dob"),
        ((dates, households), "INP-018", "row 1: dob"),
        ((pupils, none), "INP-000", "nothing to train on"),
        ((pupils, apart), "INP-000", "nothing to train on"),
    ):
        said = exchange("train", *files, "--out", out, "--json")
        assert (said.code, said.json["error"]["code"]) == (2, code)
        assert named in said.json["error"]["message"]
        assert said.err.startswith(f"{code}: ")
        assert not any(cell in said.out + said.err for cell in ("Okafor", "Amara", "21st", "Zed"))
        assert not out.exists()


def test_train_refuses_a_folder_as_its_file(exchange, pupils, households, tmp_path):
    said = exchange("train", pupils, households, "--out", tmp_path)
    assert said.code == 64
    assert said.err.startswith("INP-000: ")


def test_calibrate_says_by_band_what_was_stated_and_what_was_right(exchange, results, decisions):
    said = exchange("calibrate", results, "--decisions", decisions, "--json")
    assert said.code == 0
    (band,) = said.json["bands"]
    assert (band["from"], band["to"], band["decided"], band["right"], band["observed"]) == (0.95, 0.99, 2, 1, 0.5)
    assert band["stated"] == pytest.approx(0.965)
    assert 0 < band["low"] < 0.5 < band["high"] < 1
    text = exchange("calibrate", results, "-d", decisions)
    assert (text.code, text.err) == (0, "")
    assert text.out.startswith("0.95 to 0.99  2 decided, stated 0.965, right 0.500 (")


def test_calibrate_tells_a_wrong_family_from_a_wrong_child_of_the_right_one(exchange, results, tmp_path):
    refs, decided = ["m-1", "m-2", "m-3", "m-4"], ["confirm", "reject", "reject", "reject"]
    reasons = [None, "wrong_child", "wrong_family", "Not Okafor's child"]
    stated = written(tmp_path / "four.parquet", match_ref=refs, probability=[0.96, 0.97, 0.96, 0.98])
    path = written(tmp_path / "d.parquet", match_ref=refs, decision=decided, reason=reasons)
    (band,) = exchange("calibrate", stated, "-d", path, "--json").json["bands"]
    assert {name: band[name] for name in ("decided", "right", "wrong_family", "wrong_child")} == {
        "decided": 4,
        "right": 2,  # the agreement links households: another child of the right one is no wrong link
        "wrong_family": 1,
        "wrong_child": 1,
    }
    assert "wrong family 1, another child of the right one 1" in " ".join(
        exchange("calibrate", stated, "-d", path).out.split()
    )


def test_where_children_are_linked_another_child_is_wrong():
    stated = pa.table({"match_ref": ["m-1", "m-2"], "probability": [0.97, 0.97]})
    decided = pa.table(
        {"match_ref": ["m-1", "m-2"], "decision": ["confirm", "reject"], "reason": [None, "wrong_child"]}
    )
    (of_child,), (of_family,) = (calibrate(stated, decided, families=each).to_pylist() for each in (False, True))
    assert (of_child["right"], of_family["right"]) == (1, 2)


def test_calibrate_takes_several_results_and_counts_a_match_once(exchange, results, decisions, tmp_path):
    more = written(
        tmp_path / "review.parquet",
        match_ref=pa.array(["m-2", "m-4"]).dictionary_encode(),
        probability=pa.array([0.75, 0.5], pa.float32()),
    )
    facts = exchange("calibrate", results, results, more, "-d", decisions, "--json").json
    assert [(band["from"], band["decided"], band["right"]) for band in facts["bands"]] == [(0.7, 1, 0), (0.95, 1, 1)]


def test_calibrate_reads_decisions_as_the_exchange_does(exchange, results, tmp_path):
    path = written(tmp_path / "d.parquet", match_ref=["m-1", "m-2", "m-3"], decision=["Confirm", " REJECT ", None])
    (band,) = exchange("calibrate", results, "-d", path, "--json").json["bands"]
    assert (band["decided"], band["right"]) == (2, 1)


@pytest.mark.parametrize(
    ("stated", "decided", "code", "named"),
    [
        ({"match_ref": ["m-1"]}, {}, "INP-004", "probability"),
        ({}, {"match_ref": ["m-1"]}, "INP-004", "decision"),
        ({"match_ref": [7], "probability": [0.9]}, {}, "INP-019", "match_ref"),
        ({"match_ref": ["m-1"], "probability": ["Okafor"]}, {}, "INP-019", "probability"),
        ({"match_ref": [["m-1"]], "probability": [0.9]}, {}, "INP-063", "Column 1."),
        ({"match_ref": ["m-1", "m-2"], "probability": [0.9, 96.0]}, {}, "INP-018", "row 2: probability"),
        ({"match_ref": ["m-1"], "probability": [float("nan")]}, {}, "INP-018", "row 1: probability"),
        ({}, {"match_ref": ["m-1"], "decision": [1]}, "INP-019", "decision"),
        ({}, {"match_ref": [None, "m-1"], "decision": [None, "Okafor"]}, "INP-018", "row 2: decision"),
        ({}, {"match_ref": ["m-9"], "decision": ["confirm"]}, "INP-000", "confirms or rejects no match"),
        ({}, {"match_ref": ["m-1"], "decision": ["opted_out"]}, "INP-000", "confirms or rejects no match"),
        ({"match_ref": ["m-1"], "probability": [0.2]}, {}, "INP-000", "0.5 or more"),
        ({}, {"match_ref": pa.nulls(1), "decision": pa.nulls(1)}, "INP-000", "confirms or rejects no match"),
        ({"match_ref": pa.nulls(1), "probability": pa.nulls(1)}, {}, "INP-000", "confirms or rejects no match"),
    ],
)
def test_calibrate_refuses_what_it_cannot_use_by_column_and_row(
    exchange, results, decisions, tmp_path, stated, decided, code, named
):
    left = written(tmp_path / "r.parquet", **stated) if stated else results
    right = written(tmp_path / "d.parquet", **decided) if decided else decisions
    said = exchange("calibrate", left, "--decisions", right, "--json")
    assert (said.code, said.json["error"]["code"]) == (2, code)
    assert named in said.json["error"]["message"]
    assert said.err.startswith(f"{code}: ")
    assert "Okafor" not in said.out + said.err


def test_calibrate_refuses_files_that_are_not_there_or_not_parquet(exchange, results, tmp_path):
    (tmp_path / "d.csv").write_text("match_ref,decision\nm-1,confirm\n", encoding="utf-8")
    assert exchange("calibrate", results, "-d", tmp_path / "none.parquet").err.startswith("INP-001: ")
    assert exchange("calibrate", tmp_path / "none.parquet", "-d", results).code == 2
    said = exchange("calibrate", results, "-d", tmp_path / "d.csv", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "INP-002")
    assert exchange("calibrate", results).code == 64
    assert exchange("calibrate", "-d", results).code == 64


def test_calibrate_says_counts_and_no_match_or_reason(exchange, results, decisions):
    for form in ((), ("--json",)):
        said = exchange("calibrate", results, "-d", decisions, *form)
        assert not any(cell in said.out + said.err for cell in ("m-1", "m-2", "m-3", "Okafor", "officer1"))
