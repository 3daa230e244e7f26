"""Reads the threat model (`docs/ig/threat-model.md`): its rows, the tests that hold them, and what is open."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "ig" / "threat-model.md"

OPEN = "**open**"
_ROW = re.compile(r"^\| (T\d+) \| ([A-Z ]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)(?:\[([^\]`]+)\])?`")


@dataclass(frozen=True)
class NamedTest:
    """A test as a row names it."""

    path: str
    name: str
    case: str
    """What the test is run with: a fact about the templates, or a planted misdeed; empty where all cases are meant."""


@dataclass(frozen=True)
class Threat:
    """One row of the threat model."""

    id: str
    kinds: tuple[str, ...]
    threat: str
    control: str
    tests: tuple[NamedTest, ...]
    open: bool
    """Whether something is left that no test holds."""
    left_over: str
    """What stands in the last cell beside tests and the word: nothing should."""


@cache
def threats() -> tuple[Threat, ...]:
    """Every row, in order."""
    return tuple(_threat(*found.groups()) for found in _ROW.finditer(PAGE.read_text(encoding="utf-8")))


def open_threats() -> tuple[Threat, ...]:
    """The rows of which something is open."""
    return tuple(one for one in threats() if one.open)


def summary() -> str:
    """The line by which the page counts itself."""
    held = sum(bool(one.tests) for one in threats())
    named = ", ".join(one.id for one in open_threats())
    counted = f"{len(threats())} threats. Tests hold {held}. Open, in whole or in part, are {len(open_threats())}:"
    return f"**{counted}** {named}."


def _threat(number: str, kinds: str, threat: str, control: str, held: str) -> Threat:
    tests = tuple(NamedTest(path, name, case) for path, name, case in _TEST.findall(held))
    rest = _TEST.sub("", held)
    return Threat(
        number,
        tuple(kinds.split()),
        threat.strip(),
        control.strip(),
        tests,
        OPEN in rest,
        rest.replace(OPEN, "").strip(),
    )
