"""What a create-only pass can say of a blob, and what becomes of it.

One row for each property that Put Blob (and Copy Blob, for which such a pass suffices) lets a sender set. Either the
property is nothing to the exchange and a good file is accepted, or the sender is told in a report what to change.
Nothing here may end as five failures and a message in the poison queue. Where the emulator has the property too, the
row is tried on it by `tests/integration/test_what_a_pass_can_put.py`.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import pytest
import requests

from shared.kernel.envelope.seal import Sealed
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.intake.identity import derived_id
from shared.kernel.storage.access import inbox_pass
from shared.kernel.storage.storage import Storage
from tests.memory import MemoryBlobs
from tests.world import World, pupil, table

ACCEPTED = "accepted"
KEY = hashlib.sha256(b"a key of the sender's").digest()
CUSTOMER_KEY = {
    "x-ms-encryption-key": base64.b64encode(KEY).decode(),
    "x-ms-encryption-key-sha256": base64.b64encode(hashlib.sha256(KEY).digest()).decode(),
    "x-ms-encryption-algorithm": "AES256",
}


@dataclass(frozen=True)
class Property:
    """One thing that a sender can say, and what becomes of a good file that says it."""

    name: str
    headers: dict[str, str]
    becomes: str = ACCEPTED
    """`accepted`, or the code that the sender is told."""
    on_emulator: bool = True
    """Whether the emulator does what Azure documents."""
    empty: bool = False
    """Whether the blob must, or does, come without the file's bytes."""
    azure_sets: dict[str, Any] = field(default_factory=dict)
    """What becomes of the blob in Azure afterwards, which a test over memory has to set."""


ENCODINGS = ("gzip", "GZIP", "deflate", "br", "zstd", "compress", "identity", "gzip, gzip", "br,GZip", "x")
TYPES = (
    "application/json",
    "text/xml; charset=utf-16",
    "text/html; charset=nothing-known",
    "application/gzip",
)
PROPERTIES = [
    *(Property(f"Content-Encoding {name}", {"x-ms-blob-content-encoding": name}) for name in ENCODINGS),
    *(Property(f"Content-Type {name}", {"x-ms-blob-content-type": name}) for name in TYPES),
    Property("Content-Language", {"x-ms-blob-content-language": "cy, en"}),
    Property("Content-Disposition", {"x-ms-blob-content-disposition": 'attachment; filename="../x"'}),
    Property("Cache-Control", {"x-ms-blob-cache-control": "no-store, max-age=0"}),
    # Put Blob checks it; a copy, or a list of blocks, can bring a wrong one along.
    Property(
        "Content-MD5 of other bytes",
        {"x-ms-blob-content-md5": base64.b64encode(bytes(16)).decode()},
        on_emulator=False,
    ),
    Property("tier Hot", {"x-ms-access-tier": "Hot"}),
    Property("tier Cool", {"x-ms-access-tier": "Cool"}),
    Property("tier Cold", {"x-ms-access-tier": "Cold"}),
    Property("tier Archive", {"x-ms-access-tier": "Archive"}, "DRP-004", on_emulator=False),
    Property(
        "tier Archive, being rehydrated",
        {"x-ms-access-tier": "Archive"},
        "DRP-004",
        on_emulator=False,
        azure_sets={"rehydrating": "rehydrate-pending-to-hot"},
    ),
    Property("a key of the sender's", CUSTOMER_KEY, "DRP-005", on_emulator=False),
    Property("an empty blob under a key of the sender's", CUSTOMER_KEY, "DRP-005", on_emulator=False, empty=True),
    Property("a copy that is not finished", {}, "DRP-006", on_emulator=False, azure_sets={"copy_status": "pending"}),
    Property("a copy that is finished", {}, on_emulator=False, azure_sets={"copy_status": "success"}),
    # The exchange's account has no scopes: there the service refuses to write. Where an operator makes one, it reads.
    Property("encryption scope", {"x-ms-encryption-scope": "ours"}),
    Property("append blob", {"x-ms-blob-type": "AppendBlob"}, "DRP-007", empty=True),
    Property("page blob", {"x-ms-blob-type": "PageBlob", "x-ms-blob-content-length": "1024"}, "DRP-007", empty=True),
    Property("no bytes", {}, "ENV-001", empty=True),
    Property("a folder's marker", {"x-ms-meta-hdi_isfolder": "true"}, "ENV-001", empty=True),
    Property("marked as a folder", {"x-ms-meta-hdi_isfolder": "true"}),
    Property("marked as encrypted by the SDK", {"x-ms-meta-encryptiondata": '{"EncryptionMode":"FullBlob"}'}),
    Property("tags", {"x-ms-tags": "a=b&c=d"}),
    Property("one long metadata value", {"x-ms-meta-note": "n" * 6000}),
    Property("many metadata names", {f"x-ms-meta-n{number}": "1" for number in range(900)}),
    # Beyond its 8 KB the service itself refuses (MetadataTooLarge); the emulator does not, so the gate is seen at work.
    Property("more metadata than there may be", {"x-ms-meta-note": "n" * 8000}, "ENV-003"),
    # Kept only in a container with version-level immutability, which the template does not make. It bars no reading.
    Property("immutability", {"x-ms-immutability-policy-mode": "Unlocked"}, on_emulator=False),
    Property("a legal hold", {"x-ms-legal-hold": "true"}, on_emulator=False),
    # Kept only in an account with a hierarchical namespace.
    Property("an expiry", {"x-ms-expiry-option": "RelativeToNow", "x-ms-expiry-time": "1000"}),
]


