"""Every question of an alarm fits the tables, bears that they are missing, and rings on what it is for alone."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from shared.kernel.storage.logs import question
from tests.unit.infra import kql
from tests.unit.infra.facts_alarms import MINUTES
from tests.unit.infra.kql import Rows

pytestmark = pytest.mark.outside
WORDS = {
    "app": "the-app",
    "records": "the-ender",
    "readers": '"lambeth-outbox", "ann", "lewisham-outbox", "ben", "deadletter", "olga"',
    "keepers": 'dynamic(["kim"])',
    "silence": "30m",
    "deployers": 'dynamic(["the-workflow"])',
}
NAMES = sorted(path.stem for path in kql.FOLDER.glob("*.kql"))
CLAIM = "http://schemas.microsoft.com/identity/claims/objectidentifier"
HOUR = 60


def line(event: str, age: float = 5, **facts: Any) -> Rows:
    """A line of the app's own."""
    return {"AppTraces": [{"age": age, "Message": json.dumps({"event": event, **facts}, sort_keys=True)}]}


def blob(operation: str, key: str, who: str, *, category: str = "Read", status: str = "200", age: float = 5) -> Rows:
    """What somebody did to a blob, as the account logs it."""
    said = {"OperationName": operation, "ObjectKey": f"/bxexch/{key}", "RequesterObjectId": who, "StatusCode": status}
    return {"StorageBlobLogs": [{"age": age, "Category": f"Storage{category}", **said}]}


def at_a_key(operation: str, who: str) -> Rows:
    """What somebody did with a key or a secret, as the vault logs it."""
    identity = json.dumps({"claim": {CLAIM: who}})
    id = "https://kv.vault.azure.net/keys/drop-lambeth/1"
    return {"AZKVAuditLogs": [{"age": 5, "OperationName": operation, "Id": id, "Identity": identity}]}


def change(operation: str, who: str, status: str = "Success") -> Rows:
    """What somebody did to the subscription, as the activity log has it."""
    return {
        "AzureActivity": [{"age": 5, "OperationNameValue": operation, "Caller": who, "ActivityStatusValue": status}]
    }


def run(name: str, age: float, *, success: bool = True) -> Rows:
    """A function that came to an end."""
    return {"AppRequests": [{"age": age, "Name": name, "Success": success}]}


def message(operation: str, queue: str) -> Rows:
    """What was done in a queue, as the account logs it."""
    uri = f"https://bxexch.queue.core.windows.net:443/{queue}/messages?visibilitytimeout=0"
    return {"StorageQueueLogs": [{"age": 5, "OperationName": operation, "Uri": uri}]}


def together(*every: Rows) -> Rows:
    """All these rows at once."""
    found: dict[str, list[dict[str, Any]]] = {}
    for rows in every:
        for table, lines in rows.items():
            found.setdefault(table, []).extend(lines)
    return found


