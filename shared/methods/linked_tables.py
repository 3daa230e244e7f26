"""Which numbers of linked tables may be shown: a whole, a part of it and a share of what is left, by row and column.

Such tables say more together than each for itself: whoever sees 12 pupils and 10 of them with a free meal knows of the
other two. And they come again and again, as files arrive, to readers who know the numbers of one file exactly. So:

* A line (all cells of one file, and their sum) is decided from that file alone. It looks the same whichever other
  files have come, so that a new file changes no number of another.
* What is left of the whole beside the part is guarded like the part, none at all included: "all of them" says of each.
* A part is left out, none included, wherever the whole is left out or under `VEIL`: that it is left out says nothing.
* Sums across files are given once every file is there. They are guarded against each file's own sender too.
* A number that differs by fewer than `THRESHOLD` from one given before is not given anew; what was left out stays so.

Every rule is one of `suppress`: a number that must not be learnt has another table beside it, in which it is none or
`THRESHOLD` or more, that says the same to the reader. The whole's other tables leave the part as it is and the part's
leave the whole, so either stands whatever is shown of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.methods.suppress import ANY, THRESHOLD, TOTAL, Bounds, Cell, Counts, Need, hide_besides, witness

VEIL = 2 * THRESHOLD
"""Of a smaller whole no part is shown: either the part or what is left of it would be a small number, or none."""

Shown = dict[Cell, int | None]
"""Numbers as they may be shown; `None` is one that is left out. A cell that is not here is 0."""


@dataclass(frozen=True)
class Earlier:
    """What readers have of the same table from before."""

    releases: Sequence[Shown] = ()
    """Of this measure, oldest first."""
    changed: frozenset[str] = frozenset()
    """Columns that come from another file than in the newest of them."""
    there: Sequence[frozenset[str]] = ()
    """The columns that each release had: of another one nothing was said, not even that it is 0."""


@dataclass
class _Layer:
    """One measure while it is decided what of it is left out."""

    every: Mapping[Cell, int]
    """All cells, and all totals."""
    bounds: Bounds
    hidden: set[Cell]
    needs: list[Need]
    earlier: Earlier
    given: set[Cell] = field(default_factory=set)
    """Readers have these numbers from before, unchanged: to leave them out would guard nothing."""


def show_wholes(whole: Mapping[Cell, int], part: Mapping[Cell, int], complete: bool, earlier: Earlier) -> Shown:
    """The whole by row and column, each column from one file. `part` is counted among it.

    Totals of rows and the grand total are there where the table is `complete`, that is where every file has come.
    """
    every = Counts(whole).with_totals
    parts = _summed(part, every)
    small = {cell for cell, count in every.items() if count < THRESHOLD}
    layer = _Layer(
        every,
        Bounds({}, {cell: count - max(1, TOTAL not in cell and parts[cell]) for cell, count in every.items()}),
        small,
        [Need(cell, greater=THRESHOLD - every[cell]) for cell in small],
        earlier,
    )
    return _shown(layer, complete)


def show_parts(
    whole: Mapping[Cell, int], part: Mapping[Cell, int], wholes: Shown, complete: bool, earlier: Earlier
) -> Shown:
    """The part by row and column, where `wholes` is what is shown of the whole. Every cell of the whole is in it."""
    every = Counts(whole).with_totals
    parts = _summed(part, every)
    veiled = {cell for cell, count in every.items() if count < VEIL or wholes.get(cell, count) is None}
    over_veiled = {total for cell in veiled if TOTAL not in cell for total in _totals_of(cell)}
    small = {cell for cell, count in parts.items() if count and min(count, every[cell] - count) < THRESHOLD}
    least = {cell: 0 if cell in veiled | over_veiled else 1 for cell in every}
    bounds = Bounds(
        {cell: every[cell] - parts[cell] for cell in every if TOTAL not in cell},
        {cell: max(0, parts[cell] - least[cell]) for cell in every},
    )
    needs = [need for cell in small for need in _needs_of_part(cell, parts[cell], every[cell])]
    hidden = small | veiled | {total for total in over_veiled if not parts[total]}
    return _shown(_Layer(parts, bounds, hidden, needs, earlier), complete)


def show_shares(
    rest: Mapping[Cell, int], share: Mapping[Cell, int], veiled: Iterable[Cell], complete: bool, earlier: Earlier
) -> Shown:
    """A share of what is left of the whole beside the part, by row and column, each column from one file.

    `rest` has what is left, of every cell that the share can be of; `veiled` are the cells in which whole or part is
    left out. A total across files is given only where every number in it is: it then says nothing more.
    """
    every = _summed(share, {**dict.fromkeys(rest, 0), **dict.fromkeys((t for c in rest for t in _totals_of(c)), 0)})
    veil = {cell for cell in veiled if cell in rest} | {cell for cell, count in rest.items() if count < VEIL}
    columns = {(TOTAL, column) for _, column in veil}
    small = {cell for cell in rest if every[cell] and min(every[cell], rest[cell] - every[cell]) < THRESHOLD}
    least = {cell: 0 if cell in veil | columns else 1 for cell in every}
    bounds = Bounds(
        {cell: max(0, rest[cell] - every[cell]) for cell in rest},
        {cell: max(0, count - least[cell]) for cell, count in every.items()},
    )
    needs = [need for cell in small for need in _needs_of_part(cell, every[cell], rest[cell])]
    few = {cell for cell in every if cell[0] == TOTAL and cell[1] != TOTAL and 0 < every[cell] < THRESHOLD}
    needs += [Need(cell, greater=THRESHOLD - every[cell], less=every[cell]) for cell in few]
    hidden = small | veil | few | {cell for cell in columns if not every[cell]}
    layer = _Layer(every, bounds, hidden, needs, earlier)
    _meet_earlier(layer)
    for column in sorted({column for _, column in rest}):
        _guard_column(layer, column)
        inner = {cell for cell in layer.hidden if cell[1] == column and cell[0] != TOTAL}
        # A reader must hold possible that there is none at all in the veiled cells: others have room for it.
        room = sum(bounds.grow[cell] for cell in inner - veil)
        if inner & veil and room < sum(every[cell] for cell in inner & veil):
            layer.hidden.add((TOTAL, column))
    crossing = {cell for cell in every if cell[1] == TOTAL}
    for total in sorted(crossing, key=lambda cell: cell[0] == TOTAL):
        over = {cell for cell in every if cell[1] != TOTAL and cell[0] == total[0]}
        if over & layer.hidden:
            layer.hidden.add(total)
    return {
        cell: None if cell in layer.hidden else count
        for cell, count in every.items()
        if complete or cell not in crossing
    }


def flipped(cells: Mapping[Cell, int]) -> dict[Cell, int]:
    """The same cells with rows and columns exchanged."""
    return {(column, row): count for (row, column), count in cells.items()}


def _needs_of_part(cell: Cell, part: int, whole: int) -> Iterator[Need]:
    """What must be possible of a part that is small, and of one of which little is left beside it."""
    if part < THRESHOLD:  # it might be enough, or none where that is left out too
        yield Need(cell, greater=THRESHOLD - part, less=part)
    if THRESHOLD <= whole < THRESHOLD + part:  # of a whole that is small the whole's own need stands for it
        yield Need(cell, less=THRESHOLD - (whole - part))


def _shown(layer: _Layer, complete: bool) -> Shown:
    _meet_earlier(layer)
    for column in sorted({column for _, column in layer.every} - {TOTAL}):
        _guard_column(layer, column)
    crossing = {cell for cell in layer.every if cell[1] == TOTAL}
    if complete:
        if any(cell in release for release in layer.earlier.releases for cell in crossing):
            _keep_crossing(layer, crossing)
        else:
            _guard_crossing(layer, crossing)
    return {
        cell: None if cell in layer.hidden else count
        for cell, count in layer.every.items()
        if complete or cell not in crossing
    }


def _meet_earlier(layer: _Layer) -> None:
    """Leave out what was left out before, and what differs so little from what was given that it tells of a few."""
    for release, there in zip(layer.earlier.releases, layer.earlier.there, strict=True):
        for cell, count in layer.every.items():
            if cell[1] == TOTAL or cell[1] not in there or (cell not in release and not count):
                continue
            before = release.get(cell, 0)
            if before is None:
                layer.hidden.add(cell)
            elif before == count:
                layer.given.add(cell)
            elif abs(count - before) < THRESHOLD and count:
                layer.hidden.add(cell)
                layer.needs.append(Need(cell, greater=THRESHOLD - (count - before), less=THRESHOLD + (count - before)))
    layer.given -= layer.hidden


def _guard_column(layer: _Layer, column: str) -> None:
    """Leave out of one column what its own numbers would give away, whatever the sums across columns are."""
    cells = {cell for cell in layer.every if cell[1] == column}
    # Whatever the rows add up to is not looked at here.
    free = {(row, TOTAL) for row, _ in cells}
    bounds = Bounds(
        layer.bounds.grow, {cell: ANY if cell in free else layer.bounds.shrink[cell] for cell in cells | free}
    )
    needs = [need for need in layer.needs if need.cell in cells]
    may_hide = {cell for cell in cells - layer.given if layer.every[cell]}
    try:
        found = hide_besides(layer.every, bounds, (layer.hidden & cells) | free, needs, may_hide)
    except ValueError:
        found = cells  # nothing of this measure is shown of the file
        layer.bounds = Bounds(layer.bounds.grow, {**layer.bounds.shrink, **{cell: layer.every[cell] for cell in cells}})
    layer.hidden |= found - free


def _guard_crossing(layer: _Layer, crossing: set[Cell]) -> None:
    """Leave out the sums across columns that would give a number away, to a reader who knows one column exactly too."""
    layer.hidden |= {cell for cell in crossing if 0 < layer.every[cell] < THRESHOLD}
    for need in sorted(layer.needs, key=lambda need: (layer.every[need.cell], need.cell)):
        found = _hide_crossing(layer, crossing, need, known="")
        readers = {column for _, column in found} - {TOTAL, need.cell[1]}
        while readers:
            reader = min(readers)
            found = _hide_crossing(layer, crossing, need, known=reader)
            readers &= {column for _, column in found} - {reader}


def _hide_crossing(layer: _Layer, crossing: set[Cell], need: Need, known: str) -> set[Cell]:
    """Meet the need of a reader who knows the column `known`; returns the cells in which another table differs.

    Nothing where even without any sum the reader knows the number: it is of their own file, or was to be told anyway.
    """
    unknown = {cell for cell in layer.hidden if cell[1] != known or known == TOTAL}
    found = witness(layer.bounds, unknown, need)
    if found is not None or (everything := witness(layer.bounds, unknown | crossing, need)) is None:
        return found or set()
    try:
        may_hide = {cell for cell in crossing if layer.every[cell]}
        more = hide_besides(layer.every, layer.bounds, unknown, [need], may_hide)
    except ValueError:  # no single way round is wide enough: the several that are
        more = everything & crossing
    layer.hidden |= more
    return witness(layer.bounds, unknown | more, need) or set()


def _keep_crossing(layer: _Layer, crossing: set[Cell]) -> None:
    """Give a sum across columns again only where it was given, and what has changed in it is shown before and now."""
    newest = layer.earlier.releases[-1]
    for total in crossing:
        changed = [(total[0], column) for column in layer.earlier.changed]
        told = all(cell not in layer.hidden and newest.get(cell, 0) is not None for cell in changed)
        if not told or any(release.get(total, 0) is None for release in layer.earlier.releases):
            layer.hidden.add(total)


def _summed(cells: Mapping[Cell, int], places: Mapping[Cell, int]) -> dict[Cell, int]:
    """The counts and their totals at all of `places`, which have every cell and its totals."""
    every = dict.fromkeys(places, 0)
    for cell, count in cells.items():
        for place in (cell, *_totals_of(cell)) if count else ():
            every[place] += count
    return every


def _totals_of(cell: Cell) -> tuple[Cell, Cell, Cell]:
    return (cell[0], TOTAL), (TOTAL, cell[1]), (TOTAL, TOTAL)
