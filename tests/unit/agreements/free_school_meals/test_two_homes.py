"""A claim with two homes is linked by each of them, and a person decides."""

from __future__ import annotations

import pytest

from shared.agreements.free_school_meals.linkage import link_pupils
from shared.agreements.free_school_meals.terms import own_terms
from tests.agreements import pilot
from tests.unit.agreements.free_school_meals.contracts.rows import validated

NEW_HOME = {"postcode": "SE1 5LU", "address_line_1": "99 Old Kent Road", "uprn": None}


@pytest.mark.parametrize(("pupil", "row"), [({}, 0), ({"postcode": "SE1 5LU", "uprn": None, "paon": "99"}, 1)])
def test_a_pupil_is_found_at_either_home_and_never_automatically(pupil: dict[str, object], row: int) -> None:
    unknown = {"child_upn": None, "child_uln": None}
    households = validated("households", unknown, {**NEW_HOME, **unknown}).accepted
    [link] = link_pupils(validated("pupils", pupil).accepted, households, own_terms(pilot()).linkage).to_pylist()
    assert (link["outcome"], link["household_row"], link["guard"]) == ("review", row, "suppressed")
