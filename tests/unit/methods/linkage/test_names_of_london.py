"""Names as London writes them: what is one child's is matched, what is another family's never without support."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.methods.linkage.london_names import IN_ONE_HOME, NamePair, listed, outcomes

SAME, OTHER = listed("same"), listed("other")
STRANGERS = tuple(pair for pair in OTHER if pair.kind not in IN_ONE_HOME)
AT_HOME, MOVED = 0.95, 0.85


def matched(pairs: tuple[NamePair, ...], *, moved: bool, alone: bool = False) -> dict[NamePair, bool]:
    """Whether each pair was matched, and to its own child."""
    links = outcomes(pairs, moved=moved, alone=alone)
    return {pair: link["outcome"] == "matched" and link["right"] for pair, link in zip(pairs, links, strict=True)}


def shares(found: dict[NamePair, bool]) -> dict[str, float]:
    """The share that is matched in each half of the list: only `after` was written when the code was finished."""
    halves = Counter(pair.half for pair in found)
    return {half: sum(right for pair, right in found.items() if pair.half == half) / of for half, of in halves.items()}


def test_the_list_is_long_enough_and_says_where_its_kinds_come_from() -> None:
    assert len(set(SAME)) == len(SAME) >= 200
    assert len(set(OTHER)) == len(OTHER) >= 100
    assert {pair.half for pair in (*SAME, *OTHER)} == {"before", "after"}


@pytest.mark.parametrize("alone", [False, True], ids=["in a borough's files", "in files of their own"])
def test_one_child_is_matched_at_the_same_home_however_the_name_is_written(alone: bool) -> None:
    assert min(shares(matched(SAME, moved=False, alone=alone)).values()) >= AT_HOME


def test_one_child_that_has_moved_is_mostly_matched() -> None:
    """Not where one side has no forename: a surname and a birthday are not enough for anybody."""
    found = matched(SAME, moved=True)
    assert min(shares(found).values()) >= MOVED
    assert not any(right for pair, right in found.items() if pair.kind == "no forename yet")


@pytest.mark.parametrize("alone", [False, True], ids=["in a borough's files", "in files of their own"])
def test_name_and_birthday_alone_never_match_a_child_of_another_family(alone: bool) -> None:
    wrong = [pair for pair, right in matched(STRANGERS, moved=True, alone=alone).items() if right]
    assert not wrong