@pytest.fixture
def storage(service: MemoryBlobs) -> Iterator[Storage]:
    """As the product connects, its own retries and waits included: an answer within two seconds is one without them."""
    with Storage.connect(service.connection_string, transport=service.transport()) as connected:
        from shared.agreements.registry import load_agreement

        connected.ensure_containers(load_agreement("fsm").controllers)
        yield connected


def put_with_a_pass(world: World, name: str, data: bytes, headers: dict[str, str], session: requests.Session) -> None:
    """One Put Blob as any HTTP library sends it, with a borough's create-only pass and nothing else."""
    now = datetime.now(UTC)
    box, _, query = inbox_pass(world.storage, "southwark", issued=now, expires=now + timedelta(days=1)).partition("?")
    said = {"x-ms-blob-type": "BlockBlob", "x-ms-version": "2025-05-05", **headers}
    answer = session.put(f"{box}/{quote(name)}?{query}", data=data, headers=said)
    assert answer.status_code == 201, answer.headers


def sealed(world: World) -> Sealed:
    return world.seal("southwark", "pupils", table("pupils", [pupil()]))


def told(world: World, drop: str | None) -> tuple[str, str, str]:
    """Status, code and hash of the receipt, whose signature holds; the report says the same."""
    document = world.answer("southwark", drop, "receipt.json")
    receipt = verify_statement(document, world.rings["southwark"].public_key)["body"]
    report = world.report("southwark", drop)
    assert report["status"] == receipt["status"]
    if receipt["code"]:
        [finding] = report["findings"]
        assert finding["code"] == receipt["code"]
        assert finding["remedy"], "it says what to change"
    return receipt["status"], receipt["code"], receipt["sha256"]


@dataclass
class Took:
    """How long something takes on a machine that has nothing else to do: its own work, and what it waited by intent."""

    seconds: float = 0


@contextmanager
def unhindered() -> Iterator[Took]:
    """Measure what happens inside."""
    took = Took()
    sleep, began = time.sleep, time.process_time()

    def note(seconds: float) -> None:
        took.seconds += seconds
        sleep(seconds)

    with patch("time.sleep", note):
        yield took
    took.seconds += time.process_time() - began


def assert_becomes(world: World, given: Property, session: requests.Session, service: MemoryBlobs | None) -> None:
    """Put a good file that says it, deliver its event, and look at what the sender is told."""
    good = sealed(world)
    data = b"" if given.empty else good.data
    described = {f"x-ms-meta-{name}": value for name, value in good.metadata.items()}
    put_with_a_pass(world, "a.parquet", data, described | given.headers, session)
    for name, value in given.azure_sets.items():
        assert service is not None
        setattr(service.containers["southwark-inbox"]["a.parquet"], name, value)

    with unhindered() as took:
        drop = world.receive("southwark", "a.parquet")

    status, code, sha256 = told(world, drop)
    assert (status, code) == ((ACCEPTED, "") if given.becomes == ACCEPTED else ("rejected", given.becomes))
    if status == ACCEPTED:
        assert sha256 == hashlib.sha256(good.data).hexdigest(), "the receipt's hash is of the bytes as they are stored"
        assert world.report("southwark", drop)["rows_in"] == 1
    assert took.seconds < 2
    assert world.steps(f"drop:{drop}")[-1] == "done"
    event = derived_id("event", "southwark", "southwark-inbox", "a.parquet")
    assert world.steps(f"event:{event}") == ["found"], "when it comes again after the blob's days, it is no news"
    assert world.receive("southwark", "a.parquet") == drop, "an event that comes again changes nothing"
    assert told(world, drop) == (status, code, sha256)


@pytest.mark.parametrize("given", PROPERTIES, ids=lambda given: given.name)
def test_what_becomes_of_each_property(world: World, service: MemoryBlobs, given: Property) -> None:
    with requests.Session() as session:
        session.mount("http://", service)
        assert_becomes(world, given, session, service)


def bomb(size: int) -> bytes:
    """So many zeros, as gzip has them."""
    return gzip.compress(bytes(size), 9)


def test_a_blob_that_is_labelled_as_compressed_is_never_inflated(world: World, service: MemoryBlobs) -> None:
    """One megabyte that says `gzip` would be one gigabyte."""
    data = bomb(2**30)
    with requests.Session() as session:
        session.mount("http://", service)
        put_with_a_pass(world, "bomb", data, {"x-ms-blob-content-encoding": "gzip"}, session)
    tracemalloc.start()
    try:
        with unhindered() as took:
            drop = world.receive("southwark", "bomb")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told(world, drop) == ("rejected", "ENV-002", hashlib.sha256(data).hexdigest())
    assert took.seconds < 2
    assert peak < 50 * 2**20
