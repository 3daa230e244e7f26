"""The app in the real worker library: it indexes, it is handed references, and what it raises the host may log."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions import VERSION, wiring
from shared.agreements.registry import load_agreement, load_agreements
from shared.kernel.disposal.notes import Sweep
from shared.kernel.disposal.policy_runs import last_run
from shared.kernel.envelope.keys import Use
from shared.kernel.intake.identity import derived_id
from shared.kernel.ledger.chain import Ledger
from shared.kernel.reconcile import attend
from shared.kernel.storage.storage import Storage
from tests.clock import both_say
from tests.integration.functions_worker import Outcome, Worker
from tests.integration.test_policy_runs import report

AGREEMENT = load_agreement("fsm")
HOST_TAKES = re.compile(r"[a-z][a-z0-9_\-]{0,127}", re.IGNORECASE)
CONTAINER = re.compile(r"[a-z0-9](-?[a-z0-9]){2,62}")


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    wiring.use(None)
    loaded = Worker()
    yield loaded
    loaded.close()


@pytest.fixture
def settings(account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings of a deployed app, for an account of the emulator."""
    monkeypatch.setenv("Exchange", account)
    monkeypatch.setenv("EXCHANGE_KEY_RING", str(tmp_path / "keys"))
    wiring.use(None)
    yield
    wiring.exchange().storage.close()
    wiring.use(None)


@pytest.fixture
def ledger(storage: Storage) -> Ledger:
    return Ledger(storage.ledger())


def refused(ledger: Ledger, *parts: str) -> tuple[str, ...]:
    """The codes for which the ledger says that an event was refused."""
    (event,) = ledger.events(f"event:{derived_id('event', *parts)}")
    assert event.step == "refused"
    return event.codes


def test_every_participant_has_one_trigger_of_its_own(worker: Worker) -> None:
    paths = {name: trigger["path"] for name in worker.functions if "path" in (trigger := worker.trigger(name))}

    assert paths == {
        **{f"drop_{slug.replace('-', '_')}": f"{slug}-inbox/{{name}}" for slug in AGREEMENT.controllers},
        "request": "requests/{name}",
    }
    timers = {"disposal", "queues", "reconcile", "records", "watchdog"}
    assert set(worker.functions) == {*paths, *timers, "health", "policy_runs"}


def test_the_host_takes_every_trigger(worker: Worker) -> None:
    for name, function in worker.functions.items():
        trigger = worker.trigger(name)
        assert HOST_TAKES.fullmatch(name)
        assert name != "host"
        # The host knows retry policies of timers, and of none of the other triggers here. The hour of these two comes
        # again before the last retry would.
        soon = name in ("reconcile", "queues")
        assert (function.retry_options is not None) == (trigger["type"] == "timerTrigger" and not soon)
        if trigger["type"] != "blobTrigger":
            continue
        assert trigger["source"] == "EventGrid"  # the plan that it runs on throws for any other
        assert trigger["connection"] == "Exchange"
        assert trigger["properties"] == {"SupportsDeferredBinding": True}  # a reference, not the bytes
        assert CONTAINER.fullmatch(trigger["path"].partition("/")[0])  # a container path takes no {tokens}


def test_the_sweep_comes_before_the_watchdog_and_both_come_daily(worker: Worker) -> None:
    schedules = {name: worker.trigger(name)["schedule"] for name in ("disposal", "watchdog")}

    assert schedules == {"disposal": "0 0 2 * * *", "watchdog": "0 0 6 * * *"}
    assert not any(worker.trigger(name)["runOnStartup"] for name in schedules)
    assert all(worker.trigger(name)["useMonitor"] for name in schedules), "a timer that was missed is made up for"


