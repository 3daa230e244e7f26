"""Areas, claims and the account: on the real emulator, and over the blob service in memory that unit tests use."""

from __future__ import annotations

import io
import itertools
import logging
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from azure.core.exceptions import AzureError

from shared.agreements.registry import load_agreement
from shared.kernel.errors import (
    AlreadyExists,
    Changed,
    Missing,
    NotAllowed,
    StorageFault,
    StorageUnavailable,
    TooLarge,
)
from shared.kernel.storage.listing import Listed, listing
from shared.kernel.storage.storage import POSTCODES, Storage
from tests.memory import MemoryBlobs
from tests.wire import Fault, Killed, Request, Wire, always, at_write, first


@pytest.fixture(params=["emulator", "memory"])
def account(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty account in each of the two: what holds of one holds of the other."""
    if request.param == "emulator":
        yield next(request.getfixturevalue("unused_accounts"))
        return
    service = MemoryBlobs()
    yield service.connection_string


@pytest.fixture
def storage(account: str) -> Iterator[Storage]:
    """The exchange's storage there, with the containers of the pilot boroughs."""
    with Wire().storage(account) as connected:
        connected.ensure_containers(load_agreement("fsm").controllers)
        yield connected


def test_what_was_created_is_what_is_read(storage: Storage) -> None:
    inbox = storage.inbox("lambeth")
    written = inbox.create("a b/ü.parquet", b"bytes", {"manifest": "m"}, content_type="application/x")
    read = inbox.read("a b/ü.parquet")
    assert (read.name, read.data, read.metadata) == ("a b/ü.parquet", b"bytes", {"manifest": "m"})
    assert (read.etag, read.created) == (written.etag, written.created)
    assert read.created is not None
    assert abs(datetime.now(UTC) - read.created) < timedelta(minutes=1)
    assert inbox.container == "lambeth-inbox"


def test_listing_facts_and_writing_say_the_same_of_a_blob(storage: Storage) -> None:
    inbox = storage.inbox("lambeth")
    written = inbox.create("name", b"12345", {"k": "v"})
    assert [written] == list(inbox.list()) == [inbox.facts("name")]
    assert written.size == 5


def test_an_empty_blob_is_a_blob(storage: Storage) -> None:
    inbox = storage.inbox("lambeth")
    inbox.create("empty", b"")
    assert inbox.read("empty", max_bytes=0).data == b""


def test_create_never_overwrites(storage: Storage) -> None:
    inbox = storage.inbox("lambeth")
    inbox.create("name", b"first")
    with pytest.raises(AlreadyExists, match="STO-002"):
        inbox.create("name", b"second")
    assert inbox.read("name").data == b"first"


def test_replace_overwrites_only_the_version_that_was_looked_at(storage: Storage) -> None:
    area = storage.reference()
    first_version = area.create("name", b"first")
    second_version = area.replace("name", b"second", first_version.etag, {"k": "v"})
    with pytest.raises(Changed, match="STO-003"):
        area.replace("name", b"third", first_version.etag)
    assert area.facts("name") == second_version
    assert area.read("name", if_match=second_version.etag).data == b"second"


def test_replace_does_not_bring_back_what_is_gone(storage: Storage) -> None:
    area = storage.reference()
    etag = area.create("name", b"first").etag
    area.delete("name")
    with pytest.raises(Changed):
        area.replace("name", b"second", etag)
    assert not area.exists("name")


def test_what_is_not_there_is_missing(storage: Storage) -> None:
    inbox = storage.inbox("lambeth")
    for look in (inbox.read, inbox.facts, inbox.delete):
        with pytest.raises(Missing, match="STO-001"):
            look("name")
    with pytest.raises(Missing):
        inbox.read("name", if_match='"0x1"', max_bytes=1)


def test_what_another_has_deleted_meanwhile_is_missing_and_not_changed(storage: Storage) -> None:
    """The service says of both that the condition is not met."""
    area = storage.reference()
    etag = area.create("name", b"first").etag
    [copy] = [found for found in area.copies() if found.name == "name"]
    area.delete("name")
    area.create("name of another", b"second")
    with pytest.raises(Missing, match="STO-001"):
        area.delete("name", if_match=etag)
    with pytest.raises(Missing, match="STO-001"):
        area.destroy(copy)

    area.create("name", b"third")
    with pytest.raises(Changed, match="STO-003"):
        area.destroy(copy)


def test_a_missing_container_is_not_a_missing_blob(account: str) -> None:
    with Wire().storage(account) as bare:
        inbox = bare.inbox("lambeth")
        for look in (inbox.read, inbox.facts, inbox.delete, lambda name: inbox.create(name, b"")):
            with pytest.raises(StorageFault, match="ContainerNotFound") as caught:
                look("name")
            assert type(caught.value) is StorageFault


def test_a_blob_that_was_overwritten_since_it_was_looked_at_is_not_read_or_deleted(storage: Storage) -> None:
    area = storage.reference()
    seen = area.create("name", b"first")
    area.replace("name", b"second", seen.etag)
    for read in (area.read, area.delete):
        with pytest.raises(Changed):
            read("name", if_match=seen.etag)
    with pytest.raises(Changed):
        area.read("name", if_match=seen.etag, max_bytes=100)
    area.delete("name", if_match=area.facts("name").etag)
    assert not area.exists("name")


def test_a_blob_overwritten_while_it_is_read_is_never_read_as_a_mixture(account: str, storage: Storage) -> None:
    area = storage.reference()
    etag = area.create("name", b"a" * 4000).etag
    gets = 0

    def overwrite_before_the_second_chunk(request: Request) -> None:
        nonlocal gets
        gets += request.method == "GET"
        if gets == 2:
            gets += 1
            area.replace("name", b"b" * 4000, etag)

    wire = Wire(overwrite_before_the_second_chunk)
    with (
        wire.storage(account, max_single_get_size=1000, max_chunk_get_size=1000) as slow,
        pytest.raises(Changed),
    ):
        slow.reference().read("name")
    assert gets > 2


def test_a_blob_read_in_many_requests_is_whole(account: str, storage: Storage) -> None:
    content = bytes(range(256)) * 20
    storage.reference().create("name", content)
    with Wire().storage(account, max_single_get_size=1000, max_chunk_get_size=1000) as slow:
        assert slow.reference().read("name").data == content


def test_a_blob_that_is_too_large_is_refused_before_a_byte_is_fetched(account: str, storage: Storage) -> None:
    storage.inbox("lambeth").create("name", b"12345")
    wire = Wire()
    with wire.storage(account) as watched:
        with pytest.raises(TooLarge, match="STO-007: 5 bytes"):
            watched.inbox("lambeth").read("name", max_bytes=4)
        assert [request.method for request in wire.requests] == ["HEAD"]
        assert watched.inbox("lambeth").read("name", max_bytes=5).data == b"12345"


def test_a_large_file_is_one_put_blob(account: str, storage: Storage) -> None:
    wire = Wire()
    with wire.storage(account) as watched:
        watched.inbox("lambeth").create("name", bytes(65 * 2**20))
    assert [request.method for request in wire.requests] == ["PUT"]
    assert storage.inbox("lambeth").facts("name").size == 65 * 2**20


UNUSABLE = [
    "",
    "/a",
    "a/",
    "a.",
    "../southwark/a",
    "a/../../southwark/a",
    "a/./b",
    "..",
    "a//b",
    "a\\b",
    "a\nb",
    "a" * 1025,
    "a\ud800b",
]


@pytest.mark.parametrize("name", UNUSABLE, ids=range(len(UNUSABLE)))
def test_no_name_leaves_its_area(storage: Storage, name: str) -> None:
    staging = storage.staging("lambeth")
    for use in (staging.read, staging.facts, staging.delete, staging.exists, lambda name: staging.create(name, b"")):
        with pytest.raises(StorageFault, match="STO-008"):
            use(name)


@pytest.mark.parametrize("slug", ["", "/", "lambeth/", "lambeth/../southwark", "Lambeth", "lambeth-", "l"])
def test_no_crafted_slug_widens_an_area(storage: Storage, slug: str) -> None:
    for area in (storage.inbox, storage.outbox, storage.staging, storage.requests, storage.claims):
        with pytest.raises(ValueError, match="slug"):
            area(slug)


def test_a_home_boroughs_part_of_a_container_shows_only_its_own(storage: Storage) -> None:
    storage.staging("lambeth").create("pupils/x", b"l")
    storage.staging("lewisham").create("pupils/x", b"e")
    storage.staging("lewisham").create("households/x", b"h")
    assert [blob.name for blob in storage.staging("lambeth").list()] == ["pupils/x"]
    assert [blob.name for blob in storage.staging("lewisham").list("pupils/")] == ["pupils/x"]
    assert storage.staging("lewisham").read("pupils/x").data == b"e"
    assert list(storage.requests("lambeth").list()) == []


def test_the_listing_says_what_the_sdks_own_says(storage: Storage) -> None:
    inbox = storage.inbox("lambeth")
    no_xml = ("no\ufffexml",) if MemoryBlobs.at(storage.service.url) else ()  # the emulator cannot list it
    for name in ("b/2.json", "b/1.json", "a/é & <x>.json", "empty", *no_xml):
        inbox.create(name, b"" if name == "empty" else b"12", {"k": "<v> & v"[: len(name)], "empty": ""})
    client = inbox.client
    client.get_blob_client("b/2.json").acquire_lease()
    asked = ["metadata", "snapshots", "versions", "deleted", "uncommittedblobs", "immutabilitypolicy", "legalhold"]
    found = list(client.list_blobs(include=asked))
    assert list(listing(client, "", asked)) == [
        Listed(
            name=blob.name,
            size=blob.size,
            etag=blob.etag,
            created=blob.creation_time,
            kind=blob.blob_type.value,
            md5=bytes(blob.content_settings.content_md5 or b"").hex(),
            metadata={name: value or "" for name, value in (blob.metadata or {}).items()},
            deleted=bool(blob.deleted),
            snapshot=blob.snapshot or "",
            version=blob.version_id or "",
            is_current_version=bool(blob.is_current_version),
            is_leased=blob.lease.status == "locked",
            has_legal_hold=bool(blob.has_legal_hold),
            is_immutable=bool(blob.immutability_policy.expiry_time),
        )
        for blob in found
    ]


@pytest.mark.parametrize("account", ["emulator"], indirect=True)
def test_a_listing_of_many_pages_is_whole_though_each_is_asked_for_twice(account: str, storage: Storage) -> None:
    for number in range(7):
        storage.inbox("lambeth").create(f"{number}", b"x")
    pages = itertools.cycle((Fault.BUSY, None))
    with Wire(lambda _: next(pages)).storage(account) as shaky:
        found = listing(shaky.inbox("lambeth").client, "", [], results_per_page=3)
        assert [blob.name for blob in found] == list("0123456")


def test_blobs_are_listed_in_the_order_of_their_names(storage: Storage) -> None:
    area = storage.reference()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: area.create(f"{number:04d}", b""), reversed(range(20))))
    names = [blob.name for blob in area.list()]
    assert names == [f"{number:04d}" for number in range(20)]


