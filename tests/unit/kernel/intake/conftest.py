"""The small world over the blob service in memory: the real services and the real storage room, no emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.memory import MemoryBlobs, account, service, storage
from tests.world import World, make_world, put_postcodes

__all__ = ["account", "service", "storage"]


@dataclass
class WorldOfItsOwn(World):
    """A world and how to reach its account over a wire of one's own."""

    service: MemoryBlobs | None = None

    @property
    def account(self) -> str:
        assert self.service is not None
        return self.service.connection_string


@pytest.fixture
def new_world(keys_folder: Path) -> Iterator[Callable[[], WorldOfItsOwn]]:
    """Makes worlds, each in an account of its own in memory, all with the same keys."""
    opened = []

    def make() -> WorldOfItsOwn:
        service = MemoryBlobs()
        connected = service.storage()
        opened.append(connected)
        world = make_world(connected, keys_folder)
        connected.ensure_containers(world.agreement.controllers)
        put_postcodes(connected)
        return WorldOfItsOwn(world.exchange, world.rings, world.now, service)

    yield make
    for one in opened:
        one.close()
