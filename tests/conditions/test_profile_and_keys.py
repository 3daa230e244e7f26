"""Conditions of the profile, of the folder of keys, and of `exchange doctor`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from client.cli import run
from client.settings import load_settings
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.errors import InvalidInput
from tests.conditions.line import Fault, Line
from tests.conditions.office import SLUG, Office

GOOD = 'borough = "lambeth"\nkeys = "keys"\n'
UNDERSTOOD = {
    "a mark in front": b"\xef\xbb\xbf" + GOOD.encode(),
    "UTF-16": GOOD.encode("utf-16"),
    "UTF-16, the other way": b"\xfe\xff" + GOOD.encode("utf-16-be"),
    "lines of Windows": GOOD.replace("\n", "\r\n").encode(),
    "single quotes": GOOD.replace('"', "'").encode(),
}
NAMED = {
    "curly quotes": ("borough = “lambeth”\n", 1, "curly quotes", 'key = "value"'),
    "curly quotes below": ('borough = "lambeth"\nkeys = ”keys”\n', 2, "curly quotes", 'key = "value"'),
    "a path of Windows": ('borough = "lambeth"\nkeys = "C:\\Users\\janet\\keys"\n', 2, "backslash", "single quotes"),
    "a path that is read as a tab": ('# x\nkeys = "D:\\temp\\new"\n', 2, "backslash", "single quotes"),
    "no quotes": ('borough = "lambeth"\nkeys = keys\n', 2, "no quotes", "in quotes"),
    "no equals sign": ("borough lambeth\n", 1, "no =", 'key = "value"'),
    "another encoding": (GOOD.encode() + 'keys = "Schlüssel"'.encode("latin-1"), 3, "UTF-8", "Save"),
    "UTF-16 without a mark": (GOOD.encode("utf-16-le"), 1, "UTF-8", "Save"),
}


@pytest.mark.parametrize("how", UNDERSTOOD, ids=str)
def test_a_profile_that_can_mean_one_thing_alone_is_understood(tmp_path: Path, how: str) -> None:
    (tmp_path / "p.toml").write_bytes(UNDERSTOOD[how])
    assert load_settings(tmp_path / "p.toml", environment={}).borough == "lambeth"


@pytest.mark.parametrize("how", NAMED, ids=str)
def test_a_profile_that_cannot_be_read_names_line_and_remedy(tmp_path: Path, how: str) -> None:
    text, line, words, remedy = NAMED[how]
    (tmp_path / "p.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidInput) as caught:
        load_settings(tmp_path / "p.toml", environment={})
    assert caught.value.code == "INP-110"
    assert f"line {line}:" in caught.value.message
    assert words in caught.value.message
    assert remedy in caught.value.remedy


def test_no_line_of_a_profile_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('inbox_url = "https://x/lambeth-inbox?sig=SECRET\n')
    with pytest.raises(InvalidInput) as caught:
        load_settings(tmp_path / "p.toml", environment={})
    assert "SECRET" not in str(caught.value)


def test_paths_are_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    places = {"~/keys": "home/keys", "$SHARE/keys": "share/keys", "${SHARE}/keys": "share/keys", "keys": "keys"}
    for written, meant in places.items():
        (tmp_path / "p.toml").write_text(f'keys = "{written}"\n')
        found = load_settings(tmp_path / "p.toml", environment={"SHARE": str(tmp_path / "share")})
        assert found.keys == str(tmp_path / meant)
    found = load_settings(None, environment={"EXCHANGE_KEYS": "~/keys"})
    assert found.keys == str(tmp_path / "home/keys")
    (tmp_path / "p.toml").write_text('keys = "$NOT_SET/keys"\n')
    with pytest.raises(InvalidInput, match=r"INP-111.*NOT_SET"):
        load_settings(tmp_path / "p.toml", environment={})


def test_two_who_make_keys_at_once_make_one_set(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    words = ["keys", "new", "--borough", "lambeth", "--keys", str(tmp_path / "keys"), "--json"]

    def make(_: int) -> int:
        return subprocess.run(
            [sys.executable, "-m", "client.cli", *words],
            env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True,
        ).returncode  # fmt: skip

    with ThreadPoolExecutor(3) as three:
        codes = sorted(three.map(make, range(3)))
    assert codes == [0, 7, 7]
    assert len(list((tmp_path / "keys" / "private").iterdir())) == 2


def keys_new(folder: Path) -> int:
    return int(run(["keys", "new", "--borough", "lambeth", "--keys", str(folder), "--json"]))


@pytest.mark.parametrize("lost", ["public of sign", "sign", "public of release", "all public"])
def test_half_a_set_of_keys_is_finished_by_the_next_run(tmp_path: Path, lost: str) -> None:
    folder = tmp_path / "keys"
    assert keys_new(folder) == 0
    before = {path.name: path.read_bytes() for path in (folder / "private").iterdir()}
    parts = ("public",) if "public" in lost else ("public", "private")
    for path in [path for part in parts for path in (folder / part).iterdir()]:
        if lost == "all public" or lost.endswith(path.name.split(".")[1]):
            path.unlink()
    (folder / "private" / ".lambeth.sign.0a1b2c3d4e5f.jwk.json.0a1b2c3d").write_bytes(b"half a private key")
    assert keys_new(folder) == 0
    ring = LocalKeyRing(folder)
    assert [len(ring.held(SLUG, use)) for use in (Use.RELEASE, Use.SIGN)] == [1, 1]
    assert sorted(path.name for path in (folder / "private").iterdir()) == sorted(
        path.name for path in (folder / "public").iterdir()
    )
    kept = {path.name for path in (folder / "private").iterdir()} & set(before)
    assert len(kept) == (1 if lost == "sign" else 2)
    assert keys_new(folder) == 7


def test_a_private_key_that_others_can_read_is_closed_with_a_word(office: Office) -> None:
    import shutil

    keys = office.folder / "keys"
    shutil.copytree(office.keys, keys)
    [private] = (keys / "private").glob("lambeth.sign.*")
    private.chmod(0o644)
    office.set_up(keys=str(keys))
    said = office.run("keys", "list")
    assert said.code == 0
    assert "could be read by others" in said.err
    assert private.stat().st_mode & 0o077 == 0
    private.chmod(0o640)
    office.patch.setattr(Path, "chmod", lambda *_: None)
    said = office.run("keys", "list")
    assert (said.code, said.error) == (2, "INP-089")


@pytest.mark.parametrize("use", ["sign", "release"])
def test_a_lost_private_part_says_whose_it_is_and_what_to_do(office: Office, use: str, tmp_path: Path) -> None:
    import shutil

    keys = office.folder / "keys"
    shutil.copytree(office.keys, keys)
    for path in (keys / "private").glob(f"lambeth.{use}.*"):
        path.unlink()
    office.set_up(keys=str(keys))
    said = office.run("doctor")
    [check] = [check for check in said.json["checks"] if check["what"] == "keys"]
    assert (said.code, check["code"]) == (2, "INP-113")
    assert f"lambeth's {use} key" in check["found"]
    assert "rotate" in check["remedy"]


def test_the_doctor_finds_nothing_wrong_where_nothing_is(office: Office) -> None:
    said = office.run("doctor")
    assert said.code == 0, said.out
    assert {check["what"] for check in said.json["checks"]} >= {
        "version", "profile", "agreement", "keys", "disk", "trusted certificates", "proxy", "inbox pass", "outbox pass",
        "exchange", "clock", "agreement of the exchange",
    }  # fmt: skip
    assert "sig=" not in said.out


@pytest.mark.parametrize(
    ("spoil", "code", "what", "error"),
    [
        ("no profile", 2, "profile", "INP-001"),
        ("dead", 5, "exchange", "STO-021"),
        ("portal", 5, "exchange", "STO-025"),
        ("clock", 2, "clock", "INP-104"),
        ("proxy", 2, "proxy", "INP-099"),
        ("pass", 2, "inbox pass", "INP-092"),
        ("newer agreement", 2, "agreement of the exchange", "INP-105"),
    ],
)
def test_the_doctor_says_what_is_wrong(
    office: Office, line: Line, spoil: str, code: int, what: str, error: str
) -> None:
    from datetime import timedelta

    from tests.conditions.line import nowhere

    environment = {}
    if spoil == "no profile":
        office.profile.unlink()
    elif spoil == "dead":
        office.place = f"http://{nowhere()}"
        office.set_up()
    elif spoil == "portal":
        line.fault = Fault(200, (("Content-Type", "text/html"),), b"<html>")
    elif spoil == "clock":
        line.fault = Fault(clock=timedelta(hours=2))
    elif spoil == "proxy":
        environment["HTTPS_PROXY"] = "ftp://x"
    elif spoil == "pass":
        office.set_up(inbox_url=office.url("inbox")[:-5])
    else:
        office.give("fsm/reports/newer/report.json", json.dumps({"facts": {"agreement": "fsm@99.0.0"}}).encode())
    said = office.run("doctor", **environment)
    wrong = {check["what"]: check["code"] for check in said.json["checks"] if not check["ok"]}
    assert wrong.get(what) == error
    assert said.code == code
    assert not re.search("sig=", said.out)
    if spoil == "newer agreement":
        office.storage.outbox(SLUG).delete("fsm/reports/newer/report.json")
