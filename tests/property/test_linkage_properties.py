"""What holds of `link` for any input: order decides nothing, no child is shared, no text breaks it, no twin guessed."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.agreements.free_school_meals.linkage import SCHEMA, link_pupils
from shared.methods.linkage.compare import batches
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.encode import standardise
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.read import read_records
from tests.unit.methods.linkage.families import BY_CHILD, CHILD, PUPIL, children, pupils
from tests.unit.methods.linkage.families import WHOLE as POLICY

# Few values, so that rows collide in every way: this is where links go wrong.
FORENAMES = (
    "Maria",
    "Mariam",
    "MARIAH",
    "Mohammed",
    "Mohamed Ali",
    "Mohammed Omar",
    "Dan",
    "Daniel",
    "Danielle",
    "Baby",
)
SURNAMES = ("Okonjo", "OKONJO-LEE", "Lee", "O'Neil", "oneil", "Unknown", "")
DAYS = (date(2014, 3, 7), date(2014, 7, 3), date(2015, 3, 7), date(2014, 1, 1), date(1900, 1, 1), None)
POSTCODES = ("SE15 4QP", "se154qp", "N1C 4AX", "ZZ99 3VZ", None)
UPRNS = ("100023336956", "000100023336956", "7", "1E+11", None)
UPNS = ("J210234519001", "B801200005001", "V21023451900A", "A210234519001", None)
SEXES = ("M", "F", None)


def _rows(names: dict[str, tuple[Any, ...]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(
        st.fixed_dictionaries({name: st.sampled_from(values) for name, values in names.items()}), max_size=9
    )


PUPILS = _rows(
    {"upn": UPNS, "forename": FORENAMES, "surname": SURNAMES, "dob": DAYS, "postcode": POSTCODES, "uprn": UPRNS}
    | {"sex": SEXES, "middle_names": ("Ali", None), "paon": ("12", "14", None)}
    | {"former_surname": ("Lee", None), "contact_forename": ("Ann", None)}
)
CHILDREN = _rows(
    {"child_upn": UPNS, "child_forename": FORENAMES, "child_surname": SURNAMES, "child_dob": DAYS}
    | {"postcode": POSTCODES, "uprn": UPRNS, "child_sex": SEXES, "household_ref": ("H1", "H2", "H3")}
    | {"address_line_1": ("12 High Street", "Flat 1, 14 High Street", None)}
    | {"claimant_surname": ("Okonjo", None), "claimant_forename": ("Ann", "Joy")}
)
ANY_TEXT = st.text(max_size=12) | st.none()


def _numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    # The contract refuses a household that gives one child number twice, so rows are never wholly the same.
    return [row | {"child_seq": number} for number, row in enumerate(rows)]


@settings(max_examples=50)
@given(left=PUPILS, right=CHILDREN, seed=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_decides_nothing(left: list[Any], right: list[Any], seed: Any) -> None:
    right = _numbered(right)
    straight = link_pupils(pupils(*left), children(*right), POLICY).to_pylist()
    pupil_order, child_order = list(range(len(left))), list(range(len(right)))
    seed.shuffle(pupil_order)
    seed.shuffle(child_order)
    shuffled = link_pupils(
        pupils(*[left[row] for row in pupil_order]), children(*[right[row] for row in child_order]), POLICY
    ).to_pylist()
    for found in shuffled:
        found["pupil_row"] = pupil_order[found["pupil_row"]]
        if found["household_row"] is not None:
            found["household_row"] = child_order[found["household_row"]]
    assert sorted(shuffled, key=lambda found: found["pupil_row"]) == straight


@settings(max_examples=40)
@given(left=PUPILS, right=CHILDREN)
def test_pairs_in_batches_of_any_size_give_the_same_links(left: list[Any], right: list[Any]) -> None:
    tables = pupils(*left), children(*_numbered(right))
    whole = link_pupils(*tables, POLICY)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(batches, "AT_ONCE", 2)
        assert link_pupils(*tables, POLICY) == whole


@settings(max_examples=50)
@given(left=PUPILS, right=CHILDREN)
def test_no_two_pupils_share_a_matched_child_and_every_pupil_has_one_row(left: list[Any], right: list[Any]) -> None:
    """Where the child is what is linked; two entries of one pupil, or twins, may share the row of a household."""
    found = link_pupils(pupils(*left), children(*right), BY_CHILD).to_pylist()
    assert [row["pupil_row"] for row in found] == list(range(len(left)))
    matched = [row["household_row"] for row in found if row["outcome"] == "matched"]
    assert len(matched) == len(set(matched))
    offered = {row["household_row"] for row in found if row["outcome"] == "review" and row["rule"] != "unlisted"}
    assert not offered & set(matched)


@settings(max_examples=50)
@given(left=PUPILS, right=CHILDREN)
def test_bands_hold_and_a_guarded_pair_is_never_matched(left: list[Any], right: list[Any]) -> None:
    for row in link_pupils(pupils(*left), children(*right), POLICY).to_pylist():
        if row["outcome"] == "matched":
            assert row["probability"] >= POLICY.automatic
            assert row["guard"] is None
        elif row["outcome"] == "review":
            assert row["probability"] >= POLICY.review
            assert row["guard"] is not None or row["probability"] < POLICY.automatic
        else:
            assert row["household_row"] is row["rule"] is row["probability"] is row["evidence"] is None


@settings(max_examples=50)
@given(
    names=st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9), min_size=2, max_size=2, unique=True),
    recorded=st.tuples(st.booleans(), st.booleans()),
)
def test_a_twin_is_never_matched_to_the_other(names: list[str], recorded: tuple[bool, bool]) -> None:
    """Both twins at school, one or both on the claim: whoever is matched is matched to their own forename."""
    twins = [{"forename": name} for name in names]
    claim = [
        {"child_forename": name, "child_seq": n} for n, name in enumerate(names) if recorded[n] or not any(recorded)
    ]
    assume(all(standardise.forenames(pa.array([name])).to_pylist()[0] for name in names))
    table = children(*claim)
    for row in link_pupils(pupils(*twins), table, POLICY).to_pylist():
        if row["outcome"] == "matched":
            assert table.column("child_forename")[row["household_row"]].as_py() == names[row["pupil_row"]]


@given(names=st.lists(st.sampled_from(FORENAMES[:-1]), min_size=2, max_size=2, unique=True))
def test_alone_or_not_two_first_names_of_one_family_and_birthday_need_a_beginning_in_common(names: list[str]) -> None:
    (found,) = link_pupils(pupils({"forename": names[0]}), children({"child_forename": names[1]}), BY_CHILD).to_pylist()
    if names[0][:3].upper() != names[1][:3].upper():
        assert found["outcome"] != "matched"


@settings(max_examples=60)
@given(
    left=st.lists(st.fixed_dictionaries({n: ANY_TEXT for n in PUPIL if n != "dob"}), max_size=4),
    right=st.lists(
        st.fixed_dictionaries({n: ANY_TEXT for n in CHILD if n not in ("child_dob", "child_seq", "suppress_contact")}),
        max_size=4,
    ),
    alike=st.booleans(),
)
def test_no_text_breaks_it(left: list[Any], right: list[Any], alike: bool) -> None:
    if alike:
        right = [
            row
            | {f"child_{n}": pupil[n] for n in ("forename", "surname", "upn", "uln", "sex")}
            | {"postcode": pupil["postcode"]}
            for row, pupil in zip(right, left, strict=False)
        ]
    assert link_pupils(pupils(*left), children(*right), POLICY).num_rows == len(left)


@given(day=st.dates())
def test_no_date_breaks_it(day: date) -> None:
    assert link_pupils(pupils({"dob": day}), children({}), POLICY).num_rows == 1


@given(name=st.text(max_size=20))
def test_a_standard_name_is_its_own_standard(name: str) -> None:
    for standard in (standardise.surnames, standardise.forenames):
        once = standard(pa.array([name], pa.string()))
        assert standard(once).equals(once)


@given(left=PUPILS, right=CHILDREN)
def test_comparisons_are_symmetric(left: list[Any], right: list[Any]) -> None:
    """The same two people with the sides exchanged agree on the same levels."""
    rows = [(_person(pupil), _own(child)) for pupil in left for child in right]
    forward = read_records(pupils(*[pupil for pupil, _ in rows]), children(*[child for _, child in rows]), SCHEMA)
    backward = read_records(
        pupils(*[_as_pupil(child) for _, child in rows]), children(*[_as_child(pupil) for pupil, _ in rows]), SCHEMA
    )
    pairs = Pairs(np.arange(len(rows)), np.arange(len(rows)))
    ahead, back = (compare(records, pairs, POLICY.forename_similarity) for records in (forward, backward))
    for name in ahead:
        assert ahead[name].tolist() == back[name].tolist(), name


OWN = {
    "forename": "child_forename",
    "surname": "child_surname",
    "dob": "child_dob",
    "sex": "child_sex",
    "upn": "child_upn",
}
SHARED = ("postcode", "uprn")


def _person(pupil: dict[str, Any]) -> dict[str, Any]:
    # A claim has no middle or former names and a pupil no claimant, so there is nothing to exchange them with.
    return pupil | {"middle_names": None, "former_surname": None, "contact_forename": None}


def _own(child: dict[str, Any]) -> dict[str, Any]:
    return child | {"claimant_surname": None, "claimant_forename": None}


def _as_pupil(child: dict[str, Any]) -> dict[str, Any]:
    facts = {ours: child[theirs] for ours, theirs in OWN.items()} | {name: child[name] for name in SHARED}
    return facts | {"paon": None, "street": child["address_line_1"]}


def _as_child(pupil: dict[str, Any]) -> dict[str, Any]:
    facts = {theirs: pupil[ours] for ours, theirs in OWN.items()} | {name: pupil[name] for name in SHARED}
    return facts | {"address_line_1": f"{pupil['paon'] or ''} High Street"}