RINGS: dict[str, list[Rows]] = {
    "reconcile-waits": [line("reconcile.waits", code="KEY-003", count=1), line("reconcile.unseen", count=1)],
    "reconcile-gave-up": [line("reconcile.gave_up", tenant="lambeth", code="STO-001", subject="drop:1")],
    "reconcile-missing": [
        line("reconcile.done", age=31),
        line("reconcile.done", age=47 * HOUR),
        blob("PutBlob", "lambeth-inbox/a", "ann", category="Write", age=40),
        together(line("reconcile.done", age=40), line("reconcile.waits", age=1), run("disposal", 3)),
    ],
    "queue-waits": [
        line("queue.waiting", queue="drop-lambeth", count=2, oldest_minutes=15),
        line("queue.waiting", queue="request-poison", count=1, oldest_minutes=900),
    ],
    "poison-stays": [line("poison.stays", queue="request-poison", count=1)],
    "deadletter-stays": [line("deadletter.stays", queue="deadletter", count=1)],
    "poisoned-event": [
        message("PutMessage", "webjobs-blobtrigger-poison"),
        message("PutMessage", "drop-lambeth-poison"),
    ],
    "sweep-missing": [
        together(run("disposal", 27 * HOUR), run("watchdog", HOUR)),
        together(run("disposal", HOUR), run("reconcile", 47 * HOUR)),
        together(run("disposal", HOUR, success=False), run("watchdog", HOUR), run("disposal", 30 * HOUR)),
    ],
    "watchdog-alarm": [
        line("watchdog.alarm", code="DSP-001", owner="lambeth", where="staging", count=3),
        line("timer.failed", code="SYS-001", trigger="disposal", where="shared/x.py:1"),
    ],
    "waiting": [line("waiting.found", age=30 * HOUR, agreement="fsm", code="WAI-001", owner="lambeth", count=2)],
    "agreement-ahead": [line("agreement.ahead", age=30 * HOUR, agreement="fsm@3", code="AGR-010", days=30)],
    "refused-event": [line("event.refused", code="EVT-001", trigger="drop_lambeth")],
    "changed-by-hand": [
        change("MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE", "eve@example.org"),
        change("Microsoft.Insights/diagnosticSettings/delete", "eve"),
        change("Microsoft.Storage/storageAccounts/listKeys/action", "eve", "Succeeded"),
        change("Microsoft.Web/sites/host/listkeys/action", "ann"),
        change("Microsoft.Authorization/locks/delete", ""),
        change("Microsoft.EventGrid/systemTopics/eventSubscriptions/write", "eve"),
    ],
    "unknown-reader": [
        blob("GetBlob", "lambeth-outbox/r", "ben"),
        blob("GetBlob", "staging/lambeth/r", "ann"),
        blob("CopyBlobSource", "lambeth-inbox/a", "olga", status="206"),
        blob("GetBlob", "held/a", "the-ender"),
        blob("GetBlob", "deadletter/a", ""),
    ],
    "stranger-at-a-key": [
        at_a_key("KeyUnwrap", "eve"),
        at_a_key("KeyUnwrap", "kim"),
        at_a_key("SecretGet", "eve"),
        at_a_key("KeySign", ""),
    ],
    "record-deleted": [
        blob("DeleteBlob", "ledger/drop/1/0", "the-app", category="Delete", status="202"),
        blob("DeleteBlob", "certificates/a", "eve", category="Delete", status="202"),
    ],
    "record-written": [
        blob("PutBlob", "ledger/drop/1/0", "olga", category="Write", status="201"),
        blob("PutBlob", "certificates/replay", "olga", category="Write", status="201"),
        blob("PutBlob", "ledger/drop/1/1", "the-ender", category="Write", status="201"),
    ],
}
QUIET: dict[str, list[Rows]] = {
    "reconcile-waits": [line("reconcile.done", waiting=0), line("event.left", code="reconcile.waits")],
    "reconcile-gave-up": [line("reconcile.done")],
    "reconcile-missing": [
        line("reconcile.done", age=29),
        together(line("reconcile.done", age=40), line("reconcile.done", age=9)),
        # A new deployment: somebody has used the account, and the first round is still to come.
        blob("PutBlob", "reference/a", "olga", category="Write", age=10),
        together(line("reconcile.done", age=12), blob("GetBlob", "lambeth-outbox/r", "ann", age=600)),
    ],
    "queue-waits": [
        line("queue.waiting", queue="drop-lambeth", count=200, oldest_minutes=14),
        line("queue.waiting", queue="request", count=1),
        line("reconcile.waits", oldest_minutes=20),
    ],
    "poison-stays": [line("deadletter.stays")],
    "deadletter-stays": [line("poison.stays")],
    "poisoned-event": [message("GetMessages", "request-poison"), message("PutMessage", "drop-lambeth")],
    "sweep-missing": [
        together(run("disposal", 25 * HOUR), run("watchdog", 25 * HOUR), run("reconcile", 47 * HOUR)),
        # In the ten minutes after a sweep, before its line has come.
        together(run("disposal", 24.1 * HOUR), run("watchdog", 20 * HOUR), run("reconcile", 2)),
        # The first day.
        run("reconcile", 25 * HOUR),
        together(run("health", 3), run("disposal", 3)),
    ],
    "watchdog-alarm": [line("watchdog.unknown", code="DSP-012"), line("timer.done", trigger="disposal")],
    "waiting": [line("timer.done", trigger="waiting")],
    "agreement-ahead": [line("agreement.soon", days=45)],
    "refused-event": [line("event.done"), line("event.failed", code="SYS-001")],
    "changed-by-hand": [
        change("Microsoft.Authorization/roleAssignments/write", "the-workflow"),
        change("Microsoft.Authorization/roleAssignments/write", "The-Workflow"),
        change("Microsoft.Authorization/roleAssignments/write", "eve", "Failure"),
        change("Microsoft.Authorization/roleAssignments/write", "eve", "Start"),
        change("Microsoft.Storage/storageAccounts/read", "eve"),
    ],
    "unknown-reader": [
        blob("GetBlob", "lambeth-outbox/r", "ann"),
        blob("GetBlob", "deadletter/a", "olga"),
        blob("GetBlob", "lambeth-inbox/a", "the-app"),
        blob("GetBlob", "ledger/drop/1/0", "olga"),
        blob("GetBlob", "lambeth-outbox/r", "ben", status="403"),
        blob("GetBlobProperties", "lambeth-outbox/r", "ben"),
    ],
    "stranger-at-a-key": [at_a_key("KeyUnwrap", "the-app"), at_a_key("SecretGet", "kim"), at_a_key("KeyGet", "eve")],
    "record-deleted": [
        blob("DeleteBlob", "ledger/drop/1/0", "the-ender", category="Delete", status="202"),
        blob("DeleteBlob", "ledger/drop/1/0", "eve", category="Delete", status="403"),
        blob("DeleteBlob", "staging/a", "the-app", category="Delete", status="202"),
    ],
    "record-written": [
        blob("PutBlob", "ledger/drop/1/0", "the-app", category="Write", status="201"),
        blob("PutBlob", "ledger/replay/2026-12-01/0", "olga", category="Write", status="201"),
        blob("PutBlob", "ledger/incident/1/0", "olga", category="Write", status="201"),
        blob("PutBlob", "ledger/drop/1/0", "eve", category="Write", status="403"),
        blob("PutBlob", "reference/a", "olga", category="Write", status="201"),
    ],
}
MUTANTS = [
    ("changed-by-hand", '"microsoft.authorization/roleassignments/write", ', ""),
    ("changed-by-hand", '"microsoft.storage/storageaccounts/listkeys/action", ', ""),
    ("changed-by-hand", "tolower(OperationNameValue)", "OperationNameValue"),
    ("changed-by-hand", "tolower(Caller) !in", "Caller !in"),
    ("changed-by-hand", '("success", "succeeded")', '("success", "succeeded", "failure")'),
    ("changed-by-hand", '("success", "succeeded")', '("success")'),
    ("reconcile-waits", ' or Message has "reconcile.unseen"', ""),
    ("reconcile-waits", 'tostring(line.event) in ("reconcile.waits", "reconcile.unseen")', "true"),
    ("reconcile-gave-up", "== ", "!= "),
    ("reconcile-missing", "newest < ago(30m) or", "newest > ago(30m) or"),
    ("reconcile-missing", "isnull(newest) and lines > 0", "isnull(newest)"),
    ("reconcile-missing", "isnull(newest) and lines > 0", "lines > 0"),
    ("reconcile-missing", "where TimeGenerated < ago(30m)", "where TimeGenerated < ago(1m)"),
    ("queue-waits", ">= 15", "> 15"),
    ("queue-waits", " and tolong(line.oldest_minutes) >= 15", ""),
    ("queue-waits", '== "queue.waiting"', '!= "queue.waiting"'),
    ("poison-stays", '"poison.stays"', '"poison.stay"'),
    ("deadletter-stays", '== "deadletter.stays"', '== "poison.stays"'),
    ("poisoned-event", '"PutMessage" and', '"GetMessages" and'),
    ("poisoned-event", ' and Uri has "poison"', ""),
    ("sweep-missing", 'in ("disposal", "watchdog")', 'in ("disposal")'),
    ("sweep-missing", "Success == true and ", ""),
    ("sweep-missing", "begun < ago(26h) and ", ""),
    ("sweep-missing", "newest < ago(26h)", "newest < ago(24h)"),
    ("sweep-missing", "kind=leftouter", "kind=inner"),
    ("watchdog-alarm", ' or Message has "timer.failed"', ""),
    ("watchdog-alarm", '"watchdog.alarm", "timer.failed")', '"watchdog.alarm")'),
    ("waiting", '== "waiting.found"', '== "timer.done"'),
    ("agreement-ahead", '"agreement.ahead"', '"agreement.soon"'),
    ("refused-event", '"event.refused"', '"event.failed"'),
    ("unknown-reader", 'RequesterObjectId != "the-app"', 'RequesterObjectId == "the-app"'),
    ("unknown-reader", ' and StatusCode startswith "2"', ""),
    ("unknown-reader", '("GetBlob", "CopyBlobSource")', '("GetBlob")'),
    ("unknown-reader", "on container, $left.RequesterObjectId == $right.reader", "on container"),
    ("unknown-reader", "on container, $left", "on $left"),
    ("unknown-reader", '("ledger", "certificates", "reference")', '("ledger", "certificates", "reference", "staging")'),
    ("stranger-at-a-key", '"KeyUnwrap", ', ""),
    ("stranger-at-a-key", 'OperationName != "SecretGet" or ', ""),
    ("stranger-at-a-key", 'who != "the-app"', 'who == "the-app"'),
    ("stranger-at-a-key", "who !in (", "who in ("),
    ("record-deleted", 'RequesterObjectId != "the-ender"', 'RequesterObjectId == "the-ender"'),
    ("record-deleted", '("ledger", "certificates")', '("ledger")'),
    ("record-written", 'container == "certificates" or ', 'container == "certificates" and chain != "replay" or '),
    ("record-deleted", ' and StatusCode startswith "2"', ""),
    ("record-written", 'RequesterObjectId != "the-app"', 'RequesterObjectId != "olga"'),
    ("record-written", '("replay", "incident")', '("replay")'),
    ("record-written", '("replay", "incident")', '("replay", "incident", "drop")'),
    ("record-written", '"StorageWrite" and StatusCode startswith "2"', '"StorageWrite"'),
]  # fmt: skip


