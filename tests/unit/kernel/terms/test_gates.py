"""What the agreement answers when it is asked."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest

from shared.kernel.errors import NotAgreed
from shared.kernel.terms.gates import (
    CODES,
    check_may_drop,
    check_may_release,
    check_named,
    check_officers,
    check_open,
    may_drop,
    may_release,
)
from tests.agreements import pilot

AGREEMENT = pilot()
TERM = date(2026, 11, 21)


@contextmanager
def refused(code: str) -> Iterator[None]:
    """With this code and no other, what it means and its remedy, each in its place."""
    with pytest.raises(NotAgreed) as raised:
        yield
    [stated] = [stated for stated in CODES if stated.code == code]
    refusal = raised.value
    assert (refusal.code, refusal.remedy) == (stated.code, stated.remedy)
    assert refusal.message.startswith(stated.meaning)


def test_the_codes_are_those_that_senders_know() -> None:
    assert [stated.code for stated in CODES] == [*(f"AGR-00{number}" for number in range(1, 9)), "DRP-009", "AGR-009"]
    assert all(" " in stated.meaning and " " in stated.remedy for stated in CODES)


def test_a_participant_may_drop_its_datasets_on_any_day_in_force() -> None:
    for day in (AGREEMENT.in_force.first, TERM, AGREEMENT.in_force.last):
        assert may_drop(AGREEMENT, "lambeth", "pupils", day)


@pytest.mark.parametrize("day", [date(2026, 8, 31), date(2027, 9, 1)])
def test_outside_its_period_the_agreement_allows_nothing(day: date) -> None:
    with refused("AGR-001"):
        check_may_drop(AGREEMENT, "lambeth", "pupils", day)


def test_another_version_is_another_agreement() -> None:
    check_named(AGREEMENT, "fsm@1.0.0")
    with refused("AGR-002"):
        check_named(AGREEMENT, "fsm@0.9.0")


def test_an_unknown_dataset_may_not_be_dropped() -> None:
    with refused("AGR-003"):
        check_may_drop(AGREEMENT, "lambeth", "ethnicity", TERM)
    with pytest.raises(NotAgreed, match=r"It has: pupils, households, decisions\."):
        check_may_drop(AGREEMENT, "lambeth", "ethnicity", TERM)


def test_a_borough_outside_the_agreement_may_drop_nothing() -> None:
    with refused("AGR-004"):
        check_may_drop(AGREEMENT, "camden", "pupils", TERM)
    assert not may_drop(AGREEMENT, "camden", "pupils", TERM)


@pytest.mark.parametrize(
    ("collection", "on"),
    [
        ("2026-autumn", date(2026, 9, 1)),
        ("2026-autumn", date(2027, 2, 28)),
        ("2027-spring", date(2027, 1, 1)),
        ("2027-summer", date(2027, 8, 31)),
    ],
)
def test_a_collection_takes_drops_on_the_days_that_the_agreement_gives_it(collection: str, on: date) -> None:
    check_open(AGREEMENT, "pupils", collection, on)
    check_open(AGREEMENT, "households", collection, on)


@pytest.mark.parametrize(
    ("collection", "on"),
    [
        ("2026-autunm", TERM),
        ("2026-winter", TERM),
        ("2025-autumn", TERM),
        ("2027-autumn", TERM),
        ("2026-Autumn", TERM),
        ("", TERM),
        ("2027-spring", date(2026, 12, 31)),
        ("2026-autumn", date(2027, 3, 1)),
    ],
)
def test_no_other_word_and_no_other_day_is_open_and_what_is_open_is_told(collection: str, on: date) -> None:
    with refused("DRP-009"):
        check_open(AGREEMENT, "households", collection, on)
    with pytest.raises(NotAgreed) as raised:
        check_open(AGREEMENT, "households", collection, on)
    opened = [name for name, days in AGREEMENT.datasets["households"].collections.items() if days.covers(on)]
    assert f"Open for households on {on.day} {on:%B %Y}: {', '.join(opened)}." in raised.value.message
    assert not collection or collection not in raised.value.message, "the word is the sender's, and may be anything"


def test_a_collection_that_is_open_for_one_dataset_only_is_refused_for_the_other() -> None:
    terms = AGREEMENT.datasets["pupils"]
    fewer = terms.model_copy(update={"collections": {"2027-summer": terms.collections["2027-summer"]}})
    agreement = AGREEMENT.model_copy(update={"datasets": AGREEMENT.datasets | {"pupils": fewer}})
    check_open(agreement, "households", "2026-autumn", TERM)
    with pytest.raises(NotAgreed, match=r"Open for pupils on 21 November 2026: none\."):
        check_open(agreement, "pupils", "2026-autumn", TERM)


def test_what_is_dropped_to_meet_is_open_under_the_same_words() -> None:
    pupils, households, decisions = (AGREEMENT.datasets[name] for name in ("pupils", "households", "decisions"))
    assert pupils.collections == households.collections
    assert set(decisions.collections) == set(pupils.collections)
    for name, days in pupils.collections.items():
        assert AGREEMENT.in_force.first <= days.first
        assert days.last <= decisions.collections[name].last <= AGREEMENT.in_force.last


@pytest.mark.parametrize(
    ("release", "columns", "to", "allowed"),
    [
        ("matches", ["match_ref", "household_ref"], "lambeth", True),
        ("matches", ["match_ref"], "southwark", False),
        ("matches", ["match_ref", "postcode"], "lambeth", False),
        ("enrolments", ["upn", "tier"], "southwark", True),
        ("enrolments", ["upn", "tier"], "lambeth", False),
        ("enrolments", ["upn", "qualifying_benefit"], "southwark", False),
        ("enrolments", ["upn"], "camden", False),
        ("gossip", ["upn"], "southwark", False),
    ],
)
def test_a_column_goes_only_where_the_agreement_sends_it(
    release: str, columns: list[str], to: str, allowed: bool
) -> None:
    assert may_release(AGREEMENT, release, columns, to=to, own="lambeth", on=TERM) is allowed
    if not allowed:
        with refused("AGR-005"):
            check_may_release(AGREEMENT, release, columns, to=to, own="lambeth", on=TERM)


def test_all_columns_that_a_release_lists_may_go_and_one_more_may_not() -> None:
    for release, terms in AGREEMENT.releases.items():
        to = "lambeth" if terms.to == "own" else "southwark"
        every = list(terms.columns)
        assert may_release(AGREEMENT, release, every, to=to, own="lambeth", on=TERM)
        assert not may_release(AGREEMENT, release, [*every, "postcode"], to=to, own="lambeth", on=TERM)


def test_a_release_to_any_goes_to_every_participant_and_a_recipient_only_collects() -> None:
    terms = AGREEMENT.releases["enrolments"].model_copy(update={"to": "any"})
    agreement = AGREEMENT.model_copy(
        update={"releases": AGREEMENT.releases | {"enrolments": terms}, "recipients": ("a-hub",)}
    )
    for to in ("lambeth", "southwark", "a-hub"):
        assert may_release(agreement, "enrolments", ["upn"], to=to, own="lambeth", on=TERM)
    assert may_release(agreement, "matches", ["match_ref"], to="a-hub", own="a-hub", on=TERM)
    assert not may_release(agreement, "enrolments", ["upn"], to="camden", own="lambeth", on=TERM)
    assert not may_drop(agreement, "a-hub", "pupils", TERM)


def test_no_code_speaks_of_one_agreements_words() -> None:
    for stated in CODES:
        assert not re.search(r"pupil|household|decisions|school|borough|meal", f"{stated.meaning} {stated.remedy}")


def test_nothing_is_released_outside_the_period_of_the_agreement() -> None:
    with refused("AGR-001"):
        check_may_release(AGREEMENT, "matches", ["match_ref"], to="lambeth", own="lambeth", on=date(2027, 9, 1))


def test_a_home_borough_never_receives_an_address_and_a_school_borough_never_a_benefit() -> None:
    address = {
        "postcode",
        "uprn",
        "saon",
        "paon",
        "street",
        "locality",
        "town",
        *(f"address_line_{n}" for n in range(1, 6)),
    }
    for terms in AGREEMENT.releases.values():
        assert not address & set(terms.columns)
        if terms.to == "others":
            assert set(terms.columns) == {"match_ref", "upn", "urn", "tier", "start_date", "status"}


def test_two_officers_may_act_for_a_borough_and_a_third_may_not() -> None:
    check_officers(AGREEMENT, AGREEMENT.officers_per_party)
    with refused("AGR-006"):
        check_officers(AGREEMENT, AGREEMENT.officers_per_party + 1)
