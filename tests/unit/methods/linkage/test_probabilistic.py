"""The tier under the cascade: what it finds, what no score can override, and what it says of a pair."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.agreements.free_school_meals.linkage import SCHEMA, explain_links, link_pupils
from shared.methods.linkage.block.rules import BLOCKS, FINE, MOST_RIGHT_ROWS, block
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.compare.levels import LEVELS, Forename
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.explain.parts import EXPLANATION
from shared.methods.linkage.explain.pictures import levels_chart, waterfall
from shared.methods.linkage.model.calibrate import calibrate, fit
from shared.methods.linkage.model.family import by_siblings
from shared.methods.linkage.model.posterior import calibrated, compete
from shared.methods.linkage.model.rivals import Rivals
from shared.methods.linkage.model.train import train
from shared.methods.linkage.model.weights import ASIDE, rising, weights_of
from shared.methods.linkage.policy import Calibration
from tests.unit.methods.linkage.families import BY_CHILD, POLICY, children, one, pupils

ELSEWHERE = {"postcode": "N1C 4AX", "uprn": "7", "address_line_1": "3 Canal Reach"}


@pytest.mark.parametrize(
    ("pupil", "child"),
    [
        ({"surname": "Zyx"}, {}),
        ({"surname": "Okonjo-Bello"}, {"child_surname": "Bello"}),
        ({"forename": "Okonjo", "surname": "Temidayo"}, {}),
        ({"forename": "Ibrahim"}, {"child_forename": "Ebraheem"}),
        ({"dob": date(2014, 3, 7), "surname": "Okonja"}, {"child_dob": date(2014, 7, 3)}),
        ({"forename": "Okonjo", "surname": "Temidayp"}, {}),
        ({"forename": "Al-Hassan", "surname": "Temidayo"}, {"child_surname": "Al Hassan"}),
        ({"surname": "Zyx"}, {"claimant_surname": "Zyx"}),
        ({}, {"child_dob": date(2015, 3, 18)}),
        ({}, {"child_forename": None}),
    ],
)
def test_one_thing_wrong_is_found(pupil: dict[str, Any], child: dict[str, Any]) -> None:
    found = one(pupil, child, BY_CHILD)
    assert (found["outcome"], found["rule"], found["guard"]) == ("matched", "probabilistic", None)
    assert found["margin"] is None


@pytest.mark.parametrize(
    ("code", "pupil", "child"),
    [
        ("suppressed", {}, {"suppress_contact": True}),
        ("twin", {"forename": "Zoe"}, {}),
        ("forename", {"forename": "Zoe", "surname": "Lee"}, {}),
        ("dob", {}, {"child_dob": date(2011, 9, 30)}),
    ],
)
def test_no_score_overrides_a_guard(code: str, pupil: dict[str, Any], child: dict[str, Any]) -> None:
    lenient = BY_CHILD.model_copy(update={"review": 1e-9})
    found = one(pupil, child, lenient)
    assert (found["outcome"], found["guard"]) == ("review", code)
    assert "A person decides" in found["sentence"]


def test_a_guard_says_who_decides_and_not_how_likely_a_pair_is() -> None:
    open_to_all, closed = one({}, {}, BY_CHILD), one({}, {"suppress_contact": True}, BY_CHILD)
    assert closed["probability"] > BY_CHILD.automatic
    assert (open_to_all["outcome"], closed["outcome"]) == ("matched", "review")


def test_a_siblings_match_speaks_for_the_claim_of_a_family_that_has_moved() -> None:
    brother = {"forename": "Kehinde", "dob": date(2011, 5, 2)}
    on_claim = {"child_forename": "Kehinde", "child_dob": date(2011, 5, 2), "child_seq": 2}
    changed = {"surname": "Okonjo", "former_surname": None}
    alone = link_pupils(pupils(changed), children({"child_surname": "Bello", **ELSEWHERE}), BY_CHILD).to_pylist()[0]
    left = pupils(changed, brother)
    right = children({"child_surname": "Bello", **ELSEWHERE}, {**on_claim, **ELSEWHERE})
    links = link_pupils(left, right, BY_CHILD)
    both = links.to_pylist()[0]
    assert both["match_weight"] > alone["match_weight"] + 5
    assert "family sibling matched" in both["evidence"]
    assert "a brother or sister is matched to the same claim" in both["sentence"]
    parts = explain_links(left, right, links, BY_CHILD).to_pylist()
    assert any(part["part"] == "family" and part["bits"] > 5 for part in parts)
    assert sum(part["bits"] for part in parts if part["pupil_row"] == 0) == pytest.approx(both["match_weight"])


def test_two_of_a_family_that_has_moved_speak_for_one_another_whatever_their_surnames() -> None:
    """Neither is sure enough alone, since the claim has the old address."""
    names = [("Aisha", "Begum", date(2014, 3, 17)), ("Yusuf", "Khan", date(2011, 5, 2))]
    left = [{"forename": first, "surname": last, "dob": born, "sex": None} for first, last, born in names]
    right = [
        {"child_forename": first, "child_surname": last, "child_dob": born, "child_seq": n, **ELSEWHERE}
        for n, (first, last, born) in enumerate(names)
    ]
    crowd = [
        {"child_forename": first, "child_surname": last, "child_dob": date(2012, 1 + n % 12, 1 + n // 12)}
        | {"household_ref": f"X{first}{n}", "postcode": f"E{1 + n % 9} {n % 10}AB", "uprn": str(10_000 + n)}
        for first, last, _ in names
        for n in range(200)
    ]
    strict = {"cascade": BY_CHILD.cascade[:2], "guards": (), "automatic": 0.99999}
    weighed = BY_CHILD.model_copy(update=strict)
    alone = link_pupils(pupils(left[0]), children(*right, *crowd), weighed).to_pylist()[0]
    both = link_pupils(pupils(*left), children(*right, *crowd), weighed).to_pylist()
    assert alone["outcome"] == "review"
    assert [row["outcome"] for row in both] == ["matched", "matched"]
    assert all("family sibling matched" in row["evidence"] for row in both)


def test_a_sibling_speaks_for_another_child_only() -> None:
    """The pupil's own match, and the child that a sibling has, say nothing."""
    records = read_records(
        pupils({}, {"forename": "Kehinde"}), children(ELSEWHERE, {**ELSEWHERE, "child_seq": 2}), SCHEMA
    )
    asked = Pairs(np.array([0, 0]), np.array([0, 1]))
    for matched, found in (((0, 0), [0, 0]), ((1, 1), [1, 0]), ((1, 0), [0, 1])):
        settled = Pairs(*(np.array([row]) for row in matched))
        assert by_siblings(records, asked, settled).tolist() == found


