"""What a demo took, from its logs and its ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.demo_cost import PRICES, cost, spent
from local.identities import APP, HOST, Identity
from local.measured import Taken
from shared.agreements.registry import load_agreements

BLOBS = "/subscriptions/x/resourceGroups/y/providers/Microsoft.Storage/storageAccounts/exchange/blobServices/default"
HOSTED = BLOBS.replace("/exchange/", "/exchangehost/")
QUEUES = BLOBS.replace("blobServices", "queueServices")


def line(category: str, operation: str, who: Identity | None = APP, resource: str = BLOBS) -> dict[str, Any]:
    requester = {"requester": {"objectId": who.object_id}} if who else {"type": "DelegationSas"}
    return {"category": category, "operationName": operation, "resourceId": resource, "identity": requester}


def put(path: Path, *documents: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8")


def test_what_is_asked_of_the_exchanges_account_is_counted_as_it_is_paid_for(tmp_path: Path) -> None:
    put(
        tmp_path / "logs" / "storage" / "PT1H.json",
        line("StorageWrite", "PutBlob"),
        line("StorageWrite", "PutBlob", None),
        line("StorageRead", "ListBlobs"),
        line("StorageRead", "GetBlob"),
        line("StorageRead", "GetBlobProperties"),
        line("StorageDelete", "DeleteBlob"),
        line("StorageRead", "ListBlobs", HOST),
        line("StorageWrite", "PutBlob", APP, HOSTED),
        line("StorageRead", "GetMessages", APP, QUEUES),
    )
    put(tmp_path / "logs" / "vault" / "PT1H.json", line("AuditEvent", "KeyUnwrap"), line("AuditEvent", "SecretGet"))
    ledger = tmp_path / "record" / "ledger"
    for job, steps in (("run/a", ("conserved", "released", "done")), ("run/b", ("superseded",))):
        for number, step in enumerate(steps):
            put(ledger / job / f"{number:04}.json", {"step": step})

    took = spent(
        tmp_path, {"a": Taken(2, 3.04, 1.5, 3.1), "b": Taken(1, 2.0, 1.0, 2.0)}, (100.2, 250.7), load_agreements()
    )

    assert took["storage"] == {"writes and lists": 3, "reads": 2, "deletes": 1}
    assert took["unwraps"] == 1
    assert took["jobs"] == {"run": 1, "check": 0, "enrolment": 0, "totals": 0}
    assert took["functions"]["a"] == {"calls": 2, "seconds": 3.0, "cpu_seconds": 1.5, "billed_seconds": 3.1}
    assert took["functions"]["b"]["seconds"] == 2.0
    assert took["memory_mb"] == {"before": 100, "peak": 251}


def test_it_is_paid_by_prices_with_a_date_and_a_source() -> None:
    found = {
        "functions": {
            "a": {"billed_seconds": 3000.0, "calls": 900_000},
            "b": {"billed_seconds": 600.0, "calls": 100_000},
        },
        "storage": {"writes and lists": 10_000, "reads": 10_000, "deletes": 10_000},
        "unwraps": 10_000,
    }
    paid = cost(found)
    assert paid["functions"] == pytest.approx(3600 * 2 * 0.000026 + 0.4)
    assert paid["storage"] == pytest.approx(0.06 + 0.005)
    assert paid["vault"] == pytest.approx(0.15)
    assert paid["whole"] == pytest.approx(paid["functions"] + paid["storage"] + paid["vault"])
    prices = yaml.safe_load(PRICES.read_text(encoding="utf-8"))
    assert (paid["stated"], paid["source"]) == (str(prices["stated"]), prices["source"])
