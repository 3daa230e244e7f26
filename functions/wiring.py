"""The composition root: builds the exchange once per process, when the first event needs it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from functions import VERSION
from functions.settings import Settings
from shared.agreements.registry import load_agreement
from shared.kernel.reconcile.attempts import Attempts

if TYPE_CHECKING:
    from shared.kernel.disposal.account import ConfigurationSource
    from shared.kernel.disposal.remind import CollectionLog
    from shared.kernel.envelope.keys import KeyService
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.poison import PoisonQueue
    from shared.kernel.storage.storage import Storage
    from shared.kernel.terms.model import Agreement

ATTEMPTS = Attempts(f"app@{VERSION}")
"""What this process has tried in vain."""
_building = threading.Lock()
_exchange: Exchange | None = None
_poison: PoisonQueue | None = None
_collections: CollectionLog | None = None


def agreement() -> Agreement:
    """The agreement that this app carries out. Needed when the app is indexed: it says which triggers there are."""
    return _exchange.agreement if _exchange else _agreement_of_the_settings()


def exchange() -> Exchange:
    """The exchange of this process. The worker calls from several threads, and one of them builds it."""
    global _exchange
    with _building:
        if _exchange is None:
            _exchange = _build(Settings.read())
        return _exchange


def poison() -> PoisonQueue:
    """The queue of events that the host gave up, in the exchange's account."""
    global _poison
    with _building:
        if _poison is None:
            settings = Settings.read()
            settings.check()
            _poison = _queue(settings)
        return _poison


@contextmanager
def collection_log() -> Iterator[CollectionLog]:
    """Where it can be seen who has collected: the workspace of the settings, or nowhere."""
    from shared.kernel.disposal.remind import NoLog, WorkspaceLog

    settings = Settings.read()
    if settings.log_workspace is None:
        yield _collections or NoLog()
        return
    settings.check()
    from shared.kernel.storage.logs import ReadLog

    account = f"{settings.account_id}".rpartition("/")[2]
    log = ReadLog(settings.log_workspace, account, f"{settings.client_id}", _identity(settings.client_id))
    try:
        yield WorkspaceLog(log, agreement().retention.lifecycle_days)
    finally:
        log.close()


@contextmanager
def configuration(exchange: Exchange) -> Iterator[ConfigurationSource]:
    """Where the account's set-up can be seen: in Azure Resource Manager too, if the settings name the account."""
    from shared.kernel.disposal.account import DataPlane, ManagementPlane

    settings = Settings.read()
    if settings.account_id is None:
        yield DataPlane(exchange)
        return
    settings.check()
    from shared.kernel.storage.management import AccountManagement

    management = AccountManagement(settings.account_id, _identity(settings.client_id))
    try:
        yield ManagementPlane(exchange, management)
    finally:
        management.close()


@contextmanager
def archive() -> Iterator[Storage]:
    """The exchange's account with the rights of whoever ends records; without such an identity, with the app's own."""
    settings = Settings.read()
    if settings.records_client_id is None:
        yield exchange().storage
        return
    from shared.kernel.storage.storage import Storage

    settings.check()
    with Storage.connect(f"{settings.blob_service_uri}", credential=_identity(settings.records_client_id)) as connected:
        yield connected


def use(exchange: Exchange | None, poison: PoisonQueue | None = None, collections: CollectionLog | None = None) -> None:
    """Work on this exchange instead of the one that the settings describe; `None`: read the settings again.

    For the local host, which composes its own.
    """
    global _exchange, _poison, _collections
    with _building:
        _exchange, _poison, _collections = exchange, poison, collections
        _agreement_of_the_settings.cache_clear()


@cache
def _agreement_of_the_settings() -> Agreement:
    return load_agreement("fsm", Settings.read().agreements)


def _build(settings: Settings) -> Exchange:
    from shared.kernel.exchange import Exchange
    from shared.kernel.ledger.chain import Ledger, utc_now

    settings.check()
    agreement = _agreement_of_the_settings()
    storage = _storage(settings)
    return Exchange(
        agreement=agreement,
        storage=storage,
        keys=_keys(settings),
        ledger=Ledger(storage.ledger(), agreement=agreement.reference, clock=utc_now),
        clock=utc_now,
    )


def _storage(settings: Settings) -> Storage:
    from shared.kernel.storage.storage import Storage

    if settings.connection_string is not None:
        return Storage.connect(settings.connection_string)
    return Storage.connect(settings.blob_service_uri, credential=_identity(settings.client_id))


def _queue(settings: Settings) -> PoisonQueue:
    from shared.kernel.storage.poison import PoisonQueue

    if settings.connection_string is not None:
        return PoisonQueue.connect(settings.connection_string)
    return PoisonQueue.connect(f"{settings.queue_service_uri}", credential=_identity(settings.client_id))


def _keys(settings: Settings) -> KeyService:
    if settings.key_vault is not None:
        from shared.kernel.envelope.vault import KeyVaultKeys

        return KeyVaultKeys(settings.key_vault, _identity(settings.client_id))
    from shared.kernel.envelope.ring import LocalKeyRing

    return LocalKeyRing(settings.key_ring)


def _identity(client_id: str | None) -> Any:
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id)