def test_however_common_a_name_agreeing_on_it_is_not_less_than_nearly_agreeing() -> None:
    assert BY_CHILD.model is not None
    weights = weights_of(BY_CHILD.model)
    crowd = [{"child_seq": n, "child_dob": date(2012, 1 + n % 12, 1 + n // 12)} for n in range(200)]
    records = read_records(pupils({}), children({}, *crowd), SCHEMA)
    pair = Pairs(np.array([0]), np.array([0]))
    bits = weights.on(records).bits(pair, compare(records, pair, BY_CHILD.forename_similarity))
    exact = float(bits.comparisons["forename"][0] + bits.terms["forename"][0])
    assert exact >= max(weights.tables["forename"][1 : Forename.FIRST_NAME]) - 1e-9


def test_wide_keys_are_for_small_files() -> None:
    assert [at.name for at in BLOCKS if at.wide] == [at.name for at in BLOCKS[len(FINE) :]]
    moved = pupils({"dob": date(2010, 1, 1)}), children(ELSEWHERE)
    pairs, rule = block(read_records(*moved, SCHEMA), np.ones(1, np.bool_), np.ones(1, np.bool_))
    assert [BLOCKS[number].name for number in rule] == ["names-wide"]
    assert pairs.left.tolist() == [0]


def test_date_of_birth_and_postcode_alone_are_never_enough() -> None:
    only = BY_CHILD.model_copy(update={"guards": ("dob_postcode",), "review": 1e-9})
    assert one({"forename": "Zoe", "surname": "Lee"}, {}, only)["guard"] == "dob_postcode"


def test_two_claims_for_one_child_are_a_persons_to_choose_and_not_less_likely() -> None:
    (found,) = link_pupils(pupils({"surname": "Okonja"}), children({}, {"household_ref": "H2"}), BY_CHILD).to_pylist()
    assert (found["outcome"], found["guard"], found["margin"]) == ("review", "not_unique", 0.0)
    assert found["probability"] > 0.9


def test_the_sentence_is_plain() -> None:
    found = one({"surname": "Okonja"}, {}, BY_CHILD)
    assert found["sentence"] == (
        "The same date of birth, forename and UPRN; the surnames sound alike; no other child comes near."
    )
    assert one({}, {}, BY_CHILD)["sentence"].endswith("nobody else comes under the rule's key.")


def test_an_explanation_adds_up_to_the_match_weight() -> None:
    left, right = pupils({"surname": "Okonja"}, {"surname": "Zyx", **ELSEWHERE, "forename": "Q"}), children({})
    links = link_pupils(left, right, BY_CHILD)
    parts = explain_links(left, right, links, BY_CHILD)
    assert parts.schema.names == ["pupil_row", *EXPLANATION.names[1:]]
    assert set(parts.column("pupil_row").to_pylist()) == {0}
    assert sum(parts.column("bits").to_pylist()) == pytest.approx(links.column("match_weight")[0].as_py())
    with pytest.raises(ValueError, match="no model"):
        explain_links(left, right, links, POLICY)


def test_pictures_are_svg_that_opens_and_hides_no_markup() -> None:
    for draw in (waterfall, levels_chart):
        root = ElementTree.fromstring(draw([("for", 4.0), ("<against>", -2.5)], "why & wherefore"))
        assert root.tag.endswith("svg")
        assert "<against>" in [element.text for element in root.iter()]


def test_every_rule_of_blocking_makes_its_pair_and_none_twice() -> None:
    records = read_records(
        pupils({"surname": "Zyx"}, {"forename": "Zed", "surname": "Abc"}, {"dob": date(2014, 8, 9)}),
        children({}),
        SCHEMA,
    )
    pairs, rule = block(records, np.ones(3, np.bool_), np.ones(1, np.bool_))
    assert pairs.left.tolist() == [0, 1, 2]
    assert [BLOCKS[number].name for number in rule] == ["born-forename", "born-postcode", "home-forename"]
    assert len({at.name for at in BLOCKS}) == len(BLOCKS)


def test_a_key_that_too_many_children_share_offers_nobody() -> None:
    crowd = children(*[{"child_seq": n} for n in range(MOST_RIGHT_ROWS + 1)])
    pairs, _ = block(
        read_records(pupils({}), crowd, SCHEMA), np.ones(1, np.bool_), np.ones(MOST_RIGHT_ROWS + 1, np.bool_)
    )
    assert len(pairs) == 0


def test_more_agreement_never_weighs_less() -> None:
    assert BY_CHILD.model is not None
    for name, table in weights_of(BY_CHILD.model).tables.items():
        ordered = [table[level] for level in LEVELS[name] if level and level != ASIDE.get(name)]
        assert ordered == sorted(ordered), name


@given(shares=st.lists(st.tuples(st.floats(0.001, 1), st.floats(0.001, 1)), min_size=1, max_size=8))
def test_weights_that_fall_are_pooled(shares: list[tuple[float, float]]) -> None:
    bits = rising(*map(list, zip(*shares, strict=True)))
    assert len(bits) == len(shares)
    assert all(low <= high + 1e-9 for low, high in pairwise(bits))


@settings(max_examples=200)
@example(bits=[30.0, 1.6446591586354231, 30.0, 1.0941304527686793])
@given(bits=st.lists(st.floats(-30, 30), min_size=4, max_size=4))
def test_chances_of_one_row_never_add_up_to_more_than_one(bits: list[float]) -> None:
    pairs = Pairs(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]))
    nobody = np.full(4, -1)
    chance = compete(np.array(bits), np.full(4, -1000.0), Rivals.of(pairs, nobody, nobody))
    assert (chance >= 0).all()
    for rows in (pairs.left, pairs.right):
        # Nearly certain pairs in a ring: three rounds leave 1.0027 at worst, found by climbing from random starts.
        assert (np.bincount(rows, weights=chance) <= 1.005).all()


def test_a_model_names_only_what_linkage_has() -> None:
    assert BY_CHILD.model is not None
    strange = BY_CHILD.model.model_copy(update={"comparisons": {"shoe_size": {}}})
    with pytest.raises(ValueError, match="shoe_size"):
        weights_of(strange)


def test_training_learns_the_same_from_any_order_and_needs_rows() -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    names = [f"{a}{b.lower()}ma" for a in letters for b in letters][:300]
    left = pupils(
        *[{"forename": n, "surname": n + "son", "dob": date(2010 + k % 9, 1 + k % 12, 3)} for k, n in enumerate(names)]
    )
    right = children(
        *[
            {"child_forename": n, "child_surname": n + ("son" if k % 5 else "sen"), "household_ref": n}
            | {"child_dob": date(2010 + k % 9, 1 + k % 12, 3)}
            for k, n in enumerate(names)
        ]
    )
    about = {"name": "own", "version": "1.0.0", "trained_on": "a test"}
    model = train([(left, right)], SCHEMA, POLICY, **about)
    back = pa.array(range(299, -1, -1))
    assert model == train([(left.take(back), right.take(back))], SCHEMA, POLICY, **about)
    assert model.found > 0.5
    with pytest.raises(ValueError, match="no pair"):
        train([(left.slice(0, 0), right)], SCHEMA, POLICY, **about)


def test_a_calibration_makes_chances_what_they_have_shown_to_be() -> None:
    rng = np.random.default_rng(0)
    odds = rng.normal(2.5, 1.5, 20_000)
    true = 1 / (1 + np.exp(-(1.3 * odds - 0.4)))
    stated, right = 1 / (1 + np.exp(-odds)), rng.random(20_000) < true
    found = fit(stated, right)
    assert found.slope == pytest.approx(1.3, abs=0.1)
    assert found.shift == pytest.approx(-0.4 / np.log(2), abs=0.15)
    assert np.abs(calibrated(stated, found) - true)[stated > 0.5].max() < 0.02
    assert calibrated(np.array([0.1, 0.5, 0.9]), Calibration()) == pytest.approx([0.1, 0.5, 0.9], abs=1e-5)


def test_a_calibration_that_may_not_shift_upwards_finds_the_best_slope_without_a_shift() -> None:
    rng = np.random.default_rng(0)
    odds = rng.uniform(0.1, 7.0, 20_000)
    stated = 1 / (1 + np.exp(-odds))
    right = rng.random(20_000) < 1 / (1 + np.exp(-(odds + 0.7)))
    found = fit(stated, right)
    assert found.shift == 0
    slopes = np.arange(0.8, 1.8, 0.05)
    said = [calibrated(stated, Calibration(slope=slope)) for slope in slopes]
    surprise = [-np.log(np.where(right, chance, 1 - chance)).sum() for chance in said]
    assert found.slope == pytest.approx(slopes[np.argmin(surprise)], abs=0.05)


def test_too_few_decisions_or_all_of_one_kind_change_nothing() -> None:
    stated = np.full(500, 0.9)
    assert fit(stated[:50], np.arange(50) % 2 == 0) == Calibration()
    assert fit(stated, np.ones(500, bool)) == Calibration()
    assert BY_CHILD.model is not None
    assert BY_CHILD.model.calibration.shift <= 0


def test_decisions_say_how_often_a_band_was_right() -> None:
    results = pa.table({"match_ref": ["a", "b", "c", "d"], "probability": [0.95, 0.96, 0.97, 0.55]})
    decided = pa.table({"match_ref": ["a", "b", "c"], "decision": ["confirm", "reject", "opted_out"]})
    (band,) = calibrate(results, decided, families=True).to_pylist()
    assert (band["from"], band["to"], band["decided"], band["right"], band["observed"]) == (0.95, 0.99, 2, 1, 0.5)
    assert band["low"] < 0.5 < band["high"]
    assert calibrate(results, decided.slice(0, 0), families=True).num_rows == 0
