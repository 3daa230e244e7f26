"""No way to make a record lie passes in silence, and the truth is not called a lie."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from shutil import copytree

import pytest

from shared.kernel.audit.audit import audit
from shared.kernel.audit.report import AuditReport
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from tests.security.lies import LIES, Lie, held_by_parties, keep_heads, tell_a_party
from tests.unit.kernel import second
from tests.unit.kernel.audit.term import FIRST, LAST, Term, make_term, when


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """The truth, and what parties hold of it."""
    keys = LocalKeyRing(tmp_path_factory.mktemp("keys"))
    keys.create_key(EXCHANGE, Use.SIGN)
    term = make_term(keys)
    tell_a_party(term)
    keep_heads(term)
    return pickle.dumps(term), held_by_parties(term, tmp_path_factory.mktemp("held"))


@pytest.fixture
def term(told: tuple[bytes, Path]) -> Term:
    return pickle.loads(told[0])


def audited(term: Term, folder: Path, held: Path | None) -> AuditReport:
    return audit(term.write(folder / "record"), second.both(), FIRST, LAST, held=held)


def broken(report: AuditReport) -> set[str]:
    return {check.code for check in report.checks if check.result == "broken"}


def test_the_truth_is_not_called_a_lie(term: Term, told: tuple[bytes, Path], tmp_path: Path) -> None:
    report = audited(term, tmp_path, told[1])
    assert {check.code for check in report.checks if check.result != "holds"} == {"AUD-010"}
    assert broken(report) == set()
    assert report.inputs.held == len(list(told[1].rglob("*.json"))) - 1, "and one file is a key"


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_lie_is_shown(lie: Lie, term: Term, told: tuple[bytes, Path], tmp_path: Path) -> None:
    lie.tell(term)
    held = Path(copytree(told[1], tmp_path / "held"))
    lie.to_parties(term, held)
    report = audited(term, tmp_path, held)
    assert lie.shown_by <= broken(report)
    found = [one.what for check in report.checks if check.code in lie.shown_by for one in check.exceptions]
    assert any(lie.words in what for what in found), found


def test_lines_that_came_twice_count_once(term: Term, told: tuple[bytes, Path], tmp_path: Path) -> None:
    once = audited(term, tmp_path / "once", told[1])
    some = term.lines[::7]
    term.lines += some
    twice = audited(term, tmp_path / "twice", told[1])
    assert (twice.operations, twice.access, broken(twice)) == (once.operations, once.access, set())
    assert twice.inputs.doubled == len(some)
    assert f"{len(some)} lines stand in the logs once more" in next(c for c in twice.checks if c.code == "AUD-022").note


def test_two_requests_at_one_moment_are_two(term: Term, told: tuple[bytes, Path], tmp_path: Path) -> None:
    lines = len(term.lines)
    for _ in range(2):
        term.blob(when("2026-10-20", 12), "GetContainerProperties", "ledger", mark="health:probe")
    assert audited(term, tmp_path, told[1]).operations == lines + 2


def test_a_line_of_the_last_minutes_may_come_into_the_next_hours_file(
    term: Term, told: tuple[bytes, Path], tmp_path: Path
) -> None:
    line = term.blob(when("2026-10-20", 12, 59), "GetContainerProperties", "ledger", mark="health:probe")
    late = term.file_of(line | {"time": "2026-10-20T13:00:00.0000000Z"})
    term.lines.remove(line)
    term.junk[late] = [json.dumps(line).encode()]
    report = audited(term, tmp_path, told[1])
    found = next(check for check in report.checks if check.code == "AUD-022")
    assert (found.result, found.counts["lines delivered late"]) == ("holds", 1)


def test_without_what_parties_hold_it_is_not_known(term: Term, tmp_path: Path) -> None:
    report = audited(term, tmp_path, None)
    assert next(check for check in report.checks if check.code == "AUD-020").result == "not known"


def test_a_record_contradicts_itself_where_it_keeps_its_heads(term: Term, tmp_path: Path) -> None:
    next(lie for lie in LIES if lie.name == "a drop's counts rewritten and its chain hashed anew").tell(term)
    report = audited(term, tmp_path, None)
    assert "AUD-020" in broken(report)


def test_keys_that_nobody_vouches_for_leave_certificates_unknown(
    term: Term, told: tuple[bytes, Path], tmp_path: Path
) -> None:
    del term.register["signing_keys"]
    by_itself = next(check for check in audited(term, tmp_path / "alone", None).checks if check.code == "AUD-014")
    assert (by_itself.result, "signing_keys" in by_itself.note) == ("not known", True)
    vouched = next(check for check in audited(term, tmp_path / "held", told[1]).checks if check.code == "AUD-014")
    assert vouched.result == "holds"


def test_a_certificate_over_what_was_kept_too_long_does_not_hold(
    term: Term, told: tuple[bytes, Path], tmp_path: Path
) -> None:
    next(lie for lie in LIES if lie.name == "rows that were kept longer than promised").tell(term)
    report = audited(term, tmp_path, told[1])
    [late] = [told for told in report.destructions if told.late]
    assert (late.holds, late.genuine, late.late) == (False, True, 1)