def asked(name: str) -> str:
    """The text of the alarm, with words filled in as its template fills them."""
    return kql.text_of(name, WORDS)


def who_read() -> str:
    """The app's own question."""
    return question("bxexch", "/bxexch/lambeth-outbox/", "app-id")


def right(name: str, text: str) -> bool:
    """Whether it rings on what it is for, and on nothing else."""
    return all(kql.answer(text, rows) for rows in RINGS[name]) and not any(
        kql.answer(text, rows) for rows in QUIET[name]
    )


def test_every_text_fits_the_tables() -> None:
    texts = {name: asked(name) for name in NAMES} | {"who_read": who_read()}

    assert {name: said for name, said in kql.findings(texts, kql.tables()).items() if said} == {}


def test_where_a_table_was_never_written_to_there_is_a_warning_and_no_error() -> None:
    """An error would be refused at deployment, or disabled by Azure after a week."""
    old = {"as it was": 'StorageBlobLogs | where Category == "StorageDelete"'}
    said = kql.findings({name: asked(name) for name in NAMES} | {"who_read": who_read()} | old, {})

    assert {severity for severity, _ in said.pop("as it was")} == {"Error"}
    assert {severity for found in said.values() for severity, _ in found} == {"Warning"}


def test_a_misspelt_column_or_another_type_is_seen() -> None:
    texts = {"column": "AppTraces | where Mesage has 'x'", "type": "AppRequests | where Success has 'x'"}

    assert all(found for found in kql.findings(texts, kql.tables()).values())


