"""`exchange inspect` says of every test vector what the exchange says, and shows what a file shows without its key."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from client.cli import run
from shared.agreements.registry import load_agreement
from shared.kernel.envelope import gates
from tests.agreements import copied
from tests.vectors.make import LIST
from tests.vectors.sealing import AGREEMENT_VERSION, FOLDER, KEYS

ENTRIES = json.loads(LIST.read_bytes())["vectors"]
ROOT = Path(__file__).resolve().parents[3]
DAY = "2026-12-01"
ELSEWHERE = ("DRP-001", "DRP-002", "DRP-013")
"""What inspect does not look at, and says so: when a file was put, and what others there are."""


@pytest.fixture(scope="module")
def agreements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agreement as the vectors were sealed under it."""
    folder = copied(tmp_path_factory.mktemp("agreements"))
    text = (folder / "fsm.yaml").read_text(encoding="utf-8")
    version = load_agreement("fsm").version
    (folder / "fsm.yaml").write_text(text.replace(f"version: {version}", f"version: {AGREEMENT_VERSION}", 1), "utf-8")
    return folder


def inspected(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, dict[str, Any]]:
    """Exit code and answer."""
    capsys.readouterr()
    code = run(["inspect", *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry["name"]) for entry in ENTRIES])
def test_inspect_says_of_a_vector_what_its_receipt_says(
    entry: dict[str, Any], agreements: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--keys", KEYS, "--borough", entry["inbox"], "--as-of", DAY, "--agreements", agreements)
    exit_code, said = inspected(capsys, FOLDER / entry["file"], *place)
    expected = entry["expected"].get("code", "")
    refusals = [line["code"] for line in (*said["gates"], said["rows"] or {}) if line and line["outcome"] == "refused"]
    if expected in ELSEWHERE:
        expected = ""
    assert refusals == ([expected] if expected else [])
    assert exit_code == (2 if expected else 0)
    assert said["ok"] is (exit_code == 0)
    if expected.startswith("ENV"):
        met = [gate.code for gate in gates.GATES].index(expected)
        outcomes = {line["code"]: line["outcome"] for line in said["gates"]}
        for place_of, gate in enumerate(gates.GATES):
            if place_of < met and expected < gates.DAMAGED.code and gate.code != expected:
                assert outcomes[gate.code] == "passed", gate
            if place_of > met:
                assert outcomes[gate.code] in ("not reached", "not told", "passed"), gate


def test_without_a_key_it_shows_the_lock_and_refuses_by_it(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = inspected(capsys, FOLDER / "foreign/a-pupils.parquet")
    shown = {line["what"]: line for line in said["shown"]}
    assert code == 0
    assert said["gates"] == []
    assert shown["algorithm"]["found"] == "AES_GCM_V1"
    assert "ring:southwark/drop/aec0e7fa2ebd" in shown["wrapped for"]["found"]
    assert shown["footer"]["found"] == "4,938 bytes"
    assert all(line["asked"] for line in said["shown"])

    code, said = inspected(capsys, FOLDER / "foreign/r-default-double-wrapping.parquet")
    [refusal] = [line for line in said["shown"] if line["outcome"] == "refused"]
    assert (code, refusal["code"]) == (2, "ENV-010")
    assert "parquet.encryption.double.wrapping=false" in refusal["settings"].values()


def test_a_file_without_metadata_is_shown_and_not_walked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "alone.parquet"
    shutil.copy(FOLDER / "foreign/a-pupils.parquet", file)
    code, said = inspected(capsys, file)
    assert (code, said["metadata"]) == (0, None)
    assert "manifest" not in {line["what"] for line in said["shown"]}
    assert run(["inspect", str(file), "--keys", str(KEYS), "--borough", "southwark"]) == 2
    assert "INP-121" in capsys.readouterr().err
    (tmp_path / "alone.metadata.json").write_text('["no", "object"]')
    assert run(["inspect", str(file)]) == 2
    assert "INP-120" in capsys.readouterr().err
    assert run(["inspect", str(tmp_path / "none.parquet")]) == 2
    assert "INP-001" in capsys.readouterr().err


def test_a_file_that_another_signed_or_that_was_changed_is_seen_without_a_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "changed.parquet"
    data = (FOLDER / "foreign/a-pupils.parquet").read_bytes()
    file.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    shutil.copy(FOLDER / "foreign/a-pupils.metadata.json", tmp_path / "changed.metadata.json")
    code, said = inspected(capsys, file)
    assert code == 2
    assert [line["code"] for line in said["shown"] if line["outcome"] == "refused"] == ["ENV-008"]


def test_a_boroughs_own_folder_of_keys_reaches_as_far_as_the_lock(
    tmp_path: Path, agreements: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A borough has the public drop key and its own keys, and of the exchange's private keys none.
    for kind in ("public", "private"):
        shutil.copytree(KEYS / kind, tmp_path / kind)
    for path in (tmp_path / "private").glob("*.drop.*"):
        path.unlink()
    words = ("--keys", tmp_path, "--borough", "southwark", "--as-of", DAY, "--agreements", agreements)
    code, said = inspected(capsys, FOLDER / "foreign/a-pupils.parquet", *words)
    outcomes = {line["code"]: line["outcome"] for line in said["gates"]}
    assert code == 0
    assert outcomes["ENV-011"] == "passed"
    assert outcomes["ENV-012"] == outcomes["ENV-019"] == "no key for it here"


def test_for_a_person_it_tells_what_to_change_and_what_was_not_looked_at(
    agreements: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = FOLDER / "foreign/q-default-key-length.parquet"
    words = ["--keys", str(KEYS), "--borough", "southwark", "--as-of", DAY, "--agreements", str(agreements)]
    assert run(["inspect", str(file), *words]) == 2
    said = capsys.readouterr()
    assert "a data key of 128 bits" in said.out
    assert "data_key_length_bits=256" in said.out
    assert "DRP-…" in said.out
    assert "unwrap operation failed" not in said.err
    assert "Traceback" not in said.err


def test_inspect_shows_no_value_of_a_row(agreements: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("ours/row-faults", "ours/time-of-day", "foreign/a-pupils"):
        words = ("--keys", KEYS, "--borough", "southwark", "--as-of", DAY, "--agreements", agreements)
        _, said = inspected(capsys, FOLDER / f"{name}.parquet", *words)
        text = json.dumps(said)
        assert not any(value in text for value in ("Okafor", "Amara", "Acre Lane", "SW2 5SG", "2345000"))
