"""What the exchange's storage room sees of the blobs in memory is the same, with the SDK between and without it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.kernel.errors import StorageFault
from shared.kernel.storage.storage import Storage
from tests.memory import MemoryBlobs
from tests.quick_blobs import storage_over

NOW = datetime(2027, 2, 3, 4, 5, tzinfo=UTC)


def said(do: Callable[[], Any]) -> Any:
    """What comes of it; of a fault its code."""
    try:
        return do()
    except StorageFault as fault:
        return fault.code


def story(storage: Storage) -> list[Any]:
    """What comes of a number of requests, without what differs from account to account."""
    storage.ensure_containers(["lambeth"])
    storage.ensure_containers(["lambeth"])
    area, other = storage.staging("lambeth"), storage.staging("lewisham")
    made = area.create("fsm/b.parquet", b"bytes", {"job": "1"})
    area.create("fsm/a.parquet", b"")
    other.create("fsm/a.parquet", b"theirs")

    def facts(name: str) -> Any:
        one = area.facts(name)
        return one.name, one.size, one.metadata, one.created, one.kind

    return [
        said(lambda: area.create("fsm/b.parquet", b"others").name),
        said(lambda: facts("fsm/b.parquet")),
        said(lambda: facts("fsm/c.parquet")),
        said(lambda: area.read("fsm/b.parquet", max_bytes=3).data),
        said(lambda: area.read("fsm/b.parquet", if_match=made.etag).data),
        said(lambda: area.replace("fsm/b.parquet", b"newer", made.etag).size),
        said(lambda: area.replace("fsm/b.parquet", b"newest", made.etag).size),
        said(lambda: area.read("fsm/b.parquet", if_match=made.etag).data),
        [(blob.name, blob.size, blob.created) for blob in area.list()],
        [blob.name for blob in area.list("fsm/b")],
        [(copy.name, copy.state, copy.size, copy.created, copy.md5, copy.bar) for copy in area.copies()],
        [said(lambda copy=copy: area.destroy(copy)) for copy in area.copies()],
        said(lambda: area.delete("fsm/a.parquet")),
        [blob.name for blob in area.list()],
        storage.parts()["staging"],
        sorted(storage.containers()),
        storage.now(),
        storage.soft_delete_days(),
        said(lambda: storage.inbox("lewisham").create("a", b"")),
        said(lambda: list(storage.inbox("lewisham").list())),
    ]


def test_both_tell_the_same() -> None:
    with MemoryBlobs(lambda: NOW).storage() as slow, storage_over(MemoryBlobs(lambda: NOW)) as quick:
        assert story(quick) == story(slow)


def test_a_fault_of_the_service_is_one_of_ours() -> None:
    with storage_over(MemoryBlobs(lambda: NOW)) as quick, pytest.raises(StorageFault, match="STO-006"):
        quick.check_reachable()
