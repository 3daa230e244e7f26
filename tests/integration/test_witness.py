"""The emulator witnesses itself: what it was asked, by whom and how it ended, as Azure's storage logs have it."""

from __future__ import annotations

import hashlib
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest
import requests
from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueServiceClient

from local import identities, tls
from local.azurite import Azurite
from local.clock import Clock
from local.identities import Identity, Login
from local.register import Pass, write_register
from shared.agreements.registry import load_agreements
from shared.kernel.audit.audit import audit
from shared.kernel.audit.logs.read import read_logs
from shared.kernel.audit.report import AuditReport
from shared.kernel.errors import Missing, NotAllowed
from shared.kernel.ledger.events import START, Event
from shared.kernel.storage.access import BoroughDoor, inbox_pass, outbox_pass
from shared.kernel.storage.poison import QUEUE, PoisonMessage, PoisonQueue
from shared.kernel.storage.storage import Storage
from tests.poison import give_up, how_many, in_sight
from tests.witnessed import lines

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ACCOUNT = "exchange"
SECRET = b"Okafor, Amara, 21/03/2015"
Line = dict[str, Any]


class Scene:
    """An emulator at NOW, who works with it, and what it wrote down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock(folder / "clock", NOW)
        self.azurite = Azurite(
            folder / "azurite",
            [ACCOUNT],
            certificate=tls.certificate(folder),
            witness=folder / "logs",
            clock=self.clock.file,
        )
        self.trust = {"connection_verify": str(folder / tls.CERTIFICATE)}
        self.passes: tuple[str, str] = ("", "")
        self.key = ""
        self.seen: list[Line] = []

    def storage(self, who: Identity) -> Storage:
        return Storage.connect(self.azurite.url(ACCOUNT), credential=Login(who, self.clock), **self.trust)  # type: ignore[arg-type]

    def act(self) -> None:
        """Do one of everything."""
        with self.storage(identities.DEPLOYER) as storage:
            storage.ensure_containers(load_agreements().parties)
            until = NOW + timedelta(days=2)
            self.passes = (
                inbox_pass(storage, "lambeth", issued=NOW, expires=until),
                outbox_pass(storage, "lambeth", issued=NOW, expires=until),
            )
        with BoroughDoor(*self.passes, **self.trust) as door:
            door.put("pupils.parquet", SECRET, {"exchange_manifest": "m"})
        with self.storage(identities.APP) as storage:
            self._work(storage.with_request_id("drop:" + "a" * 32))
        with self.storage(identities.borough("lewisham")) as storage:
            assert storage.outbox("lambeth").read("results/a").data == SECRET  # the emulator looks at no role
        with BoroughDoor(self.passes[1], self.passes[1], **self.trust) as nosy, pytest.raises(NotAllowed):
            nosy.put("other.parquet", b"", {})
        self.key = self.azurite.connection_string(ACCOUNT)
        with Storage.connect(self.key, **self.trust) as storage:
            storage.ledger().create("drop/x/0001.json", b"{}")
            self.account_pass = inbox_pass(storage, "lewisham", issued=NOW, expires=until)
        with BoroughDoor(self.account_pass, self.account_pass, **self.trust) as door:
            door.put("households.parquet", SECRET, {})
        unsigned = {"x-ms-copy-source": f"{self.passes[1].replace('sig=', 'sig=secret-of-the-source')}"}
        for ask in (requests.get, requests.put):
            url = f"{self.azurite.url(ACCOUNT)}/ledger/x"
            ask(url, verify=self.trust["connection_verify"], headers=unsigned, timeout=10)
        self._queue()

    def _work(self, storage: Storage) -> None:
        inbox, outbox = storage.inbox("lambeth"), storage.outbox("lambeth")
        inbox.read("pupils.parquet", max_bytes=1000)
        with pytest.raises(Missing):
            inbox.read("none.parquet")
        outbox.create("results/a", SECRET)
        for name in ("b", "odd//name"):
            outbox.client.get_blob_client(name).upload_blob(b"")
        for copy in [found for found in outbox.copies() if found.name in ("b", "odd//name")]:
            outbox.destroy(copy)
        storage.containers()
        storage.soft_delete_days()
        storage.parts()
        raw: ContainerClient = outbox.client
        blob = raw.get_blob_client("results/a")
        blob.set_blob_metadata({"k": "v"})
        blob.create_snapshot()
        lease = blob.acquire_lease(60)
        lease.release()
        raw.get_blob_client("copy").start_copy_from_url(blob.url)
        raw.get_blob_client("blocks").stage_block("0001", SECRET)
        raw.get_blob_client("blocks").commit_block_list(["0001"])
        self.clock.go(NOW + timedelta(days=1))
        inbox.delete("pupils.parquet")

    def _queue(self) -> None:
        url = self.azurite.url(ACCOUNT, "queue")
        login: Any = Login(identities.APP, self.clock)
        with PoisonQueue.connect(url, credential=login, **self.trust) as poison:
            poison.every.ensure(QUEUE)
            give_up(poison, PoisonMessage("Host.Functions.drop_lambeth", "lambeth-inbox", "pupils.parquet", '"e"'))
            in_sight(poison)
            with poison.messages() as letters:
                poison.remove(letters[0])
            how_many(poison)
        with QueueServiceClient(url, credential=login, **self.trust) as service:
            list(service.list_queues())

    def of(self, operation: str) -> list[Line]:
        """What was written down of an operation."""
        return [line for line in self.seen if line["operationName"] == operation]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    made = Scene(tmp_path_factory.mktemp("witnessed"))
    with made.azurite:
        made.act()
    made.seen = lines(made.folder / "logs")
    return made


@pytest.mark.parametrize(
    ("operation", "category", "service"),
    [
        ("CreateContainer", "StorageWrite", "blob"),
        ("GetUserDelegationKey", "StorageRead", "blob"),
        ("PutBlob", "StorageWrite", "blob"),
        ("GetBlobProperties", "StorageRead", "blob"),
        ("GetBlob", "StorageRead", "blob"),
        ("ListBlobs", "StorageRead", "blob"),
        ("ListContainers", "StorageRead", "blob"),
        ("GetBlobServiceProperties", "StorageRead", "blob"),
        ("SetBlobMetadata", "StorageWrite", "blob"),
        ("SnapshotBlob", "StorageWrite", "blob"),
        ("AcquireBlobLease", "StorageWrite", "blob"),
        ("ReleaseBlobLease", "StorageWrite", "blob"),
        ("CopyBlob", "StorageWrite", "blob"),
        ("PutBlock", "StorageWrite", "blob"),
        ("PutBlockList", "StorageWrite", "blob"),
        ("BlobBatch", "StorageWrite", "blob"),
        ("DeleteBlob", "StorageDelete", "blob"),
        ("CreateQueue", "StorageWrite", "queue"),
        ("PutMessage", "StorageWrite", "queue"),
        ("PeekMessages", "StorageRead", "queue"),
        ("GetMessages", "StorageRead", "queue"),
        ("DeleteMessage", "StorageDelete", "queue"),
        ("GetQueueMetadata", "StorageRead", "queue"),
        ("ListQueues", "StorageRead", "queue"),
    ],
)
def test_every_operation_has_azures_name_and_category(
    scene: Scene, operation: str, category: str, service: str
) -> None:
    found = scene.of(operation)
    assert {(line["category"], line["properties"]["serviceType"]) for line in found} == {(category, service)}
    [folder] = {line["resourceId"].rpartition("/providers/")[2] for line in found}
    assert folder == f"Microsoft.Storage/storageAccounts/{ACCOUNT}/{service}Services/default"


def test_nothing_was_asked_that_has_no_name(scene: Scene) -> None:
    assert scene.of("Unknown") == []
    assert len(scene.seen) > 50


def test_a_line_lies_where_azure_would_put_it(scene: Scene) -> None:
    for file in (scene.folder / "logs").rglob("PT1H.json"):
        for line in lines(file.parent):
            at = datetime.fromisoformat(line["time"])
            hour = f"y={at:%Y}/m={at:%m}/d={at:%d}/h={at:%H}/m=00/PT1H.json"
            wanted = f"insights-logs-{line['category'].lower()}/resourceId={line['resourceId']}/{hour}"
            assert file.relative_to(scene.folder / "logs").as_posix() == wanted


def test_a_read_with_an_entra_account_says_who_read_what_and_for_which_work(scene: Scene) -> None:
    [line] = [line for line in scene.of("GetBlob") if line["properties"]["objectKey"].endswith("pupils.parquet")]
    who = line["identity"]
    assert (who["type"], who["requester"]["objectId"]) == ("OAuth", identities.APP.object_id)
    assert who["requester"]["tenantId"] == identities.TENANT
    assert who["authorization"][0]["principals"] == [{"id": identities.APP.object_id, "type": "ServicePrincipal"}]
    assert re.fullmatch("[0-9A-F]{64}", who["tokenHash"])
    facts = line["properties"]
    assert facts["objectKey"] == f"/{ACCOUNT}/lambeth-inbox/pupils.parquet"
    assert facts["clientRequestId"] == "drop:" + "a" * 32
    assert facts["responseBodySize"] == len(SECRET)
    assert facts["lastModifiedTime"].startswith("11/21/2026 9:0")
    assert re.fullmatch(r'"0x[0-9A-F]+"', facts["etag"])
    assert (line["protocol"], facts["tlsVersion"]) == ("HTTPS", "TLS 1.3")
    assert (line["statusCode"], line["statusText"]) == (206, "Success")
    assert re.fullmatch(r"127\.0\.0\.1:\d+", line["callerIpAddress"])
    assert re.fullmatch("[0-9a-f-]{36}", line["correlationId"])
    assert NOW <= datetime.fromisoformat(line["time"]) < NOW + timedelta(hours=1)


def test_another_boroughs_read_is_witnessed_as_such(scene: Scene) -> None:
    intruder = identities.borough("lewisham").object_id
    [line] = [line for line in scene.seen if line["identity"].get("requester", {}).get("objectId") == intruder]
    assert line["operationName"] == "GetBlob"
    assert line["properties"]["objectKey"] == f"/{ACCOUNT}/lambeth-outbox/results/a"


def test_a_pass_is_known_by_the_digest_of_its_signature_and_by_who_issued_it(scene: Scene) -> None:
    [line] = [line for line in scene.of("PutBlob") if line["identity"]["type"] == "DelegationSas" and ok(line)]
    [signature] = parse_qs(urlsplit(scene.passes[0]).query)["sig"]
    assert line["identity"]["tokenHash"] == f"SasSignature({hashlib.sha256(signature.encode()).hexdigest().upper()})"
    assert line["identity"]["requester"]["objectId"] == identities.DEPLOYER.object_id
    assert "sig=XXXXX" in line["uri"]


def test_a_pass_of_the_account_key_and_the_key_itself_are_told_apart(scene: Scene) -> None:
    [by_pass] = [line for line in scene.seen if line["identity"]["type"] == "SAS"]
    [by_key] = [line for line in scene.seen if line["identity"]["type"] == "AccountKey"]
    key = re.search(r"AccountKey=([^;]+)", scene.key)
    assert key
    digest = hashlib.sha256(key[1].encode()).hexdigest().upper()
    assert by_key["identity"]["tokenHash"] == f"key1({digest})"
    assert by_pass["identity"]["tokenHash"].startswith(f"key1({digest}),SasSignature(")


def test_what_was_refused_is_written_down_with_the_services_word_for_it(scene: Scene) -> None:
    refused = [line for line in scene.seen if not ok(line)]
    assert {(line["identity"]["type"], line["statusCode"]) for line in refused} == {
        ("DelegationSas", 403),
        ("Anonymous", 403),
        ("OAuth", 404),
    }
    texts = {line["statusText"] for line in refused}
    assert texts == {"AuthorizationPermissionMismatch", "AuthorizationFailure", "BlobNotFound", "MessageNotFound"}


def test_the_parts_of_a_batch_are_written_down_one_by_one(scene: Scene) -> None:
    [batch] = scene.of("BlobBatch")
    [odd] = [line for line in scene.of("DeleteBlob") if line["properties"]["objectKey"].endswith("/odd//name")]
    assert odd["identity"]["requester"] == batch["identity"]["requester"]
    assert odd["statusCode"] == 202
    assert odd["callerIpAddress"] == batch["callerIpAddress"]


def test_an_ordinary_name_is_destroyed_by_a_request_of_its_own_that_bears_the_work(scene: Scene) -> None:
    [plain] = [line for line in scene.of("DeleteBlob") if line["properties"]["objectKey"].endswith("-outbox/b")]
    assert plain["properties"]["clientRequestId"] == "drop:" + "a" * 32


def test_a_copy_names_its_source_without_its_secret(scene: Scene) -> None:
    done, refused = scene.of("CopyBlob")
    assert done["properties"]["sourceUri"].endswith("/lambeth-outbox/results/a")
    assert refused["properties"]["sourceUri"].endswith("&sig=XXXXX")


def test_no_body_no_signature_and_no_token_is_in_the_logs(scene: Scene) -> None:
    written = "".join(file.read_text(encoding="utf-8") for file in (scene.folder / "logs").rglob("PT1H.json"))
    for secret in (SECRET.decode(), "secret-of-the-source", "Bearer", "eyJ"):
        assert secret not in written
    for held in (*scene.passes, scene.account_pass):
        assert parse_qs(urlsplit(held).query)["sig"][0] not in written


def test_the_clock_is_the_emulators_too(scene: Scene) -> None:
    [last] = [line for line in scene.of("DeleteBlob") if line["properties"]["objectKey"].endswith("pupils.parquet")]
    assert timedelta(days=1) <= datetime.fromisoformat(last["time"]) - NOW < timedelta(days=1, hours=1)


@pytest.fixture(scope="module")
def record(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the emulator wrote, a register, and a ledger that knows of one drop."""
    folder = tmp_path_factory.mktemp("record")
    shutil.copytree(scene.folder / "logs", folder / "logs")
    issued = [Pass.of(url, "lambeth", box, NOW, NOW + timedelta(days=2)) for url, box in named_passes(scene)]
    write_register(folder / "register.yaml", ACCOUNT, load_agreements(), issued)
    event = Event(1, "drop:" + "a" * 32, "received", "2026-11-21T09:00:00Z", "intake", "lambeth", "fsm@1.0.0", START)
    chain = folder / "ledger" / "drop" / ("a" * 32)
    chain.mkdir(parents=True)
    (chain / "0001.json").write_bytes(event.to_json())
    return folder


