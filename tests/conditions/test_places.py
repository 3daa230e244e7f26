"""Conditions of folders and names: where a stranger keeps files, and what the system calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from client import files
from client.console import answer, legible
from tests.conditions.disk import small_disk
from tests.conditions.office import COLLECTION, SLUG, Office

ROOT = Path(__file__).resolve().parents[2]
EXTRACT = ROOT / "local/synth/sample/households_csv/lambeth/nec.csv"
PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""A system that takes names for ASCII, as a task of an old scheduler has it."""


def typed(where: Path, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "client.cli", *map(os.fspath, map(str, words)), "--json"],
        cwd=where, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "EXCHANGE_SETTLE": "0", **environment},
    )  # fmt: skip


@pytest.mark.parametrize("environment", [{}, PLAIN], ids=["as it is", "ASCII alone"])
@pytest.mark.parametrize(
    "name", ["Été à Lambeth – 2026.csv", os.fsdecode(b"caf\xe9.csv")], ids=["accents", "no Unicode"]
)
def test_a_file_of_any_name_is_packed_checked_and_named(tmp_path: Path, name: str, environment) -> None:
    folder = tmp_path / "Ordner für Ñ"
    folder.mkdir()
    try:
        (folder / name).write_bytes(EXTRACT.read_bytes())
    except OSError:
        pytest.skip("this disk takes Unicode names alone")
    out = name.replace("csv", "parquet")
    done = typed(folder, "pack", "households", name, "--out", out, "--as-of", "2026-11-20", **environment)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["out"] == legible(out)
    assert legible(name) in (folder / name.replace(".csv", "-report.csv")).read_text(encoding="utf-8-sig")
    done = typed(folder, "check", out, "--dataset", "households", "--as-of", "2026-11-20", **environment)
    assert (done.returncode, json.loads(done.stdout)["rows_in"]) == (0, 324), done.stderr
    assert "\\ud" not in done.stdout


def test_json_holds_what_json_can_say(capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"name\udce9": ["\ud800", "é\udcc3\udca9", "🙂"], "share": float("nan"), "most": (float("inf"), 0.5)}
    answer(facts, "", as_json=True)
    said = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(word))
    assert said == {"name�": ["?", "éé", "🙂"], "share": None, "most": [None, 0.5]}


FULL = [
    ("seal", "{home}/h.parquet", "--dataset", "households", "--collection", COLLECTION),
    ("fetch", "full-here/", "--out", "out"),
    ("keys", "new", "--borough", SLUG, "--keys", "keys"),
    ("template", "households", "--out", "t.csv"),
    ("style", "new", "{extract}", "--out", "s.yaml"),
    ("keys", "export", "--out", "public.json"),
]


@pytest.mark.parametrize("words", FULL, ids=lambda words: " ".join(words[:2]))
def test_a_folder_without_room_for_a_byte(office: Office, words: tuple[str, ...]) -> None:
    """What did not fit is not tried once more when the file is closed, which would say nothing that helps."""
    import pyarrow.parquet as pq

    from tests.conditions.test_disk import _plain
    from tests.world import NOW, household, table

    pq.write_table(table("households", [household(extract_date=NOW.date())]), office.folder / "h.parquet")
    if words[0] == "fetch":
        office.give("full-here/a.json", b"x" * 20_000)
    with small_disk(office.folder / "small", "16k") as small:
        (small / "fills").write_bytes(b"x" * 12_288)
        office.patch.chdir(small)
        line = [word.format(home=office.folder, extract=EXTRACT) for word in words]
        profiled = words[0] in ("seal", "fetch", "keys")
        with open("rest", "wb", buffering=0) as rest:  # noqa: PTH123
            while True:
                try:
                    rest.write(b"x" * 512)
                except OSError:
                    break
        said = office.run(*line) if profiled else _plain(office, *line)
        codes = [entry["code"] for entry in said.json.get("left", [])] or [said.error]
        assert (said.code, codes) == (8 if words[0] == "fetch" else 2, ["INP-080"]), said.err
        left = [path for path in small.rglob("*") if path.is_file()]
        assert {path.name for path in left} <= {"fills", "rest", ".lock"}
        assert ".half" not in said.err


