"""`make demo` does what the README shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.demo import run

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What a whole demo prints, and the folder it wrote."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    command = [sys.executable, "-m", "client.cli", "demo", "--folder", str(folder)]
    done = subprocess.run(command, cwd=README.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, folder


def steady(text: str) -> list[str]:
    """Lines without what differs from run to run: seconds, the folder, and where a terminal breaks a line."""
    text = re.sub(r"\d+\.\d\s+s\.", "… s.", text)
    words = re.sub(r"JSON: \S+", "JSON: …", re.sub(r"\s+", " ", text)).strip()
    return words.split(". ")


def test_the_readme_shows_what_the_demo_prints(printed: tuple[str, Path]) -> None:
    [shown] = re.findall(r"```text\n(What became.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert steady(printed[0]) == steady(shown)


def test_the_demo_matches_precisely_and_accounts_for_every_row(printed: tuple[str, Path]) -> None:
    summary = json.loads((printed[1] / "summary.json").read_text(encoding="utf-8"))
    assert set(summary["homes"]) == {"lambeth", "lewisham", "southwark", "wandsworth"}
    assert summary["precision"] >= 0.999
    ends = [
        home["rejected"] + sum(home["excluded"].values()) + home["matched"] + home["review"] + home["unmatched"]
        for home in summary["homes"].values()
    ]
    assert ends == [home["rows_in"] for home in summary["homes"].values()]
    assert sum(ends) + sum(summary["beyond_the_exchange"].values()) == summary["pupil_rows"]
    matched = sum(home["matched"] for home in summary["homes"].values())
    assert sum(summary["enrolled_by_school_borough"].values()) == matched > 500
    assert "poisoned" not in summary["events"]


def test_the_demo_can_be_run_again_in_the_same_folder(tmp_path: Path) -> None:
    first = run(tmp_path / "demo", seed=3, scale=0.05)
    again = run(tmp_path / "demo", seed=3, scale=0.05)
    # How many requests are superseded hangs on timing; what comes out does not.
    for summary in (first, again):
        del summary["elapsed_seconds"], summary["events"]
    assert first == again
