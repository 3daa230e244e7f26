"""How a pair is called: the same in every drop and term, another for every other pair, and nothing that tells of it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.results import match_refs
from shared.kernel.envelope.pseudonyms import KeyedPseudonyms
from tests.world import NOW, World, household, pupil, upn

KEYED = KeyedPseudonyms(b"a secret of this test, 32 bytes.")
PUPIL = {
    "upn": "J210234519001",
    "dob": date(2015, 3, 21),
    "surname": "Okafor",
    "forename": "Amara",
    "urn": "100042",
    "school_borough": "southwark",
}
CHILD = {"household_ref": "H1", "child_dob": date(2015, 3, 21), "child_seq": 1, "child_forename": "Amara"}


def refs(*pairs: tuple[dict[str, Any], dict[str, Any]], home: str = "lambeth") -> list[str]:
    pupils = pa.Table.from_pylist([PUPIL | pupil for pupil, _ in pairs])
    children = pa.Table.from_pylist([CHILD | child for _, child in pairs])
    return [str(ref) for ref in match_refs(home, pupils, children, KEYED).to_pylist()]


@pytest.mark.parametrize(
    ("pupil_then", "child_then"),
    [
        ({"surname": "Okafor-Reid", "forename": "Amy", "urn": "100099", "dob": date(2015, 3, 12)}, {}),
        ({}, {"child_seq": 3, "child_forename": "Amy", "child_dob": date(2015, 12, 3)}),
    ],
)
def test_a_pair_keeps_its_name_when_it_is_spelt_numbered_or_dated_otherwise(
    pupil_then: dict[str, Any], child_then: dict[str, Any]
) -> None:
    assert refs(({}, {})) == refs((pupil_then, child_then))


@pytest.mark.parametrize(
    ("other", "home"),
    [
        (({"upn": "B801200005001"}, {}), "lambeth"),
        (({}, {"household_ref": "H2"}), "lambeth"),
        (({}, {}), "lewisham"),
    ],
)
def test_another_pupil_claim_or_home_is_another_pair(other: tuple[dict[str, Any], dict[str, Any]], home: str) -> None:
    assert refs(({}, {})) != refs(other, home=home)


def test_a_name_is_no_number_to_a_spreadsheet_and_one_of_the_contract() -> None:
    [ref] = refs(({}, {}))
    assert re.fullmatch(r"m-[0-9a-f]{32}", ref)


def test_pairs_of_a_run_that_would_have_one_name_are_told_apart() -> None:
    twice = [({}, {}), ({"urn": "100099"}, {}), ({"upn": "B801200005001"}, {})]
    found = refs(*twice)
    assert len(set(found)) == 3
    assert found[2] in refs(({"upn": "B801200005001"}, {}))
    assert refs(*reversed(twice)) == found[::-1]


def test_the_same_pair_is_called_the_same_when_both_sides_are_dropped_anew(world: World) -> None:
    def found(rows: list[dict[str, Any]], children: list[dict[str, Any]], day: int) -> dict[str, str]:
        at = NOW + timedelta(days=day)
        world.now[0] = at
        world.receive("southwark", world.drop("southwark", "pupils", rows, prepared_at=at))
        world.receive("lambeth", world.drop("lambeth", "households", children, prepared_at=at))
        world.carry_out_all()
        table = world.results("lambeth", "matches")  # of the current result: the one before has been replaced
        return dict(zip(table.column("household_ref").to_pylist(), table.column("match_ref").to_pylist(), strict=True))

    other, claim = (
        pupil(2, forename="Bo", surname="Eze", dob=date(2014, 1, 2)),
        household("H2", child_forename="Bo", child_surname="Eze", child_dob=date(2014, 1, 2)),
    )
    first = found([pupil(), other], [household(), claim], 0)
    again = found([other, pupil(3, forename="Zoe"), pupil()], [claim, household(child_seq=2)], 1)
    assert first == again != {}
    assert not any(upn(1) in ref or "H1" in ref for ref in first.values())
