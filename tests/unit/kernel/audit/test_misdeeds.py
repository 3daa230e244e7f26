"""Every planted misdeed is found by exactly the checks that are for it; the clean term raises no alarm."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from shared.kernel.audit.questions import BY_CODE
from shared.kernel.audit.report import AuditReport
from tests.security.lies import LIES
from tests.unit.kernel.audit.misdeeds import AT, MISDEEDS, RESULT, Misdeed
from tests.unit.kernel.audit.term import CHILD, PILOT, Term, oauth

Audited = Callable[..., AuditReport]


def _broken(report: AuditReport) -> set[str]:
    return {check.code for check in report.checks if check.result == "broken"}


def test_a_clean_term_raises_no_alarm(term: Term, audited: Audited) -> None:
    report = audited(term, split=None)
    assert {check.code: check.result for check in report.checks if check.result != "holds"} == {
        "AUD-010": "not known",
        "AUD-020": "not known",  # nobody has given what parties hold
    }
    assert report.unexplained == 0
    assert report.operations == len(term.lines)


@pytest.mark.parametrize("borough", PILOT)
def test_a_clean_term_raises_no_alarm_for_one_borough(borough: str, term: Term, audited: Audited) -> None:
    report = audited(term, borough=borough)
    assert report.answer == "not known"
    assert {access.of for access in report.access if access.role == "officer"} == {borough}


@pytest.mark.parametrize("misdeed", MISDEEDS, ids=lambda misdeed: misdeed.name)
def test_each_misdeed_is_found_by_its_own_checks(misdeed: Misdeed, term: Term, audited: Audited) -> None:
    misdeed.do(term)
    report = audited(term)
    assert _broken(report) == misdeed.found_by
    assert all(check.exceptions for check in report.checks if check.result == "broken")
    assert CHILD not in json.dumps(report.document())


def test_every_check_has_a_misdeed() -> None:
    found = {code for misdeed in MISDEEDS for code in misdeed.found_by}
    assert found | {code for lie in LIES for code in lie.shown_by} == set(BY_CODE)


def test_a_misdeed_at_one_borough_is_not_the_others_business(term: Term, audited: Audited) -> None:
    misdeed = next(m for m in MISDEEDS if m.name == "a borough deletes from its outbox")
    misdeed.do(term)
    assert audited(term, borough="lewisham").answer != "broken"


@pytest.mark.parametrize(
    ("caller", "origin"),
    [
        ("203.0.113.9:56029", "203.0.113.9"),
        ("203.0.113.9", "203.0.113.9"),
        ("[2001:db8::9]:443", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
        (CHILD, ""),
    ],
)
def test_an_exception_says_from_where_and_repeats_what_is_no_address_nowhere(
    caller: str, origin: str, term: Term, audited: Audited
) -> None:
    term.blob(AT, "GetBlob", RESULT, oauth("southwark officer 1"), ip=caller)
    (found,) = next(check for check in audited(term).checks if check.code == "AUD-001").exceptions
    assert found.origin == origin


def test_access_says_from_how_many_addresses_people_came_and_asks_it_of_nobody_in_azure(
    term: Term, audited: Audited
) -> None:
    for number in (1, 2, 2):
        term.blob(AT, "GetBlob", RESULT, oauth("lambeth officer 1"), ip=f"198.51.100.{number}:{50_000 + number}")
    access = audited(term).access
    reads = [part for part in access if (part.principal, part.operation) == ("lambeth officer 1", "GetBlob")]
    assert [part.origins for part in reads] == [2]
    assert {part.origins for part in access if part.role == "app"} == {0}
