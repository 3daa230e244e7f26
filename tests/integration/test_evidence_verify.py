"""`exchange evidence verify`: a folder holds by itself and by the keys of its reader, or it says what does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from client.cli import run
from client.evidence.folder import KEY_FILE, MANIFEST, STATEMENT
from client.exits import Exit
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import sign_statement
from tests.unit.kernel.audit.term import FIRST, LAST, make_term, when


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An evidence folder that Lambeth signed, and the public keys that its reader has."""
    folder = tmp_path_factory.mktemp("made")
    ring = LocalKeyRing(folder / "exchange")
    ring.create_key(EXCHANGE, Use.SIGN)
    own = LocalKeyRing(folder / "keys")
    own.create_key("lambeth", Use.SIGN)
    record = make_term(ring, of_both=False).write(folder / "record")
    (folder / "exchange.toml").write_text('borough = "lambeth"\nkeys = "keys"\n', encoding="utf-8")
    period = ["--from", FIRST.isoformat(), "--to", LAST.isoformat()]
    asked = ["evidence", str(record), *period, "--out", str(folder / "out"), "--profile", str(folder / "exchange.toml")]
    assert run(asked) == Exit.NOT_KNOWN
    public = folder / "public.json"
    keys = [json.loads(one.export_public(who, Use.SIGN))["keys"] for one, who in ((ring, EXCHANGE), (own, "lambeth"))]
    public.write_text(json.dumps({"keys": [*keys[0], *keys[1]]}), encoding="utf-8")
    return folder / "out", public


@pytest.fixture
def pack(made: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(made[0], tmp_path / "pack"))


def verified(pack: Path, public: Path | None, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    code = run(["evidence", "verify", str(pack), *(["--public", str(public)] if public else [])])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_a_folder_holds(pack: Path, made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, said = verified(pack, made[1], capsys)
    assert (code, "holds" in said, "lambeth" in said) == (0, True, True)


def test_without_keys_from_elsewhere_it_is_not_known(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = verified(pack, None, capsys)
    assert code == Exit.NOT_KNOWN
    assert "Nobody outside of the folder says which keys are the exchange's" in said


def _alter(pack: Path) -> None:
    path = pack / "audit.json"
    path.write_bytes(path.read_bytes().replace(b"holds", b"HOLDS", 1))


def _alter_and_list(pack: Path) -> None:
    """A file altered, and the manifest made anew for it: the signature is over another one."""
    import hashlib

    _alter(pack)
    manifest = json.loads((pack / MANIFEST).read_bytes())
    for one in manifest["files"]:
        if one["path"] == "audit.json":
            one["sha256"] = hashlib.sha256((pack / "audit.json").read_bytes()).hexdigest()
    (pack / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def _add(pack: Path) -> None:
    (pack / "more.txt").write_text("x", encoding="utf-8")


def _remove_a_certificate(pack: Path) -> None:
    sorted((pack / "certificates").rglob("*.json"))[1].unlink()


def _forge_the_signature(pack: Path) -> None:
    path = pack / STATEMENT
    path.write_bytes(path.read_bytes().replace(b'"files":', b'"filez":', 1))


def _link(pack: Path) -> None:
    """A file lies elsewhere, and a link stands in its place: today it is what is listed."""
    elsewhere = pack.parent / "elsewhere.json"
    (pack / "audit.json").rename(elsewhere)
    (pack / "audit.json").symlink_to(elsewhere)


def _linked_folder(pack: Path) -> None:
    """A folder with more files hangs on a link."""
    (pack.parent / "more").mkdir()
    (pack.parent / "more" / "note.txt").write_text("x", encoding="utf-8")
    (pack / "more").symlink_to(pack.parent / "more", target_is_directory=True)


def _leave_the_folder(pack: Path) -> None:
    """A file is listed that lies outside of the folder."""
    (pack.parent / "outside.json").write_bytes((pack / "audit.json").read_bytes())
    manifest = json.loads((pack / MANIFEST).read_bytes())
    listed = next(one for one in manifest["files"] if one["path"] == "audit.json")
    manifest["files"].append(listed | {"path": "../outside.json"})
    (pack / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def _rename_alike(pack: Path) -> None:
    """A letter of a file's name is of another alphabet and looks the same."""
    (pack / "audit.json").rename(pack / "\u0430udit.json")


def _exchange_two(pack: Path) -> None:
    """Two certificates lie in each other's place."""
    one, other = sorted((pack / "certificates").rglob("*.json"))[:2]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


@pytest.mark.parametrize(
    ("alter", "what"),
    [
        (_link, "links to what lies elsewhere"),
        (_linked_folder, "links to what lies elsewhere"),
        (_leave_the_folder, "outside.json is listed and not there"),
        (_rename_alike, "audit.json is listed and not there"),
        (_exchange_two, "lies under another day or another sweep"),
        (_alter, "audit.json is not the file that is listed"),
        (_alter_and_list, "What was signed is another list of files"),
        (_add, "1 files are there and not listed"),
        (_remove_a_certificate, "It does not name the certificate before it"),
        (_forge_the_signature, "The signature of the list of files does not hold"),
    ],
)
def test_what_was_changed_is_named(
    alter: Callable[[Path], None], what: str, pack: Path, made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    alter(pack)
    code, said = verified(pack, made[1], capsys)
    assert code == Exit.CHECK_BROKEN
    assert what in said


def test_a_strangers_key_in_the_folder_is_named(
    pack: Path, made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ring = LocalKeyRing(tmp_path / "stranger")
    ring.create_key(EXCHANGE, Use.SIGN)
    (pack / KEY_FILE).write_bytes(ring.export_public(EXCHANGE, Use.SIGN))
    code, said = verified(pack, made[1], capsys)
    assert code == Exit.CHECK_BROKEN
    assert "The folder has a key of the exchange that you do not know" in said


def test_an_unsigned_folder_is_not_known(
    pack: Path, made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (pack / STATEMENT).unlink()
    code, said = verified(pack, made[1], capsys)
    assert code == Exit.NOT_KNOWN
    assert "Nobody signed the list of files" in said


def test_a_folder_of_a_newer_version_is_said_to_be_one(
    pack: Path, made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads((pack / MANIFEST).read_bytes()) | {"format": 3}
    (pack / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    code, said = verified(pack, made[1], capsys)
    assert code == Exit.BAD_INPUT
    assert "LED-010" in said
    assert "written by a newer version" in said


def test_what_is_no_folder_of_evidence_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = verified(tmp_path, None, capsys)
    assert (code, "INP-130" in said) == (Exit.BAD_INPUT, True)


@pytest.mark.parametrize("name", [MANIFEST, STATEMENT])
def test_a_name_twice_deep_within_is_refused(
    name: str, pack: Path, made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = pack / name
    said = path.read_bytes()
    member = b'"bytes": ' if name == MANIFEST else b'"files":'
    assert member in said
    path.write_bytes(said.replace(member, member + b"1, " + member, 1))
    code, told = verified(pack, made[1], capsys)
    assert code in (Exit.BAD_INPUT, Exit.CHECK_BROKEN)
    assert "INP-130" in told or "does not hold" in told


def test_a_signed_receipt_in_the_place_of_a_certificate_is_named(
    pack: Path, made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    ring = LocalKeyRing(made[0].parent / "exchange")
    path = sorted((pack / "certificates").rglob("*.json"))[0]
    path.write_bytes(sign_statement({"drop": "0" * 32}, "receipt", ring, when("2026-11-01")))
    code, said = verified(pack, made[1], capsys)
    assert (code, "it is no certificate of destruction" in said) == (Exit.CHECK_BROKEN, True)
