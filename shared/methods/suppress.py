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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

THRESHOLD = 5
"""The least number of children that is shown, apart from none at all."""

TOTAL = ""
"""Stands for all rows or all columns."""

Cell = tuple[str, str]
Node = tuple[str, str]
"""``("row", name)`` or ``("column", name)``."""


ANY = 1 << 40
"""Stands for no limit."""


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


@dataclass(frozen=True)
class Bounds:
    """What a reader holds possible of each hidden cell for itself, beside the sums: by how much it could differ."""

    grow: Mapping[Cell, int]
    """By how much a cell could be greater than it is; without an entry without limit."""
    shrink: Mapping[Cell, int]
    """By how much a cell could be less than it is."""


@dataclass(frozen=True)
class Need:
    """A number of which a reader must not learn how small it is: one of these has to be possible for all they know."""

    cell: Cell
    greater: int | None = None
    """That it is greater by so much."""
    less: int | None = None
    """That it is less by so much."""

    def ways(self, bounds: Bounds) -> tuple[tuple[bool, int], ...]:
        """What would serve, as (whether greater, by how much), of what the cell's own bounds allow."""
        greater, less = self.greater, self.less
        found = []
        if greater is not None and greater <= bounds.grow.get(self.cell, ANY):
            found.append((True, greater))
        if less is not None and less <= bounds.shrink[self.cell]:
            found.append((False, less))
        return tuple(found)


def shown(counts: Counts) -> dict[Cell, int | None]:
    """Every cell that is not 0 and every total, as it may be shown; `None` is a number that is left out."""
    every = counts.with_totals
    bounds = Bounds({}, {cell: count - 1 for cell, count in every.items()})
    hidden = {cell for cell, count in every.items() if count < THRESHOLD}
    needs = [Need(cell, greater=THRESHOLD - every[cell]) for cell in hidden]
    hidden = hide_besides(every, bounds, hidden, needs, set(every))
    return {cell: None if cell in hidden else count for cell, count in every.items()}


def hide_besides(
    every: Mapping[Cell, int], bounds: Bounds, hidden: set[Cell], needs: Iterable[Need], may_hide: set[Cell]
) -> set[Cell]:
    """`hidden`, and as few of `may_hide` as serve so that every need is met.

    Raises `ValueError` where that is not enough for some need.
    """
    hidden = set(hidden)
    # The smallest first: they need the most room, and what is hidden for them serves the others.
    for need in sorted(needs, key=lambda need: (every[need.cell], need.cell)):
        if not is_met(bounds, hidden, need):
            ways = [
                way
                for greater, by in need.ways(bounds)
                if (way := _cheapest(every, bounds, hidden, may_hide, need.cell, by if greater else -by)) is not None
            ]
            if not ways:
                raise ValueError(f"nothing that may be hidden protects {need.cell}")
            hidden |= min(ways, key=lambda way: (sum(_cost(cell, every[cell]) for cell in way - hidden), sorted(way)))
    return hidden


def is_met(bounds: Bounds, hidden: set[Cell], need: Need) -> bool:
    """Whether a reader who does not know the `hidden` cells must hold possible what the need asks."""
    return witness(bounds, hidden, need) is not None


def witness(bounds: Bounds, hidden: set[Cell], need: Need) -> set[Cell] | None:
    """The hidden cells that differ in some other table that says the same to the reader and meets the need."""
    for greater, by in need.ways(bounds):
        changed = _flow(bounds, hidden, need.cell, by if greater else -by)
        if changed is not None:
            return changed
    return None


def _flow(bounds: Bounds, hidden: set[Cell], cell: Cell, change: int) -> set[Cell] | None:
    """The cells that make up for a `change` of the hidden `cell`; None where they cannot.

    What is added to one cell has to be made up for by other hidden ones in its row and column, and so on round: a flow
    through the table (Cox 1995; Fischetti and Salazar 1999 call it the attacker's problem).
    """
    arcs = _Arcs(bounds, hidden - {cell})
    source, sink = arcs.ends(cell, change)
    found = 0
    while found < abs(change):
        path = _way_through(arcs, source, sink)
        if not path:
            return None
        step = min(abs(change) - found, *(arcs.left(start, end) for start, end in path))
        for start, end in path:
            arcs.push(start, end, step)
        found += step
    return {cell} | arcs.changed()


def _cheapest(
    every: Mapping[Cell, int], bounds: Bounds, hidden: set[Cell], may_hide: set[Cell], cell: Cell, change: int
) -> set[Cell] | None:
    """The cells on a way round through which the whole `change` can flow, with the least that is not hidden yet.

    Where all totals may be hidden there is one for growth, since they can grow without bounds.
    """
    need = abs(change)
    arcs = _Arcs(bounds, (hidden | may_hide) - {cell})
    source, sink = arcs.ends(cell, change)
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
    if sink not in reached:
        return None
    way: set[Cell] = set()
    end = sink
    while (start := reached[end][1]) is not None:
        way.add(_cell_of(start, end))
        end = start
    return way


def _cost(cell: Cell, count: int) -> int:
    """What a reader loses when the cell is hidden: totals say more than the numbers that they are of."""
    return (count + 1) << cell.count(TOTAL)


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
    """

    def __init__(self, bounds: Bounds, usable: set[Cell]) -> None:
        self._room: dict[tuple[Node, Node], int] = {}
        self._out: dict[Node, list[Node]] = {}
        for row, column in sorted(usable):
            along = (("row", row), ("column", column))
            grows, shrinks = (along, along[::-1]) if _adds(row, column) else (along[::-1], along)
            self._room[grows] = bounds.grow.get((row, column), ANY)
            self._room[shrinks] = bounds.shrink[row, column]
            for start, end in (along, along[::-1]):
                self._out.setdefault(start, []).append(end)
        self._before = dict(self._room)

    @staticmethod
    def ends(cell: Cell, change: int) -> tuple[Node, Node]:
        """Where a flow that makes up for a change of `cell` begins and ends."""
        row, column = ("row", cell[0]), ("column", cell[1])
        return (column, row) if _adds(*cell) == (change > 0) else (row, column)

    def ends_from(self, node: Node) -> list[Node]:
        return self._out.get(node, [])

    def left(self, start: Node, end: Node) -> int:
        return self._room[start, end]

    def push(self, start: Node, end: Node, amount: int) -> None:
        self._room[start, end] -= amount
        self._room[end, start] += amount

    def changed(self) -> set[Cell]:
        """The cells over which something has flowed."""
        return {_cell_of(*arc) for arc, room in self._room.items() if room != self._before[arc]}


def _adds(row: str, column: str) -> bool:
    """Whether the cell stands on the same side of its equations as an inner cell: the total of totals does."""
    return (row == TOTAL) == (column == TOTAL)


def _cell_of(start: Node, end: Node) -> Cell:
    """The cell between a row and a column, whichever comes first."""
    return (start[1], end[1]) if start[0] == "row" else (end[1], start[1])
