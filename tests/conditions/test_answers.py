"""Conditions of the command line: with `--json` there is one JSON object, wherever it is typed and whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from client.cli import COMMANDS, run

ROOT = Path(__file__).resolve().parents[2]


def one_object(text: str) -> dict[str, Any]:
    """The only thing on standard output."""
    said = json.loads(text)
    assert isinstance(said, dict)
    assert isinstance(said["ok"], bool)
    return said


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--json", 0),
        ("--json --help", 0),
        ("--version --json", 0),
        ("--json --version", 0),
        ("nonsense --json", 64),
        ("--json nonsense", 64),
        ("--nonsense --json", 64),
        ("pack --json", 64),
        ("pack nonsense --json", 64),
        ("pack --json --help", 0),
        ("pack census --help --json", 0),
        ("drop --json", 64),
        ("drop --json=yes x", 64),
        ("drop --json -- --json", 2),
        ("drop x --json --json", 2),
        ("--json agreement list", 0),
        ("pack --json table x.csv --dataset pupils --out x.parquet", 2),
    ],
)
def test_json_wherever_it_is_typed(capsys: pytest.CaptureFixture[str], words: str, code: int) -> None:
    assert run(words.split()) == code
    said = capsys.readouterr()
    answer = one_object(said.out)
    assert answer["ok"] is (code == 0)
    if code:
        assert answer["error"]["message"]
        assert answer["error"]["code"] in said.err


def test_without_the_word_the_answer_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["agreement", "--help"]) == 0
    assert "Usage" in capsys.readouterr().out
    assert run(["pack"]) == 64
    assert "INP-000: Missing command." in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_is_one_object_too(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run([command, "--help", "--json"]) == 0
    said = one_object(capsys.readouterr().out)
    assert f"exchange {command}" in said["help"]
    assert "\x1b" not in said["help"]


STOPS = """
import sys, time
import client.cli, client.settings
def wait(*_, **__):
    sys.stderr.write("waits\\n"); sys.stderr.flush()
    time.sleep(30)
client.settings.load_settings = wait
client.cli.main()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_run_that_is_stopped_says_so(tmp_path: Path, name: str) -> None:
    # As in a terminal of its own: whoever runs these tests may have set signals aside (`nohup`, a job of a shell's).
    own = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    own += "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
    with subprocess.Popen(
        [sys.executable, "-c", own + STOPS, "agreement", "list", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as running:  # fmt: skip
        assert running.stderr is not None
        assert running.stderr.readline() == "waits\n"
        running.send_signal(getattr(signal, name))
        out, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert one_object(out)["error"]["code"] == "CLI-003"
    assert "Traceback" not in err


def test_one_that_must_not_be_stopped_by_logging_off_is_not(tmp_path: Path) -> None:
    """`nohup`: the signal was set aside before we came."""
    program = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + STOPS.replace("sleep(30)", "sleep(1)")
    with subprocess.Popen(
        [sys.executable, "-c", program, "agreement", "list", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as running:  # fmt: skip
        assert running.stderr is not None
        running.stderr.readline()
        began = time.monotonic()
        running.send_signal(signal.SIGHUP)
        out, _ = running.communicate(timeout=20)
    assert time.monotonic() - began > 0.8
    assert one_object(out)["error"]["code"] != "CLI-003"


def test_where_the_error_is_asked_for_the_answer_stays_one_object(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("why")

    monkeypatch.setattr("client.settings.load_settings", broken)
    monkeypatch.setenv("EXCHANGE_TRACEBACK", "1")
    assert run(["agreement", "list", "--json"]) == 1
    said = capsys.readouterr()
    assert one_object(said.out)["error"]["code"] == "CLI-001"
    assert "ValueError: why" in said.err


def test_without_the_command_lines_own_parts_too(tmp_path: Path) -> None:
    program = "import sys; sys.modules['typer'] = None; from client.start import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "status", "--json"],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 1
    assert one_object(done.stdout)["error"]["code"] == "CLI-002"
