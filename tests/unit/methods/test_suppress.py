"""No number under five is shown, and none can be worked out from what is."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shared.methods.suppress import THRESHOLD, TOTAL, Cell, Counts, shown

SMALL = range(1, THRESHOLD)


def tables(rows: int, columns: int, most: int) -> st.SearchStrategy[Counts]:
    cells = [(f"r{row}", f"c{column}") for row in range(rows) for column in range(columns)]
    number = st.one_of(st.just(0), st.integers(1, THRESHOLD - 1), st.integers(0, most))
    return st.lists(number, min_size=len(cells), max_size=len(cells)).map(
        lambda numbers: Counts(dict(zip(cells, numbers, strict=True)))
    )


def sums(counts: Counts) -> list[tuple[Cell, list[Cell]]]:
    """Every total with the cells that add up to it, over the cells that are not 0."""
    every = counts.with_totals
    inner = [cell for cell in every if TOTAL not in cell]
    rows, columns = sorted({row for row, _ in inner}), sorted({column for _, column in inner})
    equations = [((row, TOTAL), [cell for cell in inner if cell[0] == row]) for row in rows]
    equations += [((TOTAL, column), [cell for cell in inner if cell[1] == column]) for column in columns]
    equations += [((TOTAL, TOTAL), [(row, TOTAL) for row in rows]), ((TOTAL, TOTAL), [(TOTAL, c) for c in columns])]
    return equations


@given(tables(6, 6, 40))
def test_no_small_number_is_shown_and_every_zero_is(counts: Counts) -> None:
    every, seen = counts.with_totals, shown(counts)
    assert set(seen) == set(every), "what is not in the table is 0, and the reader may know that"
    assert all(count is None or count == every[cell] for cell, count in seen.items())
    assert not any(count is not None and 0 < count < THRESHOLD for count in seen.values())


@given(tables(7, 7, 40))
def test_no_number_that_is_left_out_can_be_worked_out_by_subtraction(counts: Counts) -> None:
    """Whatever sums and differences of what is shown are taken: the number is in none of them alone."""
    every, seen = counts.with_totals, shown(counts)
    hidden = [cell for cell, count in seen.items() if count is None]
    place = {cell: number for number, cell in enumerate(hidden)}
    equations = np.zeros((len(sums(counts)), len(hidden)))
    for number, (total, parts) in enumerate(sums(counts)):
        for cell, sign in [(total, -1), *((part, 1) for part in parts)]:
            if cell in place:
                equations[number, place[cell]] += sign
    rank = np.linalg.matrix_rank(equations) if hidden else 0
    for cell in hidden:
        if every[cell] in SMALL:
            alone = np.zeros((1, len(hidden)))
            alone[0, place[cell]] = 1
            assert np.linalg.matrix_rank(np.vstack([equations, alone])) == rank + 1, cell


@given(tables(2, 2, 12))
def test_of_no_small_number_can_it_be_worked_out_that_it_is_small(counts: Counts) -> None:
    """A reader who tries every table that could be meant finds one in which the number is five or more."""
    every, seen = counts.with_totals, shown(counts)
    inner = sorted(cell for cell in every if TOTAL not in cell)
    # What is left out is at least one: a zero would have been shown. Nothing here is ever greater than 48 + 5.
    choices = [range(1, 24) if seen[cell] is None else [seen[cell]] for cell in inner]
    tried = {cell: axis.ravel() for cell, axis in zip(inner, np.meshgrid(*choices), strict=True)}
    possible = np.ones(len(next(iter(tried.values()))) if tried else 0, dtype=bool)
    for row in {row for row, _ in every}:
        for column in {column for _, column in every}:
            if TOTAL in (row, column) and (row, column) in every:
                parts = [tried[cell] for cell in inner if row in (TOTAL, cell[0]) and column in (TOTAL, cell[1])]
                tried[row, column] = sum(parts)
                if seen[row, column] is not None:
                    possible &= tried[row, column] == seen[row, column]
    for cell, count in every.items():
        if count in SMALL:
            assert tried[cell][possible].max() >= THRESHOLD, cell


def test_what_is_left_out_beside_a_small_number_is_as_little_as_serves() -> None:
    counts = {("a", "x"): 3, ("a", "y"): 40, ("a", "z"): 12, ("b", "x"): 30, ("b", "y"): 50, ("b", "z"): 15}
    seen = shown(Counts(counts))
    assert {cell for cell, count in seen.items() if count is None} == {("a", "x"), ("a", "z"), ("b", "x"), ("b", "z")}
    assert seen[TOTAL, TOTAL] == 150


def test_a_lone_small_number_takes_its_totals_with_it() -> None:
    assert set(shown(Counts({("a", "x"): 2})).values()) == {None}


def test_all_of_london_is_suppressed_in_a_moment() -> None:
    names = [f"borough{number:02d}" for number in range(33)]
    random = np.random.default_rng(7).integers(0, 30, (33, 33)) * (np.random.default_rng(8).random((33, 33)) < 0.3)
    counts = Counts({(a, b): int(random[i, j]) for i, a in enumerate(names) for j, b in enumerate(names) if i != j})
    seen = shown(counts)
    left_out = sum(count is None for cell, count in seen.items() if TOTAL not in cell)
    assert left_out < len(counts.with_totals) / 2
