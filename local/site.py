"""A whole exchange in one folder: the emulator's blobs, the exchange's keys, and each borough's own desk.

::

    <folder>/azurite/                       blobs and queues; found again at the next start
    <folder>/keys/                          the exchange's key ring (its private keys, everybody's public ones)
    <folder>/boroughs/<slug>/keys/          the borough's key ring (its private keys, the exchange's public ones)
    <folder>/boroughs/<slug>/exchange.toml  the borough's profile with its passes, which are renewed at every start

In the cloud these are parties on machines of their own; here only folders keep them apart. Nothing else is different.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.azurite import Azurite
from shared.agreement.load import load_agreement
from shared.agreement.model import Agreement
from shared.envelope.keys import Use
from shared.envelope.manifest import EXCHANGE
from shared.envelope.ring import LocalKeyRing
from shared.exchange import Exchange
from shared.ledger.chain import Ledger, utc_now
from shared.storage.access import inbox_pass, outbox_pass
from shared.storage.poison import PoisonQueue
from shared.storage.storage import Storage

ACCOUNT = "exchange"
PASS_LASTS = timedelta(days=7)
"""As long as a user delegation key would let a pass live in the cloud."""


@dataclass(frozen=True)
class Desk:
    """One borough's side: its keys and its profile, and nothing of anybody else's."""

    slug: str
    folder: Path

    @property
    def keys(self) -> LocalKeyRing:
        """The borough's own key ring."""
        return LocalKeyRing(self.folder / "keys")

    @property
    def profile(self) -> Path:
        """What the `exchange` command takes as `--profile`. It holds the passes, and so the borough's rights."""
        return self.folder / "exchange.toml"


@dataclass(frozen=True)
class Site:
    """A running local exchange."""

    exchange: Exchange
    poison: PoisonQueue
    connection_string: str
    """All rights over the emulator's account: what the functions host would have as `Exchange`."""
    keys: Path
    """Folder of the exchange's key ring: what the functions host would have as `EXCHANGE_KEY_RING`."""
    desks: tuple[Desk, ...]


@contextmanager
def open_site(
    folder: Path, agreement: Agreement | None = None, *, clock: Callable[[], datetime] = utc_now
) -> Iterator[Site]:
    """Start the emulator over `folder`; make what is not there yet: containers, queue, keys. Passes are made anew.

    `clock` is the exchange's; passes and the emulator go by the machine's.
    """
    agreement = agreement or load_agreement()
    desks = tuple(Desk(slug, folder / "boroughs" / slug) for slug in agreement.controllers)
    make_keys(folder / "keys", desks)
    with Azurite(folder / "azurite", [ACCOUNT]) as azurite:
        connection_string = azurite.connection_string(ACCOUNT)
        with Storage.connect(connection_string) as storage, PoisonQueue.connect(connection_string) as poison:
            storage.ensure_containers(agreement)
            poison.ensure()
            for desk in desks:
                issue_passes(storage, desk)
            exchange = Exchange(
                agreement=agreement,
                storage=storage,
                keys=LocalKeyRing(folder / "keys"),
                ledger=Ledger(storage.ledger(), agreement=agreement.reference, clock=clock),
                clock=clock,
            )
            yield Site(exchange, poison, connection_string, folder / "keys", desks)


def make_keys(folder: Path, desks: tuple[Desk, ...]) -> None:
    """Make the exchange's keys and each borough's, where there are none, and exchange their public parts."""
    ring = LocalKeyRing(folder)
    for use in (Use.STAGING, Use.SIGN):
        _ensure(ring, EXCHANGE, use)
    for desk in desks:
        _ensure(ring, desk.slug, Use.DROP)
        for use in (Use.RELEASE, Use.SIGN):
            _ensure(desk.keys, desk.slug, use)
            ring.import_public(desk.keys.export_public(desk.slug, use))
        desk.keys.import_public(ring.export_public(desk.slug, Use.DROP))
        desk.keys.import_public(ring.export_public(EXCHANGE, Use.SIGN))


def issue_passes(storage: Storage, desk: Desk) -> None:
    """Write the borough's profile, with a pass that only creates in its inbox and one that only reads its outbox."""
    issued = utc_now()
    expires = issued + PASS_LASTS
    profile = {
        "borough": desk.slug,
        "keys": "keys",
        "inbox_url": inbox_pass(storage, desk.slug, issued=issued, expires=expires),
        "outbox_url": outbox_pass(storage, desk.slug, issued=issued, expires=expires),
    }
    desk.folder.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(desk.profile, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        # A JSON string of ASCII is a TOML string.
        file.writelines(f"{key} = {json.dumps(value)}\n" for key, value in profile.items())


def _ensure(ring: LocalKeyRing, owner: str, use: Use) -> None:
    if not ring.held(owner, use):
        ring.create_key(owner, use)
