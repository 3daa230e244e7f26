"""Where exactly each guard begins and ends to stop: along one comparison at a time, with all others as in a sure pair.

Every row names the levels that are stopped, so a guard that is loosened or tightened by one level fails here.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import pytest

from shared.methods.linkage.compare.levels import (
    LEVELS,
    Address,
    Contact,
    Dob,
    Family,
    Forename,
    Identifier,
    Sex,
    Surname,
)
from shared.methods.linkage.guards.evidence import Evidence
from shared.methods.linkage.guards.guards import GUARDS, first_to_stop, judge

SURE: dict[str, IntEnum] = {
    "upn": Identifier.MISSING,
    "uln": Identifier.MISSING,
    "dob": Dob.EXACT,
    "surname": Surname.EXACT,
    "forename": Forename.EXACT,
    "sex": Sex.EXACT,
    "address": Address.SAME_UPRN,
    "contact": Contact.MISSING,
    "family": Family.MISSING,
}
"""A pair that no guard stops. Neither identifiers nor contacts say anything, so that they speak only where they are
named."""
CODES = {guard.code: guard for guard in GUARDS}


def evidence(size: int, **given: Any) -> Evidence:
    """So many pairs, all sure but for what is given."""

    def each(value: Any, kind: type[Any]) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, kind), size).copy()

    return Evidence(
        levels={name: each(given.get(name, level), np.int8) for name, level in SURE.items()},
        twin=each(given.get("twin", False), np.bool_),
        strangers=each(given.get("strangers", 0.0), np.float64),
        most_strangers=given.get("most_strangers", 0.05),
        rivals=each(given.get("rivals", False), np.bool_),
        taken=each(given.get("taken", False), np.bool_),
        suppressed=each(given.get("suppressed", False), np.bool_),
        families=given.get("families", True),
        weighed=given.get("weighed", False),
    )


def stopped_along(code: str, comparison: str, **given: Any) -> set[str]:
    """The levels of a comparison at which a guard stops the pair."""
    kind = LEVELS[comparison]
    found = CODES[code].stopped(evidence(len(kind), **{comparison: list(kind)}, **given))
    return {level.name for level, stopped in zip(kind, found, strict=True) if stopped}


def below(level: IntEnum, *, but: tuple[IntEnum, ...] = ()) -> set[str]:
    return {other.name for other in type(level) if other < level and other not in but}


ALL_DOBS_BUT_EXACT = below(Dob.EXACT)
OTHER_NAME = below(Forename.SIMILAR, but=(Forename.MISSING,))
APART = below(Address.SAME_POSTCODE)
UNIDENTIFIED = below(Identifier.EXACT)
FAR = {"address": Address.ELSEWHERE}
MANY = {"strangers": 0.2}

PLAIN: list[tuple[str, str, dict[str, Any], set[str]]] = [
    # Another first name in the same family; and of a twin all that is not known to be one name.
    ("twin", "forename", {}, OTHER_NAME),
    ("twin", "forename", {"twin": True, **FAR}, below(Forename.KNOWN_VARIANT)),
    ("twin", "forename", FAR, set()),
    ("twin", "surname", {"forename": Forename.DIFFERS}, {"EXACT"}),
    ("twin", "dob", {"forename": Forename.DIFFERS}, {"EXACT"}),
    ("twin", "address", {"forename": Forename.DIFFERS}, {"SAME_POSTCODE", "SAME_POSTCODE_AND_NUMBER", "SAME_UPRN"}),
    ("twin", "family", {"forename": Forename.DIFFERS, **FAR}, {"SIBLING_MATCHED"}),
    ("forename", "forename", {}, {"MISSING", *OTHER_NAME}),
    ("forename", "forename", {"upn": Identifier.EXACT}, OTHER_NAME),
    ("forename", "forename", {"uln": Identifier.EXACT}, OTHER_NAME),
    ("forename", "forename", {"sex": Sex.DIFFERS}, below(Forename.OTHER_ORDER)),
    ("forename", "sex", {"forename": Forename.FIRST_NAME}, {"DIFFERS"}),
    ("forename", "upn", {"forename": Forename.MISSING}, UNIDENTIFIED),
    ("forename", "uln", {"forename": Forename.MISSING}, UNIDENTIFIED),
    ("dob", "dob", {}, below(Dob.ONE_PART_DIFFERS)),
    ("dob", "dob", FAR, ALL_DOBS_BUT_EXACT),
    ("dob", "dob", {"surname": Surname.A_PARENTS}, below(Dob.DAY_AND_MONTH_SWAPPED)),
    ("dob", "forename", {"dob": Dob.DAY_AND_MONTH_SWAPPED}, below(Forename.SOUNDS_ALIKE)),
    ("dob", "forename", {"dob": Dob.ONE_DIGIT_DIFFERS}, below(Forename.FIRST_NAME)),
    ("dob", "forename", {"dob": Dob.ONE_PART_DIFFERS}, below(Forename.FIRST_NAME)),
    ("dob", "surname", {"dob": Dob.DAY_AND_MONTH_SWAPPED}, set()),
    ("dob", "surname", {"dob": Dob.ONE_DIGIT_DIFFERS}, below(Surname.SIMILAR)),
    ("dob", "surname", {"dob": Dob.ONE_PART_DIFFERS}, below(Surname.SIMILAR)),
    ("dob", "address", {"dob": Dob.DAY_AND_MONTH_SWAPPED}, APART),
    ("dob", "address", {"dob": Dob.ONE_DIGIT_DIFFERS}, APART),
    ("dob", "upn", {"dob": Dob.DIFFERS}, UNIDENTIFIED),
    ("dob", "uln", {"dob": Dob.DIFFERS}, UNIDENTIFIED),
    ("stranger", "forename", FAR, below(Forename.KNOWN_VARIANT)),
    ("stranger", "surname", FAR, below(Surname.ONE_PART_AGREES)),
    ("stranger", "sex", FAR, {"DIFFERS"}),
    ("stranger", "address", {"forename": Forename.SIMILAR}, APART - {"MISSING"}),
    ("stranger", "address", MANY, APART),
    ("stranger", "upn", {"forename": Forename.SIMILAR, **FAR}, UNIDENTIFIED),
    ("stranger", "uln", {"forename": Forename.SIMILAR, **FAR}, UNIDENTIFIED),
    ("stranger", "contact", {"forename": Forename.SIMILAR, **FAR}, below(Contact.SAME_FORENAME)),
    ("stranger", "family", {"forename": Forename.SIMILAR, **FAR}, {"MISSING"}),
    ("identifier", "upn", {}, {"DIFFERS"}),
    ("identifier", "uln", {}, {"DIFFERS"}),
    ("identifier", "upn", {"dob": Dob.DIFFERS, "forename": Forename.DIFFERS}, {"DIFFERS", "EXACT"}),
    ("identifier", "uln", {"dob": Dob.DIFFERS, "forename": Forename.DIFFERS}, {"DIFFERS", "EXACT"}),
    ("identifier", "dob", {"upn": Identifier.EXACT, "forename": Forename.DIFFERS}, below(Dob.ONE_DIGIT_DIFFERS)),
    ("identifier", "dob", {"upn": Identifier.EXACT}, set()),
    ("identifier", "forename", {"upn": Identifier.EXACT, "dob": Dob.DIFFERS}, below(Forename.SIMILAR)),
    ("identifier", "surname", {"upn": Identifier.EXACT, "dob": Dob.DIFFERS}, below(Surname.SIMILAR)),
    ("dob_postcode", "forename", {"surname": Surname.DIFFERS}, below(Forename.SIMILAR)),
    ("dob_postcode", "surname", {"forename": Forename.DIFFERS}, below(Surname.SIMILAR)),
    ("dob_postcode", "upn", {"forename": Forename.DIFFERS, "surname": Surname.DIFFERS}, UNIDENTIFIED),
    ("dob_postcode", "uln", {"forename": Forename.DIFFERS, "surname": Surname.DIFFERS}, UNIDENTIFIED),
]


@pytest.mark.parametrize(("code", "comparison", "given", "stopped"), PLAIN)
def test_where_a_tier_offers_the_pair(code: str, comparison: str, given: dict[str, Any], stopped: set[str]) -> None:
    assert stopped_along(code, comparison, **given) == stopped


SAME_SPELLED = below(Forename.KNOWN_VARIANT, but=(Forename.SOUNDS_ALIKE,))

WEIGHED: list[tuple[str, str, dict[str, Any], set[str]]] = [
    ("twin", "forename", {}, OTHER_NAME),
    ("twin", "forename", {"twin": True, **FAR}, below(Forename.SOUNDS_ALIKE)),
    ("twin", "forename", {"twin": True, "families": False}, below(Forename.SOUNDS_ALIKE)),
    ("twin", "forename", {"families": False}, set()),
    ("twin", "surname", {"forename": Forename.DIFFERS}, {"EXACT"}),
    ("twin", "dob", {"forename": Forename.DIFFERS}, {"EXACT"}),
    ("twin", "address", {"forename": Forename.DIFFERS}, {"SAME_POSTCODE", "SAME_POSTCODE_AND_NUMBER", "SAME_UPRN"}),
    ("twin", "family", {"forename": Forename.DIFFERS, **FAR}, {"SIBLING_MATCHED"}),
    # A child who is not named yet is stopped unless everything else is there.
    ("forename", "forename", {}, OTHER_NAME),
    (
        "forename",
        "forename",
        {"sex": Sex.DIFFERS},
        below(Forename.KNOWN_VARIANT, but=(Forename.MISSING,)) | {"MISSING"},
    ),
    ("forename", "sex", {"forename": Forename.SIMILAR}, {"DIFFERS"}),
    ("forename", "surname", {"forename": Forename.MISSING}, below(Surname.EXACT)),
    ("forename", "dob", {"forename": Forename.MISSING}, ALL_DOBS_BUT_EXACT),
    ("forename", "address", {"forename": Forename.MISSING}, APART),
    ("forename", "family", {"forename": Forename.MISSING, **FAR}, {"MISSING"}),
    ("forename", "upn", {"forename": Forename.MISSING, **FAR}, UNIDENTIFIED),
    ("forename", "uln", {"forename": Forename.MISSING, **FAR}, UNIDENTIFIED),
    ("forename", "forename", {"sex": Sex.DIFFERS, "families": False, **FAR}, set()),
    ("dob", "dob", {}, {"DIFFERS"}),
    ("dob", "dob", {"families": False}, set()),
    ("dob", "dob", FAR, below(Dob.ONE_DIGIT_DIFFERS)),
    ("dob", "forename", {"dob": Dob.DAY_AND_MONTH_SWAPPED, **FAR}, set()),
    ("dob", "forename", {"dob": Dob.ONE_DIGIT_DIFFERS}, SAME_SPELLED),
    ("dob", "forename", {"dob": Dob.ONE_DIGIT_DIFFERS, **FAR}, below(Forename.FIRST_NAME)),
    ("dob", "forename", {"dob": Dob.ONE_PART_DIFFERS}, SAME_SPELLED),
    ("dob", "forename", {"dob": Dob.TWO_DIGITS_DIFFER}, below(Forename.KNOWN_VARIANT)),
    ("dob", "forename", {"dob": Dob.MISSING}, below(Forename.KNOWN_VARIANT)),
    ("dob", "sex", {"dob": Dob.ONE_DIGIT_DIFFERS, "forename": Forename.SOUNDS_ALIKE}, {"DIFFERS"}),
    ("dob", "sex", {"dob": Dob.ONE_PART_DIFFERS, "forename": Forename.SOUNDS_ALIKE}, {"DIFFERS"}),
    ("dob", "address", {"dob": Dob.ONE_DIGIT_DIFFERS}, set()),
    ("dob", "address", {"dob": Dob.ONE_DIGIT_DIFFERS, "forename": Forename.KNOWN_VARIANT}, APART),
    ("dob", "address", {"dob": Dob.ONE_PART_DIFFERS}, APART),
    ("dob", "address", {"dob": Dob.TWO_DIGITS_DIFFER}, APART),
    ("dob", "address", {"dob": Dob.MISSING}, APART),
    ("dob", "surname", {"dob": Dob.ONE_DIGIT_DIFFERS}, set()),
    ("dob", "surname", {"dob": Dob.ONE_DIGIT_DIFFERS, **FAR}, below(Surname.SIMILAR)),
    ("dob", "surname", {"dob": Dob.ONE_PART_DIFFERS}, set()),
    ("dob", "surname", {"dob": Dob.TWO_DIGITS_DIFFER}, below(Surname.SIMILAR)),
    ("dob", "surname", {"dob": Dob.MISSING}, below(Surname.SIMILAR)),
    ("dob", "upn", {"dob": Dob.DIFFERS}, UNIDENTIFIED),
    ("dob", "uln", {"dob": Dob.DIFFERS}, UNIDENTIFIED),
    # How common a name is decides; that the contact bears the same first name clears it.
    ("stranger", "forename", FAR, below(Forename.KNOWN_VARIANT) - {"MISSING", "DIFFERS"}),
    ("stranger", "address", MANY, APART),
    ("stranger", "contact", {**MANY, **FAR}, below(Contact.SAME_FORENAME)),
    ("stranger", "upn", {**MANY, **FAR}, UNIDENTIFIED),
    ("stranger", "uln", {**MANY, **FAR}, UNIDENTIFIED),
    ("stranger", "family", {**MANY, **FAR}, {"MISSING"}),
]


@pytest.mark.parametrize(("code", "comparison", "given", "stopped"), WEIGHED)
def test_where_a_model_has_weighed_the_pair(
    code: str, comparison: str, given: dict[str, Any], stopped: set[str]
) -> None:
    assert stopped_along(code, comparison, weighed=True, **given) == stopped


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("address", [Address.MISSING, Address.ELSEWHERE])
def test_as_many_strangers_as_the_agreement_allows_are_allowed(weighed: bool, address: Address) -> None:
    pairs = evidence(3, strangers=[0.049, 0.05, 0.051], address=address, weighed=weighed)
    assert CODES["stranger"].stopped(pairs).tolist() == [False, False, True]


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize(
    ("code", "flag"), [("suppressed", "suppressed"), ("taken", "taken"), ("not_unique", "rivals"), ("unlisted", "")]
)
def test_these_ask_one_thing_and_a_model_changes_nothing_about_it(code: str, flag: str, weighed: bool) -> None:
    for name in ("suppressed", "taken", "rivals", "twin"):
        pairs = evidence(2, **{name: [False, True]}, weighed=weighed)
        assert CODES[code].stopped(pairs).tolist() == [False, name == flag]


def test_what_a_guard_doubts_and_what_chance_it_leaves() -> None:
    """The chances are judgements, set on synthetic London: who changes one measures again."""
    assert [(guard.code, guard.doubts, guard.chance) for guard in GUARDS] == [
        ("twin", "forename", 0.6),
        ("identifier", "identifier", 0.55),
        ("forename", "forename", 0.55),
        ("dob", "dob", 0.55),
        ("stranger", "address", 0.9),
        ("dob_postcode", "forename", 0.5),
        ("suppressed", "nothing", 1.0),
        ("taken", "one to one", 0.1),
        ("not_unique", "one to one", 0.7),
        ("unlisted", "nothing", 1.0),
    ]


def test_what_is_not_said_of_the_pairs_is_the_stricter_of_the_two() -> None:
    """Claims hold brothers and sisters, and no model has weighed anything."""
    said = evidence(1)
    bare = Evidence(
        said.levels, said.twin, said.strangers, said.most_strangers, said.rivals, said.taken, said.suppressed
    )
    assert (bare.families, bare.weighed) == (True, False)


def test_a_sure_pair_is_stopped_by_nothing() -> None:
    for weighed in (False, True):
        first, chance = judge(evidence(1, weighed=weighed), CODES)
        assert (first.tolist(), chance.tolist()) == ([-1], [1.0])


def test_the_first_guard_in_the_order_of_the_table_is_the_one_that_is_named() -> None:
    """Forename and birthday are another's, and the child is taken: two doubts about the forename count once."""
    doubtful = evidence(2, forename=[Forename.DIFFERS, Forename.EXACT], dob=[Dob.EXACT, Dob.DIFFERS], taken=True)
    everything = judge(doubtful, CODES)
    assert [GUARDS[position].code for position in everything[0]] == ["twin", "dob"]
    assert everything[1].tolist() == pytest.approx([0.55 * 0.1, 0.55 * 0.1])
    assert first_to_stop(doubtful, CODES).tolist() == everything[0].tolist()
    some = judge(doubtful, ["forename"])
    assert [GUARDS[position].code for position in some[0]] == ["forename", "taken"]
    assert some[1].tolist() == pytest.approx([0.55 * 0.1, 0.1])


def test_one_to_one_stands_whatever_an_agreement_names() -> None:
    first, chance = judge(evidence(3, taken=[True, False, True], rivals=[False, True, True]), ())
    assert [GUARDS[position].code for position in first] == ["taken", "not_unique", "taken"]
    assert chance.tolist() == pytest.approx([0.1, 0.7, 0.1])
