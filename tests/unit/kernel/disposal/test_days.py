"""How long a thing lives is its agreement's to say: retention, sweep, watchdog, lifecycle policy, reminder."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.disposal.account import Account, Configuration
from shared.kernel.disposal.certificate import LIFECYCLE, UNEXPLAINED, due, ways
from shared.kernel.disposal.lifecycle import is_wrong, uncovered
from shared.kernel.disposal.notes import Plan
from shared.kernel.disposal.objects import HeldObject, object_id, stamp
from shared.kernel.disposal.remind import NoLog, remind
from shared.kernel.disposal.watchdog import check
from shared.kernel.exchange import Exchange
from shared.kernel.ledger.chain import Ledger
from shared.kernel.storage.management import LifecycleRule
from shared.kernel.storage.storage import Storage
from shared.kernel.terms.agreements import Agreements
from shared.kernel.terms.retention import Line, Retention
from tests.unit.kernel import second

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
BOTH = second.both()
KINDS = tuple(second.RETENTION.sweep_days)


def held(age: float, agreement: str, kind: str = "staging", **facts: Any) -> HeldObject:
    """Something of that agreement."""
    said = {"state": "current", "bytes": 1, "rows": None, "sha256": "", "md5": "", "work": "", "bar": ""} | facts
    return HeldObject("0" * 32, kind, created=stamp(NOW - timedelta(days=age)), agreement=agreement, **said)


def test_each_agreement_has_its_own_days_and_what_is_of_none_the_fewest() -> None:
    assert BOTH.retention_of("fsm").promise_days == 30
    assert BOTH.retention_of("head-count") == second.RETENTION
    for none in ("exchange", "", "no-agreement"):
        fewest = BOTH.retention_of(none)
        assert (fewest.promise_days, fewest.watchdog_days, fewest.lifecycle_days) == (30, 29, 27)
        assert set(fewest.sweep_days.values()) == {26}
        assert fewest.reminder_days == 10, "the second agreement reminds sooner"


def _retention(sweep: int, steps: tuple[int, int, int], reminder: int) -> Retention:
    lifecycle = sweep + steps[0]
    return Retention(
        promise_days=lifecycle + steps[1] + steps[2],
        watchdog_days=lifecycle + steps[1],
        lifecycle_days=lifecycle,
        reminder_days=min(reminder, sweep - 1),
        sweep_days=dict.fromkeys(KINDS, sweep),
    )


DAYS = st.builds(_retention, st.integers(2, 400), st.tuples(*(st.integers(1, 30),) * 3), st.integers(1, 400))


@given(st.lists(DAYS, min_size=1, max_size=4))
def test_the_fewest_days_of_any_agreements_are_days_that_an_agreement_can_say(each: list[Retention]) -> None:
    agreements = Agreements(tuple(second.second(id=f"a-{n}", retention=days) for n, days in enumerate(each)))
    fewest = agreements.retention_of("exchange")
    for days in each:
        assert fewest.promise_days <= days.promise_days
        assert all(fewest.sweep_days[kind] <= days.sweep_days[kind] for kind in days.sweep_days)


def test_what_is_remembered_has_days_of_its_own_and_where_nothing_is_those_of_rows() -> None:
    own = BOTH.retention_of("fsm")
    assert own.line("decisions") == Line(400, 401, 403, 404)
    assert own.line("pending") == Line(45, 46, 48, 49)
    assert own.line("staging") == Line(26, 27, 29, 30)
    assert second.RETENTION.line("decisions") == Line(35, 36, 39, 40)
    assert BOTH.retention_of("an-agreement-that-ended").line("decisions").sweep == 400
    assert "decisions" in own.kinds
    assert "decisions" not in second.RETENTION.kinds
    with pytest.raises(ValueError, match="decisions_days: fewer than rows are kept"):
        Retention.model_validate(second.RETENTION.model_dump() | {"decisions_days": 34})


@pytest.mark.parametrize(
    ("thing", "swept"),
    [
        (held(399.9, "fsm", "decisions"), False),
        (held(400, "fsm", "decisions"), True),
        (held(26, "fsm"), True),
        (held(25.9, "fsm"), False),
        (held(34.9, "head-count"), False),
        (held(35, "head-count"), True),
        (held(26, "exchange"), True),
        (held(26, ""), True),
        (held(26, "an-agreement-that-ended"), True),
        (held(26, "head-count", "inbox"), False),
        (held(26, "", "poison"), True),
    ],
)
def test_a_sweep_takes_what_is_past_the_day_of_its_agreement(thing: HeldObject, swept: bool) -> None:
    assert due([thing], NOW, BOTH) == ((thing,) if swept else ())


@pytest.mark.parametrize(
    ("age", "agreement", "way"),
    [
        (27, "fsm", LIFECYCLE),
        (26.9, "fsm", UNEXPLAINED),
        (35.9, "head-count", UNEXPLAINED),
        (36, "head-count", LIFECYCLE),
        (27, "exchange", LIFECYCLE),
    ],
)
def test_what_went_before_its_agreements_lifecycle_is_unexplained(age: float, agreement: str, way: str) -> None:
    lost = held(age, agreement)
    exchange = cast(Exchange, SimpleNamespace(agreements=BOTH))
    assert ways(exchange, Plan(NOW, (), (lost,), "")) == {lost.id: way}


def lifecycle(days: int, *prefixes: str) -> LifecycleRule:
    """An enabled rule."""
    return LifecycleRule("one", True, prefixes, blob_days=days, snapshot_days=days, version_days=days)


@pytest.mark.parametrize(
    ("prefix", "right"),
    [
        ("staging/lambeth/fsm/", {26, 27}),
        ("lambeth-outbox/fsm/", {26, 27}),
        ("lambeth-outbox/fsm/results/", {26, 27}),
        ("staging/lambeth/head-count/", {35, 36, 37}),
        ("lambeth-outbox/head-count/", {35, 36, 37}),
        ("lambeth-outbox/exchange/", {26, 27}),
        ("staging/lambeth/an-agreement-that-ended/", {26, 27}),
        ("pending/", {45, 46}),
        ("decisions/", {400, 401}),  # the second agreement remembers nothing
        ("decisions/lambeth/fsm/", {400, 401}),
        # Of both: later than the one's sweep is later than the other's promise. No day is right.
        ("staging/", set()),
        ("staging/lambeth/", set()),
        ("lambeth-outbox/", set()),
        ("lambeth-inbox/", set()),
        ("deadletter/", set()),
    ],
)
def test_a_lifecycle_rule_is_held_to_the_days_of_all_that_it_reaches(prefix: str, right: set[int]) -> None:
    assert {days for days in range(1, 600) if not is_wrong(lifecycle(days, prefix), BOTH)} == right


def test_where_agreements_are_near_enough_one_rule_does_for_both() -> None:
    near = second.RETENTION.model_copy(update={"sweep_days": dict.fromkeys(KINDS, 27)})
    both = second.both(retention=near)
    assert {days for days in range(1, 60) if not is_wrong(lifecycle(days, "staging/"), both)} == {27}


def test_only_the_kinds_that_a_rule_reaches_count() -> None:
    """An agreement that keeps staged rows longer, and what is in an inbox no longer than the other."""
    days = second.RETENTION.model_copy(update={"sweep_days": second.RETENTION.sweep_days | {"inbox": 26}})
    both = second.both(retention=days)
    assert not is_wrong(lifecycle(27, "lambeth-inbox/"), both)
    assert is_wrong(lifecycle(27, "staging/"), both)


def test_a_rule_is_wrong_for_one_wrong_prefix() -> None:
    assert not is_wrong(lifecycle(27, "staging/lambeth/fsm/", "lambeth-outbox/fsm/"), BOTH)
    assert is_wrong(lifecycle(27, "staging/lambeth/fsm/", "lambeth-outbox/head-count/"), BOTH)
    assert is_wrong(replace(lifecycle(27, "staging/lambeth/fsm/"), version_days=None), BOTH)


OWNERS = ("lambeth", "exchange")
THERE = frozenset({"lambeth-inbox", "lambeth-outbox"})
SPLIT = tuple(
    f"{place}/{agreement}/"
    for place in (
        "lambeth-outbox",
        *(f"{shared}/{owner}" for shared in ("staging", "requests", "claims") for owner in OWNERS),
    )
    for agreement in ("fsm", "head-count", "exchange")
)


def test_a_container_is_covered_whole_or_in_all_its_agreements_folders() -> None:
    whole = ("lambeth-inbox/", "deadletter/", "pending/", "decisions/")
    assert uncovered([lifecycle(27, *whole, *SPLIT)], THERE, OWNERS, BOTH) == ()
    assert uncovered([lifecycle(27, "lambeth-inbox/", "pending/", "decisions/", *SPLIT)], THERE, OWNERS, BOTH) == (
        "deadletter/",
    )
    for left_out in SPLIT:
        rest = tuple(prefix for prefix in SPLIT if prefix != left_out)
        place = f"{left_out.partition('/')[0]}/"
        assert uncovered([lifecycle(27, *whole, *rest)], THERE, OWNERS, BOTH) == (place,)
    assert len(uncovered([replace(lifecycle(27, *whole, *SPLIT), enabled=False)], THERE, OWNERS, BOTH)) == 8


def test_who_only_collects_has_no_inbox_to_be_covered() -> None:
    rule = lifecycle(27, "liia-outbox/", "staging/", "requests/", "claims/", "deadletter/", "pending/", "decisions/")
    assert uncovered([rule], frozenset({"liia-outbox"}), ("liia", "exchange"), BOTH) == ()
    assert uncovered([rule], frozenset({"liia-outbox", "liia-inbox"}), ("liia", "exchange"), BOTH) == ("liia-inbox/",)


def test_the_watchdog_alarms_by_the_days_of_each_things_agreement() -> None:
    objects = (
        held(29, "head-count"),
        held(38.9, "head-count"),
        held(39, "head-count"),
        held(29, "fsm"),
        held(28.9, "fsm"),
    )
    account = Account({"lambeth": objects}, {"lambeth": NOW.date()}, frozenset(), {}, Configuration())
    found = [(finding.code.code, finding.where, finding.count) for finding in check(BOTH, account, NOW)]
    assert ("DSP-002", "staging", 2) in found


def test_a_late_policy_is_an_alarm_where_something_waits_by_its_own_days() -> None:
    def waiting(*objects: HeldObject) -> list[tuple[str, int]]:
        ran = Configuration(lifecycle_completed=NOW - timedelta(hours=73))
        account = Account({"lambeth": objects}, {"lambeth": NOW.date()}, frozenset(), {}, ran)
        return [(f.code.code, f.count) for f in check(BOTH, account, NOW) if f.where == "lifecycle_completed"]

    assert waiting(held(28, "head-count"), held(35.9, "head-count")) == [("DSP-013", 1)]
    assert waiting(held(28, "head-count"), held(36, "head-count"), held(27, "fsm")) == [("DSP-010", 2)]


def test_a_result_is_reminded_of_by_the_days_of_its_agreement(storage: Storage) -> None:
    outbox = storage.outbox("lambeth")
    names = [f"{folder}/2026-autumn/{'0' * 32}/a.parquet" for folder in ("fsm/results", "head-count/counts")]
    for name in names:
        outbox.create(name, b"sealed")
    [written, *_] = [blob.created for blob in outbox.list() if blob.created]

    def reminded(days: int) -> dict[str, int]:
        """How many days are left, by who was reminded so far."""
        now = written + timedelta(days=days)
        ledger = Ledger(storage.ledger(), clock=lambda: now)
        exchange = Exchange(BOTH, storage, None, ledger, lambda: now)  # type: ignore[arg-type]
        remind(exchange, "lambeth", NoLog())
        subjects = {name: f"result:{object_id(outbox.container, name, outbox.facts(name).etag)}" for name in names}
        events = {name.partition("/")[0]: ledger.events(subject) for name, subject in subjects.items()}
        return {agreement: event.counts["days_left"] for agreement, [*found] in events.items() for event in found}

    assert reminded(9) == {}
    assert reminded(10) == {"head-count": 25}
    assert reminded(18) == {"head-count": 25}
    assert reminded(19) == {"head-count": 25, "fsm": 7}
