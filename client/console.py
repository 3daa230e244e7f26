"""How commands speak: the answer on standard output, as text or JSON; what goes on meanwhile on standard error.

A terminal that cannot show a letter shows another one, and output that is closed or full is let go: what a command has
done is done, and what it says of it must not change that.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import isfinite
from typing import IO, Any


def answer(facts: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Say the result: `facts` as one JSON object, or `text`."""
    # ASCII alone: every encoding of every terminal has it, and JSON says the rest in escapes.
    say(json.dumps(_plain(facts), default=str) if as_json else text)


def legible(name: str) -> str:
    """Text that is Unicode: the name of a file may be bytes of another encoding than the system's."""
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:  # halves of letters that stand for no byte, as names on Windows may have them
        return name.encode("utf-8", "replace").decode()


def _plain(facts: Any) -> Any:
    """What JSON can say: every text legible, and nothing for a number that is none."""
    if isinstance(facts, str):
        return legible(facts)
    if isinstance(facts, Mapping):
        return {_plain(name): _plain(fact) for name, fact in facts.items()}
    if isinstance(facts, list | tuple):
        return [_plain(fact) for fact in facts]
    return None if isinstance(facts, float) and not isfinite(facts) else facts


def say(text: str) -> None:
    """One piece of text on standard output."""
    _write(sys.stdout, text)


def note(text: str) -> None:
    """One line on standard error."""
    _write(sys.stderr, text)


def _write(stream: IO[str] | None, text: str) -> None:
    """Write if it can be written. A stream is `None` where there is none at all (`pythonw`, a service)."""
    with suppress(OSError, ValueError):
        if stream is not None:
            encoding = getattr(stream, "encoding", None) or "utf-8"
            stream.write(legible(text).encode(encoding, "replace").decode(encoding).rstrip("\n") + "\n")
            stream.flush()


class _LetGo:
    """Output that is let go where it cannot be taken, whoever writes it: the help and the progress bar too."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def open_output() -> None:
    """Make standard output and error take any letter, whatever the terminal's encoding, and never fail."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None:
            stream.reconfigure(errors="replace")
            setattr(sys, name, _LetGo(stream))


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Show what is going on while it goes on; only where somebody watches standard error."""
    if not watched():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(doing):
        yield


Progress = Callable[[int, int], None]
"""Told again and again how many bytes of how many have gone."""


@contextmanager
def transfer(doing: str) -> Iterator[Progress]:
    """Show how much of a file has gone, how fast, and how long it will take; only where somebody watches."""
    if not watched():
        yield lambda _sent, _whole: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn(doing), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task(doing, total=None)
        yield lambda sent, whole: bar.update(shown, completed=sent, total=whole)


def watched() -> bool:
    """Whether somebody looks at standard error."""
    return sys.stderr is not None and sys.stderr.isatty()


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
