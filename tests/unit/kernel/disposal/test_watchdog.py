"""The watchdog: what the agreement promises against what the account holds, in every way in which they can differ."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.agreements.registry import load_agreements
from shared.kernel.disposal.account import Account, Configuration
from shared.kernel.disposal.objects import HeldObject, past, stamp
from shared.kernel.disposal.watchdog import CODES, check
from shared.kernel.storage.management import LifecycleRule

AGREEMENTS = load_agreements()
NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
OWNERS = (*AGREEMENTS.parties, "exchange")
BOXES = tuple(f"{slug}-{box}" for slug in AGREEMENTS.parties for box in ("inbox", "outbox"))
SHARED = ("staging", "requests", "claims", "deadletter")
RULE = LifecycleRule(
    "all", True, tuple(f"{place}/" for place in (*BOXES, *SHARED)), blob_days=27, snapshot_days=27, version_days=27
)
DECISIONS, PENDING = (
    replace(RULE, name=kind, prefixes=(f"{kind}/",), blob_days=days, snapshot_days=days, version_days=days)
    for kind, days in (("decisions", 401), ("pending", 46))
)
CONFIGURATION = Configuration(
    lifecycle=(RULE, DECISIONS, PENDING),
    lifecycle_completed=NOW - timedelta(hours=30),
    lifecycle_errors=0,
    soft_delete_days=0,
    container_soft_delete_days=0,
    versioning=False,
    point_in_time_restore=False,
    object_replication=False,
    held_containers=frozenset({"ledger"}),
)
ACCOUNT = Account(
    objects=dict.fromkeys(OWNERS, ()),
    swept={owner: NOW.date() for owner in OWNERS},
    containers=frozenset({*BOXES, *SHARED, "decisions", "pending", "ledger", "certificates", "reference"}),
    strays={"staging": 0},
    configuration=CONFIGURATION,
)


def held(age_days: float, **facts: Any) -> HeldObject:
    said = {
        "kind": "inbox",
        "state": "current",
        "bytes": 1,
        "rows": None,
        "sha256": "",
        "md5": "",
        "work": "",
        "bar": "",
    } | facts
    return HeldObject(id="0" * 32, created=stamp(NOW - timedelta(days=age_days)), **said)


def found(account: Account) -> list[tuple[str, str, str, int]]:
    return [(f.code.code, f.owner, f.where, f.count) for f in check(AGREEMENTS, account, NOW)]


def with_objects(*objects: HeldObject) -> Account:
    return replace(ACCOUNT, objects={**ACCOUNT.objects, "lambeth": objects})


def configured(**settings: Any) -> Account:
    return replace(ACCOUNT, configuration=replace(CONFIGURATION, **settings))


def with_rule(**changes: Any) -> Account:
    return configured(lifecycle=(replace(RULE, **changes), DECISIONS, PENDING))


def test_an_account_that_is_as_promised_gives_no_finding() -> None:
    assert found(ACCOUNT) == []
    assert found(with_objects(held(28.9), held(1, bar="leased"))) == []


@pytest.mark.parametrize(
    ("objects", "code", "count"),
    [
        ((held(29), held(29.5), held(28.99)), "DSP-002", 2),
        ((replace(held(1), created=""),), "DSP-002", 1),
        ((held(26, bar="leased"), held(25.9, bar="leased")), "DSP-003", 1),
        ((held(1, bar="legal_hold"), held(2, bar="immutable")), "DSP-004", 2),
        ((held(1, state="deleted", bar="soft_deleted"),), "DSP-005", 1),
        ((held(1, state="version"),), "DSP-006", 1),
    ],
)
def test_an_object_that_endangers_the_promise_is_named_by_kind(
    objects: tuple[HeldObject, ...], code: str, count: int
) -> None:
    assert found(with_objects(*objects)) == [(code, "lambeth", "inbox", count)]


@pytest.mark.parametrize("swept", [None, NOW.date() - timedelta(days=2)])
def test_a_borough_that_was_not_swept_is_named(swept: Any) -> None:
    assert found(replace(ACCOUNT, swept={**ACCOUNT.swept, "lambeth": swept})) == [("DSP-007", "lambeth", "sweep", 1)]


def test_yesterdays_sweep_is_enough_until_todays() -> None:
    assert found(replace(ACCOUNT, swept=dict.fromkeys(OWNERS, NOW.date() - timedelta(days=1)))) == []


def test_places_that_no_sweep_reaches_are_found() -> None:
    stray = replace(ACCOUNT, containers=ACCOUNT.containers | {"lambeth-inbox-copy"}, strays={"staging": 2, "claims": 0})

    assert found(stray) == [("DSP-011", "exchange", "account", 1), ("DSP-011", "exchange", "staging", 2)]


@pytest.mark.parametrize(
    ("account", "finding"),
    [
        (configured(soft_delete_days=7), ("DSP-005", "exchange", "soft_delete_days", 7)),
        (configured(container_soft_delete_days=1), ("DSP-005", "exchange", "container_soft_delete_days", 1)),
        (configured(versioning=True), ("DSP-006", "exchange", "versioning", 1)),
        (configured(point_in_time_restore=True), ("DSP-006", "exchange", "point_in_time_restore", 1)),
        (configured(object_replication=True), ("DSP-006", "exchange", "object_replication", 1)),
        (configured(held_containers=frozenset({"staging"})), ("DSP-004", "exchange", "held_containers", 1)),
        (configured(lifecycle=()), ("DSP-008", "exchange", "lifecycle", len(BOXES) + len(SHARED) + 2)),
        (configured(lifecycle=(RULE, PENDING)), ("DSP-008", "exchange", "lifecycle", 1)),
        (with_rule(prefixes=(*RULE.prefixes, "decisions/")), ("DSP-009", "exchange", "lifecycle", 1)),
        (with_rule(enabled=False), ("DSP-008", "exchange", "lifecycle", len(BOXES) + len(SHARED))),
        (with_rule(prefixes=RULE.prefixes[1:]), ("DSP-008", "exchange", "lifecycle", 1)),
        (with_rule(prefixes=(*RULE.prefixes, "camden-inbox")), ("DSP-009", "exchange", "lifecycle", 1)),
        (with_rule(prefixes=(*RULE.prefixes, "ledger/")), ("DSP-009", "exchange", "lifecycle", 1)),
        (with_rule(blob_days=30), ("DSP-009", "exchange", "lifecycle", 1)),
        (with_rule(blob_days=20), ("DSP-009", "exchange", "lifecycle", 1)),
        (with_rule(snapshot_days=None), ("DSP-009", "exchange", "lifecycle", 1)),
        (with_rule(version_days=None), ("DSP-009", "exchange", "lifecycle", 1)),
        (configured(lifecycle_errors=4), ("DSP-010", "exchange", "lifecycle", 4)),
    ],
)
def test_a_setting_that_endangers_the_promise_is_named(account: Account, finding: tuple[str, str, str, int]) -> None:
    assert found(account) == [finding]


def test_a_run_that_nobody_heard_of_is_an_alarm_only_where_there_was_something_to_delete() -> None:
    late = configured(lifecycle_completed=NOW - timedelta(hours=73))
    assert found(late) == [("DSP-013", "exchange", "lifecycle_completed", 1)]
    assert {code.severity for code in CODES if code.code == "DSP-013"} == {"unknown"}

    waiting = replace(late, objects={**late.objects, "lambeth": (held(27), held(28), held(26.9))})
    assert found(waiting) == [("DSP-010", "exchange", "lifecycle_completed", 2)]


def test_what_is_remembered_is_watched_by_its_own_days() -> None:
    kept = (held(402.9, kind="decisions"), held(30, kind="decisions"))
    assert found(with_objects(*kept)) == []
    assert found(with_objects(*kept, held(403, kind="decisions"))) == [("DSP-002", "lambeth", "decisions", 1)]


def test_a_rule_without_prefixes_covers_nothing_and_is_wrong() -> None:
    assert [code for code, *_ in found(with_rule(prefixes=()))] == ["DSP-008", "DSP-009"]


def test_what_cannot_be_seen_is_said_and_is_no_alarm() -> None:
    findings = check(AGREEMENTS, replace(ACCOUNT, configuration=Configuration()), NOW)

    assert {finding.where for finding in findings} == set(vars(Configuration()))
    assert {(finding.code.code, finding.code.severity) for finding in findings} == {("DSP-012", "unknown")}


def test_without_a_date_only_blocks_that_were_never_committed_are_past_their_day() -> None:
    assert past(replace(held(0, state="uncommitted"), created=""), NOW, 26)
    assert not past(replace(held(0), created=""), NOW, 26)


def test_codes_are_numbered_without_a_gap() -> None:
    assert [code.code for code in CODES] == [f"DSP-{number:03d}" for number in range(1, len(CODES) + 1)]
    assert all(code.meaning and code.remedy for code in CODES)
