"""Keys and groups: only what is alone on both sides, and never an explosion of candidates."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from shared.methods.linkage.block.cascade import (
    MOST_CANDIDATES,
    Groups,
    alone_on_both_sides,
    candidates,
    join_keys,
    only_pairs,
    shared_with,
)
from shared.methods.linkage.encode.fields import Field


def _field(pupils: list[int], households: list[int], size: int = 5) -> Field:
    return Field(pa.nulls(size), np.array(pupils, np.int64), np.array(households, np.int64))


def test_a_row_that_misses_a_key_is_in_no_group() -> None:
    groups = join_keys([_field([0, 1, -1], [0, -1]), _field([0, -1, 0], [0, 0])])
    assert groups.left.tolist() == [0, -1, -1]
    assert groups.right.tolist() == [0, -1]
    assert groups.size == 1


def test_only_what_is_free_and_alone_on_both_sides_is_taken() -> None:
    groups = join_keys([_field([0, 1, 1, 2, 3], [0, 1, 2, 2, 3])])
    everyone = np.ones(5, np.bool_)
    assert _taken(groups, everyone, everyone) == [(0, 0), (4, 4)]
    assert _taken(groups, np.array([1, 1, 0, 0, 0], bool), np.array([0, 1, 1, 1, 1], bool)) == [(1, 1)]


def _taken(groups: Groups, pupils: np.ndarray, households: np.ndarray) -> list[tuple[int, int]]:
    pairs = only_pairs(groups, alone_on_both_sides(groups, pupils, households), pupils, households)
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


def test_candidates_are_all_children_of_the_group() -> None:
    groups = join_keys([_field([0, 1, -1, 2], [1, 0, 1, -1])])
    pairs = candidates(groups, np.array([1, 2, 3, 0]))
    assert list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == [(1, 0), (1, 2), (0, 1)]
    assert shared_with(groups).tolist() == [1, 2, 0, 0]


def test_a_group_too_large_to_choose_from_offers_nobody() -> None:
    groups = join_keys([_field([0, 1], [0] * (MOST_CANDIDATES + 1) + [1] * MOST_CANDIDATES)])
    pairs = candidates(groups, np.array([0, 1]))
    assert set(pairs.left.tolist()) == {1}
    assert len(pairs) == MOST_CANDIDATES
