"""What one borough's passes allow, tried against every container there is: the full matrix over the pilot boroughs.

The requests are made with the storage SDK itself, as somebody would who has a pass and ill intent, and not through the
door, which does not even offer them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient, ContainerClient

from local.azurite import Azurite
from shared.agreements.registry import load_agreement
from shared.kernel.storage.access import inbox_pass, outbox_pass
from shared.kernel.storage.storage import Storage

BOROUGHS = load_agreement("fsm").controllers
BOXES = [f"{slug}-{box}" for slug in BOROUGHS for box in ("inbox", "outbox")]
CONTAINERS = [*BOXES, "staging", "pending", "decisions", "requests", "claims", "ledger", "reference"]
THERE = "lambeth/pupils/there.parquet"
"""In every container; `lambeth/` so that it is inside a home borough's part of the shared ones."""
SECRET = b"PAR1 sealed rows PAR1"

Use = Callable[[ContainerClient], object]

USES: dict[str, Use] = {
    "read": lambda box: box.download_blob(THERE).readall(),
    "read a range": lambda box: box.download_blob(THERE, offset=4, length=4).readall(),
    "look at": lambda box: box.get_blob_client(THERE).get_blob_properties(),
    "look at the container": lambda box: box.get_container_properties(),
    "list": lambda box: list(box.list_blobs()),
    "list by tag": lambda box: list(box.find_blobs_by_tags("\"sent\"='yes'")),
    "create": lambda box: box.upload_blob("new", b"planted"),
    "overwrite": lambda box: box.upload_blob(THERE, b"planted", overwrite=True),
    "stage a block": lambda box: box.get_blob_client(THERE).stage_block("MDAx", b"planted"),
    "make an append blob": lambda box: box.get_blob_client(THERE).create_append_blob(),
    "change metadata": lambda box: box.get_blob_client(THERE).set_blob_metadata({"exchange_manifest": "planted"}),
    "change headers": lambda box: box.get_blob_client(THERE).set_http_headers(),
    "tag": lambda box: box.get_blob_client(THERE).set_blob_tags({"sent": "yes"}),
    "take a snapshot": lambda box: box.get_blob_client(THERE).create_snapshot(),
    "take a lease": lambda box: box.get_blob_client(THERE).acquire_lease(15),
    "lease the container": lambda box: box.acquire_lease(15),
    "delete": lambda box: box.delete_blob(THERE),
    "delete the container": lambda box: box.delete_container(),
    "open to the public": lambda box: box.set_container_access_policy({}, public_access="container"),
}
ALLOWED = {
    "inbox": {"create", "take a snapshot"},  # to the service a snapshot is a creation; see the last test
    "outbox": {"read", "read a range", "look at", "list"},
}


@dataclass(frozen=True)
class Exchange:
    """An account with a blob in every container, and who looks after it."""

    storage: Storage
    url: str
    now: datetime

    def passes(self, slug: str) -> dict[str, str]:
        """The borough's passes: container URLs."""
        until = self.now + timedelta(hours=1)
        return {
            "inbox": inbox_pass(self.storage, slug, issued=self.now, expires=until),
            "outbox": outbox_pass(self.storage, slug, issued=self.now, expires=until),
        }

    def container_with(self, signature: str, container: str) -> str:
        """A container's URL with the signature of whatever pass."""
        return f"{self.url}/{container}?{signature}"

    def contents(self) -> dict[tuple[str, str], tuple[bytes, str, dict[str, str]]]:
        """Every blob that there is, with its bytes, version and metadata."""
        return {
            (container.name, blob.name): (
                self.storage.service.get_blob_client(container.name, blob.name).download_blob().readall(),
                str(blob.etag),
                dict(blob.metadata or {}),
            )
            for container in self.storage.service.list_containers()
            for blob in self.storage.service.get_container_client(container.name).list_blobs(include=["metadata"])
        }


@pytest.fixture(scope="module")
def exchange(azurite: Azurite, unused_accounts: Iterator[str]) -> Iterator[Exchange]:
    account = next(unused_accounts)
    with Storage.connect(account) as storage:
        storage.ensure_containers(load_agreement("fsm").controllers)
        for container in CONTAINERS:
            storage.service.get_blob_client(container, THERE).upload_blob(SECRET)
        yield Exchange(storage, str(storage.service.url).rstrip("/"), datetime.now(UTC))


def try_all(exchange: Exchange, url: str) -> set[str]:
    """The uses that a container URL allows; every refusal must be one, and not some other failure."""
    statuses: dict[str, int | None] = {}
    with ContainerClient.from_container_url(url, retry_total=0) as box:
        for use, try_it in USES.items():
            try:
                try_it(box)
            except HttpResponseError as error:
                statuses[use] = error.status_code
    assert set(statuses.values()) <= {403}, statuses
    return set(USES) - set(statuses)


