"""What neighbours and identifiers say of a pair, found by short cuts: as if every row were looked at by every other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.agreements.free_school_meals.linkage import SCHEMA
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.compare.levels import Identifier
from shared.methods.linkage.encode import standardise
from shared.methods.linkage.encode.addresses import Addresses
from shared.methods.linkage.encode.fields import Field
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.guards.twins import with_a_twin
from shared.methods.linkage.model.family import by_siblings
from tests.property.test_linkage_properties import CHILDREN, PUPILS, UPNS
from tests.unit.methods.linkage.families import children, pupils


def every_pair(records: Records) -> Pairs:
    rows, others = np.meshgrid(np.arange(records.left_rows), np.arange(records.right_rows), indexing="ij")
    return Pairs(rows.ravel(), others.ravel())


def at(field: Field, side: str, row: int) -> int | None:
    code = int(getattr(field, side)[row])
    return None if code < 0 else code


def are_twins(records: Records, side: str, one: int, other: int) -> bool:
    """Word for word what `with_a_twin` says."""

    def same(*fields: Field) -> bool:
        return all(at(field, side, one) == at(field, side, other) is not None for field in fields)

    names = at(records.forename, side, one), at(records.forename, side, other)
    postcodes = at(records.postcode, side, one), at(records.postcode, side, other)
    at_home = (same(records.surname) and postcodes[0] == postcodes[1]) or same(records.uprn)
    return None not in names and names[0] != names[1] and same(records.dob) and (at_home or same(records.family))


@given(left=PUPILS, right=CHILDREN, data=st.data())
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_twin_is_found_beside_those_and_only_those_who_have_one(
    side: str, left: list[Any], right: list[Any], data: st.DataObject
) -> None:
    records = read_records(pupils(*left), children(*right), SCHEMA)
    size = getattr(records, f"{side}_rows")
    asked = data.draw(st.lists(st.integers(0, size - 1))) if size else []
    assert with_a_twin(records, side, np.array(asked, np.int64)).tolist() == [
        any(are_twins(records, side, row, other) for other in range(size)) for row in asked
    ]


@pytest.mark.parametrize("postcode", [None, "N1C 4AX"])
def test_twins_of_one_surname_are_found_where_neither_has_a_postcode(postcode: str | None) -> None:
    twins = [{"forename": name, "postcode": None, "uprn": None} for name in ("Maria", "Daniel")]
    records = read_records(pupils(*twins, {"forename": "Omar", "postcode": postcode, "uprn": None}), children(), SCHEMA)
    assert with_a_twin(records, "left", np.array([0, 2])).tolist() == [True, postcode is None]


def speaks_for(records: Records, pair: tuple[int, int], known: tuple[int, int]) -> bool:
    """Whether a known match is that of another pupil of one home with another child of one claim."""

    def same(field: Field, side: str, place: int) -> bool:
        return at(field, side, pair[place]) == at(field, side, known[place]) is not None

    one_home = same(records.postcode, "left", 0) or same(records.uprn, "left", 0)
    return pair[0] != known[0] and pair[1] != known[1] and one_home and same(records.family, "right", 1)


@given(left=PUPILS, right=CHILDREN, data=st.data())
def test_a_siblings_match_speaks_for_those_and_only_those_on_its_claim_whose_address_does_not(
    left: list[Any], right: list[Any], data: st.DataObject
) -> None:
    records = read_records(pupils(*left), children(*right), SCHEMA)
    pairs = every_pair(records)
    among = list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    known = data.draw(st.lists(st.sampled_from(among), unique=True)) if among else []
    matched = Pairs(*(np.array([pair[side] for pair in known], np.int64) for side in (0, 1)))

    def apart(pair: tuple[int, int]) -> bool:
        return not any(
            at(field, "left", pair[0]) == at(field, "right", pair[1]) is not None
            for field in (records.postcode, records.uprn)
        )

    assert by_siblings(records, pairs, matched).tolist() == [
        apart(pair) and any(speaks_for(records, pair, match) for match in known) for pair in among
    ]


WRITTEN = st.sampled_from([*UPNS, "j2102345 19001", "v21023451900a", "T21023451900B", " ", "a" * 40])


@given(ours=st.lists(WRITTEN, min_size=1, max_size=6), theirs=st.lists(WRITTEN, min_size=1, max_size=6))
def test_a_upn_agrees_contradicts_or_says_nothing_as_its_standard_form_does(
    ours: list[str | None], theirs: list[str | None]
) -> None:
    records = read_records(
        pupils(*({"upn": upn} for upn in ours)), children(*({"child_upn": upn} for upn in theirs)), SCHEMA
    )

    def level(one: str | None, other: str | None) -> Identifier:
        left, right = SCHEMA.upn.standard(pa.array([one, other], pa.string())).to_pylist()
        if left is None or right is None:
            return Identifier.MISSING
        temporary = left[-1].isalpha() or right[-1].isalpha()
        return Identifier.EXACT if left == right else Identifier.MISSING if temporary else Identifier.DIFFERS

    assert compare(records, every_pair(records), 0.9)["upn"].tolist() == [level(a, b) for a in ours for b in theirs]


LINES = st.sampled_from(["Flat 3a", "12 High Street", "1st Floor, 14", "High Street", "", None])


@given(
    rows=st.lists(st.tuples(LINES, LINES), min_size=1, max_size=6),
    cut=st.integers(0, 6),
    coded=st.booleans(),
    data=st.data(),
)
def test_house_numbers_are_the_same_for_whichever_rows_are_asked_and_however_they_are_kept(
    rows: list[tuple[str | None, str | None]], cut: int, coded: bool, data: st.DataObject
) -> None:
    def kept(lines: list[str | None]) -> pa.ChunkedArray:
        chunks = [pa.array(part, pa.string()) for part in (lines[:cut], lines[cut:])]
        return pa.chunked_array([chunk.dictionary_encode() if coded else chunk for chunk in chunks])

    table = pa.table({"saon": kept([row[0] for row in rows]), "street": kept([row[1] for row in rows])})
    asked = data.draw(st.lists(st.integers(0, len(rows) - 1)))
    codes, values = Addresses.of(table, ("saon", "street")).house_numbers(np.array(asked, np.int64))
    numbers = [
        pc.fill_null(standardise.house_numbers(pa.array(column, pa.string())), "").to_pylist()
        for column in zip(*rows, strict=True)
    ]
    plain = [" ".join(filter(None, both)) or None for both in zip(*numbers, strict=True)]
    assert [values[code].as_py() if code >= 0 else None for code in codes.tolist()] == [plain[row] for row in asked]
