"""The private variant: the same functions by the same names, fed from queues, with the same refusals."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions import drops, queued, requests, wiring
from functions.queued import UnreadableEvent, blob_of
from functions.reference import BlobReference
from local.triggers.app import Triggers
from shared.agreements.registry import load_agreement
from shared.kernel.intake.identity import derived_id
from shared.kernel.ledger.chain import Ledger
from shared.kernel.reconcile.attend import Ended
from shared.kernel.storage.storage import Storage

PARTICIPANTS = load_agreement("fsm").controllers


def event(container: str, name: str) -> bytes:
    """An Event Grid event of a new blob, as a storage queue holds it (the host takes the Base64 off)."""
    return json.dumps(
        {
            "topic": "/subscriptions/0/resourceGroups/0/providers/Microsoft.Storage/storageAccounts/exchange",
            "subject": f"/blobServices/default/containers/{container}/blobs/{name}",
            "eventType": "Microsoft.Storage.BlobCreated",
            "id": "0a1b2c3d-0000-0000-0000-000000000000",
            "eventTime": "2026-11-21T12:00:00.0000000Z",
            "dataVersion": "",
            "metadataVersion": "1",
            "data": {"api": "PutBlob", "eTag": "0x8DC0A1B2C3D4E5F", "contentLength": 1, "blobType": "BlockBlob"},
        }
    ).encode()


def functions_of(blueprint: func.Blueprint) -> dict[str, Any]:
    """Index a blueprint as an app of its own."""
    app = func.FunctionApp()
    app.register_functions(blueprint)
    return {function.get_function_name(): function for function in app.get_functions()}


@pytest.fixture
def in_the_cloud(account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings of a deployed app, for an account of the emulator."""
    monkeypatch.setenv("Exchange", account)
    monkeypatch.setenv("EXCHANGE_KEY_RING", str(tmp_path / "keys"))
    wiring.use(None)
    yield
    wiring.exchange().storage.close()
    wiring.use(None)


def test_every_function_of_the_blob_triggers_is_there_by_the_same_name() -> None:
    pushed = functions_of(drops.blueprint()) | functions_of(requests.blueprint())

    assert functions_of(queued.blueprint()).keys() == pushed.keys()


def test_every_function_has_the_queue_that_its_subscription_fills() -> None:
    triggers = {name: function.get_trigger() for name, function in functions_of(queued.blueprint()).items()}

    assert {name: trigger.queue_name for name, trigger in triggers.items()} == {
        **{f"drop_{slug.replace('-', '_')}": f"drop-{slug}" for slug in PARTICIPANTS},
        "request": "request",
    }
    assert {(trigger.type, trigger.connection) for trigger in triggers.values()} == {("queueTrigger", "Exchange")}


def test_the_setting_decides_which_triggers_the_app_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Triggers.of_the_app().by_container

    monkeypatch.setenv("EXCHANGE_EVENTS", "queue")

    assert Triggers.of_the_app().by_container == {}


@pytest.mark.parametrize("name", ["a.parquet", "home/link-1.json", "a b/ü.parquet"])
def test_an_event_names_its_blob(name: str) -> None:
    assert blob_of(event("lambeth-inbox", name)) == BlobReference("lambeth-inbox", name)


def test_an_event_whose_subject_and_url_differ_has_both_names() -> None:
    said = json.loads(event("lambeth-inbox", "a%20b"))
    said["data"]["url"] = "https://bxexch.blob.core.windows.net/lambeth-inbox/a%20b"

    assert blob_of(json.dumps(said).encode()) == BlobReference("lambeth-inbox", "a%20b", ("a b",))


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 20_000,
        b'{"subject": 1}',
        b'{"subject": "/blobServices/default/containers/x"}',
    ],
    ids=range(7),
)
def test_anything_else_is_refused_without_being_shown(message: bytes) -> None:
    with pytest.raises(UnreadableEvent) as raised:
        blob_of(message)

    assert raised.value.code == "EVT-003"
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_a_message_that_is_no_event_is_journaled_and_raised(caplog: pytest.LogCaptureFixture) -> None:
    take = functions_of(queued.blueprint())["drop_lambeth"].get_user_function()

    with caplog.at_level(logging.INFO), pytest.raises(UnreadableEvent):
        take(message=func.QueueMessage(body=b'{"okafor"'))

    assert '"code": "EVT-003", "event": "event.failed"' in caplog.text
    assert "okafor" not in caplog.text


@pytest.mark.parametrize("slug", PARTICIPANTS)
def test_each_queue_hands_its_drops_to_its_own_borough(slug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[tuple[str, BlobReference]] = []

    def take_in(tenant: str, blob: BlobReference) -> Ended:
        received.append((tenant, blob))
        return Ended()

    monkeypatch.setattr(queued, "receive_drop", take_in)
    take: Callable[..., None] = functions_of(queued.blueprint())[drops.function_of(slug)].get_user_function()

    take(message=func.QueueMessage(body=event(f"{slug}-inbox", "a.parquet")))

    assert received == [(slug, BlobReference(f"{slug}-inbox", "a.parquet"))]


@pytest.mark.usefixtures("in_the_cloud")
def test_another_boroughs_blob_is_refused_and_recorded(storage: Storage) -> None:
    storage.inbox("lambeth").create("a.parquet", b"not for southwark")
    take = functions_of(queued.blueprint())["drop_southwark"].get_user_function()

    take(message=func.QueueMessage(body=event("lambeth-inbox", "a.parquet")))

    ledger = Ledger(storage.ledger())
    [refused] = ledger.events(f"event:{derived_id('event', 'southwark', 'lambeth-inbox', 'a.parquet')}")
    assert (refused.step, refused.codes) == ("refused", ("EVT-001",))
