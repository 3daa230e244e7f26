"""The threat model names tests. Every one of them is there, and what no test holds is called open and counted."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from docs.governance.threats import PAGE, ROOT, NamedTest, Threat, summary, threats
from tests.unit.infra.facts import FACTS
from tests.unit.kernel.audit.misdeeds import MISDEEDS

NAMED = sorted(
    {test for threat in threats() for test in threat.tests}, key=lambda test: (test.path, test.name, test.case)
)

CASES = {
    "test_the_fact_holds": {fact.__name__ for fact in FACTS},
    "test_each_misdeed_is_found_by_its_own_checks": {misdeed.name for misdeed in MISDEEDS},
}
"""What tests that are named with one of their cases are run with."""


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_line_of_the_tables_is_read() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(threats()) == len(re.findall(r"^\| T", text, re.MULTILINE)) > 40
    assert [threat.id for threat in threats()] == [f"T{number:02d}" for number in range(1, len(threats()) + 1)]
    assert text.count("tests/") == sum(len(threat.tests) for threat in threats())


@pytest.mark.parametrize("test", NAMED, ids=lambda test: f"{test.name}-{test.case}")
def test_a_named_test_exists(test: NamedTest) -> None:
    assert (ROOT / test.path).is_file(), test.path
    assert test.name in functions_of(test.path), f"{test.path} has no {test.name}"
    assert not test.case or test.case in CASES[test.name]


def test_a_test_of_all_templates_is_named_with_its_fact() -> None:
    assert [test for test in NAMED if test.name == "test_the_fact_holds" and not test.case] == []


@pytest.mark.parametrize("threat", threats(), ids=lambda threat: threat.id)
def test_a_threat_is_held_by_a_test_or_called_open(threat: Threat) -> None:
    assert threat.tests or threat.open
    assert threat.left_over == ""
    assert set(threat.kinds) <= set("STRIDELNU")


def test_the_page_counts_what_is_open() -> None:
    assert summary() in " ".join(PAGE.read_text(encoding="utf-8").split())
