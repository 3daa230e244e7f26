"""How commands speak: the answer on standard output, as text or JSON; what goes on meanwhile on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any


def answer(facts: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Say the result: `facts` as one JSON object, or `text`."""
    say(json.dumps(facts, ensure_ascii=False, default=str) if as_json else text)


def say(text: str) -> None:
    """One piece of text on standard output."""
    sys.stdout.write(text.rstrip("\n") + "\n")


def note(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write(text.rstrip("\n") + "\n")


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Show what is going on while it goes on; only where somebody watches standard error."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(doing):
        yield


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> str:
    """A table as text, as wide as its longest cells; numbers stand to the right."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    right = [
        bool(cells) and all(row[place].replace(".", "", 1).isdigit() for row in cells) for place in range(len(headings))
    ]
    widths = [max(len(row[place]) for row in [list(headings), *cells]) for place in range(len(headings))]

    def line(row: Sequence[str]) -> str:
        laid = (
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        )
        return "  ".join(laid).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([*([title] if title else []), line(headings), rule, *map(line, cells)])


def facts_table(facts: Mapping[str, object]) -> str:
    """Names and what they are, one a line."""
    width = max(map(len, facts), default=0)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in facts.items())
