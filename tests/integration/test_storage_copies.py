"""Forms of a blob that the emulator does not know: versions, soft-deleted blobs, holds.

The answers are rewritten on the wire, in the shape that Azure documents, so the SDK that reads them is the real one.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import urllib3

from shared.kernel.disposal.notes import Sweep
from shared.kernel.disposal.sweep import sweep
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.errors import Missing
from shared.kernel.storage.poison import PoisonQueue
from shared.kernel.storage.storage import Storage
from tests.clock import both_say
from tests.wire import Wire
from tests.world import World

VERSION = "2026-11-21T09:30:00.1234567Z"


class Azure(Wire):
    """A wire that rewrites listings, and notes what is to be deleted of one inbox."""

    def __init__(self, rewrite: Callable[[str], str]) -> None:
        super().__init__()
        self.rewrite = rewrite
        self.deletions: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if request.method == "DELETE" and "lambeth-inbox" in str(request.url):
            self.deletions.append(str(request.url).replace("%3A", ":"))
        answer = super().send(request, *args, **kwargs)
        if "comp=list" in str(request.url) and "lambeth-inbox" in str(request.url):
            text = self.rewrite(answer.content.decode("utf-8-sig")).encode()
            answer._content = text
            answer.headers["Content-Length"] = str(len(text))
            answer.raw = urllib3.HTTPResponse(io.BytesIO(text), status=200, preload_content=False)
        return answer


@pytest.mark.parametrize(
    ("said", "state", "bar"),
    [
        ("<Deleted>true</Deleted>", "deleted", "soft_deleted"),
        (f"<VersionId>{VERSION}</VersionId>", "version", ""),
        (f"<VersionId>{VERSION}</VersionId><IsCurrentVersion>true</IsCurrentVersion>", "current", ""),
    ],
)
def test_what_a_listing_says_beside_the_name_is_read(
    storage: Storage, account: str, said: str, state: str, bar: str
) -> None:
    storage.inbox("lambeth").create("x", b"1")
    wire = Azure(lambda text: text.replace("</Name><", f"</Name>{said}<"))
    with wire.storage(account) as azure:
        [copy] = azure.inbox("lambeth").copies()
    assert (copy.state, copy.bar, copy.mark) == (state, bar, VERSION if state == "version" else "")


@pytest.mark.parametrize(
    ("said", "bar"),
    [
        ("<LegalHold>true</LegalHold>", "legal_hold"),
        (
            "<ImmutabilityPolicyUntilDate>Fri, 01 Jan 2027 00:00:00 GMT</ImmutabilityPolicyUntilDate>"
            "<ImmutabilityPolicyMode>locked</ImmutabilityPolicyMode>",
            "immutable",
        ),
    ],
)
def test_a_hold_is_seen_in_the_listing(storage: Storage, account: str, said: str, bar: str) -> None:
    storage.inbox("lambeth").create("x", b"1")
    with Azure(lambda text: text.replace("</Properties>", f"{said}</Properties>")).storage(account) as azure:
        [copy] = azure.inbox("lambeth").copies()
    assert copy.bar == bar


def test_a_version_is_asked_away_by_its_id(storage: Storage, account: str) -> None:
    storage.inbox("lambeth").create("x", b"1")
    wire = Azure(lambda text: text.replace("</Name><", f"</Name><VersionId>{VERSION}</VersionId><"))
    with wire.storage(account) as azure:
        area = azure.inbox("lambeth")
        [copy] = area.copies()
        area.destroy(copy)
    assert f"versionid={VERSION}" in wire.deletions[0]
    with pytest.raises(Missing):
        storage.inbox("lambeth").destroy(copy)


def test_what_only_a_batch_can_name_and_another_has_deleted_is_missing(storage: Storage) -> None:
    area = storage.inbox("lambeth")
    area.create("x", b"1")
    [copy] = area.copies()
    with pytest.raises(Missing, match="STO-001"):
        area.destroy(replace(copy, name="odd/../x"))
    assert area.exists("x")


def test_what_soft_delete_keeps_is_never_certified_as_destroyed(
    world: World, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.storage.inbox("lambeth").create("x", b"1")
    world.now[0] = datetime.now(UTC) + timedelta(days=27)
    both_say(monkeypatch, lambda: world.now[0])
    wire = Azure(lambda text: text.replace("</Name><", "</Name><Deleted>true</Deleted><"))
    with wire.storage(account) as azure, PoisonQueue.connect(account) as poison:
        sweep(replace(world.exchange, storage=azure), poison, "lambeth", azure.containers())
    [event, _] = world.exchange.ledger.events(Sweep("lambeth", world.now[0].date()).subject)
    assert event.codes == ("left.soft_deleted",)
    assert list(world.storage.certificates("lambeth").list()) == []


def test_a_versioned_blob_is_destroyed_in_both_its_forms(
    world: World, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where versions are kept, a deletion leaves one: here the second listing says so, and the next pass takes it."""
    inbox = world.storage.inbox("lambeth")
    inbox.create("x", b"1")
    both_say(monkeypatch, lambda: world.now[0])
    world.now[0] = datetime.now(UTC) + timedelta(days=27)
    listed: list[str] = []

    def as_versioned(text: str) -> str:
        listed.append(text)
        third = len(listed) == 3  # after one that plans and one that destroys
        return listed[0].replace("</Name><", f"</Name><VersionId>{VERSION}</VersionId><") if third else text

    wire = Azure(as_versioned)
    with wire.storage(account) as azure, PoisonQueue.connect(account) as poison:
        sweep(replace(world.exchange, storage=azure), poison, "lambeth", azure.containers())

    assert ["versionid=" in deletion for deletion in wire.deletions] == [False, True]
    area = world.storage.certificates("lambeth")
    [kept] = area.list()
    body = verify_statement(area.read(kept.name).data, world.exchange.keys.public_key)["body"]
    assert (body["counts"]["objects"], body["not_destroyed"]) == (1, [])
