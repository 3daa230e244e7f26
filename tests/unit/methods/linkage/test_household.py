"""Where the household is linked: what may only be another child of the family needs nobody, another family does."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.agreements.free_school_meals.linkage import link_pupils
from tests.unit.methods.linkage.families import BY_CHILD, WHOLE, children, one, pupils

ELSEWHERE = {"postcode": "N1C 4AX", "uprn": "7", "address_line_1": "3 Canal Reach"}
TWINS = (
    {"child_forename": "Taiwo", "claimant_forename": "Ann"},
    {"child_forename": "Kehinde", "child_seq": 2, "claimant_forename": "Ann"},
)
SURE = {"automatic": 1e-6, "review": 1e-9, "cascade": WHOLE.cascade[:2]}
"""So that nothing but a guard sends a pair to a person."""


def test_of_two_twins_it_does_not_matter_which_where_the_household_is_linked() -> None:
    pupil = {"forename": "Josh", "contact_forename": "Ann"}
    found = link_pupils(pupils(pupil), children(*TWINS), WHOLE).to_pylist()[0]
    assert found["outcome"] == "matched"
    assert found["probability"] >= WHOLE.automatic > found["child_probability"]
    assert "Which child of the claim it is, is less sure." in found["sentence"]
    by_child = link_pupils(pupils(pupil), children(*TWINS), BY_CHILD).to_pylist()[0]
    assert by_child["outcome"] != "matched"


ANOTHER_CHILD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"forename": "Zoe"}, {}),
    ({}, {"child_dob": date(2016, 5, 1)}),
    ({"forename": "Marlon"}, {"child_forename": "Marlow", "child_dob": date(2015, 3, 17)}),
]
ANOTHER_FAMILY: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("forename", {"forename": "Christabel"}, {"child_forename": "Chrysanthe", **ELSEWHERE}),
    ("forename", {"forename": "Zoe", "uprn": None, "paon": "99"}, {"uprn": None}),
    ("forename", {"forename": "Daniel", "sex": "M"}, {"child_forename": "Danielle", "child_sex": "F"}),
    ("dob", {}, {"child_dob": date(2015, 3, 18), **ELSEWHERE}),
    ("stranger", {"forename": "Temidayor"}, ELSEWHERE),
    ("stranger", {"forename": "Okonjo", "surname": "Temidayo"}, ELSEWHERE),
    ("dob_postcode", {"forename": "Zoe", "surname": "Lee"}, {}),
    ("identifier", {"upn": "J210234519001"}, {"child_upn": "B801200005001"}),
    ("suppressed", {}, {"suppress_contact": True}),
]


@pytest.mark.parametrize(("pupil", "child"), ANOTHER_CHILD)
def test_what_may_only_be_another_child_of_the_family_is_not_guarded(
    pupil: dict[str, Any], child: dict[str, Any]
) -> None:
    found = one(pupil, child, WHOLE.model_copy(update=SURE))
    assert found["guard"] in (None, "unlisted")
    assert one(pupil, child, BY_CHILD.model_copy(update=SURE))["guard"] is not None


@pytest.mark.parametrize(("code", "pupil", "child"), ANOTHER_FAMILY)
def test_what_may_be_another_family_is_a_persons_whatever_the_weight(
    code: str, pupil: dict[str, Any], child: dict[str, Any]
) -> None:
    only = WHOLE.model_copy(update=SURE | {"guards": (code,)})
    found = one(pupil, child, only)
    assert (found["outcome"], found["guard"]) == ("review", code)
    assert one(pupil, child, only.model_copy(update={"guards": ()}))["guard"] is None


@pytest.mark.parametrize("support", [{}, {"claimant_forename": "Ann", **ELSEWHERE}])
def test_a_fuzzy_forename_with_the_home_or_a_parent_to_support_it_is_automatic(support: dict[str, Any]) -> None:
    found = one({"forename": "Temidayor", "contact_forename": "Ann"}, support, WHOLE)
    assert (found["outcome"], found["guard"]) == ("matched", None)


def test_two_entries_of_one_pupil_both_have_the_claim() -> None:
    found = link_pupils(pupils({}, {}), children({}), WHOLE).to_pylist()
    assert [(row["outcome"], row["rule"], row["household_row"]) for row in found] == [
        ("matched", "probabilistic", 0)
    ] * 2


def test_two_claims_for_one_child_stay_a_persons_to_choose() -> None:
    found = link_pupils(pupils({}), children({}, {"household_ref": "H2"}), WHOLE).to_pylist()[0]
    assert (found["outcome"], found["guard"]) == ("review", "not_unique")
    assert found["probability"] >= WHOLE.automatic
