"""What the terms may name is what the package makes; its own keys are its own."""

from __future__ import annotations

import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.enrol import with_pupil
from shared.agreements.free_school_meals.releases import (
    DECIDED,
    FROM_ASSESSMENT,
    FROM_HOUSEHOLD,
    FROM_LINK,
    FROM_PUPIL,
    MADE,
    PENDING_COLUMNS,
)
from shared.agreements.free_school_meals.results import pairs
from shared.agreements.free_school_meals.terms import FreeSchoolMeals, own_terms
from shared.agreements.registry import load_agreement
from shared.kernel.terms.model import Agreement


def empty(*columns: str) -> pa.Table:
    return pa.table({name: pa.array([], pa.string()) for name in columns})


def test_the_pipeline_makes_the_columns_that_the_terms_may_name() -> None:
    made = pairs(
        pa.array([], pa.string()),
        empty(*FROM_PUPIL.values()),
        empty(*FROM_HOUSEHOLD),
        empty(*FROM_LINK),
        empty(*FROM_ASSESSMENT),
    )
    assert MADE["matches"] == MADE["review"] == set(made.column_names)
    decided = with_pupil(empty("match_ref", "decision", "decided_on"), empty(*PENDING_COLUMNS))
    assert MADE["enrolments"] == {*decided.column_names, "status"} == DECIDED


def test_the_terms_that_are_shipped_name_no_other() -> None:
    for name, terms in load_agreement("fsm").releases.items():
        assert set(terms.columns) <= MADE[name]


def test_its_own_keys_are_asked_of_its_own_terms_alone() -> None:
    terms = load_agreement("fsm")
    assert own_terms(terms).eligibility.rule_set == "fsm-2026"
    assert own_terms(terms).linkage.model is not None
    common = {name: getattr(terms, name) for name in Agreement.model_fields}
    with pytest.raises(TypeError, match="another agreement"):
        own_terms(Agreement.model_construct(**common))
    assert issubclass(FreeSchoolMeals, Agreement)