@pytest.mark.parametrize("box", ["inbox", "outbox"])
@pytest.mark.parametrize("slug", BOROUGHS)
def test_a_pass_opens_nothing_but_its_own_container(exchange: Exchange, slug: str, box: str) -> None:
    before = exchange.contents()
    signature = exchange.passes(slug)[box].partition("?")[2]
    opened = {
        container: allowed
        for container in CONTAINERS
        if container != f"{slug}-{box}"
        and (allowed := try_all(exchange, exchange.container_with(signature, container)))
    }
    assert opened == {}
    assert exchange.contents() == before


@pytest.mark.parametrize("box", ["inbox", "outbox"])
@pytest.mark.parametrize("slug", BOROUGHS)
def test_in_its_own_container_a_pass_allows_what_it_is_for_and_no_more(exchange: Exchange, slug: str, box: str) -> None:
    before = exchange.contents()
    assert try_all(exchange, exchange.passes(slug)[box]) == ALLOWED[box]
    after = exchange.contents()
    new = (f"{slug}-inbox", "new")
    assert set(after) - set(before) == ({new} if box == "inbox" else set())
    assert {blob: after[blob] for blob in before} == before
    if box == "inbox":
        exchange.storage.inbox(slug).delete("new")


@pytest.mark.parametrize("slug", BOROUGHS)
def test_a_pass_copies_nothing_out_of_another_boroughs_containers(exchange: Exchange, slug: str) -> None:
    before = exchange.contents()
    own = exchange.passes(slug)["inbox"]
    signatures = [url.partition("?")[2] for url in exchange.passes(slug).values()]
    others = [box for box in BOXES if not box.startswith(f"{slug}-")]
    with ContainerClient.from_container_url(own, retry_total=0) as inbox:
        for number, source in enumerate(f"{exchange.url}/{box}/{THERE}?{sig}" for box in others for sig in signatures):
            copy = inbox.get_blob_client(f"copy-{number}")
            for start in (copy.start_copy_from_url, copy.upload_blob_from_url):
                with pytest.raises(HttpResponseError):
                    start(source)
    assert exchange.contents() == before


@pytest.mark.parametrize("slug", BOROUGHS)
def test_a_pass_says_nothing_of_the_account(exchange: Exchange, slug: str) -> None:
    for url in exchange.passes(slug).values():
        with BlobServiceClient(f"{exchange.url}?{url.partition('?')[2]}", retry_total=0) as account:
            for use in (
                lambda account=account: list(account.list_containers()),
                lambda account=account: account.get_service_properties(),
                lambda account=account: account.create_container("planted"),
            ):
                with pytest.raises(HttpResponseError) as refused:
                    use()
                assert refused.value.status_code == 403


def test_without_a_pass_nothing_opens(exchange: Exchange) -> None:
    for container in CONTAINERS:
        with ContainerClient.from_container_url(f"{exchange.url}/{container}", retry_total=0) as box:
            for try_it in USES.values():
                with pytest.raises(HttpResponseError) as refused:
                    try_it(box)
                assert refused.value.status_code in {401, 403, 404}  # 404: Azure does not say that there is something


def altered(signature: str, **changes: str) -> str:
    """The signature's query with some of its fields changed."""
    fields = dict(field.split("=", 1) for field in signature.split("&"))
    return "&".join(f"{name}={value}" for name, value in (fields | changes).items())


@pytest.mark.parametrize("changes", [{"sp": "racwdl"}, {"se": "2099-01-01T00%3A00%3A00Z"}, {"sr": "b"}], ids=str)
def test_a_pass_that_was_rewritten_is_worth_nothing(exchange: Exchange, changes: dict[str, str]) -> None:
    for box, url in exchange.passes("lambeth").items():
        forged = altered(url.partition("?")[2], **changes)
        assert try_all(exchange, exchange.container_with(forged, f"lambeth-{box}")) == set()


def test_a_pass_ends_when_it_says(exchange: Exchange) -> None:
    then = exchange.now - timedelta(days=2)
    for issue, box in ((inbox_pass, "inbox"), (outbox_pass, "outbox")):
        url = issue(exchange.storage, "lambeth", issued=then, expires=then + timedelta(days=1))
        assert try_all(exchange, url) == set(), box


def test_a_pass_is_not_valid_before_it_is_issued(exchange: Exchange) -> None:
    later = exchange.now + timedelta(days=1)
    for issue in (inbox_pass, outbox_pass):
        url = issue(exchange.storage, "lambeth", issued=later, expires=later + timedelta(days=1))
        assert try_all(exchange, url) == set()


def test_a_snapshot_does_not_keep_a_drop_alive(exchange: Exchange) -> None:
    own = exchange.passes("lambeth")["inbox"]
    with ContainerClient.from_container_url(own, retry_total=0) as box:
        box.upload_blob("drop", SECRET)
        box.get_blob_client("drop").create_snapshot()
    inbox = exchange.storage.inbox("lambeth")
    inbox.delete("drop")
    assert [blob.name for blob in inbox.client.list_blobs(name_starts_with="drop", include=["snapshots"])] == []
