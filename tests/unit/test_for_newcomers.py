"""What CONTRIBUTING and SECURITY tell a newcomer is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from functions import VERSION

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/developers/add-an-agreement.md", "docs/adr/README.md")
LINK = re.compile(r"\]\(([^)\s]+)\)")
PLACE = re.compile(r"`((?:\.github|client|docs|functions|infra|local|operate|shared|tests|bench)/[\w./-]*)`")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def text_of(page: str) -> str:
    """A page, without what it writes in code blocks."""
    return re.sub(r"^```.*?^```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for link in LINK.findall(text_of(page)):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert target.exists(), link
        if anchor:
            heads = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
            assert anchor in anchors, link


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md"])
def test_every_place_and_command_that_is_named_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    places = PLACE.findall(text)
    made = re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, re.MULTILINE)
    assert places
    assert [place for place in places if not (ROOT / place).exists()] == []
    assert made or page == "SECURITY.md"
    assert set(made) - TARGETS == set()


def test_every_tier_of_tests_and_every_room_is_told_of() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tiers = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    tops = {path.relative_to(ROOT / "tests").parts[0] for path in tiers}
    assert {f"`tests/{top}/`" for top in tops} <= set(re.findall(r"`tests/[a-z]+/`", text))
    for room in (
        *(f"shared/{one}" for one in ("kernel", "methods", "agreements")),
        "client",
        "operate",
        "local",
        "functions",
    ):
        assert f"`{room}/`" in text


def test_the_threat_model_has_as_many_open_threats_as_security_says() -> None:
    model = (ROOT / "docs/ig/threat-model.md").read_text(encoding="utf-8")
    counted = re.search(r"Open, in whole or in part, are (\d+):", model)
    assert counted
    assert f"and {counted[1]} threats that are open" in " ".join((ROOT / "SECURITY.md").read_text("utf-8").split())


def test_the_changelog_is_by_release_and_the_newest_is_the_products() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert heads[0] == "[Unreleased]"
    released = [re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", head) for head in heads[1:]]
    assert released
    assert all(released), heads
    versions = [tuple(map(int, found[1].split("."))) for found in released if found]
    assert versions == sorted(versions, reverse=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert heads[1].startswith(f"[{project['version']}]")
    assert project["version"] == VERSION


def test_what_is_not_released_is_by_kind_of_change() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased = text.split("## [Unreleased]")[1].split("\n## ")[0]
    kinds = re.findall(r"^### (.+)$", unreleased, re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert len(set(kinds)) == len(kinds)
