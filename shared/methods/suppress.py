"""Which counts of children may be shown: none from one to four, and none that would give such a number away.

A table of school boroughs by home boroughs is shown with its totals, so a number that is left out could be worked out
by subtraction. The practice is that of official statistics: a threshold, then complementary (secondary) suppression,
then an audit of what a reader can still work out (Federal Committee on Statistical Methodology, Statistical Policy
Working Paper 22, chapters II and IV; Government Statistical Service, disclosure control for tables from administrative
sources).

The reader is taken to know this very rule: that a zero is always shown, so what is not shown is at least one, and that
rows and columns add up. What such a reader can work out of one cell are bounds; the table's flows give them exactly.
The rule: of no small number can it be worked out that it is under `THRESHOLD`.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

THRESHOLD = 5
"""The least number of children that is shown, apart from none at all."""

TOTAL = ""
"""Stands for all rows or all columns."""

Cell = tuple[str, str]
Node = tuple[str, str]
"""``("row", name)`` or ``("column", name)``."""


@dataclass(frozen=True)
class Counts:
    """Children by row and column. What does not occur is 0."""

    cells: Mapping[Cell, int]

    @cached_property
    def with_totals(self) -> dict[Cell, int]:
        """All cells that are not 0, and the totals of rows, of columns and of everything."""
        every = {cell: count for cell, count in sorted(self.cells.items()) if count}
        for (row, column), count in list(every.items()):
            for total in ((row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)):
                every[total] = every.get(total, 0) + count
        return every


def shown(counts: Counts) -> dict[Cell, int | None]:
    """Every cell that is not 0 and every total, as it may be shown; `None` is a number that is left out."""
    every = counts.with_totals
    hidden = {cell for cell, count in every.items() if count < THRESHOLD}
    # The smallest first: they need the most room, and what is hidden for them serves the others.
    for cell in sorted(hidden, key=lambda cell: (every[cell], cell)):
        need = THRESHOLD - every[cell]
        if room(every, hidden, cell, at_most=need) < need:
            hidden |= _cheapest(every, hidden, cell, need)
    return {cell: None if cell in hidden else count for cell, count in every.items()}


def room(every: Mapping[Cell, int], hidden: set[Cell], cell: Cell, *, at_most: int) -> int:
    """By how much a reader must think the hidden `cell` could be greater than it is, up to `at_most`.

    What is added to one cell has to be made up for by other hidden ones in its row and column, and so on round: a flow
    through the table. The greatest is the answer (Cox 1995; Fischetti and Salazar 1999 call it the attacker's problem).
    """
    arcs = _Arcs(every, hidden - {cell}, at_most)
    source, sink = arcs.ends(cell)
    found = 0
    while found < at_most and (path := _way_through(arcs, source, sink)):
        step = min(at_most - found, *(arcs.left(start, end) for start, end in path))
        for start, end in path:
            arcs.push(start, end, step)
        found += step
    return found


def _cheapest(every: Mapping[Cell, int], hidden: set[Cell], cell: Cell, need: int) -> set[Cell]:
    """The cells on a way round through which `need` can flow, with the least that is not hidden yet.

    There always is one: over the totals of the row, of the column and of everything, which can grow without bounds.
    """
    arcs = _Arcs(every, set(every) - {cell}, need)
    source, sink = arcs.ends(cell)
    reached: dict[Node, tuple[int, Node | None]] = {source: (0, None)}
    queue: list[tuple[int, Node]] = [(0, source)]
    while queue:
        cost, node = heapq.heappop(queue)
        if cost > reached[node][0]:
            continue
        for end in arcs.ends_from(node):
            if arcs.left(node, end) < need:
                continue
            over = _cell_of(node, end)
            dearer = cost + (0 if over in hidden else _cost(over, every[over]))
            if end not in reached or dearer < reached[end][0]:
                reached[end] = (dearer, node)
                heapq.heappush(queue, (dearer, end))
    way: set[Cell] = set()
    end = sink
    while (start := reached[end][1]) is not None:
        way.add(_cell_of(start, end))
        end = start
    return way


def _cost(cell: Cell, count: int) -> int:
    """What a reader loses when the cell is hidden: totals say more than the numbers that they are of."""
    return count << cell.count(TOTAL)


def _way_through(arcs: _Arcs, source: Node, sink: Node) -> list[tuple[Node, Node]]:
    """A shortest way with room left, as arcs; empty when there is none."""
    before: dict[Node, Node] = {source: source}
    queue = deque([source])
    while queue and sink not in before:
        node = queue.popleft()
        for end in arcs.ends_from(node):
            if end not in before and arcs.left(node, end) > 0:
                before[end] = node
                queue.append(end)
    if sink not in before:
        return []
    way = []
    end = sink
    while end != source:
        way.append((before[end], end))
        end = before[end]
    return way


class _Arcs:
    """The table as a network: rows and columns are nodes, each usable cell is an arc either way.

    A total is on the other side of its equation, so an arc along which a cell grows is one along which a total shrinks.
    Growing is free; what shrinks keeps at least one, because a zero would have been shown.
    """

    def __init__(self, every: Mapping[Cell, int], usable: set[Cell], enough: int) -> None:
        self._room: dict[tuple[Node, Node], int] = {}
        self._out: dict[Node, list[Node]] = {}
        for row, column in sorted(usable):
            along = (("row", row), ("column", column))
            grows, shrinks = (along, along[::-1]) if _adds(row, column) else (along[::-1], along)
            self._room[grows] = enough
            self._room[shrinks] = every[row, column] - 1
            for start, end in (along, along[::-1]):
                self._out.setdefault(start, []).append(end)

    @staticmethod
    def ends(cell: Cell) -> tuple[Node, Node]:
        """Where a flow that makes up for growth of `cell` begins and ends."""
        row, column = ("row", cell[0]), ("column", cell[1])
        return (column, row) if _adds(*cell) else (row, column)

    def ends_from(self, node: Node) -> list[Node]:
        return self._out.get(node, [])

    def left(self, start: Node, end: Node) -> int:
        return self._room[start, end]

    def push(self, start: Node, end: Node, amount: int) -> None:
        self._room[start, end] -= amount
        self._room[end, start] += amount


def _adds(row: str, column: str) -> bool:
    """Whether the cell stands on the same side of its equations as an inner cell: the total of totals does."""
    return (row == TOTAL) == (column == TOTAL)


def _cell_of(start: Node, end: Node) -> Cell:
    """The cell between a row and a column, whichever comes first."""
    return (start[1], end[1]) if start[0] == "row" else (end[1], start[1])
