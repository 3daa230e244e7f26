"""What mypy is asked: all that ships, strictly; and an exception has its code and its reason."""

from __future__ import annotations

import io
import re
import tokenize
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKED = ["shared", "functions", "client", "operate", "local", "docs", "function_app.py"]
# The words below stand in texts, as what is looked for and as examples: none of them silences anything here.
_WHOLE = re.compile(r"# type: ignore\[[a-z-]+(?:, [a-z-]+)*\]  # \w.+")


def unexplained(source: str) -> list[int]:
    """The lines of comments that silence mypy without a code or without a reason."""
    comments = (
        token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.COMMENT
    )
    return [token.start[0] for token in comments if "type: ignore" in token.string and not _WHOLE.match(token.string)]


def test_mypy_looks_at_all_that_ships_and_strictly() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    mypy = settings["tool"]["mypy"]
    assert (mypy["strict"], mypy["files"]) == (True, CHECKED)
    packages = {name.rstrip("*") for name in settings["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= set(CHECKED)


def test_every_exception_has_a_code_and_a_reason() -> None:
    files = [
        file for room in CHECKED for file in ([ROOT / room] if room.endswith(".py") else (ROOT / room).rglob("*.py"))
    ]
    assert len(files) > 400
    found = {str(file.relative_to(ROOT)): unexplained(file.read_text(encoding="utf-8")) for file in files}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("comment", "lines"),
    [
        ("# type: ignore[misc]  # the library has no types", []),
        ("# type: ignore[arg-type, misc]  # the library has no types", []),
        ("# type: ignore", [1]),
        ("# type: ignore  # because", [1]),
        ("# type: ignore[misc]", [1]),
        ("# type: ignore[misc]  #", [1]),
        ("# type: ignore[misc] # noqa", [1]),
    ],
)
def test_what_is_unexplained_is_seen(comment: str, lines: list[int]) -> None:
    assert unexplained(f"x = 1  {comment}\n") == lines
