"""`check` says what the exchange would say; `link` gives one row per pupil row."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.world import household, pupil, table, upn

AS_OF = ("--as-of", "2026-11-21")


@pytest.fixture
def pupils(tmp_path: Path) -> Path:
    rows = [pupil(1), pupil(2, forename="Leo", dob=date(2016, 4, 2)), pupil(3, upn="A210234519001", forename="Mia")]
    pq.write_table(table("pupils", rows), tmp_path / "pupils.parquet")
    return tmp_path / "pupils.parquet"


@pytest.fixture
def households(tmp_path: Path) -> Path:
    pq.write_table(
        table("households", [household("H1"), household("H2", child_forename="Zed")]), tmp_path / "h.parquet"
    )
    return tmp_path / "h.parquet"


def test_check_tells_status_and_counts_and_a_partly_accepted_file_is_ok(exchange, pupils):
    said = exchange("check", pupils, "--dataset", "pupils", "--json", *AS_OF)
    assert said.code == 0
    facts = said.json
    assert (facts["status"], facts["rows_in"], facts["rows_rejected"]) == ("partly_accepted", 3, 1)
    assert exchange("check", pupils, "--dataset", "pupils", "--strict", *AS_OF).code == 2
    text = exchange("check", pupils, "--dataset", "pupils", *AS_OF).out
    assert "partly accepted" in text
    assert "PUP-" in text


@pytest.mark.parametrize("suffix", [".json", ".xlsx", ".csv"])
def test_check_writes_the_full_report_without_values(exchange, pupils, tmp_path, suffix):
    report = tmp_path / f"report{suffix}"
    assert exchange("check", pupils, "--dataset", "pupils", "--report", report, *AS_OF).code == 0
    assert report.stat().st_size > 100
    assert b"A210234519001" not in report.read_bytes()
    assert exchange("check", pupils, "--dataset", "pupils", "--report", tmp_path / "r.pdf", *AS_OF).code == 2


def test_a_file_that_is_refused_whole_exits_with_2_and_its_code(exchange, tmp_path):
    extra = table("pupils", [pupil(1)]).append_column("ethnicity", pa.array(["WBRI"]))
    pq.write_table(extra, tmp_path / "p.parquet")
    said = exchange("check", tmp_path / "p.parquet", "--dataset", "pupils", "--json", *AS_OF)
    assert (said.code, said.json["status"], said.json["ok"]) == (2, "rejected", False)
    assert "ethnicity" in said.json["findings"][0]["message"]
    assert "FIL-" in exchange("check", tmp_path / "p.parquet", "--dataset", "pupils", *AS_OF).out


def test_link_writes_one_row_per_pupil_row_in_their_order(exchange, pupils, households, tmp_path):
    said = exchange("link", pupils, households, "--out", tmp_path / "links", "--json")
    assert said.code == 0
    links = pq.read_table(tmp_path / "links" / "links.parquet")
    assert links.column("pupil_row").to_pylist() == [0, 1, 2]
    assert {"household_row", "outcome", "rule", "probability", "match_weight", "evidence"} <= set(links.column_names)
    assert links.column("outcome").to_pylist()[0] == "matched"
    assert links.column("household_row").to_pylist()[0] == 0
    assert said.json["outcome"]["matched"] == 1
    assert sum(said.json["outcome"].values()) == 3
    assert "matched" in exchange("link", pupils, households, "--out", tmp_path / "links").out


def test_link_reads_text_dates_timestamps_and_missing_columns(exchange, households, tmp_path):
    few = pa.table(
        {
            "surname": pa.array(["Okafor"]).dictionary_encode(),
            "forename": pa.array(["Amara"], pa.large_string()),
            "dob": ["2015-03-21"],
            "postcode": ["SW2 5SG"],
            "uprn": pa.nulls(1),
            "favourite": ["blue"],
        }
    )
    for dob in (pa.array(["2015-03-21"]), pa.array([datetime(2015, 3, 21)])):  # noqa: DTZ001 - as pandas writes dates
        pq.write_table(few.set_column(2, "dob", dob), tmp_path / "p.parquet")
        said = exchange("link", tmp_path / "p.parquet", households, "--out", tmp_path / "links", "--json")
        assert said.json["outcome"] == {"matched": 1}
        assert said.json["columns_ignored"]["pupils"] == ["favourite"]
        assert "favourite" in said.err


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"dob": ["2015-03-21", "soon"]}, "INP-018", "row 2: dob"),
        ({"dob": [1, 2]}, "INP-019", "dob"),
        ({"surname": [1.5, 2.5]}, "INP-019", "surname"),
        ({"forename": None}, "INP-004", "forename"),
    ],
)
def test_link_refuses_by_row_and_column_and_never_by_value(exchange, households, tmp_path, change, code, named):
    columns = {
        "surname": ["Okafor", "Reid"],
        "forename": ["Amara", "Leo"],
        "dob": ["2015-03-21", "2016-04-02"],
    } | change
    pq.write_table(pa.table({name: cells for name, cells in columns.items() if cells}), tmp_path / "p.parquet")
    said = exchange("link", tmp_path / "p.parquet", households, "--out", tmp_path / "links", "--json")
    assert (said.code, said.json["error"]["code"]) == (2, code)
    assert named in said.json["error"]["message"]
    assert "soon" not in said.out + said.err
    assert not (tmp_path / "links").exists()


def test_link_of_files_without_rows_gives_no_rows_or_no_matches(exchange, pupils, households, tmp_path):
    pq.write_table(pq.read_table(pupils).slice(0, 0), tmp_path / "none.parquet")
    pq.write_table(pq.read_table(households).slice(0, 0), tmp_path / "noh.parquet")
    said = exchange("link", tmp_path / "none.parquet", households, "--out", tmp_path / "a", "--json")
    assert (said.code, said.json["pupils"]) == (0, 0)
    said = exchange("link", pupils, tmp_path / "noh.parquet", "--out", tmp_path / "b", "--json")
    assert said.json["outcome"] == {"unmatched": 3}


def test_nothing_that_check_or_link_says_holds_a_value(exchange, pupils, households, tmp_path):
    told = ""
    for args in (("check", pupils, "--dataset", "pupils"), ("link", pupils, households, "--out", tmp_path / "l")):
        for form in ((), ("--json",)):
            said = exchange(*args, *form)
            told += said.out + said.err
    assert not any(value in told for value in ("Okafor", "Amara", upn(1), "SW2 5SG"))
    assert json.dumps("Okafor") not in told