def test_every_text_has_rows_that_ring_and_rows_that_do_not() -> None:
    assert sorted(RINGS) == sorted(QUIET) == NAMES
    assert {name for name, *_ in MUTANTS} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_rings_on_what_it_is_for(name: str) -> None:
    for number, rows in enumerate(RINGS[name]):
        assert kql.answer(asked(name), rows), f"rows {number} ring"
    for number, rows in enumerate(QUIET[name]):
        assert not kql.answer(asked(name), rows), f"rows {number} do not ring"
    assert not kql.answer(asked(name), {}), "an empty workspace"


def read(key: str, app: str, **said: str) -> dict[str, Any]:
    """A line of a read, as the account logs it."""
    row = {"OperationName": "GetBlob", "StatusCode": "200", "AccountName": "bxexch", "Category": "StorageRead"}
    return {"age": 5, **row, "ObjectKey": f"/bxexch/{key}", "RequesterAppId": app, **said}


def test_the_apps_own_question_tells_who_has_collected() -> None:
    rows = [
        read("lambeth-outbox/a", "of-lambeth"),
        read("lambeth-outbox/a", "of-lambeth"),
        read("lambeth-outbox/b", "app-id"),
        read("lambeth-outbox/c", "", StatusCode="403"),
        read("lambeth-outbox/d", "", AuthenticationType="SAS"),
        read("lewisham-outbox/e", "of-lewisham"),
        read("lambeth-outbox/f", "of-lambeth", OperationName="GetBlobProperties"),
    ]

    assert sorted(kql.answer(who_read(), {"StorageBlobLogs": rows})) == [
        ("",), ("/bxexch/lambeth-outbox/a",), ("/bxexch/lambeth-outbox/d",),
    ]  # fmt: skip
    assert kql.answer(who_read(), {"StorageBlobLogs": [read("lewisham-outbox/e", "x")]}) == [("",)], "lines, none of it"
    assert kql.answer(who_read(), {}) == [], "no lines at all: the logs cannot tell"


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("-missing")])
def test_a_line_that_comes_ten_minutes_late_rings(name: str) -> None:
    """It came just after a round of the rule, and is ten minutes old: the next round looks back far enough."""
    text = (kql.ROOT / "infra/bicep/modules/alerts.bicep").read_text(encoding="utf-8")
    found = re.search(rf"name: '{name}'.*?every: '(\w+)'\n\s+window: '(\w+)'", text, re.DOTALL)
    assert found
    age = MINUTES[found[1]] + 10
    rows = {table: [{**row, "age": age} for row in lines] for table, lines in RINGS[name][0].items()}

    assert age <= MINUTES[found[2]]
    assert kql.answer(asked(name), rows)


@pytest.mark.parametrize(("name", "old", "new"), MUTANTS)
def test_a_mistake_in_the_text_is_seen(name: str, old: str, new: str) -> None:
    sound = asked(name)
    assert old in sound, "the text has changed: correct the mutant"

    assert not right(name, sound.replace(old, new))
