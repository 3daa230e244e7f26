"""The small world over the blob service in memory: the real services and the real storage room, no emulator."""

from tests.memory import account, service, storage

__all__ = ["account", "service", "storage"]
