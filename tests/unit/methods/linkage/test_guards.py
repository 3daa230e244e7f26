"""Each guard by the family that it protects, and by the one that it lets through."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest

from shared.agreements.free_school_meals.linkage import link_pupils
from shared.methods.linkage.guards.guards import GUARDS, ONE_TO_ONE, POLICY_GUARDS
from shared.methods.linkage.policy import GuardName, LinkagePolicy
from tests.unit.methods.linkage.families import BY_CHILD, POLICY, children, one, pupils

UPN, OTHER_UPN = "J210234519001", "B801200005001"
ELSEWHERE = {"postcode": "N1C 4AX", "uprn": "7", "address_line_1": "3 Canal Reach"}


def _without(code: str) -> LinkagePolicy:
    return POLICY.model_copy(update={"guards": tuple(guard for guard in POLICY.guards if guard != code)})


def test_the_agreement_can_name_exactly_the_guards_that_exist() -> None:
    assert {guard.code for guard in POLICY_GUARDS} == set(get_args(GuardName))
    assert len({guard.code for guard in GUARDS}) == len(GUARDS)
    assert all(guard.meaning and guard.says and 0 < guard.chance <= 1 for guard in GUARDS)


STOPPED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("forename", {"forename": "Christabel"}, {"child_forename": "Chrysanthe"}),
    ("forename", {"forename": "Mohammed Ali"}, {"child_forename": "Mohammed Omar"}),
    ("forename", {"forename": "Daniel", "sex": "M"}, {"child_forename": "Danielle", "child_sex": "F"}),
    ("dob", {}, {"child_dob": date(2016, 5, 1)}),
    ("dob", {}, {"child_dob": None}),
    ("dob", {"forename": "Ann"}, {"child_forename": "Anna", "child_dob": date(2015, 3, 17)}),
    ("dob", {"uprn": None, "paon": "99"}, {"child_dob": date(2015, 3, 17)}),
    ("dob", {"forename": "Mohamed"}, {"child_forename": "Mohammed", "child_dob": date(2015, 3, 17)}),
    ("stranger", {"forename": "Temidayor"}, ELSEWHERE),
    ("stranger", {"sex": "F"}, {"child_sex": "M", **ELSEWHERE}),
    ("identifier", {"upn": UPN}, {"child_upn": OTHER_UPN}),
    ("identifier", {"upn": UPN}, {"child_upn": UPN, "child_dob": date(2010, 8, 8), "child_surname": "Lee"}),
    ("identifier", {"upn": UPN}, {"child_upn": UPN, "child_dob": None, "child_forename": "Zoe"}),
    ("forename", {"upn": UPN}, {"child_upn": UPN, "child_forename": "Zoe", **ELSEWHERE}),
]


@pytest.mark.parametrize(("code", "pupil", "child"), STOPPED)
def test_a_guard_sends_the_pair_to_a_person(code: str, pupil: dict[str, Any], child: dict[str, Any]) -> None:
    found = one(pupil, child)
    assert found["outcome"] != "matched"
    if found["outcome"] == "review":
        assert found["probability"] < POLICY.automatic
        assert found["guard"] in {guard.code for guard in GUARDS}
    only = POLICY.model_copy(update={"guards": (code,)})
    assert one(pupil, child, only)["guard"] == code
    assert one(pupil, child, POLICY.model_copy(update={"guards": ()}))["outcome"] == "matched"


@pytest.mark.parametrize(
    ("pupil", "child"),
    [
        ({"forename": "Mohamed"}, {"child_forename": "Mohammed"}),
        ({"forename": "Temidayo"}, {"child_forename": "Temidayp"}),
        ({"dob": date(2014, 3, 7)}, {"child_dob": date(2014, 7, 3)}),
        (
            {"dob": date(2014, 3, 7), "forename": "Mohamed"},
            {"child_dob": date(2014, 7, 3), "child_forename": "Mohammed"},
        ),
        ({}, {"child_dob": date(2013, 3, 17)}),
        ({}, ELSEWHERE),
        ({}, {"postcode": None, "uprn": None}),
        ({"upn": UPN}, {"child_upn": UPN, "child_surname": "Lee"}),
        ({"upn": UPN}, {"child_upn": UPN, "child_dob": date(2010, 8, 8)}),
        ({"upn": UPN}, {"child_upn": "V21023451900A"}),
        ({"sex": "F"}, {"child_sex": "M"}),
    ],
)
def test_no_guard_stops_an_everyday_difference(pupil: dict[str, Any], child: dict[str, Any]) -> None:
    found = one(pupil, child)
    assert (found["outcome"], found["guard"]) == ("matched", None)


WEIGHED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("twin", {"forename": "Zoe"}, {}),
    ("forename", {"forename": "Christabel"}, {"child_forename": "Chrysanthe", **ELSEWHERE}),
    ("forename", {"forename": "Daniel", "sex": "M"}, {"child_forename": "Danielle", "child_sex": "F"}),
    ("dob", {}, {"child_dob": date(2016, 5, 1)}),
    ("dob", {"forename": "Marlon"}, {"child_forename": "Marlow", "child_dob": date(2015, 3, 17)}),
    ("dob_postcode", {"forename": "Zoe", "surname": "Lee"}, {}),
    ("suppressed", {}, {"suppress_contact": True}),
    ("identifier", {"upn": UPN}, {"child_upn": OTHER_UPN}),
]


@pytest.mark.parametrize(("code", "pupil", "child"), WEIGHED)
def test_what_no_weight_can_know_is_a_persons_whatever_the_weight(
    code: str, pupil: dict[str, Any], child: dict[str, Any]
) -> None:
    sure = BY_CHILD.model_copy(
        update={"guards": (code,), "automatic": 1e-6, "review": 1e-9, "cascade": BY_CHILD.cascade[:2]}
    )
    found = one(pupil, child, sure)
    assert (found["outcome"], found["guard"]) == ("review", code)
    assert one(pupil, child, sure.model_copy(update={"guards": ()}))["outcome"] == "matched"


@pytest.mark.parametrize(
    ("pupil", "child", "guard"),
    [
        ({"forename": "Sadiq"}, {"child_forename": "Saadeq", "child_dob": date(2015, 3, 17)}, None),
        ({"forename": "Kobina"}, {"child_forename": "Kwabena", "child_dob": date(2015, 3, 18)}, None),
        ({"forename": "Sadiq"}, {"child_forename": "Saadeq", "child_dob": date(2015, 3, 17), "child_sex": "M"}, "dob"),
        ({"forename": "Sadiq"}, {"child_forename": "Saadeq", "child_dob": date(2015, 3, 18)}, "dob"),
        ({"forename": "Kobina"}, {"child_forename": "Kwabena", "child_dob": date(2014, 3, 27), **ELSEWHERE}, "dob"),
    ],
)
def test_a_slip_in_the_birthday_is_borne_at_the_same_home_where_the_names_are_spellings_of_one(
    pupil: dict[str, Any], child: dict[str, Any], guard: str | None
) -> None:
    sure = BY_CHILD.model_copy(
        update={"guards": ("dob",), "automatic": 1e-6, "review": 1e-9, "cascade": BY_CHILD.cascade[:2]}
    )
    assert one(pupil, child, sure)["guard"] == guard


def test_strangers_of_one_name_and_birthday_are_a_persons_whatever_the_weight() -> None:
    sure = BY_CHILD.model_copy(update={"guards": ("stranger",), "automatic": 1e-6, "cascade": BY_CHILD.cascade[:2]})
    crowd = [{"child_dob": date(2012, 1, 1 + n), "household_ref": f"X{n}", **ELSEWHERE} for n in range(20)]
    assert link_pupils(pupils({}), children(ELSEWHERE), sure).to_pylist()[0]["guard"] is None
    strict = sure.model_copy(update={"expected_strangers": 1e-9})
    found = link_pupils(pupils({}), children(ELSEWHERE, *crowd), strict).to_pylist()[0]
    assert (found["outcome"], found["guard"]) == ("review", "stranger")


@pytest.mark.parametrize(
    ("pupil", "child", "code"),
    [
        ({"forename": "Zoe"}, {}, "twin"),
        ({"forename": None}, ELSEWHERE, "forename"),
        ({}, {"child_dob": date(2016, 5, 1)}, "dob"),
        ({}, {"child_dob": None, **ELSEWHERE}, "dob"),
    ],
)
def test_where_claims_hold_one_child_each_nobody_can_be_confused_with_a_brother_or_sister(
    pupil: dict[str, Any], child: dict[str, Any], code: str
) -> None:
    assert BY_CHILD.model is not None
    alone = BY_CHILD.model.siblings.model_copy(update={"per_child": 0.0})
    families = BY_CHILD.model_copy(update={"automatic": 1e-6, "review": 1e-9, "cascade": BY_CHILD.cascade[:2]})
    people = families.model_copy(update={"model": BY_CHILD.model.model_copy(update={"siblings": alone})})
    assert one(pupil, child, families)["guard"] == code
    assert one(pupil, child, people)["guard"] is None


def test_names_that_do_not_agree_at_all_are_a_persons_even_where_claims_hold_one_child_each() -> None:
    assert BY_CHILD.model is not None
    alone = BY_CHILD.model.siblings.model_copy(update={"per_child": 0.0})
    people = BY_CHILD.model_copy(update={"model": BY_CHILD.model.model_copy(update={"siblings": alone})})
    assert one({"forename": "Zoe", "surname": "Lee"}, {}, people)["guard"] == "dob_postcode"


@pytest.mark.parametrize("similar", ["Mariah", "Mariam"])
def test_a_twin_is_never_matched_to_the_other_twin(similar: str) -> None:
    """Only one twin's record is on the benefit side, and only the other twin is in the school's file."""
    found = link_pupils(
        pupils({"forename": similar}, {"forename": "Josh", "sex": "M"}), children({"child_forename": "Maria"}), POLICY
    ).to_pylist()
    assert [row["outcome"] for row in found] == ["review", "unmatched"]
    assert found[0]["guard"] == "twin"


def test_a_twin_beside_the_child_stops_it_too() -> None:
    found = link_pupils(
        pupils({"forename": "Maria"}),
        children(
            {"child_forename": "Mariah"},
            {"child_forename": "Josh", "child_seq": 2, "child_surname": "Okonjo-Lee", "postcode": None, "uprn": None},
        ),
        POLICY,
    ).to_pylist()
    assert (found[0]["outcome"], found[0]["guard"]) == ("review", "twin")


def test_twins_with_exact_forenames_are_matched_each_to_their_own() -> None:
    found = link_pupils(
        pupils({"forename": "Josh"}, {"forename": "Maria"}),
        children({"child_forename": "MARIA"}, {"child_forename": "JOSH", "child_seq": 2}),
        POLICY,
    ).to_pylist()
    assert [(row["outcome"], row["household_row"]) for row in found] == [("matched", 1), ("matched", 0)]


def test_twins_with_swapped_identifiers_go_to_a_person() -> None:
    found = link_pupils(
        pupils({"forename": "Josh", "upn": UPN}, {"forename": "Maria", "upn": OTHER_UPN}),
        children({"child_forename": "MARIA", "child_upn": UPN}, {"child_forename": "JOSH", "child_upn": OTHER_UPN}),
        POLICY,
    ).to_pylist()
    assert "matched" not in {row["outcome"] for row in found}


def test_twins_who_begin_alike_are_offered_each_with_their_own_first() -> None:
    found = link_pupils(
        pupils({"forename": "Maria"}, {"forename": "Mariam"}),
        children({"child_forename": "MARIAM"}, {"child_forename": "MARIA", "child_seq": 2}),
        POLICY,
    ).to_pylist()
    assert [(row["outcome"], row["household_row"], row["guard"]) for row in found] == [
        ("review", 1, "not_unique"),
        ("review", 0, "not_unique"),
    ]
    assert [row["runner_up"] for row in found] == [1, 1]


def test_a_common_name_at_another_address_goes_to_a_person() -> None:
    crowd = [{"child_dob": date(2012, 1, 1 + n), "household_ref": f"X{n}", **ELSEWHERE} for n in range(8)]
    alone = link_pupils(pupils({}), children(ELSEWHERE), POLICY).to_pylist()[0]
    among = link_pupils(pupils({}), children(ELSEWHERE, *crowd), POLICY).to_pylist()[0]
    assert alone["outcome"] == "matched"
    assert (among["outcome"], among["guard"]) == ("review", "stranger")
    assert (
        link_pupils(pupils({}), children(ELSEWHERE, *crowd), _without("stranger")).to_pylist()[0]["outcome"]
        == "matched"
    )


def test_a_common_birthday_makes_a_stranger_likelier() -> None:
    """Registers give children without a known birthday the first of January."""
    new_year = [{"dob": date(2014, 1, 1), "surname": f"Name{chr(65 + n % 26)}{chr(65 + n // 26)}"} for n in range(200)]
    namesakes = [{"child_dob": date(2012, 1, 1 + n), "household_ref": f"X{n}", **ELSEWHERE} for n in range(3)]
    strangers = [{"child_surname": row["surname"], "child_dob": date(2011, 5, 1)} for row in new_year]
    for day, guard in ((date(2014, 1, 1), "stranger"), (date(2014, 3, 17), None)):
        table = link_pupils(
            pupils({"dob": day}, *new_year), children({"child_dob": day, **ELSEWHERE}, *namesakes, *strangers), POLICY
        )
        assert table.to_pylist()[0]["guard"] == guard


def test_a_child_who_is_matched_is_no_longer_offered() -> None:
    found = link_pupils(
        pupils({"upn": UPN}, {"dob": date(2014, 3, 18), "forename": "Temi"}), children({"child_upn": UPN}), POLICY
    ).to_pylist()
    assert [row["outcome"] for row in found] == ["matched", "unmatched"]
    assert {guard.code for guard in ONE_TO_ONE} == {"taken", "not_unique"}


def test_doubts_about_two_things_multiply_and_about_one_thing_count_once() -> None:
    lenient = POLICY.model_copy(update={"review": 0.01})
    other_name = {"forename": "Christabel"}, {"child_forename": "Chrysanthe"}
    name = one(*other_name, lenient)
    dob = one({}, {"child_dob": None}, lenient)
    both = one(other_name[0], other_name[1] | {"child_dob": None}, lenient)
    assert both["probability"] < min(name["probability"], dob["probability"])
    by_guard = {code: one(*other_name, lenient.model_copy(update={"guards": (code,)})) for code in ("twin", "forename")}
    assert name["probability"] == min(found["probability"] for found in by_guard.values())


@pytest.mark.parametrize("mark", ["-", "FNU"])
@pytest.mark.parametrize("policy", [POLICY, BY_CHILD], ids=["cascade", "model"])
@pytest.mark.parametrize(
    ("pupil", "child"),
    [
        ({"surname": "Suharto"}, {"child_surname": "SUHARTO"}),
        ({"surname": "Suharto"}, {"child_surname": "SUHARTO", **ELSEWHERE}),
        ({"surname": "Suharto"}, {"child_surname": "SUHARTO", "child_forename": "BUDI"}),
        ({"surname": "Suharto"}, {"child_surname": "WIJAYA", "child_forename": "SUHARTO"}),
        ({"surname": "Suharto", "dob": date(2015, 5, 5)}, {"child_surname": "SUHARTO"}),
        ({"surname": "Suharto", "upn": "J210234519001"}, {"child_surname": "SUHARTO", "child_upn": "J210234519001"}),
    ],
)
def test_the_mark_of_a_single_name_says_no_more_than_an_empty_forename(
    mark: str, policy: LinkagePolicy, pupil: dict[str, Any], child: dict[str, Any]
) -> None:
    """Two children of one single name must not agree on a forename because both have none."""

    def linked(forename: str | None) -> dict[str, Any]:
        return one({"forename": forename, **pupil}, {"child_forename": forename, **child}, policy)

    assert linked(mark) == linked(None)


def test_single_names_that_agree_are_for_an_officer_where_the_home_does_not() -> None:
    found = one(
        {"forename": "-", "surname": "Suharto"},
        {"child_forename": "-", "child_surname": "SUHARTO", **ELSEWHERE},
        BY_CHILD,
    )
    assert (found["outcome"], found["guard"]) == ("review", "forename")
