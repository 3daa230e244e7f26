"""What a watchdog needs to know of the account: what it holds, how it is set up, when it was last swept.

The set-up is read through a Protocol, because most of it stands behind Azure's management interface, which an emulator
has not and a role may not let an app see. `None` means not known, and the watchdog says so instead of passing over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from shared.kernel.disposal.notes import Sweep
from shared.kernel.disposal.objects import HeldObject, look, owners
from shared.kernel.disposal.policy_runs import last_run
from shared.kernel.disposal.stopped import judge_of

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.management import AccountManagement, LifecycleRule
    from shared.kernel.storage.poison import PoisonQueue


@dataclass(frozen=True)
class Configuration:
    """How the account is set up. Every field may be `None`: not known."""

    lifecycle: tuple[LifecycleRule, ...] | None = None
    lifecycle_completed: datetime | None = None
    """When the policy's last reported run ended, UTC: from the ledger (`policy_runs`)."""
    lifecycle_errors: int | None = None
    """How many objects that run left."""
    soft_delete_days: int | None = None
    """0: off."""
    container_soft_delete_days: int | None = None
    """0: off."""
    versioning: bool | None = None
    point_in_time_restore: bool | None = None
    object_replication: bool | None = None
    held_containers: frozenset[str] | None = None
    """Containers with a legal hold or an immutability policy."""


class ConfigurationSource(Protocol):
    """Where the set-up can be read."""

    def read(self) -> Configuration:
        """What is known now. Raises a `StorageFault` when the account does not answer."""
        ...


class DataPlane:
    """What an app with data roles alone can see of the set-up: soft delete of blobs, holds on containers, and what the
    ledger knows of the policy's runs.

    The lifecycle policy, versioning, restore and replication are out of its sight and stay `None`.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def read(self) -> Configuration:
        """What blob service and ledger say."""
        run = last_run(self._exchange.ledger.over(self._exchange.storage.ledger()))
        return Configuration(
            lifecycle_completed=run.ended if run else None,
            lifecycle_errors=run.left if run else None,
            soft_delete_days=self._exchange.storage.soft_delete_days(),
            held_containers=self._exchange.storage.held_containers(),
        )


class ManagementPlane:
    """The same, and what Azure Resource Manager says. What this identity may not see there stays `None`."""

    def __init__(self, exchange: Exchange, management: AccountManagement) -> None:
        self._data = DataPlane(exchange)
        self._management = management

    def read(self) -> Configuration:
        """All that can be known. Raises a `StorageFault` when one of the two does not answer."""
        seen = replace(
            self._data.read(), lifecycle=self._management.lifecycle(), object_replication=self._management.replicates()
        )
        service = self._management.blob_service()
        if service is None:
            return seen
        return replace(
            seen,
            soft_delete_days=service.soft_delete_days,
            container_soft_delete_days=service.container_soft_delete_days,
            versioning=service.versioning,
            point_in_time_restore=service.point_in_time_restore,
        )


@dataclass(frozen=True)
class Account:
    """What the account holds and how it is set up, at one moment."""

    objects: Mapping[str, tuple[HeldObject, ...]]
    """By owner."""
    swept: Mapping[str, date | None]
    """By owner: the day of the last sweep that was finished, looked for among the last days only."""
    containers: frozenset[str]
    strays: Mapping[str, int]
    """By shared container: how many names begin with no party's part."""
    configuration: Configuration


def survey(exchange: Exchange, poison: PoisonQueue, source: ConfigurationSource) -> Account:
    """Look at everything that is held. Reads no blob."""
    storage = exchange.storage
    there = storage.containers()
    everybody = owners(exchange.agreements, storage, there)
    objects, judge = {}, judge_of(exchange)
    for owner in everybody:
        with look(storage, poison, owner, there, judge) as shelves:
            objects[owner] = tuple(found.held for shelf in shelves for found in shelf.found)
    known = {f"{owner}/" for owner in everybody}
    return Account(
        objects=objects,
        swept={owner: _last_swept(exchange, owner) for owner in everybody},
        containers=there,
        strays={container: len(parts - known) for container, parts in storage.parts().items()},
        configuration=source.read(),
    )


def _last_swept(exchange: Exchange, owner: str) -> date | None:
    today = exchange.clock().date()
    for days in range(max(agreed.terms.retention.promise_days for agreed in exchange.agreements)):
        day = today - timedelta(days=days)
        if exchange.ledger.recorded(Sweep(owner, day).subject, "done"):
            return day
    return None