def test_a_folder_that_cannot_be_written_is_named_and_what_needs_none_is_done(office: Office) -> None:
    sealed = office.sealed()
    office.give("read-only/a.json")
    with small_disk(office.folder / "ro", "4m") as place:
        for path in (sealed, sealed.with_name(f"{sealed.stem}.manifest.json"), office.profile, EXTRACT):
            (place / path.name).write_bytes(path.read_bytes())
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        office.patch.chdir(place)
        assert office.run("drop", sealed.name).code == 0
        assert sealed.name in office.inbox()
        out = office.folder / "p" / "h.parquet"
        words = ("pack", "households", "nec.csv", "--settle", "0", "--as-of", "2026-11-20", "--out", out)
        office.capsys.readouterr()
        from client.cli import run

        assert run([*map(str, words), "--profile", "exchange.toml", "--json"]) == 0
        said = office.capsys.readouterr()
        assert json.loads(said.out)["rows_written"] == 324
        assert "could not be kept for the next time: INP-081" in said.err
        refused = office.run("fetch", "--out", "here")
        assert (refused.code, refused.error) == (2, "INP-081")


def test_the_path_that_is_said_is_the_one_that_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing may be written, the half file cannot be removed either; that must not be what is said."""
    from shared.kernel.errors import InvalidInput

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(30, "read-only", str(path))

    monkeypatch.setattr(files.os, "open", refuse)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(InvalidInput, match="INP-081") as raised:
        files.write_bytes(tmp_path / "wanted.csv", b"x")
    assert "wanted.csv may" in raised.value.message
    assert ".half" not in raised.value.message


@pytest.mark.parametrize(
    "words",
    [
        ("seal", "h.parquet", "--dataset", "households", "--collection", COLLECTION, "--keys", "{folder}/nosuch"),
        ("keys", "export", "--keys", "{folder}/nosuch", "--out", "x.json"),
        ("keys", "rotate", "--keys", "{folder}/nosuch"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_folder_without_keys_is_named_with_what_a_borough_can_do(office: Office, words) -> None:
    import pyarrow.parquet as pq

    from tests.world import NOW, household, table

    office.patch.chdir(office.folder)
    pq.write_table(table("households", [household(extract_date=NOW.date())]), office.folder / "h.parquet")
    said = office.run(*(word.format(folder=office.folder) for word in words))
    assert (said.code, said.error) == (2, "INP-123"), said.err
    assert "nosuch" in said.err
    assert "Operators:" not in said.err


def test_many_files_and_none(office: Office) -> None:
    """Ten thousand files beside the one that is dropped, and a pattern that stands for all of them."""
    sealed = office.sealed()
    for number in range(10_000):
        (sealed.parent / f"x{number}.parquet").touch()
    assert office.run("drop", sealed).code == 0
    said = office.run("drop", sealed.parent / "x*.parquet")
    assert (said.code, said.error) == (64, "INP-000")
    assert len(said.err) < 500
    said = office.run("drop", office.folder / "empty.parquet")
    assert (said.code, said.error) == (2, "INP-001")
    (office.folder / "empty.parquet").touch()
    assert office.run("drop", office.folder / "empty.parquet").error == "INP-012"


def test_a_link_that_leads_to_itself(office: Office) -> None:
    loop = office.folder / "loop"
    loop.symlink_to(loop)
    office.give("loops/a.json")
    for words in (
        ("drop", loop),
        ("fetch", "loops/", "--out", loop),
        ("fetch", "loops/", "--out", loop / "x"),
        ("keys", "import", loop),
    ):
        said = office.run(*words)
        assert said.code == 2
        assert said.error in ("INP-001", "INP-086", "INP-087")


def test_a_certificate_that_the_profile_names_and_that_is_not_there(office: Office) -> None:
    office.place = "https://127.0.0.1:9"
    office.set_up(certificate=str(office.folder / "gone.pem"))
    said = office.run("status")
    assert (said.code, said.error) == (2, "INP-098")
    assert "gone.pem, which is not there" in said.err


@pytest.mark.parametrize("missing", ["HOME", "everything"])
def test_an_environment_without_anything_in_it(office: Office, missing: str) -> None:
    kept = (
        {"PYTHONPATH": str(ROOT)} if missing == "everything" else {k: v for k, v in os.environ.items() if k != "HOME"}
    )
    done = subprocess.run(
        [sys.executable, "-m", "client.cli", "status", "--profile", str(office.profile), "--json"],
        env={**kept, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, cwd=office.folder,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["borough"] == SLUG
