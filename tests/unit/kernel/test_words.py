"""The kernel knows no agreement: nothing of one is named in it. And each room says what it is for."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
KERNEL = ROOT / "shared" / "kernel"
OF_AN_AGREEMENT = re.compile(r"pupil|household|school|meal|lambeth|E09", re.IGNORECASE)
REGISTERS = ("parties/authorities.yaml", "parties/authorities.schema.json", "parties/kinds.yaml")
"""Data: which authorities there are in England, and what kinds of parties. Agreements choose among them."""
ROOMS = sorted({path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "shared").rglob("*.py")})


def named(text: str, *, python: bool) -> Iterator[tuple[int, str]]:
    """The lines that name something of an agreement, but for comments of Python."""
    lines = text.splitlines()
    if python:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column]
    for number, line in enumerate(lines, 1):
        if OF_AN_AGREEMENT.search(line):
            yield number, line.strip()


def test_nothing_of_an_agreement_is_named_in_the_kernel() -> None:
    files = [path for path in KERNEL.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(files) > 100
    found = {
        f"{path.relative_to(ROOT)}:{number}: {line}"
        for path in files
        if path.relative_to(KERNEL).as_posix() not in REGISTERS
        for number, line in named(path.read_text(encoding="utf-8"), python=path.suffix == ".py")
    }
    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ('x = "lambeth"', True),
        ("def of_pupil(): ...", True),
        ('"""A Household."""', True),
        ('CODE = "e09000022"', True),
        ("SCHOOLS = ()", True),
        ("free_meals = 1", True),
        ("x = 1  # 25 MB: a term of a large school", False),
        ('x = "# school"', True),
        ("party = own or others", False),
    ],
)
def test_a_reason_in_a_comment_is_no_name(line: str, is_found: bool) -> None:
    assert bool(list(named(f"{line}\n", python=True))) == is_found


def test_registers_are_data_and_there() -> None:
    assert all((KERNEL / name).is_file() for name in REGISTERS)
    assert not any(name.endswith(".py") for name in REGISTERS)


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_says_its_job_in_a_sentence(room: str) -> None:
    said = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8"))) or ""
    first = said.split("\n\n")[0].replace("\n", " ")
    assert re.fullmatch(r"[A-Z].{24,}[.]", first), f"{room}: {first or 'says nothing'}"
    assert len(first) <= 120


def test_no_two_rooms_say_the_same() -> None:
    said = [ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8"))) for room in ROOMS]
    assert len(set(said)) == len(said) > 25
