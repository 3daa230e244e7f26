import json
from datetime import date

from shared.kernel.audit.questions import QUESTIONS
from shared.kernel.audit.report import AuditReport, CheckResult, Explained, Finding, Inputs, Place


def _report(*checks: CheckResult) -> AuditReport:
    return AuditReport(
        agreements=("fsm@1.0.0",),
        first=date(2026, 10, 1),
        last=date(2026, 10, 31),
        borough="",
        inputs=Inputs(1, 10, 0, 0, 0, 5, 0),
        coverage=(),
        explained=(Explained("right", "borough.collect", "", 7), Explained("unexplained", "AUD-001", "", 3)),
        access=(),
        destructions=(),
        checks=checks,
    )


def test_a_report_is_json_and_says_its_period() -> None:
    found = Finding("A read that nothing explains.", Place("log", "logs/PT1H.json", 4), "2026-10-01T09:30:00Z")
    document = json.loads(json.dumps(_report(CheckResult("AUD-001", "?", "broken", {}, (found,))).document()))
    assert document["period"] == {"from": "2026-10-01", "to": "2026-10-31"}
    assert document["checks"][0]["exceptions"][0]["place"]["line"] == 4
    assert document["answer"] == "broken"


def test_what_is_not_known_is_not_broken() -> None:
    holds, unknown, broken = (CheckResult("AUD-014", "?", said) for said in ("holds", "not known", "broken"))
    assert _report(holds, unknown).answer == "not known"
    assert _report(holds, unknown, broken).answer == "broken"
    assert _report(holds).answer == "holds"


def test_operations_are_explained_or_not() -> None:
    report = _report()
    assert (report.operations, report.unexplained) == (10, 3)


def test_codes_are_numbered_without_a_gap() -> None:
    assert [question.code for question in QUESTIONS] == [f"AUD-{n:03d}" for n in range(1, len(QUESTIONS) + 1)]
