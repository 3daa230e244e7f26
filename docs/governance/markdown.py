"""Markdown as GitHub reads it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar or a line's end within a cell does not end the cell."""
    lines = [_line(header), _line(["---"] * len(header)), *(_line(row) for row in rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def code(names: Iterable[str]) -> str:
    """Names in code type, with commas between; a dash where there are none."""
    return ", ".join(f"`{name}`" for name in names) or "-"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def page(*parts: str) -> str:
    """The parts with an empty line between them; prose is wrapped as the hand-written pages are."""
    return "\n\n".join(_wrapped(part.strip("\n")) for part in parts if part) + "\n"


def _wrapped(part: str) -> str:
    return "\n\n".join(_fill(piece) for piece in part.split("\n\n"))


def _fill(piece: str) -> str:
    if piece.startswith(("|", "#", "```", "- ", "1. ")):
        return piece.strip("\n")
    mark = "> " if piece.startswith("> ") else ""
    text = " ".join(piece.removeprefix(mark).split())
    return textwrap.fill(
        text, 120, break_long_words=False, break_on_hyphens=False, initial_indent=mark, subsequent_indent=mark
    )
