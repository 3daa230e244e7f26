"""Several codes as one number: two rows have the same number where they have the same codes, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.methods.linkage.encode.arrays import MISSING
from shared.methods.linkage.encode.fields import Field
from shared.methods.linkage.encode.keys import BITS, Runs, by_code, join, joined, joint, positions, renumbered

LARGEST = 2**31
"""As many codes as a field can have: codes are kept in 32 bits."""


def groups(columns: Sequence[tuple[Sequence[int], int]]) -> tuple[list[int], int]:
    numbers, size = join([(np.array(codes, np.int32), among) for codes, among in columns])
    return numbers.tolist(), size


@pytest.mark.parametrize(("fields", "which"), [(fields, which) for fields in range(1, 8) for which in range(fields)])
def test_rows_that_differ_in_one_field_only_are_told_apart_however_large_the_fields(fields: int, which: int) -> None:
    """Seven fields of 2^31 codes are 217 bits: without care the first of them would fall out of a number of 64."""
    columns = [([0, 0, 0, 0], LARGEST) for _ in range(fields)]
    columns[which] = ([5, 0, LARGEST - 1, 5], LARGEST)
    numbers, size = groups(columns)
    assert numbers[0] == numbers[3]
    assert len(set(numbers)) == 3
    assert all(0 <= number < size for number in numbers)


def by_definition(rows: Sequence[tuple[int, ...]]) -> list[tuple[int, ...] | None]:
    return [None if min(row) < 0 else row for row in rows]


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[list[int], int]]:
    rows = draw(st.integers(1, 12))
    sizes = draw(st.lists(st.sampled_from([1, 2, 3, 1000, 2**20, LARGEST]), min_size=1, max_size=6))
    return [
        (draw(st.lists(st.integers(-1, size - 1) | st.sampled_from([0, size - 1]), min_size=rows, max_size=rows)), size)
        for size in sizes
    ]


@given(tables())
def test_numbers_are_equal_where_all_codes_are_and_missing_where_one_is(columns: list[tuple[list[int], int]]) -> None:
    numbers, size = groups(columns)
    rows = by_definition(list(zip(*(codes for codes, _ in columns), strict=True)))
    assert [number < 0 for number in numbers] == [row is None for row in rows]
    assert max(numbers) < size
    for one, number in zip(rows, numbers, strict=True):
        assert [row == one for row in rows] == [other == number for other in numbers]


def test_where_nobody_has_a_code_everybody_misses_one() -> None:
    for columns in ([([-1, -1], 0), ([0, 1], 2)], [([0, 1], 2), ([-1, -1], 0)], [([-1, -1], 0)]):
        numbers, _ = groups(columns)
        assert numbers == [MISSING, MISSING]


@given(st.lists(st.integers(-1, 5), max_size=12), st.sampled_from([6, LARGEST, 2**60, 2**63]))
def test_runs_are_the_rows_of_each_code_in_their_order(codes: list[int], size: int) -> None:
    runs = Runs.of(np.array(codes, np.int64), size)
    expected = {code: [row for row, c in enumerate(codes) if c == code] for code in sorted(set(codes) - {MISSING})}
    assert runs.codes.tolist() == list(expected)
    assert runs.lengths.tolist() == [len(rows) for rows in expected.values()]
    assert runs.rows.tolist() == [row for rows in expected.values() for row in rows]
    assert runs.starts.tolist() == np.cumsum([0, *runs.lengths.tolist()]).tolist()[: len(expected)]
    assert runs.run.tolist() == [number for number, rows in enumerate(expected.values()) for _ in rows]


def test_codes_and_rows_fit_together_into_a_number_up_to_its_last_bit() -> None:
    """Three rows take two bits, so a code may take 61 and not one more; either way the order is right."""
    for size in (2 ** (BITS - 2) - 1, 2 ** (BITS - 2), 2**BITS - 1):
        ordered, rows = by_code(np.array([size - 1, 0, size - 1], np.int64), size)
        assert (ordered.tolist(), rows.tolist()) == ([0, size - 1, size - 1], [1, 0, 2])


@given(st.lists(st.integers(-1, 30), min_size=1, max_size=8))
def test_renumbered_groups_are_the_same_groups_from_zero_up(codes: list[int]) -> None:
    numbers, size = renumbered(np.array(codes, np.int64), 31)
    rank = {code: number for number, code in enumerate(sorted(set(codes) - {MISSING}))}
    assert numbers.tolist() == [rank.get(code, MISSING) for code in codes]
    assert size == len(rank)


def test_numbers_as_few_as_twice_the_rows_are_left_as_they_are() -> None:
    assert renumbered(np.array([3, 1]), 4)[1] == 4
    assert renumbered(np.array([3, 1]), 5)[1] == 2


def test_positions_of_runs_follow_one_another() -> None:
    assert positions(np.array([7, 0, 3]), np.array([2, 0, 3])).tolist() == [7, 8, 3, 4, 5]
    assert positions(np.array([], np.int64), np.array([], np.int64)).tolist() == []


def _field(pupils: list[int], households: list[int], size: int) -> Field:
    return Field(pa.nulls(size), np.array(pupils, np.int32), np.array(households, np.int32))


def test_several_fields_are_one_of_both_sides() -> None:
    fields = [_field([0, 1, -1], [1, 0], 2), _field([2, 0, 1], [0, 2], 3)]
    pupils, households, size = joined(fields)
    assert (pupils[0], pupils[1], pupils[2]) == (households[1], households[0], MISSING)
    assert pupils[0] != pupils[1]
    assert size == 6
    together = joint(fields)
    assert (together.left.tolist(), together.right.tolist()) == (pupils.tolist(), households.tolist())
    assert (together.size, together.left.dtype, together.right.dtype) == (6, np.int32, np.int32)


def test_a_joint_field_has_no_more_numbers_than_it_needs() -> None:
    together = joint([_field([0, 999], [999], 1000), _field([0, 999], [999], 1000)])
    assert (together.size, together.left.tolist(), together.right.tolist()) == (2, [0, 1], [1])
