"""The app as the host finds it: what indexing costs, what is deployed, what `host.json` says."""

from __future__ import annotations

import fnmatch
import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.triggers.app import Triggers
from local.triggers.imitation import Pace
from shared.kernel.terms.load import load_agreement

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("pandas", "pyarrow", "numpy", "rapidfuzz", "xlsxwriter", "azure.storage", "azure.identity", "azure.keyvault")


@pytest.mark.outside
def test_indexing_imports_nothing_heavy() -> None:
    code = f"import function_app, sys; print([name for name in {HEAVY!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_participant_has_a_trigger_of_its_own() -> None:
    participants = load_agreement().controllers

    assert Triggers.of_the_app().by_container == {
        **{f"{slug}-inbox": f"drop_{slug.replace('-', '_')}" for slug in participants},
        "requests": "request",
    }


def test_a_further_participant_gets_a_trigger_without_a_change_of_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions import wiring

    folder = Path(shutil.copytree(ROOT / "agreements", tmp_path / "agreements"))
    text = (folder / "fsm.yaml").read_text(encoding="utf-8")
    further = text.replace("controllers: [lambeth", "controllers: [tower-hamlets, lambeth")
    (folder / "fsm.yaml").write_text(further, encoding="utf-8")
    monkeypatch.setenv("EXCHANGE_AGREEMENTS", str(folder))
    wiring.use(None)
    try:
        assert Triggers.of_the_app().by_container["tower-hamlets-inbox"] == "drop_tower_hamlets"
    finally:
        monkeypatch.undo()
        wiring.use(None)


def test_host_json_tries_five_times_and_bounds_memory() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))

    assert host["version"] == "2.0"
    assert host["extensionBundle"] == {
        "id": "Microsoft.Azure.Functions.ExtensionBundle",
        "version": "[4.*, 5.0.0)",
    }
    assert re.fullmatch(r"00:30:00", host["functionTimeout"])
    assert (Pace.of_blobs(), Pace.of_queues()) == (Pace(2, 1, 5), Pace(1, 1, 5))


def test_the_hosts_own_lines_are_silenced_and_those_of_our_functions_are_not() -> None:
    levels = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["logging"]["logLevel"]
    app = runpy.run_path(str(ROOT / "function_app.py"))["app"]

    assert levels["Function"] == "Warning"
    for function in app.get_functions():
        assert levels[f"Function.{function.get_function_name()}.User"] == "Information"


@pytest.mark.parametrize(
    "name", ["agreements", "function_app.py", "functions", "host.json", "requirements.txt", "shared"]
)
def test_what_runs_is_deployed(name: str) -> None:
    assert (ROOT / name).exists()
    assert not ignored(name)


@pytest.mark.parametrize(
    "name",
    [
        ".exchange",
        ".git",
        ".venv",
        "README.md",
        "azure.yaml",
        "bench",
        "client",
        "docs",
        "infra",
        "local",
        "local.settings.json",
        "operate",
        "tests",
    ],
)
def test_what_does_not_run_is_not_deployed(name: str) -> None:
    assert ignored(name)


def ignored(name: str) -> bool:
    lines = (ROOT / ".funcignore").read_text(encoding="utf-8").splitlines()
    patterns = [line.rstrip("/") for line in lines if line and not line.startswith(("#", "!"))]
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)
