"""How long a thing may be there is its agreement's to say, in logs and in certificates, of now and of before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from shared.kernel.audit.audit import audit
from shared.kernel.audit.certificates import _late
from shared.kernel.audit.chains import LedgerCopy
from shared.kernel.audit.report import AuditReport, CheckResult
from shared.kernel.disposal.notes import Sweep
from tests.unit.kernel import second
from tests.unit.kernel.audit.term import COLLECTION, FIRST, LAST, Term, oauth, when

Audited = Callable[..., AuditReport]
AT = when("2026-10-12", 10)


def gone(report: AuditReport) -> CheckResult:
    """What it says of whether everything was gone by its day."""
    return next(check for check in report.checks if check.code == "AUD-006")


def lives(term: Term, key: str, days: int) -> None:
    """A thing that a sweep takes after so many days."""
    term.blob(AT, "PutBlob", key, mark=next(s for s in term.events if s.startswith("tally:")))
    owner = key.split("/")[1] if key.startswith("staging") else key.partition("-outbox")[0]
    sweep = Sweep(owner, (AT + timedelta(days=days)).date())
    term.blob(AT + timedelta(days=days), "DeleteBlob", key, mark=sweep.subject)


@pytest.mark.parametrize(
    ("key", "days", "late"),
    [
        (f"staging/lewisham/head-count/earlier/{COLLECTION}/a.parquet", 35, False),
        (f"staging/lewisham/head-count/earlier/{COLLECTION}/a.parquet", 41, True),
        (f"staging/lewisham/fsm/pupils/{COLLECTION}/a.parquet", 29, False),
        (f"staging/lewisham/fsm/pupils/{COLLECTION}/a.parquet", 35, True),
        (f"lewisham-outbox/fsm/results/{COLLECTION}/a.parquet", 35, True),
        (f"lewisham-outbox/head-count/counts/{COLLECTION}/a.parquet", 35, False),
        # Of none, and of one that there is not: the fewest days.
        ("lewisham-outbox/exchange/reports/a.json", 35, True),
        ("staging/lewisham/gone-agreement/pupils/a.parquet", 35, True),
    ],
)
def test_what_is_there_after_the_days_of_its_agreement_is_late(
    key: str, days: int, late: bool, term: Term, audited: Audited
) -> None:
    lives(term, key, days)
    found = gone(audited(term))
    promised = 40 if "head-count" in key else 30
    assert [f"after more than {promised} days" in finding.what for finding in found.exceptions] == [True] * late


@pytest.mark.parametrize(("days", "result"), [(29, "holds"), (35, "not known"), (41, "broken")])
def test_of_a_file_in_an_inbox_the_logs_do_not_say_whose_days_it_has(
    days: int, result: str, term: Term, audited: Audited
) -> None:
    term.blob(AT, "PutBlob", "lambeth-inbox/a.parquet", oauth("lambeth officer 1"))
    term.blob(
        AT + timedelta(days=days), "DeleteBlob", "lambeth-inbox/a.parquet", mark=Sweep("lambeth", AT.date()).subject
    )
    found = gone(audited(term))
    assert found.result == result
    assert ("do not say under which agreement" in found.note) == (result != "holds")


def _body(entry: dict[str, str], **more: str) -> dict[str, object]:
    times = {"id": "0" * 32, "kind": "inbox", "created": "2026-10-01T00:00:00Z", "destroyed": "2026-11-05T00:00:00Z"}
    return {"destroyed": [times | entry], **more}


@pytest.mark.parametrize(
    ("body", "promised"),
    [
        (_body({"agreement": "fsm"}), 30),
        (_body({"agreement": "head-count"}), None),
        (_body({"agreement": ""}), 30),
        (_body({"agreement": "exchange"}), 30),
        # As certificates were while there was one agreement.
        (_body({}, agreement="fsm@1.0.0"), 30),
        (_body({}, agreement="head-count@1.0.0"), None),
        (_body({}), 30),
    ],
)
def test_a_certificate_is_held_to_the_days_of_each_things_agreement(
    body: dict[str, object], promised: int | None
) -> None:
    agreements = second.both()
    no_ledger = LedgerCopy({}, frozenset(), ())

    def promises(agreement: str, kind: str) -> int:
        return agreements.retention_of(agreement).line(kind).promise

    late = _late(body, promises, no_ledger)
    assert [(entry.days, entry.promised) for entry in late] == ([(35, promised)] if promised else [])


def test_officers_are_held_to_what_each_agreement_of_their_party_allows(term: Term, tmp_path: Path) -> None:
    """An officer of a party has all of its boxes. Every borough of the term has two."""
    agreements = second.both(officers_per_party=1)
    report = audit(term.write(tmp_path, split=0), agreements, FIRST, LAST)
    found = next(check for check in report.checks if check.code == "AUD-003").exceptions
    assert {finding.borough for finding in found} == {"lambeth", "lewisham"}
    assert {finding.what for finding in found} == {"The register names 2 officers at once; head-count@2.1.0 allows 1."}
