"""Finds the headings of a table among its first rows, and tells lines that are no rows from rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from client.codes import invalid
from shared.kernel.documents import read_beside

ROWS_SEARCHED = 40
"""Headings stand among so many first rows that are not blank."""
_ENOUGH = 2
"""So many headings that are known make a row a row of headings, whatever stands above it."""
_RULE = re.compile(r"[-=_*+ ]{2,}")


@dataclass(frozen=True)
class Headings:
    """Where the headings stand, and what they are called."""

    first: int
    last: int
    """Positions among the rows that were searched: two rows when each heading is broken over both."""
    names: tuple[str, ...]
    """One for each column, as `heading` tidies them; `column_7` where there is none."""


def heading(text: str) -> str:
    """A column's name as it is compared: lower case, with one underscore for every run of anything else."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()
    return "_".join(words)


def find_headings(
    path: Path, rows: Sequence[Sequence[str]], numbers: Sequence[int], expected: Collection[str]
) -> Headings:
    """The headings among the first `rows`, which are not blank and stand in lines `numbers`.

    They are the first row that has about as many of the `expected` headings as any; if there is none, the first row
    that is filled like a table and not like a title.
    Raises `InvalidInput` INP-007 (a heading twice), 060 (nothing there), 064 (no headings).
    """
    if not rows:
        raise invalid("INP-060", path=path)
    searched = [list(map(heading, row)) for row in rows[:ROWS_SEARCHED]]
    if not any(map(any, searched)):
        raise invalid("INP-064", path=path)
    first, last, cells = _best(searched, frozenset(expected)) or _first_like_a_table(searched)
    while cells and not cells[-1]:
        cells.pop()
    names = tuple(cell or f"column_{place}" for place, cell in enumerate(cells, 1))
    if twice := {name for name in names if names.count(name) > 1}:
        told = ", ".join(sorted(twice & frozenset(expected))) or _places(names, twice)
        raise invalid("INP-007", path=path, columns=f"{told} (line {numbers[last]})")
    return Headings(first, last, names)


def _places(names: Sequence[str], twice: set[str]) -> str:
    """Columns by their places: in a file without headings their names would be somebody's values."""
    return "in places " + " and ".join(str(place) for place, name in enumerate(names, 1) if name in twice)


def _best(rows: list[list[str]], expected: frozenset[str]) -> tuple[int, int, list[str]] | None:
    single = [(at, at, row) for at, row in enumerate(rows)]
    wrapped = [
        (at, at + 1, ["_".join(filter(None, pair)) for pair in _beside(row, rows[at + 1])])
        for at, row in enumerate(rows[:-1])
    ]
    known = [len(expected & set(cells)) for _, _, cells in (*single, *wrapped)]
    most = max(known, default=0)
    if most < _ENOUGH and not (most and len(rows[0]) == 1):
        return None
    # Of two extracts joined, the second may have more; its headings must not make the first one's rows a title.
    at = next(at for at, count in enumerate(known) if count * 5 >= most * 3)
    return (*single, *wrapped)[at]


def _beside(above: list[str], below: list[str]) -> list[tuple[str, str]]:
    width = max(len(above), len(below))
    return list(zip(above + [""] * (width - len(above)), below + [""] * (width - len(below)), strict=True))


def _first_like_a_table(rows: list[list[str]]) -> tuple[int, int, list[str]]:
    filled = [sum(map(bool, row)) for row in rows]
    width = max(filled)
    at = next(at for at, count in enumerate(filled) if count * 3 > width and (count > 1 or width < 2))
    return at, at, rows[at]


def are_other_headings(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Whether most of the cells are names of columns, so that what is below them stands under other headings."""
    alike = set(names) & {heading(cell) for cell in cells}
    return len(alike) > 1 and 2 * len(alike) > sum(1 for cell in cells if cell.strip())


@cache
def _listed() -> dict[str, Any]:
    """What stands for nothing; the file says what its keys mean."""
    return read_beside(__file__, "nothing.yaml")


@cache
def words_for_nothing() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Texts that are nothing in every column, and those that are a name where nothing else speaks against it."""
    return tuple(_listed()["always"]), tuple(_listed()["elsewhere_a_name"])


@cache
def _no_row() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in _listed()["no_row"]), re.IGNORECASE)


def is_no_row(cells: Sequence[str]) -> bool:
    """Whether cells (of a line at the end, or under the headings) are a total, a count of rows or a ruled line."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return False
    if all(_RULE.fullmatch(cell) for cell in filled):
        return True
    return len(filled) * 3 <= max(len(cells), 3) and bool(_no_row().fullmatch(filled[0]))
