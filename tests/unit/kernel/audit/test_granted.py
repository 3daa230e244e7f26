"""The audit uses the comparison of rights: who could act and is not to is named, though nothing was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.kernel.audit.report import AuditReport, CheckResult
from tests.unit.kernel.audit.term import Term, oid

OUTBOX = "/providers/microsoft.storage/storageaccounts/bx/blobservices/default/containers/lambeth-outbox"
Audited = Callable[..., AuditReport]


def compared(term: Term, audited: Audited, *found: tuple[str, str, str], borough: str = "") -> CheckResult:
    rows: list[dict[str, Any]] = [
        {"what": what, "who": who, "role": "Read", "scope": scope} for what, who, scope in found
    ]
    term.rights = {"ok": not rows, "compared": 82, "differences": rows}
    return next(check for check in audited(term, borough=borough).checks if check.code == "AUD-003")


def test_where_nothing_differs_it_holds_and_says_how_much_was_compared(term: Term, audited: Audited) -> None:
    check = compared(term, audited)

    assert (check.result, check.counts["rights"]) == ("holds", 82)
    assert compared(term, audited, ("too little", oid("lambeth officer 1"), OUTBOX)).result == "holds"
    assert compared(term, audited, ("not known", "«id-app»", OUTBOX)).result == "holds"


def test_who_has_a_right_too_much_is_named_as_the_register_would(term: Term, audited: Audited) -> None:
    stranger, officer = oid("lambeth officer 3"), oid("southwark officer 1")
    check = compared(term, audited, ("too much", stranger, OUTBOX), ("too much", officer.upper(), OUTBOX))

    assert [(one.principal, one.borough, one.container, one.place.file) for one in check.exceptions] == [
        (f"unknown {stranger[:8]}", "lambeth", "outbox", "rights.json"),
        ("southwark officer 1", "lambeth", "outbox", "rights.json"),
    ]


@pytest.mark.parametrize(("borough", "result"), [("lambeth", "broken"), ("lewisham", "holds")])
def test_a_right_on_one_partys_box_is_no_other_partys_business(
    borough: str, result: str, term: Term, audited: Audited
) -> None:
    assert compared(term, audited, ("too much", oid("eve"), OUTBOX), borough=borough).result == result


def test_a_right_on_all_is_everybodys_business(term: Term, audited: Audited) -> None:
    assert (
        compared(term, audited, ("from above", oid("eve"), "/subscriptions/1"), borough="lewisham").result == "broken"
    )
