"""The composition root: builds the exchange once in a process, when the first event needs it.

What is heavy is imported where it is needed: the host indexes the app's triggers before it has an event for it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions import VERSION
from functions.settings import Endpoints, Settings
from shared.agreements.registry import load_agreements
from shared.kernel.reconcile.attempts import Attempts

if TYPE_CHECKING:
    from shared.kernel.disposal.account import ConfigurationSource
    from shared.kernel.disposal.remind import CollectionLog
    from shared.kernel.envelope.keys import KeyService
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.poison import PoisonQueue
    from shared.kernel.storage.storage import Storage
    from shared.kernel.terms.agreements import Agreements

ATTEMPTS = Attempts(f"app@{VERSION}")
"""What this process has tried in vain."""


@dataclass
class _App:
    """What this process works on: what was given (`use`), else what the settings describe, built when it is needed."""

    given: Exchange | None = None
    given_poison: PoisonQueue | None = None
    collections: CollectionLog | None = None

    @cached_property
    def agreements(self) -> Agreements:
        return self.given.agreements if self.given else load_agreements(Settings.read().agreements)

    @cached_property
    def exchange(self) -> Exchange:
        return self.given or _build(Settings.read(), self.agreements)

    @cached_property
    def poison(self) -> PoisonQueue:
        if self.given_poison:
            return self.given_poison
        return _queue(Settings.read())


_app = _App()
_building = threading.RLock()


def agreements() -> Agreements:
    """The agreements that this app carries out. Needed when the app is indexed: they say which triggers there are."""
    with _building:
        return _app.agreements


def exchange() -> Exchange:
    """The exchange of this process. The worker calls from several threads, and one of them builds it."""
    with _building:
        return _app.exchange


def poison() -> PoisonQueue:
    """The queue of events that the host gave up, in the exchange's account."""
    with _building:
        return _app.poison


def use(exchange: Exchange | None, poison: PoisonQueue | None = None, collections: CollectionLog | None = None) -> None:
    """Work on this exchange instead of the one that the settings describe; `None`: read the settings again.

    For the local host, which composes its own.
    """
    global _app
    with _building:
        _app = _App(exchange, poison, collections)


@contextmanager
def collection_log() -> Iterator[CollectionLog]:
    """Where one sees who has collected: the workspace that the settings name; else what was given; else nowhere."""
    from shared.kernel.disposal.remind import NoLog, WorkspaceLog

    logs = Settings.read().logs()
    if logs is None:
        yield _app.collections or NoLog()
        return
    from shared.kernel.storage.logs import ReadLog

    log = ReadLog(logs.id, logs.account, logs.client_id, _identity(logs.client_id))
    try:
        yield WorkspaceLog(log, max(agreed.terms.retention.lifecycle_days for agreed in agreements()))
    finally:
        log.close()


@contextmanager
def configuration(exchange: Exchange) -> Iterator[ConfigurationSource]:
    """Where one sees how the account is set up: in Azure Resource Manager too, if the settings name the account."""
    from shared.kernel.disposal.account import DataPlane, ManagementPlane

    settings = Settings.read()
    account = settings.management()
    if account is None:
        yield DataPlane(exchange)
        return
    from shared.kernel.storage.management import AccountManagement

    management = AccountManagement(account, _identity(settings.client_id))
    try:
        yield ManagementPlane(exchange, management)
    finally:
        management.close()


@contextmanager
def archive() -> Iterator[Storage]:
    """The exchange's account as the identity that ends records reaches it; where none is set, as the app's own does."""
    settings = Settings.read()
    if settings.records_client_id is None:
        yield exchange().storage
        return
    with _storage(settings, settings.records_client_id) as connected:
        yield connected


def _build(settings: Settings, agreements: Agreements) -> Exchange:
    from shared.kernel.exchange import Exchange
    from shared.kernel.ledger.chain import Ledger, utc_now

    settings.check()
    storage = _storage(settings, settings.client_id)
    return Exchange(
        agreements=agreements,
        storage=storage,
        keys=_keys(settings),
        ledger=Ledger(storage.ledger(), clock=utc_now),
        clock=utc_now,
    )


def _storage(settings: Settings, client_id: str | None) -> Storage:
    from shared.kernel.storage.storage import Storage

    account = settings.account()
    if isinstance(account, Endpoints):
        return Storage.connect(account.blobs, credential=_identity(client_id))
    return Storage.connect(account)


def _queue(settings: Settings) -> PoisonQueue:
    from shared.kernel.storage.poison import PoisonQueue

    account = settings.account()
    if isinstance(account, Endpoints):
        return PoisonQueue.connect(account.queues, credential=_identity(settings.client_id))
    return PoisonQueue.connect(account)


def _keys(settings: Settings) -> KeyService:
    home = settings.key_home()
    if isinstance(home, Path):
        from shared.kernel.envelope.ring import LocalKeyRing

        return LocalKeyRing(home)
    from shared.kernel.envelope.vault import KeyVaultKeys

    return KeyVaultKeys(home, _identity(settings.client_id))


def _identity(client_id: str | None) -> Any:
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id)
