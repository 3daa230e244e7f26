"""The wheel works alone: in an environment of its own, in a folder without the repository, by the pages for users.

What it depends on is borrowed from the tests' environment, save the parts that a sender need not have: they are hidden.
`EXCHANGE_WHEEL_PYTHON` names another interpreter, in which the wheel is installed already with what a registry gives
(`.ci/versions` does so for the lowest and the newest versions).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from functions import wiring
from shared.agreements.registry import load_agreements
from tests.integration.test_documentation import Reader
from tests.world import NOW

ROOT = Path(__file__).resolve().parents[2]
HIDDEN = ("pandas", "azure.functions", "azurefunctions", "azure.storage.queue", "azure.keyvault.secrets")
HIDES = f"""
import sys
from importlib.abc import MetaPathFinder

class Hidden(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if any(name == part or name.startswith(part + ".") for part in HIDDEN):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

HIDDEN = {HIDDEN!r}
sys.meta_path.insert(0, Hidden())
"""
DRIVER = f"""
import contextlib, io, json, os, sys
from datetime import datetime
import client.settings, client.dropping
from client.cli import run
now = datetime.fromisoformat({NOW.isoformat()!r})
client.settings.now = lambda: now
client.dropping.exchange_now = lambda door: now
for line in sys.stdin:
    asked = json.loads(line)
    os.chdir(asked["where"])
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(asked["words"])
    answer = {{"code": int(code), "out": out.getvalue(), "err": err.getvalue(), "from": client.settings.__file__}}
    print(json.dumps(answer), flush=True)
"""


def uv(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the wheel and not the repository."""
    if given := os.environ.get("EXCHANGE_WHEEL_PYTHON"):
        return Path(given)
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    # A copy, because building leaves folders beside pyproject.toml.
    for name in ("client", "functions", "local", "operate", "shared"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), "."],
        cwd=source,
        check=True,
    )
    [wheel] = folder.glob("*.whl")
    uv("venv", "-q", "--python", sys.executable, str(folder / "env"))
    python = folder / "env" / "bin" / "python"
    uv("pip", "install", "-q", "--no-deps", "--python", str(python), str(wheel))
    [packages] = (folder / "env").glob("lib/*/site-packages")
    # A line of a .pth adds a folder; what that folder's own .pth files say, such as the clone, is not read.
    (packages / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    (packages / "hides.pth").write_text("import hides\n")
    (packages / "hides.py").write_text(HIDES)
    return python


class WheelReader(Reader):
    """The reader of the pages, whose `exchange` is the wheel's."""

    process: subprocess.Popen[str]

    def run(self, words: list[str]) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"where": str(self.where), "words": words}) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        assert not Path(said["from"]).is_relative_to(ROOT)
        sys.stdout.write(said["out"] + said["err"])
        return int(said["code"])


@pytest.fixture
def reader(
    interpreter: Path, tmp_path: Path, keys_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WheelReader]:
    """A reader in an empty folder."""
    monkeypatch.setattr("client.settings.now", lambda: NOW)
    with ExitStack() as running:
        running.callback(wiring.use, None)
        found = WheelReader(tmp_path, keys_folder, monkeypatch, running)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        found.process = running.enter_context(
            subprocess.Popen(
                [interpreter, "-c", DRIVER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
                cwd=tmp_path,
            )
        )
        running.callback(found.process.stdin.close)  # type: ignore[union-attr]
        yield found


def test_the_pages_for_users_can_be_followed_with_the_wheel_alone(reader: WheelReader) -> None:
    reader.follow("users/README.md")
    home = reader.clone / "practice" / "boroughs" / "lambeth"
    assert len(list((home / "collected").rglob("matches.xlsx"))) == 1
    reader.follow("users/officers.md")


@pytest.mark.parametrize(
    ("command", "part"), [("demo", "pandas"), ("audit . --from 2026-10-01 --to 2026-10-02", "pandas")]
)
def test_what_needs_more_than_a_sender_has_says_what_to_install(interpreter: Path, tmp_path, command, part):
    if "EXCHANGE_WHEEL_PYTHON" not in os.environ:
        done = call(interpreter, tmp_path, *command.split())
        assert done.returncode == 1
        assert done.stderr.startswith(f"CLI-002: The part {part}")
        assert "borough-exchange[client,exchange]" in done.stderr


def test_without_the_command_lines_own_parts_there_is_a_sentence(interpreter: Path, tmp_path: Path) -> None:
    program = "import sys; sys.modules['typer'] = None; from client.start import main; main()"
    done = subprocess.run([interpreter, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "CLI-002" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_installed_command_says_what_it_is(interpreter: Path, tmp_path: Path) -> None:
    done = call(interpreter, tmp_path, "--version", "--json")
    assert set(json.loads(done.stdout)) == {"ok", "version", "agreement", "format"}


def test_the_installed_command_finds_its_agreements(interpreter: Path, tmp_path: Path) -> None:
    done = call(interpreter, tmp_path, "agreement", "list", "--json")
    assert done.returncode == 0, done.stderr
    every = json.loads(done.stdout)["agreements"]
    assert [one["agreement"] for one in every] == [agreed.terms.reference for agreed in load_agreements()]
    for agreed in load_agreements():
        shown = call(interpreter, tmp_path, "agreement", "show", agreed.terms.id)
        assert agreed.terms.title in shown.stdout


def call(interpreter: Path, where: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The console script, as somebody types it."""
    script = interpreter.with_name("exchange")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run([script, *words], cwd=where, env=environment, capture_output=True, text=True)
