"""Two sealed files of one dataset and collection never bear the same second."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from client.seconds import MARKS, own_second
from tests.world import NOW

PUPILS = "pupils-2026-autumn"


def second(folder: Path, waited: list[float], *, file: str = PUPILS, after: float = 0) -> float:
    """Seconds after NOW that a file gets which is sealed `after` so many."""
    keys, out = folder / "keys", folder / "out"
    moment = own_second(keys, out, file, lambda: NOW + timedelta(seconds=after), waited.append)
    return (moment - NOW).total_seconds()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    return tmp_path


def test_a_second_file_waits_for_the_next_second(folder: Path) -> None:
    waited: list[float] = []
    assert [second(folder, waited) for _ in range(3)] == [0, 1, 2]
    assert waited == [1, 2]


def test_files_of_other_seconds_datasets_and_collections_wait_for_nobody(folder: Path) -> None:
    waited: list[float] = []
    assert second(folder, waited) == 0
    assert second(folder, waited, after=1) == 1
    assert second(folder, waited, file="households-2026-autumn") == 0
    assert second(folder, waited, file="pupils-2027-spring") == 0
    assert waited == []


def test_a_clock_that_was_set_back_is_told_of_instead_of_waited_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waited: list[float] = []
    assert second(folder, waited, after=3600) == 3600
    assert second(folder, waited) == 0
    assert waited == []
    assert "later than now" in " ".join(capsys.readouterr().err.split())


def test_a_mark_that_is_no_time_is_no_mark(folder: Path) -> None:
    for said in ("yesterday", "[1]", '{"pupils-2026-autumn": "yesterday"}', '{"pupils-2026-autumn": 3}'):
        (folder / "keys" / MARKS).write_text(said)
        assert second(folder, []) == 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is read-only there")
def test_keys_that_nobody_can_write_beside_tell_the_files_of_one_folder_apart(folder: Path) -> None:
    (folder / "keys").chmod(0o500)
    waited: list[float] = []
    assert [second(folder, waited) for _ in range(2)] == [0, 1]


def test_where_there_is_no_folder_of_keys_the_files_of_one_folder_are_told_apart(tmp_path: Path) -> None:
    assert [second(tmp_path, []) for _ in range(2)] == [0, 1]
    assert (tmp_path / "out" / MARKS).is_file()
