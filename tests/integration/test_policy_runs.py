"""What Azure reports of the lifecycle policy's runs is kept as counts, and what the watchdog makes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.disposal.account import DataPlane, ManagementPlane
from shared.kernel.disposal.policy_runs import last_run, note_run
from shared.kernel.errors import RefusedEvent
from shared.kernel.ledger.chain import verify_chain
from shared.kernel.storage.management import SCOPE, AccountManagement
from tests.azure_services import Credential, error, served
from tests.unit.kernel.storage.test_management import ACCOUNT, Azure
from tests.world import World


def report(ended: datetime, *, number: int = 1, **data: Any) -> bytes:
    """The event as Azure documents it, its time without a zone and with seven digits."""
    nothing = {"totalObjectsCount": 0, "successCount": 0, "errorList": ""}
    said = {
        "scheduleTime": "2026/11/20 22:57:29.3260160",
        "policyRunSummary": {"completionStatus": "Completed"},
        "deleteSummary": nothing,
        "tierToCoolSummary": nothing,
        "tierToColdSummary": nothing,
        "tierToArchiveSummary": nothing,
    } | data
    return json.dumps(
        {
            "topic": ACCOUNT,
            "subject": "BlobDataManagement/LifeCycleManagement/SummaryReport",
            "eventType": "Microsoft.Storage.LifecyclePolicyCompleted",
            "eventTime": f"{ended:%Y-%m-%dT%H:%M:%S.%f}0",
            "id": f"00000000-0000-0000-0000-{number:012d}",
            "data": {part: value for part, value in said.items() if value is not None},
            "dataVersion": "1",
            "metadataVersion": "1",
        }
    ).encode()


def left_some(*names: str) -> dict[str, Any]:
    return {
        "policyRunSummary": {"completionStatus": "CompletedWithError"},
        "deleteSummary": {"totalObjectsCount": 5, "successCount": 5 - len(names), "errorList": list(names)},
    }


def test_a_run_is_kept_once_as_counts(world: World) -> None:
    ended = world.now[0] - timedelta(minutes=90)

    subject = note_run(world.exchange, report(ended, **left_some("lambeth-inbox/Okafor.parquet", "x")))
    assert note_run(world.exchange, report(ended, **left_some("lambeth-inbox/Okafor.parquet", "x"))) == subject

    [event] = world.exchange.ledger.events(subject)
    verify_chain([event])
    assert (event.step, event.codes) == ("reported", ("completed-with-error",))
    assert event.counts == {"objects": 5, "deleted": 3, "left": 2, "minutes_ago": 90}
    assert b"kafor" not in event.to_json()


def test_before_the_first_report_nothing_is_known(world: World) -> None:
    assert last_run(world.exchange.ledger) is None
    assert DataPlane(world.exchange).read().lifecycle_completed is None


def test_the_last_run_is_the_one_that_ended_last_in_whatever_order_they_came(world: World) -> None:
    morning = world.now[0].replace(hour=1, minute=0)
    for number, hours in enumerate((6, 0, -30)):
        note_run(world.exchange, report(morning + timedelta(hours=hours), number=number))

    run = last_run(world.exchange.ledger)
    assert run is not None
    assert (run.ended, run.status, run.left) == (morning + timedelta(hours=6), "completed", 0)


@pytest.mark.parametrize(
    ("data", "status", "left"),
    [
        (left_some("a", "b"), "completed-with-error", 2),
        ({"policyRunSummary": {"completionStatus": "Incomplete"}}, "incomplete", 1),
        ({"policyRunSummary": None}, "unstated", 0),
        ({"deleteSummary": None}, "completed", 0),
        ({"deleteSummary": {"totalObjectsCount": 3, "successCount": 1, "errorList": ""}}, "completed", 2),
    ],
)
def test_what_a_run_left_is_known_to_the_watchdog(world: World, data: Any, status: str, left: int) -> None:
    note_run(world.exchange, report(world.now[0], **data))

    run = last_run(world.exchange.ledger)
    assert run is not None
    assert (run.status, run.left) == (status, left)
    assert DataPlane(world.exchange).read().lifecycle_errors == left


@pytest.mark.parametrize(
    "message",
    [
        b"Okafor",
        b"[]",
        b"[" * 20_000,
        b"{}",
        report(datetime(2026, 11, 21, tzinfo=UTC)).replace(b"LifecyclePolicyCompleted", b"BlobCreated"),
        report(datetime(2026, 11, 21, tzinfo=UTC)).replace(b"2026-11-21", b"Okafor"),
        report(datetime(2026, 11, 21, tzinfo=UTC), deleteSummary={"totalObjectsCount": "Okafor"}),
    ],
)
def test_what_is_no_report_is_refused_recorded_and_not_repeated(world: World, message: bytes) -> None:
    with pytest.raises(RefusedEvent, match="EVT-004") as refused:
        note_run(world.exchange, message)

    assert "kafor" not in str(refused.value)
    assert refused.value.__suppress_context__
    [subject] = world.exchange.ledger.subjects("event")
    assert world.exchange.ledger.events(subject)[0].codes == ("EVT-004",)
    assert last_run(world.exchange.ledger) is None


def test_azure_resource_manager_tells_what_the_data_interface_does_not(world: World, tmp_path: Path) -> None:
    azure = Azure()
    note_run(world.exchange, report(world.now[0]))
    azure.blob_service["isVersioningEnabled"] = True
    with served(azure.answer, tmp_path) as (_, options):
        management = AccountManagement(ACCOUNT, Credential(SCOPE), **options)
        seen = ManagementPlane(world.exchange, management).read()
        management.close()

    assert None not in vars(seen).values()
    assert (seen.versioning, seen.point_in_time_restore, seen.object_replication) == (True, False, False)
    assert [rule.name for rule in seen.lifecycle or ()] == ["retention-0"]


def test_without_the_role_for_it_only_the_data_interface_speaks(world: World, tmp_path: Path) -> None:
    with served(lambda *_: error(403, "AuthorizationFailed"), tmp_path) as (_, options):
        management = AccountManagement(ACCOUNT, Credential(SCOPE), **options)
        seen = ManagementPlane(world.exchange, management).read()
        management.close()

    assert seen == DataPlane(world.exchange).read()
