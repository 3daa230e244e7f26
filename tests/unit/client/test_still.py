"""What is half written is not packed as whole."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from tests.unit.client.results_sample import lay_references

HEADER = "match_ref,decision,decided_by,decided_on"


def lines(count: int, first: int = 0) -> str:
    return "".join(f"m-{number},confirm,officer1,2026-11-20\n" for number in range(first, first + count))


def write(path: Path, count: int) -> Path:
    if not (path.parent / "results").exists():
        lay_references(path.parent / "results", [f"m-{number}" for number in range(350)])
    path.write_text(f"{HEADER}\n{lines(count)}", encoding="utf-8")
    return path


@pytest.fixture
def pack(exchange, tmp_path):
    def command(extract: Path, *more: object):
        out = tmp_path / "out" / "h.parquet"
        return exchange(
            "pack", "table", extract, "--dataset", "decisions", "--as-of", "2026-11-21", "--out", out, *more, "--json"
        )

    return command


def test_a_file_that_is_being_written_is_waited_for(pack, tmp_path):
    extract = write(tmp_path / "e.csv", 10)

    def write_on() -> None:
        for part in range(1, 5):
            time.sleep(0.15)
            with extract.open("a", encoding="utf-8") as file:
                file.write(lines(10, part * 10))

    job = threading.Thread(target=write_on)
    job.start()
    said = pack(extract, "--settle", "0.6")
    job.join()
    assert (said.code, said.json["rows_in"]) == (0, 50)


def test_a_file_that_never_rests_is_refused(pack, tmp_path, monkeypatch):
    extract = write(tmp_path / "e.csv", 10)
    monkeypatch.setattr("client.pack.still.WAIT_SECONDS", 0.1)
    stop = threading.Event()

    def write_on() -> None:
        while not stop.wait(0.02):
            with extract.open("a", encoding="utf-8") as file:
                file.write(lines(1))

    job = threading.Thread(target=write_on)
    job.start()
    said = pack(extract, "--settle", "0.4")
    stop.set()
    job.join()
    assert (said.code, said.json["error"]["code"]) == (2, "INP-114")
    assert not (tmp_path / "out").exists()


def test_a_file_that_changes_while_it_is_read_is_refused(pack, tmp_path, monkeypatch):
    import client.decisions.packing as packing

    extract, real = write(tmp_path / "e.csv", 10), packing.pack_decisions

    def slow(*args, **kwargs):
        write(extract, 20)
        return real(*args, **kwargs)

    monkeypatch.setattr(packing, "pack_decisions", slow)
    said = pack(extract)
    assert (said.code, said.json["error"]["code"]) == (2, "INP-115")
    assert not (tmp_path / "out").exists()


def test_an_old_file_is_not_waited_for(pack, tmp_path):
    import os

    extract = write(tmp_path / "e.csv", 10)
    os.utime(extract, (time.time() - 60, time.time() - 60))
    began = time.monotonic()
    assert pack(extract, "--settle", "30").code == 0
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("said", "code", "error"),
    [
        ("324", 0, ""),
        ("325", 2, "INP-117"),
        ("rows: 324\n", 0, ""),
        ("\ufeff324", 0, ""),
        ("323", 2, "INP-117"),
        ("households 2026 324", 2, "INP-116"),
        ("none", 2, "INP-116"),
    ],
)
def test_the_rows_that_were_said_are_counted(pack, tmp_path, said, code, error):
    given = said
    if not said.isdigit():
        (tmp_path / "count.txt").write_text(said, encoding="utf-8")
        given = str(tmp_path / "count.txt")
    answer = pack(write(tmp_path / "e.csv", 324), "--expect-rows", given)
    assert (answer.code, answer.json.get("error", {}).get("code", "")) == (code, error)
    assert (tmp_path / "out").exists() is (code == 0)


@pytest.mark.parametrize("rows", [259, 101, 45, 0])
def test_far_fewer_rows_than_the_last_time_fail_unattended(pack, tmp_path, rows):
    assert pack(write(tmp_path / "e.csv", 324)).code == 0
    before = (tmp_path / "out" / "h.parquet").read_bytes()
    said = pack(write(tmp_path / "e.csv", rows))
    assert (said.code, said.json["error"]["code"]) == (2, "INP-118")
    assert "324" in said.json["error"]["message"]
    assert (tmp_path / "out" / "h.parquet").read_bytes() == before
    if rows:
        assert pack(tmp_path / "e.csv", "--allow-shrink").code == 0
        assert pack(tmp_path / "e.csv").code == 0  # what was allowed is the last time now


def test_a_few_rows_less_and_small_files_are_let_pass(pack, tmp_path):
    assert pack(write(tmp_path / "e.csv", 324)).code == 0
    assert pack(write(tmp_path / "e.csv", 300)).code == 0
    known = json.loads((tmp_path / "out" / "packs.json").read_bytes())
    assert known["from_table:decisions"]["rows"] == 300
    (tmp_path / "out" / "packs.json").write_text("{broken")
    assert pack(write(tmp_path / "e.csv", 15)).code == 0
    assert pack(write(tmp_path / "e.csv", 1)).code == 0


def test_somebody_at_a_keyboard_is_asked(pack, tmp_path, monkeypatch):
    import client.pack.still as module

    assert pack(write(tmp_path / "e.csv", 324)).code == 0
    monkeypatch.setattr(module.sys.stdin, "isatty", lambda: True, raising=False)
    for says, code in ((False, 2), (True, 0)):
        monkeypatch.setattr(module.typer, "confirm", lambda *_, says=says, **__: says)
        assert pack(write(tmp_path / "e.csv", 45)).code == code


@pytest.mark.parametrize("command", ["census", "households", "table"])
def test_every_way_of_packing_has_the_options(exchange, command):
    out = exchange("pack", command, "--help").out
    assert all(option in out for option in ("--settle", "--expect-rows", "--allow-shrink", "--out", "--json"))
