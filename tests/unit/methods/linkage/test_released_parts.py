"""The parts of a weight as they are released: they add up, and tell how common a value is in coarse steps alone."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from shared.agreements.free_school_meals.linkage import link_pupils
from shared.methods.linkage.compare.levels import LEVELS
from shared.methods.linkage.explain.parts import REST, TERM
from shared.methods.linkage.explain.released import STEP, parts_of, released
from shared.methods.linkage.model.weights import TERMS, Bits
from tests.unit.methods.linkage.families import WHOLE, children, pupils

ELSEWHERE = {"uprn": None, "postcode": "N1C 4AX"}


def _bits(**terms: float) -> Bits:
    every = {term.comparison: 0.0 for term in TERMS} | terms
    comparisons = {name: np.array([1.4]) for name in LEVELS}
    return Bits(comparisons, {name: np.array([term]) for name, term in every.items()}, np.zeros(1))


def test_a_pair_in_review_says_what_its_weight_is_made_of() -> None:
    guarded = WHOLE.model_copy(update={"guards": ("suppressed",), "automatic": 1 - 1e-9, "cascade": WHOLE.cascade[:2]})
    found = link_pupils(pupils({"forename": "Tobi"}), children({"child_forename": "Toby", **ELSEWHERE}), guarded)
    (row,) = found.to_pylist()
    assert row["outcome"] == "review"
    parts = parts_of(row["parts"])
    assert sum(bits for _, bits in parts) == round(row["match_weight"])
    labels = [label for label, _ in parts]
    assert labels[0] == "dob exact"
    assert labels[-1] == REST
    assert [label for label in labels if TERM not in label][:-1] == row["evidence"].split("; ")


def test_a_matched_pair_and_one_that_a_rule_made_have_no_parts() -> None:
    matched = link_pupils(pupils({}), children({}), WHOLE)
    cascade = WHOLE.model_copy(update={"model": None, "unlisted": None})
    ruled = link_pupils(pupils({}), children({"child_dob": date(2015, 3, 18)}), cascade)
    assert [table.column("parts").to_pylist() for table in (matched, ruled)] == [[None], [None]]
    assert matched.column("outcome").to_pylist() == ["matched"]


@pytest.mark.parametrize(("term", "told"), [(-1.9, None), (-2.1, -4), (-5.9, -4), (-6.1, -8), (2.1, 4)])
def test_how_common_a_value_is_is_told_in_steps(term: float, told: int | None) -> None:
    levels = {name: np.array([1], np.int8) for name in LEVELS}
    (text,) = released(_bits(surname=term), levels, np.array([7.6]))
    parts = dict(parts_of(text))
    assert parts.get(f"surname {TERM}") == told
    assert sum(parts.values()) == 8
    assert all(bits % STEP == 0 for label, bits in parts.items() if label.endswith(TERM))


@pytest.mark.parametrize("text", ["", "dob exact", "dob exact +1.5", "dob exact 12", "<b> +1"])
def test_what_is_no_text_of_parts_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="parts"):
        parts_of(text)


def test_every_level_can_be_released() -> None:
    for name, kind in LEVELS.items():
        for level in list(kind)[1:]:
            levels = {other: np.array([0], np.int8) for other in LEVELS} | {name: np.array([level], np.int8)}
            assert parts_of(released(_bits(), levels, np.zeros(1))[0])[0][1] == 1
