"""A claim of the pupil's home and surname that does not list the pupil: part of the family's chance, for a person."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.agreements.free_school_meals.linkage import link_pupils
from shared.methods.linkage.encode.read import MOST_AT_HOME
from shared.methods.linkage.guards.guards import GUARDS
from tests.unit.methods.linkage.families import BY_CHILD, WHOLE, children, pupils

SISTER = {"child_forename": "Kehinde", "child_dob": date(2009, 1, 9), "claimant_surname": "Okonjo"}


def _one(pupil: dict[str, Any], *claim: dict[str, Any]) -> dict[str, Any]:
    return link_pupils(pupils(pupil), children(*claim), WHOLE).to_pylist()[0]


@pytest.mark.parametrize(
    ("pupil", "child"),
    [
        ({}, {}),
        ({"uprn": None}, {}),
        ({"contact_forename": "Ann"}, {"claimant_forename": "Ann"}),
        (
            {"contact_forename": "Ann"},
            {"child_surname": "Bello", "claimant_surname": "Okonjo", "claimant_forename": "Ann"},
        ),
    ],
)
def test_a_claim_that_fits_home_and_surname_goes_to_a_person(pupil: dict[str, Any], child: dict[str, Any]) -> None:
    found = _one(pupil, SISTER | child)
    assert (found["outcome"], found["rule"], found["guard"]) == ("review", "unlisted", "unlisted")
    assert WHOLE.review <= found["probability"] < WHOLE.automatic
    assert found["child_probability"] < 0.1
    assert found["sentence"].endswith("A person decides: the claim does not list the pupil.")
    assert "unlisted" in {guard.code for guard in GUARDS}


@pytest.mark.parametrize(
    ("pupil", "child"),
    [
        ({"surname": "Lee"}, {}),
        ({}, {"uprn": "7", "postcode": "N1C 4AX", "address_line_1": "3 Canal Reach"}),
        ({"uprn": None}, {"address_line_1": "14 High Street"}),
        ({"surname": None}, {"child_surname": None, "claimant_surname": None}),
    ],
)
def test_another_home_or_surname_is_no_family(pupil: dict[str, Any], child: dict[str, Any]) -> None:
    assert _one(pupil, SISTER | child)["outcome"] == "unmatched"


def test_who_is_found_is_not_looked_for_on_another_claim() -> None:
    found = link_pupils(
        pupils({}, {"forename": "Ola", "dob": date(2012, 2, 2)}), children({}, SISTER), WHOLE
    ).to_pylist()
    assert [(row["outcome"], row["rule"] == "unlisted") for row in found] == [("matched", False), ("review", True)]


def test_where_the_child_is_what_is_linked_no_such_claim_is_shown() -> None:
    assert link_pupils(pupils({}), children(SISTER), BY_CHILD).to_pylist()[0]["outcome"] == "unmatched"


def test_an_institution_is_no_home() -> None:
    crowd = [SISTER | {"child_seq": n, "household_ref": f"H{n}"} for n in range(MOST_AT_HOME + 1)]
    assert _one({}, *crowd)["outcome"] == "unmatched"
