"""What the host sees of an event's outcome."""

from __future__ import annotations

import json
import logging
import traceback

import pytest

from functions.boundary import Unexpected, attempted, deliver, on_message, on_time
from functions.reference import BlobReference
from shared.kernel.errors import PASSING, ExchangeError, RefusedEvent, StorageUnavailable
from shared.kernel.reconcile.attend import Ended

BLOB = BlobReference(container="lambeth-inbox", name="pupils-2026-autumn-0123456789ab.parquet")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(record.getMessage()) for record in caplog.records if record.name == "exchange"]


@pytest.fixture(autouse=True)
def _listen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="exchange")


def test_an_event_that_is_done_leaves_one_line(caplog: pytest.LogCaptureFixture) -> None:
    deliver("drop_lambeth", BLOB, lambda: Ended("rejected", "ENV-004", 90))

    (line,) = lines(caplog)
    assert line.pop("milliseconds") >= 0  # type: ignore[operator]
    assert line == {
        "event": "event.done",
        "trigger": "drop_lambeth",
        "container": "lambeth-inbox",
        "blob": "pupils-2026-autumn-0123456789ab.parquet",
        "outcome": "rejected",
        "code": "ENV-004",
        "seconds": 90,
    }


def test_what_is_not_known_of_it_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    deliver("drop_lambeth", BLOB, Ended)

    (line,) = lines(caplog)
    assert set(line) == {"event", "trigger", "container", "blob", "milliseconds"}


def test_a_refused_event_is_done_and_not_retried(caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> Ended:
        raise RefusedEvent("EVT-001", "Not its own.")

    deliver("drop_lambeth", BLOB, refuse)

    (line,) = lines(caplog)
    assert (line["event"], line["code"]) == ("event.refused", "EVT-001")


def test_a_fault_of_ours_is_raised_on_for_the_host_to_retry(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Ended:
        raise StorageUnavailable("STO-009", "The service did not answer.")

    with pytest.raises(StorageUnavailable):
        deliver("drop_lambeth", BLOB, fail)

    (line,) = lines(caplog)
    assert (line["event"], line["code"]) == ("event.failed", "STO-009")
    assert str(line["where"]).startswith("tests/unit/functions/test_boundary.py:")


@pytest.mark.parametrize("code", sorted(PASSING))
def test_a_fault_that_will_pass_is_left_to_reconciliation(code: str, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Ended:
        raise StorageUnavailable(code, "Not now.")

    deliver("drop_lambeth", BLOB, fail)

    (line,) = lines(caplog)
    assert (line["event"], line["code"], line["trigger"]) == ("event.left", code, "drop_lambeth")


def test_of_a_message_that_is_the_only_copy_it_is_raised(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Ended:
        raise StorageUnavailable("STO-004", "Not now.")

    with pytest.raises(StorageUnavailable):
        on_message("policy_runs", fail)
    with pytest.raises(StorageUnavailable):
        on_time("disposal", fail)
    on_time("reconcile", fail, comes_soon=True)

    assert [line["event"] for line in lines(caplog)] == ["event.failed", "timer.failed", "timer.left"]


def test_a_defect_is_raised_even_where_the_hour_comes_again_soon(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> Ended:
        raise ExchangeError("SYS-002", "Nobody set it.")

    with pytest.raises(ExchangeError):
        on_time("reconcile", fail, comes_soon=True)


@pytest.mark.parametrize(
    ("end", "event", "code"),
    [
        (Ended("accepted", "", 5), "event.done", None),
        (Ended("rejected", "ENV-004", 5), "event.done", "ENV-004"),
        (RefusedEvent("EVT-010", "Gone."), "event.refused", "EVT-010"),
        (StorageUnavailable("STO-004", "Not now."), "event.left", "STO-004"),
        (ExchangeError("LED-002", "Rows."), "event.failed", "LED-002"),
        (ValueError("Okafor"), "event.failed", "SYS-001"),
    ],
)
def test_what_was_taken_up_without_an_event_is_journaled_alike(
    end: Ended | Exception, event: str, code: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    attempted("reconcile", BLOB, end)

    (line,) = lines(caplog)
    assert (line["event"], line.get("code"), line["trigger"]) == (event, code, "reconcile")
    assert "Okafor" not in caplog.text


def test_the_text_of_a_librarys_error_reaches_no_log(caplog: pytest.LogCaptureFixture) -> None:
    def defect() -> None:
        int("".join(["Oka", "for"]))

    with pytest.raises(Unexpected) as raised:
        deliver("drop_lambeth", BLOB, defect)

    seen = "".join(traceback.format_exception(raised.value)) + caplog.text
    assert "Okafor" not in seen
    assert raised.value.code == "SYS-001"
    assert "ValueError at tests/unit/functions/test_boundary.py:" in str(raised.value)


def test_the_text_of_an_error_behind_our_own_reaches_no_log(caplog: pytest.LogCaptureFixture) -> None:
    def defect() -> None:
        try:
            int("".join(["Oka", "for"]))
        except ValueError as error:
            raise StorageUnavailable("STO-009", "The service did not answer.") from error

    with pytest.raises(StorageUnavailable) as raised:
        deliver("drop_lambeth", BLOB, defect)

    assert "Okafor" not in "".join(traceback.format_exception(raised.value)) + caplog.text


def test_a_killed_process_is_not_an_outcome() -> None:
    def killed() -> Ended:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver("drop_lambeth", BLOB, killed)


def test_a_defect_outside_the_product_says_so() -> None:
    error = ValueError("Okafor")

    assert "outside the product" in str(Unexpected.of(error))
