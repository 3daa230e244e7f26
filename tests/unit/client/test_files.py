"""Result files: whole or not there, and never a live formula."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from client.files import neutralised, read_parquet, write_bytes, write_table
from shared.kernel.errors import InvalidInput
from tests.opened import moments_in

LIVE = ["=1+1", "+44", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "\uff1d1+1"]


@given(st.lists(st.text() | st.none()))
def test_no_text_cell_of_any_table_starts_as_a_formula_does(texts):
    safe = neutralised(pa.table({"name": pa.array(texts, pa.string())})).column("name").to_pylist()
    assert not any(cell[:1] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20" for cell in safe if cell)
    assert [cell and cell.removeprefix("'") for cell in safe] == [cell and cell.removeprefix("'") for cell in texts]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_csv_and_xlsx_hold_every_cell_with_formulas_made_harmless(tmp_path: Path, suffix: str):
    path = tmp_path / f"results{suffix}"
    table = pa.table(
        {
            "=name": LIVE,
            "dob": pa.array([date(2015, 3, 21)] * len(LIVE)),
            "tier": [None, "expanded"] * 4,
            "probability": [0.5, -0.5] * 4,
            "flag": [True, False] * 4,
        }
    )
    write_table(path, table)
    if suffix == ".csv":
        text = path.read_bytes().decode("utf-8-sig")
        assert text.startswith('"\'=name"')
        assert all(f"\"'{cell}" in text for cell in LIVE)
        return
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert sheet[0] == ["'=name", "dob", "tier", "probability", "flag"]
    assert sheet[1] == ["'=1+1", date(2015, 3, 21), "", 0.5, True]
    assert all(row[0].startswith("'") for row in sheet)


def test_parquet_keeps_cells_as_they_are(tmp_path):
    write_table(tmp_path / "r.parquet", pa.table({"name": LIVE}))
    assert read_parquet(tmp_path / "r.parquet").column("name").to_pylist() == LIVE


def test_the_same_table_is_the_same_bytes(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_table(tmp_path / name, pa.table({"name": ["x"]}))
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert moments_in((tmp_path / "a.xlsx").read_bytes()) == {"2026-01-01T00:00:00Z", "1980-01-01T00:00:00Z"}


def test_an_existing_file_is_replaced_whole_and_only_its_owner_may_read_it(tmp_path):
    path = tmp_path / "folder" / "file"
    write_bytes(path, b"one")
    write_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o077 == 0
    assert [found.name for found in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize(("data", "code"), [(b"PARE....PARE", "INP-013"), (b"a,b\n", "INP-002"), (b"", "INP-002")])
def test_what_is_not_plain_parquet_is_refused(tmp_path, data, code):
    (tmp_path / "f.parquet").write_bytes(data)
    with pytest.raises(InvalidInput, match=code):
        read_parquet(tmp_path / "f.parquet")
    with pytest.raises(InvalidInput, match="INP-001"):
        read_parquet(tmp_path / "g.parquet")


def test_a_folder_named_like_partitions_adds_no_columns(tmp_path):
    folder = tmp_path / "year=2026"
    folder.mkdir()
    pq.write_table(pa.table({"a": [1]}), folder / "f.parquet")
    assert read_parquet(folder / "f.parquet").column_names == ["a"]