def named_passes(scene: Scene) -> list[tuple[str, str]]:
    return [(scene.passes[0], "inbox"), (scene.passes[1], "outbox")]


def test_every_line_is_one_that_the_audit_reads(scene: Scene, record: Path) -> None:
    blocks = list(read_logs(record))
    rows = pa.concat_tables([block.operations for block in blocks])
    assert [block.unread.by_reason for block in blocks] == [{}] * len(blocks)
    assert rows.num_rows == len(scene.seen)
    ways = set(rows.column("authentication").to_pylist())
    assert ways == {"OAuth", "SAS", "DelegationSas", "AccountKey", "Anonymous"}
    assert set(rows.column("service").to_pylist()) == {"blob", "queue"}
    assert "lambeth-inbox" in rows.column("container").to_pylist()


@pytest.mark.parametrize(
    ("code", "principal", "operation", "container"),
    [
        ("AUD-001", "lewisham", "GetBlob", "outbox"),  # another borough's read
        ("AUD-002", "account key", "PutBlob", "ledger"),
        ("AUD-004", "pass for lambeth-outbox", "PutBlob", "outbox"),
        ("AUD-011", "app", "CopyBlob", "outbox"),
        ("AUD-016", "app", "AcquireBlobLease", "outbox"),
    ],
)
def test_the_audit_finds_in_what_the_emulator_wrote(
    report: AuditReport, code: str, principal: str, operation: str, container: str
) -> None:
    [check] = [check for check in report.checks if check.code == code]
    found = {
        (finding.principal.partition(" (")[0], finding.operation, finding.container) for finding in check.exceptions
    }
    assert check.result == "broken"
    assert (principal, operation, container) in found


@pytest.fixture(scope="module")
def report(record: Path) -> AuditReport:
    return audit(record, load_agreements(), NOW.date(), NOW.date() + timedelta(days=1))


def test_without_a_witness_the_emulator_is_plain(tmp_path: Path) -> None:
    with Azurite(tmp_path, [ACCOUNT]) as plain, Storage.connect(plain.connection_string(ACCOUNT)) as storage:
        storage.service.create_container("ledger")
    assert lines(tmp_path) == []


def ok(line: Line) -> bool:
    return int(line["statusCode"]) < 400
