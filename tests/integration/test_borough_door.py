"""The borough's side of storage: what it drops, what it collects, with a pass or with an Entra account of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential

from local import tls
from local.azurite import Azurite
from local.identities import Identity, Login
from shared.agreements.registry import load_agreement
from shared.kernel.errors import AlreadyExists, Missing, NotAllowed
from shared.kernel.storage.access import BoroughDoor, inbox_pass, outbox_pass
from shared.kernel.storage.poison import PoisonQueue
from shared.kernel.storage.storage import Storage
from tests.wire import Wire

PERSON = Login(Identity("lewisham-officer-1", "user"), lambda: datetime.now(UTC))


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def passes(storage: Storage, now: datetime) -> tuple[str, str]:
    until = now + timedelta(hours=1)
    return (
        inbox_pass(storage, "lambeth", issued=now, expires=until),
        outbox_pass(storage, "lambeth", issued=now, expires=until),
    )


def test_what_a_borough_drops_is_in_its_inbox(storage: Storage, passes: tuple[str, str]) -> None:
    with BoroughDoor(*passes) as door:
        written = door.put("pupils.parquet", b"sealed", {"exchange_manifest": "m"})
    assert storage.inbox("lambeth").facts("pupils.parquet") == written
    assert storage.inbox("lambeth").read("pupils.parquet").metadata == {"exchange_manifest": "m"}


def test_a_drop_is_one_request_however_large(passes: tuple[str, str]) -> None:
    wire = Wire()
    with BoroughDoor(*passes, transport=wire.transport()) as door:
        door.put("pupils.parquet", bytes(65 * 2**20), {})
    assert [request.method for request in wire.requests] == ["PUT"]


def test_the_same_file_dropped_again_changes_nothing_and_says_why(storage: Storage, passes: tuple[str, str]) -> None:
    with BoroughDoor(*passes) as door:
        first = door.put("pupils.parquet", b"sealed", {})
        # The emulator checks the pass before the condition and says 403; Azure may say 409 or 403.
        with pytest.raises((AlreadyExists, NotAllowed), match="dropped before"):
            door.put("pupils.parquet", b"others", {})
    assert storage.inbox("lambeth").facts("pupils.parquet") == first


def test_a_borough_collects_from_its_outbox(storage: Storage, passes: tuple[str, str]) -> None:
    storage.outbox("lambeth").create("results/a", b"sealed", {"k": "v"})
    storage.outbox("lambeth").create("reports/b", b"report")
    with BoroughDoor(*passes) as door:
        assert [blob.name for blob in door.list("results/")] == ["results/a"]
        assert (door.fetch("results/a").data, door.fetch("results/a").metadata) == (b"sealed", {"k": "v"})
        with pytest.raises(Missing):
            door.fetch("results/none")


# Entra: the emulator speaks HTTPS and takes tokens without looking at their signature.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key."""
    return tls.certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def entra_azurite(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Iterator[Azurite]:
    with Azurite(tmp_path_factory.mktemp("entra"), ["entra"], certificate=certificate, kept=False) as emulator:
        yield emulator


class Nobody:
    """A credential of somebody who is not logged in."""

    def get_token(self, *scopes: str, **_: object) -> NoReturn:
        raise ClientAuthenticationError("amy.okafor@example.org is not logged in")


@pytest.fixture
def trusting(certificate: tuple[Path, Path]) -> dict[str, object]:
    return {"connection_verify": str(certificate[0])}


@pytest.fixture
def entra_storage(entra_azurite: Azurite, trusting: dict[str, object]) -> Iterator[Storage]:
    with Storage.connect(entra_azurite.url("entra"), credential=PERSON, **trusting) as connected:
        connected.ensure_containers(load_agreement("fsm").controllers)
        yield connected


def test_an_officer_with_an_account_needs_no_pass(
    entra_azurite: Azurite, entra_storage: Storage, trusting: dict[str, object]
) -> None:
    url = entra_azurite.url("entra")
    with BoroughDoor.of_account(f"{url}/", "lewisham", credential=PERSON, **trusting) as door:
        door.put("pupils.parquet", b"sealed", {})
        assert list(door.list()) == []
    assert entra_storage.inbox("lewisham").exists("pupils.parquet")


def test_without_an_account_key_passes_are_signed_by_whoever_issues_them(
    entra_storage: Storage, trusting: dict[str, object], now: datetime
) -> None:
    until = now + timedelta(hours=1)
    inbox = inbox_pass(entra_storage, "southwark", issued=now, expires=until)
    outbox = outbox_pass(entra_storage, "southwark", issued=now, expires=until)
    assert all("skoid=" in url and "spr=https" in url for url in (inbox, outbox))
    with BoroughDoor(inbox, outbox, **trusting) as door:
        door.put("pupils.parquet", b"sealed", {})
        assert list(door.list()) == []
    with BoroughDoor(inbox, inbox, **trusting) as nosy, pytest.raises(NotAllowed):
        nosy.fetch("pupils.parquet")


def test_who_is_not_logged_in_is_told_so_without_being_named(
    entra_azurite: Azurite, trusting: dict[str, object]
) -> None:
    with (
        Storage.connect(entra_azurite.url("entra"), credential=Nobody(), **trusting) as stranger,
        pytest.raises(NotAllowed) as caught,
    ):
        stranger.check_reachable()
    assert "okafor" not in str(caught.value)


def test_without_a_credential_it_is_whoever_runs_this() -> None:
    account = "https://example.blob.core.windows.net"
    with (
        Storage.connect(account) as storage,
        BoroughDoor.of_account(account, "lambeth") as door,
        PoisonQueue.connect("https://example.queue.core.windows.net") as poison,
    ):
        clients = (storage.service, door._inbox.client, door._outbox.client, poison.every.service)
        assert {type(client.credential) for client in clients} == {DefaultAzureCredential}