@pytest.mark.usefixtures("settings")
def test_the_timer_sweeps_and_the_watchdog_says_what_it_found(
    worker: Worker, storage: Storage, ledger: Ledger, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = wiring.exchange()
    only_collect = set(exchange.agreements.parties) - set(exchange.agreements.senders)
    storage.ensure_containers((), only_collect=only_collect)
    exchange.keys.create_key("exchange", Use.SIGN)
    storage.inbox("lambeth").create("Okafor.parquet", b"x")
    month_later = exchange.clock() + timedelta(days=30)
    both_say(monkeypatch, lambda: month_later)
    wiring.use(replace(exchange, clock=lambda: month_later))

    with caplog.at_level(logging.INFO):
        alarmed = worker.tick("watchdog")
        swept = worker.tick("disposal")

    assert (alarmed.logged, swept.logged) == ("", "")
    assert list(storage.inbox("lambeth").copies()) == []
    assert len(list(storage.certificates("lambeth").list())) == 1
    steps = [event.step for event in ledger.events(Sweep("lambeth", month_later.date()).subject)]
    assert steps == ["destroyed", "certified", "done"]
    assert '"code": "DSP-002", "count": 1, "event": "watchdog.alarm", "owner": "lambeth"' in caplog.text
    assert '"event": "timer.done"' in caplog.text
    assert "kafor" not in caplog.text


@pytest.mark.usefixtures("settings", "storage")
def test_a_report_of_the_lifecycle_policy_is_noted_and_anything_else_is_refused(
    worker: Worker, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        noted = worker.message("policy_runs", report(datetime(2026, 11, 21, 1, 0, tzinfo=UTC)).decode())
        refused = worker.message("policy_runs", '{"subject": "Okafor"}')

    assert noted.succeeded
    assert refused.succeeded
    run = last_run(ledger)
    assert run is not None
    assert run.left == 0
    assert '"code": "EVT-004", "event": "event.refused"' in caplog.text
    assert "kafor" not in caplog.text


@pytest.mark.usefixtures("settings")
def test_the_monthly_timer_ends_records(
    worker: Worker, storage: Storage, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.record("drop:" + "0a" * 16, "received", service="intake", tenant="lambeth")
    exchange = wiring.exchange()
    years_later = exchange.clock() + timedelta(days=AGREEMENT.records.ledger_days + 1)
    both_say(monkeypatch, lambda: years_later)
    wiring.use(replace(exchange, clock=lambda: years_later))

    assert worker.tick("records").succeeded

    [left] = ledger.subjects()
    assert left.startswith("records:")
    assert worker.trigger("records")["schedule"] == "0 0 3 1 * *"


@pytest.mark.usefixtures("settings")
def test_a_sweep_that_fails_is_raised_for_the_host_to_try_again(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = worker.tick("disposal")  # no container is there

    assert not outcome.succeeded
    assert "STO-006" in outcome.logged
    assert '"event": "timer.failed"' in caplog.text


def test_health_needs_no_key(worker: Worker) -> None:
    trigger = worker.trigger("health")

    assert (trigger["route"], trigger["methods"], trigger["authLevel"]) == ("health", ["GET"], "ANONYMOUS")


@pytest.mark.usefixtures("settings", "storage")
def test_health_says_which_version_works_under_which_agreement(worker: Worker) -> None:
    outcome = worker.get("health", "https://host/api/health")

    terms, today = [agreed.terms for agreed in load_agreements()], wiring.exchange().clock().date()
    assert outcome == Outcome(
        succeeded=True,
        logged="",
        http_status="200",
        http_body={
            "status": "ok",
            "version": VERSION,
            "agreements": [agreement.reference for agreement in terms],
            "in_force": [agreement.reference for agreement in terms if agreement.in_force.covers(today)],
        },
    )


@pytest.mark.usefixtures("settings")
def test_health_is_503_where_storage_is_not_as_it_should_be(worker: Worker, account: str) -> None:
    outcome = worker.get("health", "https://host/api/health")

    assert outcome.http_status == "503"
    assert outcome.http_body["status"] == "unavailable"
    assert re.fullmatch(r"STO-\d{3}", outcome.http_body["code"])
    assert "AccountKey" not in str(outcome)


@pytest.mark.usefixtures("settings")
def test_another_boroughs_blob_is_refused_recorded_and_not_retried(
    worker: Worker, storage: Storage, ledger: Ledger
) -> None:
    storage.inbox("lambeth").create("a.parquet", b"not for southwark")

    outcome = worker.blob_event("drop_southwark", "lambeth-inbox/a.parquet")

    assert outcome.succeeded
    assert refused(ledger, "southwark", "lambeth-inbox", "a.parquet") == ("EVT-001",)
    assert list(storage.outbox("southwark").list()) == list(storage.outbox("lambeth").list()) == []


@pytest.mark.usefixtures("settings", "storage")
@pytest.mark.parametrize("path", ["requests/camden/link.json", "requests/stray.json", "lambeth-inbox/lambeth/a.json"])
def test_a_blob_in_nobodys_requests_is_refused_and_recorded(worker: Worker, ledger: Ledger, path: str) -> None:
    outcome = worker.blob_event("request", path)

    assert outcome.succeeded
    assert refused(ledger, *path.split("/", 1)) == ("EVT-001",)


@pytest.mark.usefixtures("settings")
def test_a_request_that_the_exchange_did_not_write_is_refused_and_recorded(
    worker: Worker, storage: Storage, ledger: Ledger
) -> None:
    storage.requests("lambeth").create("fsm/1.json", b"{}")

    outcome = worker.blob_event("request", "requests/lambeth/fsm/1.json")

    assert outcome.succeeded
    assert refused(ledger, "requests", "lambeth", "fsm/1.json") == ("EVT-002",)


@pytest.mark.usefixtures("settings", "storage")
def test_a_blob_that_is_not_there_is_answered_and_told_to_the_operators(
    worker: Worker,
    ledger: Ledger,
    keys_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("EXCHANGE_KEY_RING", str(keys_folder / "keys"))

    outcome = worker.blob_event("drop_lambeth", "lambeth-inbox/a.parquet")

    assert outcome.succeeded
    assert '"code": "EVT-010"' in caplog.text
    assert '"event": "event.refused"' in caplog.text
    (event,) = ledger.events(f"event:{derived_id('event', 'lambeth', 'lambeth-inbox', 'a.parquet')}")
    assert event.step == "gone"


def test_content_instead_of_a_reference_fails_loudly(worker: Worker) -> None:
    outcome = worker.blob_bytes("drop_lambeth", b"PARE")

    assert not outcome.succeeded
    assert "no blob reference" in outcome.logged


@pytest.mark.usefixtures("settings", "storage")
def test_a_defect_fails_for_the_host_to_retry_and_shows_no_value(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    value = "".join(["Oka", "for"])

    def defect(*_: object, **__: object) -> None:
        raise ValueError(f"could not convert {value}")

    monkeypatch.setattr(attend, "receive", defect)

    outcome = worker.blob_event("drop_lambeth", "lambeth-inbox/a.parquet")

    assert not outcome.succeeded
    assert outcome.logged.startswith("Unexpected: SYS-001: ValueError at tests/integration/test_real_worker.py:")
    assert value not in outcome.logged + caplog.text
