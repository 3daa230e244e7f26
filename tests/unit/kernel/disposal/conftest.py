"""The real storage room over the blob service in memory."""

from tests.memory import account, service, storage

__all__ = ["account", "service", "storage"]
