"""The table of `tests/unit/kernel/intake/test_what_a_pass_can_put.py`, on the real emulator and over a real wire."""

from __future__ import annotations

import gzip
import hashlib
import resource
from datetime import UTC, datetime, timedelta

import pytest
import requests

from shared.kernel.errors import RefusedEvent
from shared.kernel.storage.access import BoroughDoor, inbox_pass, outbox_pass
from shared.kernel.storage.logs_archive import LogArchive, LogFile
from shared.kernel.storage.storage import Storage
from tests.unit.kernel.intake.test_what_a_pass_can_put import (
    PROPERTIES,
    Property,
    assert_becomes,
    bomb,
    put_with_a_pass,
    told,
)
from tests.world import NOW, World


@pytest.mark.parametrize("given", [given for given in PROPERTIES if given.on_emulator], ids=lambda given: given.name)
def test_what_becomes_of_each_property(world: World, given: Property) -> None:
    with requests.Session() as session:
        assert_becomes(world, given, session, None)


def test_a_blob_that_is_labelled_as_compressed_is_never_inflated(world: World) -> None:
    data = bomb(2**30)
    with requests.Session() as session:
        put_with_a_pass(world, "bomb", data, {"x-ms-blob-content-encoding": "gzip"}, session)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    drop = world.receive("southwark", "bomb")
    assert told(world, drop) == ("rejected", "ENV-002", hashlib.sha256(data).hexdigest())
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 300 * 2**20


def labelled(storage: Storage, container: str, name: str, data: bytes, encoding: str) -> None:
    """A blob with a label, as its owner or another service may write it."""
    from azure.storage.blob import ContentSettings

    storage.service.get_blob_client(container, name).upload_blob(
        data, content_settings=ContentSettings(content_encoding=encoding)
    )


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "gzip, gzip", "x"])
def test_every_room_that_reads_blobs_takes_them_as_stored(storage: Storage, account: str, encoding: str) -> None:
    data = gzip.compress(b"what is stored")
    containers = ("southwark-inbox", "southwark-outbox", "staging", "requests", "claims", "certificates", "ledger")
    for container in (*containers, "reference", "deadletter"):
        labelled(storage, container, "southwark/x", data, encoding)
    for area in (storage.inbox("southwark"), storage.outbox("southwark"), storage.ledger(), storage.reference()):
        assert area.read("southwark/x").data == area.read("southwark/x", max_bytes=len(data)).data == data
    for area in (storage.staging, storage.requests, storage.claims, storage.certificates):
        assert area("southwark").read("x").data == data
    assert storage.dead_letters().read("southwark/x").data == data
    now = datetime.now(UTC)
    passes = {"issued": now, "expires": now + timedelta(days=1)}
    with BoroughDoor(inbox_pass(storage, "southwark", **passes), outbox_pass(storage, "southwark", **passes)) as door:
        assert door.fetch("southwark/x").data == data
    storage.service.create_container("insights-logs-storageread")
    labelled(storage, "insights-logs-storageread", "southwark/x", data, encoding)
    with LogArchive.connect(account) as archive:
        assert archive.read(LogFile("insights-logs-storageread", "southwark/x", NOW)) == data


def test_a_labelled_blob_that_takes_many_requests_is_raw_in_each_of_them(storage: Storage, account: str) -> None:
    data = gzip.compress(bytes(range(256)) * 400, 0)
    labelled(storage, "southwark-inbox", "x", data, "gzip")
    with Storage.connect(account, max_single_get_size=1000, max_chunk_get_size=1000) as slow:
        assert slow.inbox("southwark").read("x").data == data


def test_a_create_only_pass_puts_no_blocks_so_nothing_is_there_of_which_to_be_told(world: World) -> None:
    now = datetime.now(UTC)
    box, _, query = inbox_pass(world.storage, "southwark", issued=now, expires=now + timedelta(days=1)).partition("?")
    with requests.Session() as session:
        block = session.put(f"{box}/x?comp=block&blockid=MDAwMQ%3D%3D&{query}", data=b"PARE")
        listed = session.put(f"{box}/x?comp=blocklist&{query}", data=b"<BlockList></BlockList>")
    assert (block.status_code, listed.status_code) == (403, 403)
    with pytest.raises(RefusedEvent, match="EVT-010"):
        world.receive("southwark", "x")
