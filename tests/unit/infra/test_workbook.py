"""The workbook: every tile has its question, which fits the tables and shows what there is, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.infra import kql
from tests.unit.infra.cloud import deploy_cloud
from tests.unit.infra.kql import Rows
from tests.unit.infra.test_kql import at_a_key, blob, change, line, message, run, together

pytestmark = pytest.mark.outside
FOLDER = kql.FOLDER / "tiles"
TILES = sorted(path.stem for path in FOLDER.glob("*.kql"))


def done(container: str, outcome: str, seconds: int | None = 5, **facts: str) -> Rows:
    """A drop that was taken in, or a request that was carried out."""
    if seconds is not None:
        facts = {**facts, "seconds": seconds}  # type: ignore[dict-item]
    return line("event.done", container=container, outcome=outcome, milliseconds=900, trigger="drop_lambeth", **facts)


def night(age: float, *, success: bool = True) -> Rows:
    """A sweep that came to an end after a second and a half."""
    return {
        "AppRequests": [{**row, "DurationMs": 1500.0} for row in run("disposal", age, success=success)["AppRequests"]]
    }


def probe(*, success: bool) -> Rows:
    """One look from outside."""
    return {"AppAvailabilityResults": [{"age": 5, "Success": success, "DurationMs": 200.0}]}


SHOWN: dict[str, tuple[Rows, list[tuple[Any, ...]]]] = {
    "drops": (
        together(
            *(done("lambeth-inbox", outcome) for outcome in ("accepted", "accepted", "rejected", "repeated", "gone")),
            done("requests", "done"),
            line("event.left", container="lambeth-inbox"),
        ),
        [("lambeth-inbox", 2, 1, 1, 1)],
    ),
    "failed": (
        together(
            line("event.refused", code="EVT-001", trigger="drop_lambeth"),
            line("timer.done"),
            done("lambeth-inbox", "accepted"),
            done("lambeth-inbox", "rejected", code="ENV-004"),
        ),
        [("event.refused", "EVT-001", "drop_lambeth", 1), ("rejected", "ENV-004", "drop_lambeth", 1)],
    ),
    "work": (
        together(
            *(done("lambeth-inbox", "accepted", seconds) for seconds in (1, 2, 3)),
            done("lambeth-inbox", "repeated", 9000),
            done("requests", "done", 40),
            done("requests", "superseded", 4000),
            done("requests", "done", None),
        ),
        [("drop to answer", 3, 2.0, 3.0), ("request to results", 1, 40.0, 40.0)],
    ),
    "waiting": (
        together(
            line("reconcile.waits", code="KEY-003", count=2, oldest_minutes=20),
            line("reconcile.waits", code="KEY-003", count=5, oldest_minutes=16),
            line("queue.waiting", queue="drop-lambeth", count=7, oldest_minutes=3),
            line("queue.waiting", queue="drop-lambeth", count=6),
        ),
        [("KEY-003", 2, 5, 20), ("drop-lambeth", 2, 7, 3)],
    ),
    "given-up": (
        together(message("PutMessage", "request-poison"), message("PutMessage", "request")),
        [("request-poison", 1)],
    ),
    "nights": (together(night(60), night(70, success=False), run("health", 1)), [("disposal", 1, 1.5)]),
    "watchdog": (
        line("watchdog.alarm", code="DSP-001", owner="lambeth", where="staging", count=3),
        [("watchdog.alarm", "DSP-001", "lambeth", "staging", 1)],
    ),
    "keys": (at_a_key("KeyUnwrap", "the-app"), [("the-app", "KeyUnwrap", "drop-lambeth", "", 1)]),
    "readers": (
        together(
            blob("GetBlob", "lambeth-outbox/r", "ann"),
            blob("ListBlobs", "lambeth-inbox", "eve", status="403"),
            blob("ListBlobs", "lambeth-inbox", "ann"),
        ),
        [("lambeth-inbox", "eve", "", "", 1), ("lambeth-outbox", "ann", "", "", 1)],
    ),
    "changes": (
        {"AzureActivity": [{**change("X/Write", "eve")["AzureActivity"][0], "CategoryValue": "Administrative"}]},
        [("eve", "x/write", "Success", 1)],
    ),
    "health": (together(probe(success=True), probe(success=False)), [(2, 1, 200.0)]),
    "volume": (
        {"AppTraces": [{"age": age, "Type": "AppTraces", "_BilledSize": 1048576.0} for age in (5, 6)]},
        [("AppTraces", 2.0)],
    ),
}
"""Rows, and what a tile then shows of them, without times."""


def text_of(tile: str) -> str:
    """The question of a tile."""
    return (FOLDER / f"{tile}.kql").read_text(encoding="utf-8")


def test_every_tile_fits_the_tables_and_bears_that_they_are_missing() -> None:
    texts = {tile: text_of(tile) for tile in TILES}

    assert {tile: said for tile, said in kql.findings(texts, kql.tables()).items() if said} == {}
    missing = kql.findings(texts, {})
    assert {severity for said in missing.values() for severity, _ in said} == {"Warning"}


def test_every_tile_has_rows_to_show() -> None:
    assert sorted(SHOWN) == TILES


@pytest.mark.parametrize("tile", TILES)
def test_a_tile_shows_what_there_is_and_nothing_where_there_is_nothing(tile: str) -> None:
    rows, shown = SHOWN[tile]

    found = [tuple(cell for cell in row if not hasattr(cell, "year")) for row in kql.answer(text_of(tile), rows)]
    assert sorted(found) == shown
    assert kql.answer(text_of(tile), {}) == []


def test_the_workbook_holds_every_question_and_the_workspace() -> None:
    cloud = deploy_cloud()
    [workspace] = cloud.all("Microsoft.OperationalInsights/workspaces")
    [workbook] = cloud.all("Microsoft.Insights/workbooks")
    said = json.loads(workbook.body["properties"]["serializedData"])
    tiles = {item["name"]: item["content"] for item in said["items"] if item["type"] == 3}

    assert workbook.body["properties"]["sourceId"] == workspace.id
    assert {name: content["query"] for name, content in tiles.items()} == {tile: text_of(tile) for tile in TILES}
    assert {tuple(content["crossComponentResources"]) for content in tiles.values()} == {(workspace.id,)}
    assert said["version"] == "Notebook/1.0"
