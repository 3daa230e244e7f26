"""Text and keys as numbers, and never another answer than the plain definition."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.agreements.free_school_meals.linkage import SCHEMA
from shared.methods.linkage.block.equi_join import equi_join, may_be_on_both_sides
from shared.methods.linkage.encode import standardise
from shared.methods.linkage.encode.fields import Standard, encode
from shared.methods.linkage.encode.standardise import house_numbers

KEYS = st.lists(st.integers(-1, 9), max_size=30)
WIDE = 1 << 62


DIGITS = st.from_regex(r"[0-9]{0,20}", fullmatch=True)
ODD = st.sampled_from(["1E+11", " 7 ", "1.0", "", "0", "12a", "１２"])


@given(ours=st.lists(st.none() | DIGITS | ODD), theirs=st.lists(st.none() | DIGITS | ODD))
def test_values_have_one_number_where_their_standard_form_is_one(
    ours: list[str | None], theirs: list[str | None]
) -> None:
    columns = [pa.chunked_array([pa.array(side, pa.string())]) for side in (ours, theirs)]
    field = encode(SCHEMA.uprn.standard, [columns[0]], [columns[1]])
    standard = SCHEMA.uprn.standard(pa.array([*ours, *theirs], pa.string())).to_pylist()
    codes = [*field.left.tolist(), *field.right.tolist()]
    assert [code < 0 for code in codes] == [value is None for value in standard]
    assert len({*zip(codes, standard, strict=True)}) == len({*codes}) == len({*standard})


@pytest.mark.parametrize("spread", [1, WIDE // 10])
@given(ours=KEYS, theirs=KEYS, most=st.integers(1, 4))
def test_rows_meet_if_and_only_if_their_keys_are_the_same(
    spread: int, ours: list[int], theirs: list[int], most: int
) -> None:
    left, right = (np.array([key * spread if key >= 0 else -1 for key in side], np.int64) for side in (ours, theirs))
    pairs = equi_join(left, right, WIDE, most)
    assert sorted(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)) == [
        (row, child)
        for row, key in enumerate(ours)
        for child, other in enumerate(theirs)
        if key == other >= 0 and theirs.count(key) <= most
    ]


@pytest.mark.parametrize("spread", [1, WIDE // 10])
@given(ours=KEYS, theirs=KEYS)
def test_no_key_that_is_shared_is_left_out(spread: int, ours: list[int], theirs: list[int]) -> None:
    left, right = (np.array([key * spread if key >= 0 else -1 for key in side], np.int64) for side in (ours, theirs))
    size = 10 * spread
    asked, children = may_be_on_both_sides(left, right, size)
    assert {row for row, key in enumerate(ours) if key >= 0 and key in theirs} <= set(asked.tolist())
    assert {row for row, key in enumerate(theirs) if key >= 0 and key in ours} <= set(children.tolist())
    assert all(ours[row] >= 0 for row in asked)


@given(texts=st.lists(st.none() | st.text("0123456789aAbstndrhSTNDRH ,-/éßı٣", max_size=14)))
def test_house_numbers_are_the_words_that_begin_with_a_digit_but_for_ordinals(texts: list[str | None]) -> None:
    def plainly(text: str | None) -> str | None:
        upper = pc.utf8_upper(pa.array([text or ""], pa.string()))[0].as_py()
        words = re.sub("[^0-9A-Z]+", " ", upper).split()
        kept = [word for word in words if re.match("[0-9]", word) and not re.fullmatch("[0-9]+(ST|ND|RD|TH)", word)]
        return " ".join(kept) or None

    assert house_numbers(pa.array(texts, pa.string())).to_pylist() == [plainly(text) for text in texts]


WORDS = st.sampled_from(
    [*sorted(standardise.NO_NAME), *sorted(standardise.TITLES), "baby", "of", "Twin", "zzz", "Jo", "n/a"]
)
NAMES = st.lists(WORDS | st.text("abyzABYZ", max_size=4) | st.text("aZ1 '`-.,(\n\té", max_size=6), max_size=3).map(
    " ".join
)


@pytest.mark.parametrize("standard", [standardise.surnames, standardise.forenames])
@given(names=st.lists(NAMES | st.none()))
def test_plain_names_read_together_are_as_each_is_by_itself(standard: Standard, names: list[str | None]) -> None:
    # A space, but no ASCII: names that have it go one by one.
    alone = [None if name is None else f"{name}\u2002" for name in names]
    assert standard(pa.array(names, pa.string())) == standard(pa.array(alone, pa.string()))
