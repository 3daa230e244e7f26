"""The app as the host finds it: what indexing costs, what is deployed, what `host.json` says."""

from __future__ import annotations

import fnmatch
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from local.triggers.app import Triggers
from local.triggers.imitation import Pace
from shared.agreements.registry import load_agreements
from tests.agreements import copied

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ("pandas", "pyarrow", "numpy", "rapidfuzz", "xlsxwriter", "azure.storage", "azure.identity", "azure.keyvault")


@pytest.mark.outside
def test_indexing_imports_nothing_heavy() -> None:
    code = f"import function_app, sys; print([name for name in {HEAVY!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_participant_has_a_trigger_of_its_own() -> None:
    participants = load_agreements().senders
    assert len(participants) < len(load_agreements().parties), "who only collects has no inbox"

    assert Triggers.of_the_app().by_container == {
        **{f"{slug}-inbox": f"drop_{slug.replace('-', '_')}" for slug in participants},
        "requests": "request",
    }


def test_a_further_participant_gets_a_trigger_without_a_change_of_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions import wiring

    folder = copied(tmp_path / "agreements")
    text = (folder / "fsm.yaml").read_text(encoding="utf-8")
    further = text.replace(": [lambeth", ": [tower-hamlets, lambeth")
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


def level(category: str) -> str:
    """Which level `host.json` gives a category of the log, by .NET's rule: of the names that fit, the longest.

    A name is the beginning of a category; one `*` in it stands for anything, and the rest for the category's end.
    """
    levels = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["logging"]["logLevel"]
    assert all(name.count("*") <= 1 for name in levels), "the host does not start with two"

    def fits(name: str) -> bool:
        start, _, end = name.lower().partition("*")
        return category.lower().startswith(start) and category.lower().endswith(end)

    return str(levels[max((name for name in levels if fits(name)), key=len, default="default")])


def test_the_hosts_own_lines_are_silenced_and_those_of_our_functions_are_not() -> None:
    app = runpy.run_path(str(ROOT / "function_app.py"))["app"]
    functions = [function.get_function_name() for function in app.get_functions()]

    for name in (*functions, "drop_tower_hamlets", "drop_school_100785"):
        assert level(f"Function.{name}") == "Warning", "the host's lines have names of blobs in them"
        assert level(f"Function.{name}.User") == "Information"


def test_a_further_party_needs_no_line_in_host_json() -> None:
    text = (ROOT / "host.json").read_text(encoding="utf-8")
    for slug in load_agreements().parties:
        assert slug.replace("-", "_") not in text


@pytest.mark.parametrize("name", ["function_app.py", "functions", "host.json", "requirements.txt", "shared"])
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
