"""The small world over the blob service in memory, whose blobs are as old as the world's clock says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from shared.kernel.storage.storage import Storage
from tests.memory import MemoryBlobs, account, storage
from tests.world import NOW, World, make_world, put_postcodes

__all__ = ["account", "storage"]


@pytest.fixture
def now() -> list[datetime]:
    """The time of the world and of its blobs."""
    return [NOW]


@pytest.fixture
def service(now: list[datetime]) -> MemoryBlobs:
    """An empty account with that clock."""
    return MemoryBlobs(lambda: now[0])


@pytest.fixture
def world(storage: Storage, keys_folder: Path, now: list[datetime]) -> World:
    """The world with that clock."""
    put_postcodes(storage)
    return make_world(storage, keys_folder, now=now)
