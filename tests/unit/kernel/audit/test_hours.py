"""Of which hours there are logs: it holds, it is broken, or it is not known, and which of these is never a guess."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.kernel.audit.questions import QUESTIONS
from shared.kernel.audit.report import AuditReport, CheckResult
from shared.kernel.audit.schema import DELETE, KEYS, READ, WRITE
from tests.unit.kernel.audit.term import Term, when

Audited = Callable[..., AuditReport]
HOURS = 24 * 61


def probe(term: Term, hours: range) -> None:
    """The app's health is asked after in these hours of the term."""
    for hour in hours:
        at = when("2026-10-01", 0) + timedelta(hours=hour)
        term.blob(at, "GetContainerProperties", "ledger", mark="health:probe")


def without(term: Term, gone: Callable[[dict[str, object]], bool]) -> None:
    term.lines = [line for line in term.lines if not gone(line)]


def check(report: AuditReport, code: str = "AUD-010") -> CheckResult:
    return next(check for check in report.checks if check.code == code)


def test_hours_without_a_read_are_not_known(term: Term, audited: Audited) -> None:
    found = check(audited(term))
    assert (found.result, found.counts["hours"]) == ("not known", HOURS)
    assert found.counts["hours with reads"] + found.counts["hours not known"] == HOURS
    assert f"in {found.counts['hours with reads']} of 1,464 hours" in found.note


def test_a_read_in_every_hour_is_logs_of_every_hour(term: Term, audited: Audited) -> None:
    probe(term, range(HOURS))
    report = audited(term)
    assert check(report).result == "holds"
    assert {check.code for check in report.checks if check.result != "holds"} == {"AUD-020"}


def test_an_hour_without_its_probe_is_missing(term: Term, audited: Audited) -> None:
    probe(term, range(500))
    probe(term, range(501, HOURS))
    without(term, lambda line: str(line["time"]).startswith("2026-10-21T20"))
    found = check(audited(term))
    assert (found.result, found.count, found.counts["hours not known"]) == ("broken", 1, 0)


def test_hours_before_and_after_the_probes_are_not_known(term: Term, audited: Audited) -> None:
    """Logs of five hours of 1,464 with probes in each: that is no reason to say that there are logs of every hour."""
    without(term, lambda line: not "2026-10-05T09" <= str(line["time"]) < "2026-10-05T14")
    term.events.clear()
    term.record(when("2026-10-05", 10), f"drop:{'12' * 16}", "received", "lambeth")
    probe(term, range(24 * 4 + 9, 24 * 4 + 14))
    found = check(audited(term))
    assert (found.result, found.counts["hours with reads"], found.counts["hours not known"]) == ("not known", 5, 1459)


def test_an_event_in_an_hour_with_reads_and_no_write_shows_that_writes_are_missing(
    term: Term, audited: Audited
) -> None:
    without(term, lambda line: line["category"] == WRITE and str(line["time"]).startswith("2026-10-08T12"))
    report = audited(term)
    assert [check.code for check in report.checks if check.result == "broken"] == ["AUD-010"]
    assert check(report).exceptions[0].what.endswith("no line of any write.")
    assert check(report, "AUD-009").result == "not known"


@pytest.mark.parametrize("category", [READ, WRITE, DELETE, KEYS])
def test_what_has_no_log_at_all_is_not_known(category: str, term: Term, audited: Audited) -> None:
    without(term, lambda line: line["category"] == category)
    report = audited(term)
    asked = {question.code for question in QUESTIONS if category in question.needs}
    assert asked
    for code in asked:
        assert check(report, code).result != "holds", code
        assert "The record has no log of" in check(report, code).note


def test_a_record_whose_logs_are_another_accounts_says_that_nothing_is_known(term: Term, audited: Audited) -> None:
    term.register["accounts"], term.register["vaults"] = ["stother"], ["kv-other"]
    report = audited(term)
    assert report.operations == 0
    assert {check.code for check in report.checks if check.result == "holds"} <= {
        "AUD-007",
        "AUD-012",
        "AUD-014",
        "AUD-018",
        "AUD-019",
        "AUD-022",
    }


def test_an_hour_in_which_rows_were_opened_and_no_key_was_used_is_missing(term: Term, audited: Audited) -> None:
    days = sorted({str(line["time"])[:10] for line in term.lines if line["category"] == KEYS})
    assert check(audited(term)).count == 0
    without(term, lambda line: line["category"] == KEYS and str(line["time"]).startswith(days[0]))
    found = check(audited(term))
    assert found.result == "broken"
    assert {finding.what.partition(", and ")[2] for finding in found.exceptions} == {
        "there is no line of any use of a key."
    }
