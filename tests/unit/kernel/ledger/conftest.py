"""The ledger's tests, against an account in memory."""

from tests.memory import account, service, storage

__all__ = ["account", "service", "storage"]
