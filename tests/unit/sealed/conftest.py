"""An exchange that holds the keys of the vectors, over the blob service in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.storage.storage import Storage
from tests.memory import account, service, storage
from tests.vectors.make import vectors_world
from tests.vectors.sealing import KEYS
from tests.world import World

__all__ = ["account", "service", "storage"]


@pytest.fixture(scope="session")
def vector_keys() -> LocalKeyRing:
    """The test keys; opening a private one takes a tenth of a second, so it is done once."""
    return LocalKeyRing(KEYS)


@pytest.fixture
def world(storage: Storage, vector_keys: LocalKeyRing, tmp_path: Path) -> World:
    """An hour after the vectors were prepared."""
    return vectors_world(storage, tmp_path, vector_keys)
