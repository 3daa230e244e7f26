"""Conditions of disks and files: path, reason and remedy are said, and nothing half is left."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from client import files
from client.fetching import safe
from shared.kernel.errors import InvalidInput
from tests.conditions.disk import small_disk
from tests.conditions.office import Office

ROOT = os.geteuid() == 0


@pytest.mark.parametrize(
    ("number", "error"),
    [("ENOSPC", "INP-080"), ("EDQUOT", "INP-080"), ("EROFS", "INP-081"), ("EACCES", "INP-081"), ("EBUSY", "INP-084"),
     ("EIO", "INP-087"), ("ENOENT", "INP-085")],
)  # fmt: skip
def test_what_the_disk_says_becomes_a_sentence_and_leaves_nothing(office: Office, number: str, error: str) -> None:
    import errno

    def refuse(_descriptor: int) -> None:
        raise OSError(getattr(errno, number), "as the system says it")

    office.give(f"disk-{number}/a.json")
    office.patch.setattr(files.os, "fsync", refuse)
    said = office.run("fetch", f"disk-{number}/", "--out", office.folder / "out")
    assert (said.code, [entry["code"] for entry in said.json["left"]]) == (8, [error])
    assert "a.json" in said.json["left"][0]["message"]
    assert [path for path in (office.folder / "out").rglob("*") if path.is_file()] == []
    template = office.folder / "t" / "template.xlsx"
    said = _plain(office, "template", "households", "--out", template)
    assert (said.code, said.error) == (2, error)
    assert list(template.parent.iterdir()) == []


def test_a_disk_that_is_really_full(office: Office) -> None:
    with small_disk(office.folder / "small", "64k") as small:
        office.give("full/a.json", b"x" * 200_000)
        office.give("full/b.json", b"small")
        said = office.run("fetch", "full/", "--out", small / "out")
        assert (said.code, [entry["code"] for entry in said.json["left"]]) == (8, ["INP-080"])
        assert [path.name for path in small.rglob("*.json")] == ["b.json"]


@pytest.mark.parametrize(
    ("out", "error"),
    [("a-file", "INP-086"), ("a-file/below", "INP-086"), (f"{'n' * 300}", "INP-082")],
    ids=["a file", "below a file", "too long"],
)
def test_a_folder_that_cannot_be_one(office: Office, out: str, error: str) -> None:
    (office.folder / "a-file").write_text("here")
    office.give(f"folder-{error}-{len(out)}/a.json")
    said = office.run("fetch", f"folder-{error}-{len(out)}/", "--out", office.folder / out)
    assert (said.code, said.error) == (2, error)
    assert (office.folder / "a-file").read_text() == "here"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("drop", "{folder}"), "INP-083"),
        (("template", "households", "--out", "{folder}/dir.xlsx"), "INP-083"),
        (("keys", "export", "--out", "{folder}/dir.xlsx"), "INP-083"),
        (("receipt", "verify", "{folder}/none.json"), "INP-001"),
        (("check", "{folder}/none.parquet", "--dataset", "pupils"), "INP-001"),
    ],
)
def test_a_target_or_source_of_another_kind(office: Office, words, error) -> None:
    (office.folder / "dir.xlsx").mkdir()
    typed = [word.format(folder=office.folder) for word in words]
    said = _plain(office, *typed) if words[0] == "template" else office.run(*typed)
    assert (said.code, said.error) == (2, error), said.err


def test_a_file_that_may_not_be_read(office: Office) -> None:
    sealed = office.sealed()
    sealed.chmod(0)
    if ROOT:
        pytest.skip("root may read everything")
    said = office.run("drop", sealed)
    assert (said.code, said.error) == (2, "INP-081")


@pytest.mark.parametrize(
    "name",
    ["CON", "con.json", "aux.tar.gz", "LPT1.csv", "a:b.json", "what?.json", "a*b", 'say "x".json', "pipe|.json",
     "<tag>.json", "dot.", "space ", "line\nbreak.json", "tab\t.json", "back\\slash.json", "..\\up.json",
     f"{'long' * 80}.json", "é" * 140 + ".json", "nul", "COM¹"],
)  # fmt: skip
def test_a_name_is_one_that_windows_takes_too(name: str) -> None:
    found = safe(name)
    assert found == safe(name)
    assert not set('<>:"/\\|?*') & set(found)
    assert all(letter.isprintable() for letter in found)
    assert found.rstrip(". ") == found
    assert found.split(".")[0].rstrip("¹²³0123456789").lower() not in {"con", "prn", "aux", "nul", "com", "lpt"}
    assert len(found) <= 170
    assert found == name or found != safe(name + "x")


@pytest.mark.parametrize("name", ["report.json", "matches.parquet", "0a1b", "2026-autumn", "com.json", "console.csv"])
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    assert safe(name) == name


def test_two_names_that_become_alike_stay_two(office: Office) -> None:
    office.give("alike/a?.json", b"1")
    office.give("alike/a*.json", b"2")
    said = office.run("fetch", "alike/", "--out", office.folder / "out")
    assert said.code == 0
    saved = [Path(entry["file"]) for entry in said.json["saved"]]
    assert {path.read_bytes() for path in saved} == {b"1", b"2"}
    assert office.run("fetch", "alike/", "--out", office.folder / "out").json["saved"] == []


@pytest.mark.parametrize(
    ("readers", "file", "folder"), [(None, 0o600, 0o700), ("owner", 0o600, 0o700), ("group", 0o640, 0o750)]
)
def test_who_may_read_is_what_the_profile_says(office: Office, readers, file, folder) -> None:
    office.give(f"mode-{readers}/a.json")
    office.set_up(**({} if readers is None else {"readers": readers}))
    out = office.folder / "out" / "deep"
    assert office.run("fetch", f"mode-{readers}/", "--out", out).code == 0
    [saved] = out.rglob("a.json")
    assert stat.S_IMODE(saved.stat().st_mode) == file
    assert {stat.S_IMODE(part.stat().st_mode) for part in (saved.parent, out, out.parent)} == {folder}


def test_what_a_kill_left_is_removed_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    from client.locks import held

    left = tmp_path / ".h.parquet.0a1b2c3d.half"
    earlier = tmp_path / ".h.parquet.k3x_9a0b"
    mine = tmp_path / ".settings.somebody"
    for path in (left, earlier, mine):
        path.write_bytes(b"half")
    busy = tmp_path / ".g.parquet.1-0a1b2c3d.half"
    made_now = tmp_path / f".i.parquet.{os.getpid()}-0a1b2c3d.half"
    made_before = tmp_path / ".i.parquet.999999999-0a1b2c3d.half"
    made_now.touch()
    made_before.touch()
    with busy.open("wb") as writing, held(writing.fileno()):
        writing.write(b"half")
        writing.flush()
        files.write_bytes(tmp_path / "h.parquet", b"whole")
        kept = {busy.name, made_now.name, mine.name, "h.parquet"}
        assert {path.name for path in tmp_path.iterdir()} == kept
    files.write_bytes(tmp_path / "h.parquet", b"whole again")
    assert {path.name for path in tmp_path.iterdir()} == kept - {busy.name}


def test_files_that_belong_together_appear_together(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(InvalidInput, match="INP-083"):
        files.write_together({tmp_path / "a": b"1", tmp_path / "b": b"2"})
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_star_is_filled_in_by_the_command(office: Office) -> None:
    sealed = office.sealed()
    office.patch.chdir(office.folder)
    said = office.run("drop", "sealed/households-*.parquet")
    assert (said.code, said.json["dropped"]) == (0, sealed.name)
    assert office.run("drop", "sealed/none-*.parquet").error == "INP-001"


OUTPUTS = {
    "closed": "exec {python} -m client.cli {words} >&-",
    "full": "exec {python} -m client.cli {words} >/dev/full",
    "nobody reads": "{{ {python} -m client.cli {words}; echo $? >code; }} | true; exit $(cat code)",
    "both closed": "exec {python} -m client.cli {words} >&- 2>&-",
}


@pytest.mark.parametrize("output", OUTPUTS, ids=str)
@pytest.mark.parametrize("what", ["done", "refused", "help"])
def test_output_that_nobody_takes_changes_nothing(tmp_path: Path, output: str, what: str) -> None:
    out = tmp_path / ("t.pdf" if what == "refused" else "t.csv")
    words = "drop --help" if what == "help" else f"template households --out {out}"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        ["sh", "-c", OUTPUTS[output].format(python=sys.executable, words=words)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(root)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert done.returncode == (2 if what == "refused" else 0)
    assert out.exists() is (what == "done")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-16", "latin-1"])
def test_json_is_one_object_in_any_terminals_encoding(tmp_path: Path, encoding: str) -> None:
    import json

    root = Path(__file__).resolve().parents[2]
    words = ["template", "households", "--out", str(tmp_path / "Ĺondon–Ⓧ.pdf"), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "client.cli", *words],
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": encoding}, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert json.loads(done.stdout.decode(encoding))["error"]["code"] == "INP-015"
    assert b"Traceback" not in done.stderr


def _plain(office: Office, *words: object):
    """A command that has no profile."""
    from client.cli import run
    from tests.conditions.office import Said

    office.capsys.readouterr()
    code = run([*map(str, words), "--json"])
    said = office.capsys.readouterr()
    return Said(int(code), said.out, said.err)
