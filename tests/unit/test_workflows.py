"""The workflows run nobody's code but what was looked at, with no more rights than they need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.y*ml"))
PINNED = re.compile(r"\s*-? uses: (?P<action>[\w-]+/[\w./-]+)@(?P<commit>[0-9a-f]{40}) # (?P<release>v\d+\.\d+\.\d+)")
RIGHTS = {
    ("test", "test"): {"contents": "read"},
    ("deploy", "test"): {"contents": "read"},
    ("deploy", "deploy"): {"contents": "read", "id-token": "write"},
    ("release", "release"): {"contents": "write"},
    ("rights", "rights"): {"contents": "read", "id-token": "write"},
}
"""What each job may do with this repository: to read it, to prove who it is to Azure, to make a release."""


def read(path: Path) -> dict[str, Any]:
    """A workflow. YAML takes the key `on` for a truth."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in document.items()}


def unpinned(text: str) -> list[str]:
    """The lines that use an action by anything but a whole commit with its release beside it."""
    return [line for line in text.splitlines() if "uses:" in line and not PINNED.fullmatch(line)]


def test_there_are_workflows() -> None:
    assert {path.stem for path in WORKFLOWS} == {"test", "deploy", "release", "rights"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_by_its_commit_and_says_its_release(path: Path) -> None:
    assert unpinned(path.read_text(encoding="utf-8")) == []


def test_one_action_is_one_commit_everywhere() -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for path in WORKFLOWS:
        for line in path.read_text(encoding="utf-8").splitlines():
            if pinned := PINNED.fullmatch(line):
                found.setdefault(pinned["action"].lower(), set()).add((pinned["commit"], pinned["release"]))
    assert len(found) == 4
    assert {action: len(pins) for action, pins in found.items()} == dict.fromkeys(found, 1)


@pytest.mark.parametrize(
    "line",
    [
        "      - uses: actions/checkout@v5",
        "      - uses: actions/checkout@main",
        f"      - uses: actions/checkout@{'a' * 39} # v5.1.0",
        f"      - uses: actions/checkout@{'a' * 40}",
        f"      - uses: actions/checkout@{'a' * 40} # v5",
        f"      - uses: docker://somebody/something:{'a' * 40}",
        "      - uses: ./.github/actions/ours",
    ],
)
def test_anything_else_is_seen(line: str) -> None:
    assert unpinned(line) == [line]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_has_the_rights_it_needs_and_an_end(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}, "what a job does not ask for it has not"
    assert workflow["concurrency"]["group"].startswith(f"{path.stem}-${{{{")
    for name, job in workflow["jobs"].items():
        assert job["permissions"] == RIGHTS[path.stem, name]
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_that_a_stranger_writes_becomes_a_command(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "pull_request_target" not in text
    assert "workflow_run" not in text
    runs = [step["run"] for job in read(path)["jobs"].values() for step in job["steps"] if "run" in step]
    assert runs
    assert not [run for run in runs if re.search(r"\$\{\{\s*(github|inputs)\.", run)]


def test_pushes_and_pull_requests_run_what_ci_runs() -> None:
    workflow = read(FOLDER / "test.yml")
    assert set(workflow["on"]) == {"push", "pull_request"}
    assert workflow["concurrency"]["cancel-in-progress"] is True
    [job] = workflow["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run", ".ci/versions"]
    assert job["env"] == {"PYTHON": "python"}, "the Makefile would choose the newest that it finds"
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_rights_are_compared_every_week_by_a_job_that_makes_nothing() -> None:
    workflow = read(FOLDER / "rights.yml")
    assert workflow["on"]["schedule"] == [{"cron": "0 7 * * 1"}]
    [job] = workflow["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    assert runs[-1].startswith(".venv/bin/exchange rights check infra/bicep/main.snapshot.json")
    assert not [run for run in runs if "azd" in run or "deployment" in run or "assignment create" in run]


@pytest.mark.parametrize("path", [path for path in WORKFLOWS if path.stem != "rights"], ids=lambda path: path.stem)
def test_nothing_is_deployed_or_released_untested(path: Path) -> None:
    jobs = read(path)["jobs"]
    first = next(iter(jobs.values()))
    assert ".ci/run" in [step.get("run") for step in first["steps"]]
    assert all(job.get("needs") == "test" for job in list(jobs.values())[1:])