def test_every_request_bears_the_id_of_the_work_it_is_for(account: str, storage: Storage) -> None:
    wire = Wire()
    with wire.storage(account, max_single_get_size=2, max_chunk_get_size=2) as watched:
        area = watched.with_request_id("drop:0123").claims("lambeth")
        etag = area.create("name", b"12345").etag
        area.replace("name", b"12345", etag)
        area.read("name", max_bytes=100)
        list(area.list())
        area.delete("name")
        assert len(wire.requests) == 8
        assert {request.headers["x-ms-client-request-id"] for request in wire.requests} == {"drop:0123"}
        watched.claims("lambeth").exists("name")
        assert wire.requests[-1].headers["x-ms-client-request-id"] != "drop:0123"


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.UNREACHABLE])
def test_a_short_fault_of_the_service_is_not_noticed(account: str, storage: Storage, fault: Fault) -> None:
    with Wire(first(2, fault)).storage(account) as shaky:
        shaky.inbox("lambeth").create("name", b"bytes")
    assert storage.inbox("lambeth").read("name").data == b"bytes"


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.UNREACHABLE, Fault.ANSWER_LOST])
def test_a_lasting_fault_of_the_service_is_to_be_tried_again(account: str, storage: Storage, fault: Fault) -> None:
    storage.inbox("lambeth").create("there", b"")
    with Wire(always(fault)).storage(account) as down:
        inbox = down.inbox("lambeth")
        for use in (inbox.read, inbox.facts, lambda _: list(inbox.list()), lambda _: down.check_reachable()):
            with pytest.raises(StorageUnavailable, match="STO-004"):
                use("there")


