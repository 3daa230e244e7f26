"""The end of an agreement and its review are told in time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.agreements.registry import load_agreement
from shared.kernel.terms.ahead import AHEAD_CODES, STAGES, ahead

LAST = date(2027, 8, 31)
REVIEWED = date(2027, 3, 1)
AGREEMENT = load_agreement("fsm").model_copy(update={"review": REVIEWED})


def found(day: date) -> list[tuple[str, int, bool]]:
    return [(one.code.code, one.days, one.alarms) for one in ahead(AGREEMENT, day)]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(("day", "code"), [(LAST, "AGR-010"), (REVIEWED, "AGR-011")])
def test_operators_are_alarmed_at_each_stage_before_end_and_review(day: date, code: str, stage: int) -> None:
    assert (code, stage, True) in found(day - timedelta(days=stage))
    late = found(day - timedelta(days=stage - 2))
    assert (code, stage - 2, True) in late  # a day without a look loses no alarm


def test_between_the_stages_nobody_is_alarmed_and_before_them_nothing_is_said() -> None:
    assert found(LAST - timedelta(days=61)) == [("AGR-013", (REVIEWED - LAST).days + 61, True)]
    for days in (57, 45, 31, 27, 10, 8):
        assert ("AGR-010", days, False) in found(LAST - timedelta(days=days))
    assert found(REVIEWED - timedelta(days=61)) == []


def test_on_its_last_day_it_ends_and_on_the_next_it_has_ended() -> None:
    assert ("AGR-010", 0, True) in found(LAST)
    assert ("AGR-012", -1, True) in found(LAST + timedelta(days=1))


def test_every_code_says_what_to_do() -> None:
    assert [code.code for code in AHEAD_CODES] == ["AGR-010", "AGR-011", "AGR-012", "AGR-013"]
    assert all(code.remedy.endswith(".") for code in AHEAD_CODES)
