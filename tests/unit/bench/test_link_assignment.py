"""One to one, greedily and optimally: the optimal links weigh most in all, the table says where the two differ."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from bench.link.assignment import HEAD, table, weigh
from bench.link.contestants.race import Floats, Ints, greedy
from bench.link.optimal import compare, contested_pairs, optimal, parts
from bench.link.sets import Set, write_set
from bench.link.tables import truth_table
from tests.world import household, pupil
from tests.world import table as contract

ROWS = 4


def every_way(worth: Floats) -> tuple[Ints, Ints]:
    """What scipy's solver does, by trying everything; scipy itself is among the peers."""
    if worth.shape[0] > worth.shape[1]:
        columns, rows = every_way(worth.T)
        return rows, columns
    rows = np.arange(worth.shape[0])
    ways = [np.array(way) for way in permutations(range(worth.shape[1]), len(rows))]
    return rows, max(ways, key=lambda way: float(worth[rows, way].sum()))


def weighed(*pairs: tuple[int, int, float]) -> tuple[Ints, Ints, Floats]:
    pupils, households, bits = zip(*pairs, strict=True) if pairs else ((), (), ())
    return np.array(pupils, np.int64), np.array(households, np.int64), np.array(bits, np.float64)


graphs = st.dictionaries(
    st.tuples(st.integers(0, ROWS - 1), st.integers(0, ROWS - 1)), st.integers(1, 40), max_size=ROWS * ROWS
).map(lambda bits: weighed(*((*pair, float(worth)) for pair, worth in bits.items())))


@given(graphs)
def test_the_optimal_links_are_one_to_one_and_weigh_as_much_as_any_can(graph: tuple[Ints, Ints, Floats]) -> None:
    pupils, households, bits = graph
    kept = optimal(pupils, households, bits, every_way)
    assert len(set(pupils[kept])) == len(set(households[kept])) == len(kept)
    worth = np.zeros((ROWS, ROWS))
    worth[pupils, households] = bits
    assert bits[kept].sum() == worth[every_way(worth)].sum()
    assert bits[kept].sum() >= bits[greedy(pupils, households, bits)].sum()


@given(graphs)
def test_pairs_are_in_one_part_when_a_row_leads_from_one_to_the_other(graph: tuple[Ints, Ints, Floats]) -> None:
    pupils, households, _ = graph
    part = parts(pupils, households)
    for side in (pupils, households):
        assert all(len(set(part[side == row])) == 1 for row in side)
    contested = contested_pairs(part, pupils, households)
    for number in set(part):
        at = part == number
        several = len(set(pupils[at])) > 1 and len(set(households[at])) > 1
        assert contested[at].tolist() == [several] * at.sum()


def test_where_the_best_pair_leaves_two_others_with_nobody_the_two_ways_differ() -> None:
    pupils, households, bits = weighed((0, 0, 20.0), (0, 1, 19.0), (1, 0, 18.0), (2, 2, 25.0), (3, 3, 9.0))
    right = np.array([False, True, True, True, True])
    found = compare(pupils, households, bits, right, 10.0, every_way)
    assert (found.pairs, found.contested) == (4, 3)
    assert (found.greedy, found.greedy_false, found.optimal, found.optimal_false) == (2, 1, 3, 0)
    assert (found.differing, found.bits_gained) == (3, 17.0)


def test_the_pairs_of_a_set_are_weighed_and_known_to_be_right(tmp_path: Path) -> None:
    pupils = contract("pupils", [pupil(1), pupil(2, forename="Daniel", surname="Reid")])
    households = contract("households", [household("H1"), household("H2", child_forename="Zed", child_surname="Yu")])
    write_set(Set("small", "london", "a test"), tmp_path, pupils, households, truth_table(pa.array([0]), pa.array([0])))
    found = weigh(tmp_path, 10.0).to_pylist()
    assert [(line["pupil_row"], line["household_row"], line["right"]) for line in found] == [(0, 0, True)]
    assert found[0]["bits"] > 15


def test_the_table_says_what_was_found_set_by_set() -> None:
    line = {"cut": 12.0, "pairs": 3457, "contested": 178, "greedy": 3334, "greedy_false": 10}
    line |= {"optimal": 3335, "optimal_false": 8, "differing": 4, "bits_gained": 3.75}
    name, head, said = table({"a-set": [line]}).splitlines()
    assert (name, head) == ("a-set", HEAD)
    assert said.split() == ["12", "3,457", "178", "3,334", "10", "3,335", "8", "4", "3.8"]