def test_after_a_lost_answer_a_create_finds_its_own_blob(account: str, storage: Storage) -> None:
    with Wire(first(1, Fault.ANSWER_LOST)).storage(account) as shaky, pytest.raises(AlreadyExists):
        shaky.inbox("lambeth").create("name", b"bytes")
    assert storage.inbox("lambeth").read("name").data == b"bytes"


def test_a_fault_tells_nothing_of_the_blob_and_chains_no_sdk_error(account: str, storage: Storage) -> None:
    with Wire(always(Fault.UNREACHABLE)).storage(account) as down:
        with pytest.raises(StorageUnavailable) as caught:
            down.inbox("lambeth").read("amy-okafor-2014")
        told = "".join(traceback.format_exception(caught.value))
    with pytest.raises(Missing) as missing:
        storage.inbox("lambeth").read("amy-okafor-2014")
    told += "".join(traceback.format_exception(missing.value))
    assert "container lambeth-inbox, BlobNotFound, request " in told
    assert "unreachable" not in told
    assert "amy-okafor-2014')" not in told.replace('read("amy-okafor-2014")', "")  # but for this test's own source line
    assert AzureError.__name__ not in told


def test_the_sdk_logs_no_blob_names(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        storage.inbox("lambeth").create("amy-okafor-2014", b"")
    assert "amy" not in caplog.text


def test_a_claim_fixes_facts_once(storage: Storage) -> None:
    assert storage.claim("lambeth", "drop-1", {"received_at": "first", "n": 1}) == {"received_at": "first", "n": 1}
    assert storage.claim("lambeth", "drop-1", {"received_at": "second"}) == {"received_at": "first", "n": 1}
    assert storage.claim("lewisham", "drop-1", {"received_at": "third"}) == {"received_at": "third"}
    assert [blob.name for blob in storage.claims("lambeth").list()] == ["drop-1.json"]


def test_a_claim_whose_answer_is_lost_still_holds(account: str, storage: Storage) -> None:
    with Wire(first(1, Fault.ANSWER_LOST)).storage(account) as shaky:
        assert shaky.claim("lambeth", "drop-1", {"received_at": "first"}) == {"received_at": "first"}


def test_of_many_workers_who_claim_at_once_all_get_the_facts_of_one(storage: Storage) -> None:
    workers = 8
    together = threading.Barrier(workers)

    def claim(worker: int) -> str:
        together.wait()
        return str(storage.claim("lambeth", "drop-1", {"worker": str(worker)})["worker"])

    with ThreadPoolExecutor(workers) as pool:
        assert len(set(pool.map(claim, range(workers)))) == 1


def test_the_process_dies_where_the_wire_says(account: str, storage: Storage) -> None:
    """The fault that other tests build on: killed before a write leaves nothing, killed after it leaves the blob."""
    for fault, left in ((Fault.KILLED_BEFORE, ["0"]), (Fault.KILLED_AFTER, ["0", "1"])):
        with Wire(at_write(2, fault)).storage(account) as doomed:
            inbox = doomed.inbox("lambeth")
            inbox.create("0", b"")
            with pytest.raises(Killed):
                inbox.create("1", b"")
        assert [blob.name for blob in storage.inbox("lambeth").list()] == left
        for name in left:
            storage.inbox("lambeth").delete(name)


def test_making_the_containers_again_keeps_what_is_in_them(storage: Storage) -> None:
    storage.inbox("lambeth").create("name", b"bytes")
    storage.ensure_containers(load_agreement("fsm").controllers)
    assert storage.inbox("lambeth").exists("name")
    names = {container.name for container in storage.service.list_containers()}
    assert names == {
        "staging",
        "pending",
        "decisions",
        "held",
        "requests",
        "claims",
        "certificates",
        "deadletter",
        "ledger",
        "reference",
    } | {f"{slug}-{box}" for slug in load_agreement("fsm").controllers for box in ("inbox", "outbox")}


def test_an_account_is_reachable_when_it_has_its_containers(account: str, storage: Storage) -> None:
    storage.check_reachable()
    storage.service.delete_container("ledger")
    with pytest.raises(StorageFault, match="ContainerNotFound"):
        storage.check_reachable()


def test_a_wrong_key_is_not_allowed(unused_accounts: Iterator[str]) -> None:
    account = next(unused_accounts)
    key = account.split("AccountKey=")[1].split(";")[0]
    with Storage.connect(account.replace(key, key.swapcase())) as stranger, pytest.raises(NotAllowed, match="STO-005"):
        stranger.ledger().exists("name")


def directory(**codes: str) -> bytes:
    sink = io.BytesIO()
    table = pa.table({"postcode": list(codes), "ons_code": list(codes.values()), "other": ["x"] * len(codes)})
    pq.write_table(table, sink)
    return sink.getvalue()


def test_the_postcode_directory_is_read_once_until_it_is_replaced(account: str, storage: Storage) -> None:
    etag = storage.reference().create(POSTCODES, directory(SE1="E09000028")).etag
    wire = Wire()
    with wire.storage(account) as watched:
        assert watched.postcode_directory().to_pydict() == {"postcode": ["SE1"], "ons_code": ["E09000028"]}
        watched.with_request_id("drop:1").postcode_directory()
        assert [request.method for request in wire.requests].count("GET") == 1
        storage.reference().replace(POSTCODES, directory(SW9="E09000022"), etag)
        assert watched.postcode_directory().column("postcode").to_pylist() == ["SW9"]


def test_without_a_postcode_directory_nobody_is_routed_by_guess(storage: Storage) -> None:
    with pytest.raises(Missing):
        storage.postcode_directory()
