"""The promises of `link`: one row per pupil, the rule and the evidence of each, and what falls through."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from shared.agreements.free_school_meals.linkage import LINKS, link_pupils
from shared.methods.linkage.compare.levels import LEVELS
from shared.methods.linkage.explain.words import describe
from tests.unit.methods.linkage.families import POLICY, children, one, pupils

UPN, ULN = "J210234519001", "9276308686"


@pytest.mark.parametrize(
    ("pupil", "child", "rule"),
    [
        ({"upn": UPN}, {"child_upn": UPN}, "upn"),
        ({"uln": ULN}, {"child_uln": ULN}, "uln"),
        ({}, {}, "dob-surname-forename3"),
        ({"dob": date(2014, 3, 7)}, {"child_dob": date(2014, 7, 3)}, "postcode-surname-forename3"),
    ],
)
def test_each_tier_takes_what_is_unique(pupil: dict, child: dict, rule: str) -> None:  # type: ignore[type-arg]
    found = one(pupil, child)
    stated = {tier.rule: tier.probability for tier in POLICY.cascade}[rule]
    assert (found["outcome"], found["rule"], found["guard"], found["household_row"]) == ("matched", rule, None, 0)
    assert found["probability"] == stated
    assert found["match_weight"] == pytest.approx(math.log2(stated / (1 - stated)))


def test_evidence_says_what_agrees_without_a_value() -> None:
    found = one({"forename": "Mohamed", "uprn": None}, {"child_forename": "Mohammed"})
    assert found["evidence"] == ("dob exact; surname exact; forename known variant; address same postcode and number")


def test_evidence_of_every_level_reads_back() -> None:
    top = {name: np.array([0, len(kind) - 1], np.int8) for name, kind in LEVELS.items()}
    nothing, everything = describe(top).to_pylist()
    assert nothing == "dob missing; surname missing; forename missing; address missing"
    assert everything.split("; ") == [f"{n} {list(k)[-1].name.lower().replace('_', ' ')}" for n, k in LEVELS.items()]


def test_a_pupil_without_a_candidate_is_unmatched_and_says_nothing_else() -> None:
    found = one({"surname": "Zyx"}, {})
    assert found == dict.fromkeys(LINKS.names) | {"pupil_row": 0, "outcome": "unmatched", "runner_up": 0}


def test_two_strangers_of_one_name_and_birthday_are_told_apart_by_the_next_tier() -> None:
    found = link_pupils(
        pupils({}, {"postcode": "N1C 4AX", "uprn": "7"}),
        children({"household_ref": "H2", "postcode": "N1C 4AX", "uprn": "7"}, {}),
        POLICY,
    ).to_pylist()
    assert [(row["household_row"], row["rule"], row["runner_up"]) for row in found] == [
        (1, "postcode-surname-forename3", 1),
        (0, "postcode-surname-forename3", 1),
    ]


def test_two_rows_of_one_child_on_the_benefit_side_are_a_persons_to_choose() -> None:
    found = link_pupils(pupils({}), children({"household_ref": "H9"}, {"household_ref": "H2"}), POLICY).to_pylist()[0]
    assert (found["outcome"], found["guard"], found["household_row"]) == ("review", "not_unique", 1)


def test_two_pupils_never_share_a_child() -> None:
    found = link_pupils(pupils({}, {}), children({}), POLICY).to_pylist()
    assert [(row["outcome"], row["guard"]) for row in found] == [("review", "not_unique")] * 2


def test_a_tier_that_the_agreement_trusts_too_little_only_offers() -> None:
    tier = POLICY.cascade[2].model_copy(update={"probability": 0.9})
    found = one({}, {}, POLICY.model_copy(update={"cascade": (tier,)}))
    assert (found["outcome"], found["guard"], found["probability"]) == ("review", None, 0.9)


def test_a_candidate_below_the_review_threshold_is_not_shown() -> None:
    tier = POLICY.cascade[2].model_copy(update={"probability": 0.4})
    found = one({}, {}, POLICY.model_copy(update={"cascade": (tier,)}))
    assert (found["outcome"], found["household_row"], found["runner_up"]) == ("unmatched", None, 1)


@pytest.mark.parametrize("key", ["forename", "uprn"])
def test_an_agreement_may_name_any_key(key: str) -> None:
    tier = POLICY.cascade[2].model_copy(update={"keys": ("dob", "surname", key)})
    assert one({}, {}, POLICY.model_copy(update={"cascade": (tier,)}))["outcome"] == "matched"


def test_a_column_that_a_side_lacks_matches_nothing_and_breaks_nothing() -> None:
    few = pupils({"upn": UPN}).select(["upn", "forename", "surname", "dob"])
    bare = children({"child_upn": UPN}).select(["child_forename", "child_surname", "child_dob"])
    assert link_pupils(few, bare, POLICY).to_pylist()[0]["rule"] == "dob-surname-forename3"
    assert link_pupils(few.select(["upn"]), bare, POLICY).to_pylist()[0]["outcome"] == "unmatched"
    for column in ("postcode", "address_line_1"):
        nameless = children({}).select([column])
        assert link_pupils(pupils({}), nameless, POLICY).to_pylist()[0]["outcome"] == "unmatched"


def test_a_tie_is_offered_whatever_columns_there_are() -> None:
    upn_only = children({"child_upn": UPN}, {"child_upn": UPN}).select(["child_upn"])
    found = link_pupils(pupils({"upn": UPN}), upn_only, POLICY.model_copy(update={"guards": ()})).to_pylist()[0]
    assert found["outcome"] == "review"


@pytest.mark.parametrize(("left", "right"), [(0, 1), (1, 0), (0, 0)])
def test_an_empty_side_gives_no_links(left: int, right: int) -> None:
    table = link_pupils(pupils({}).slice(0, left), children({}).slice(0, right), POLICY)
    assert table.schema == LINKS
    assert table.column("outcome").to_pylist() == ["unmatched"] * left


def test_a_placeholder_that_everybody_shares_does_not_explode() -> None:
    size = 3000
    same = link_pupils(pupils(*[{}] * size), children(*[{}] * size), POLICY)
    assert set(same.column("outcome").to_pylist()) == {"unmatched"}
    assert set(same.column("runner_up").to_pylist()) == {size}


def test_columns_may_come_in_chunks_and_in_dictionary_or_large_strings() -> None:
    table = pupils({}, {"surname": "Zyx"})
    dictionary = table.set_column(
        table.schema.get_field_index("surname"), "surname", table.column("surname").dictionary_encode()
    )
    large = table.cast(
        pa.schema([f.with_type(pa.large_string()) if f.type == pa.string() else f for f in table.schema])
    )
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    expected = link_pupils(table, children({}), POLICY)
    for other in (dictionary, large, chunked):
        assert link_pupils(other, children({}), POLICY).equals(expected)


def test_a_whole_borough_is_linked_row_for_row() -> None:
    """A thousand families with one child each, the two files in opposite orders."""
    names = [f"{chr(65 + n % 26)}{chr(65 + n // 26 % 26)}{chr(97 + n // 676)}ma" for n in range(1000)]
    born = [date(2010, 1, 5) + timedelta(days=n) for n in range(1000)]
    school = pupils(*[{"forename": f, "dob": d} for f, d in zip(names, born, strict=True)])
    benefit = children(
        *[
            {"household_ref": f"H{n}", "child_forename": names[n].upper(), "child_dob": born[n]}
            for n in reversed(range(1000))
        ]
    )
    table = link_pupils(school, benefit, POLICY)
    assert table.column("household_row").to_pylist() == list(reversed(range(1000)))
    assert table.column("pupil_row").to_pylist() == list(range(1000))


def test_columns_kept_as_codes_of_a_dictionary_link_as_text_does() -> None:
    mine, theirs = pupils(*({"forename": name} for name in ("Ana", "Bea"))), children({"child_forename": "Bea"}, {})
    coded = []
    for table in (mine, theirs):
        parts = [table.slice(row, 1) for row in range(table.num_rows)]
        coded.append(pa.concat_tables([_coded(part) for part in parts]))
    assert link_pupils(*coded, POLICY).equals(link_pupils(mine, theirs, POLICY))


def _coded(table: pa.Table) -> pa.Table:
    """Every text column as a dictionary of its own."""
    columns = [c.dictionary_encode() if c.type == pa.string() else c for c in table.columns]
    return pa.table(columns, names=table.column_names)
