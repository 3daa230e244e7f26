"""What deploys and what develops is pinned, with hashes, from pyproject.toml, and names no registry."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPLOYS = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["exchange"]
EXTRAS = [name for extra, listed in PROJECT["optional-dependencies"].items() if extra != "exchange" for name in listed]


def names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-") for requirement in requirements}  # type: ignore[index]


def pinned(file: str) -> dict[str, str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("file", "wanted"),
    [("requirements.txt", DEPLOYS), ("requirements-dev.txt", DEPLOYS + EXTRAS)],
)
def test_every_dependency_is_pinned_with_hashes(file: str, wanted: list[str]) -> None:
    assert names(wanted) <= set(pinned(file)), "run `make lock`"
    entries = (ROOT / file).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    assert all(re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry) for entry in entries if entry.strip())


def test_tests_run_on_what_deploys() -> None:
    develops = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    for name, version in pinned("requirements.txt").items():
        assert f"{name}=={version}" in develops


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_no_registry_is_named(file: str) -> None:
    assert not re.search(r"https?:|--(extra-)?index|--find-links", (ROOT / file).read_text(encoding="utf-8"))


def test_nothing_that_only_develops_or_runs_on_a_laptop_deploys() -> None:
    assert not names(EXTRAS) & set(pinned("requirements.txt"))
