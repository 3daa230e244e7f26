"""A whole exchange in one folder: the emulator's blobs, the exchange's keys, and each borough's own desk.

::

    <folder>/azurite/                       blobs and queues; found again at the next start
    <folder>/certificate.pem                what the emulator shows; `exchange` commands are told to trust it
    <folder>/keys/                          the exchange's key ring (its private keys, everybody's public ones)
    <folder>/operator.toml                  the operator's settings, with all rights over the account
    <folder>/boroughs/<slug>/keys/          the borough's key ring (its private keys, the exchange's public ones)
    <folder>/boroughs/<slug>/exchange.toml  the borough's profile with its passes, which are renewed at every start
    <folder>/logs/                          what emulator and key ring witnessed, as Azure's resource logs have it
    <folder>/register.yaml                  who is who in these logs

In the cloud these are parties on machines of their own; here only folders and tokens keep them apart. Nobody uses the
account's key: the app, whoever looks for events, whoever sets up, every borough and officer have an identity each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from local import tls
from local.azurite import Azurite
from local.clock import Clock
from local.identities import APP, DEPLOYER, HOST, OPERATOR, Identity, Login
from local.reads import WitnessedReads
from local.register import Pass, write_register
from local.witnessed_keys import KeyLog, WitnessedKeys
from operate.passes import write_profile
from operate.site import PROFILE
from shared.agreements.registry import PACKAGES, load_agreements
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.errors import InvalidInput
from shared.kernel.exchange import Exchange
from shared.kernel.ledger.chain import Ledger, utc_now
from shared.kernel.storage.access import BoroughDoor, inbox_pass, outbox_pass
from shared.kernel.storage.poison import QUEUE, PoisonQueue
from shared.kernel.storage.queues import Queues
from shared.kernel.storage.storage import Storage
from shared.kernel.terms.agreements import Agreements

ACCOUNT = "exchange"
HOST_ACCOUNT = "exchangehost"
"""The functions host's own account: blob events wait there, under the blobs' names."""
PASS_LASTS = timedelta(days=7)
"""As long as a user delegation key lets a pass live, here and in the cloud."""


@dataclass(frozen=True)
class Desk:
    """One borough's side: its keys and its profile, and nothing of anybody else's."""

    slug: str
    folder: Path

    @cached_property
    def keys(self) -> LocalKeyRing:
        """The borough's own key ring. It is kept: loading a private key takes its time."""
        return LocalKeyRing(self.folder / "keys")

    @property
    def profile(self) -> Path:
        """What the `exchange` command takes as `--profile`. It holds the passes, and so the borough's rights."""
        return self.folder / "exchange.toml"


@dataclass(frozen=True)
class Site:
    """A running local exchange."""

    folder: Path
    exchange: Exchange
    """Acts as the app."""
    poison: PoisonQueue
    """As the app: the functions host uses the app's identity too."""
    watched: Storage
    """The account as the stand-in for Event Grid sees it."""
    operated: Storage
    """The account as its operator sees it."""
    queues: Queues
    """As the app, like `poison`."""
    hosted: Queues
    """Those of the host's own account, as the app."""
    told: Queues
    """As the stand-in for Event Grid, which feeds them in the private variant."""
    azurite: Azurite
    desks: tuple[Desk, ...]
    emulator_clock: Callable[[], datetime]

    @property
    def connection_string(self) -> str:
        """All rights over the account. For tools that take nothing else; nothing of the exchange uses it."""
        return self.azurite.connection_string(ACCOUNT)

    @property
    def certificate(self) -> Path:
        """What a client of the emulator has to trust."""
        return self.folder / tls.CERTIFICATE

    @property
    def logs(self) -> Path:
        """Resource logs of storage and keys. Those of storage are whole when the site is closed."""
        return self.folder / "logs"

    @property
    def collections(self) -> WitnessedReads:
        """Who has collected what."""
        return WitnessedReads(self.folder, APP.object_id)

    def door(self, slug: str, identity: Identity) -> BoroughDoor:
        """The borough's door for somebody with an Entra account."""
        login: Any = Login(identity, self.emulator_clock)
        url = self.azurite.url(ACCOUNT)
        return BoroughDoor.of_account(url, slug, credential=login, connection_verify=str(self.certificate))


@contextmanager
def open_site(
    folder: Path,
    agreements: Agreements | None = None,
    *,
    terms: Path | None = None,
    clock: Callable[[], datetime] = utc_now,
    kept: bool = True,
) -> Iterator[Site]:
    """Start the emulator over `folder`; make what is not there yet: containers, queue, keys. Passes are made anew.

    `terms` is a folder of agreements, which the profiles then name; without it those given hold, or the shipped ones.
    `clock` is the exchange's. The emulator goes by it if it is a `Clock`, else by the machine's. What is stored ends
    with the site unless it is `kept`.
    """
    agreements = agreements or load_agreements(terms)
    desks = tuple(Desk(slug, folder / "boroughs" / slug) for slug in agreements.parties)
    make_keys(folder / "keys", desks)
    moved = clock if isinstance(clock, Clock) else None
    with ExitStack() as open_now:
        azurite = open_now.enter_context(_emulator(folder, moved, kept=kept))

        def as_(who: Identity) -> dict[str, Any]:
            certificate = str(folder / tls.CERTIFICATE)
            return {"credential": Login(who, moved or utc_now), "connection_verify": certificate}

        def account(who: Identity) -> Storage:
            return open_now.enter_context(Storage.connect(azurite.url(ACCOUNT), **as_(who)))

        def queue(who: Identity) -> PoisonQueue:
            return open_now.enter_context(PoisonQueue.connect(azurite.url(ACCOUNT, "queue"), **as_(who)))

        def queues(who: Identity, of: str = ACCOUNT) -> Queues:
            return open_now.enter_context(Queues.connect(azurite.url(of, "queue"), **as_(who)))

        deployed = account(DEPLOYER)
        deployed.ensure_containers(agreements.senders, only_collect=set(agreements.parties) - set(agreements.senders))
        made = queues(DEPLOYER)
        for name in (QUEUE, *_queues_of_events(agreements)):
            made.ensure(name)
        named = {} if terms is None else {"agreements": str(terms.resolve())}
        passes = _issue_all(deployed, desks, agreements, (moved or utc_now)(), named)
        own = {"account": azurite.connection_string(ACCOUNT), "keys": "keys", "certificate": tls.CERTIFICATE} | named
        write_profile(folder / PROFILE, own)
        write_register(folder / "register.yaml", ACCOUNT, agreements, passes)
        storage = account(APP)
        keys = WitnessedKeys(LocalKeyRing(folder / "keys"), APP, KeyLog(folder / "logs", moved or utc_now))
        ledger = Ledger(storage.ledger(), clock=clock)
        yield Site(
            folder=folder,
            exchange=Exchange(agreements=agreements, storage=storage, keys=keys, ledger=ledger, clock=clock),
            poison=queue(APP),
            watched=account(HOST),
            operated=account(OPERATOR),
            queues=queues(APP),
            hosted=queues(APP, HOST_ACCOUNT),
            told=queues(HOST),
            azurite=azurite,
            desks=desks,
            emulator_clock=moved or utc_now,
        )


def _emulator(folder: Path, moved: Clock | None, *, kept: bool) -> Azurite:
    return Azurite(
        folder / "azurite",
        [ACCOUNT, HOST_ACCOUNT],
        certificate=tls.certificate(folder),
        witness=folder / "logs",
        clock=moved.file if moved else None,
        kept=kept,
    )


def _issue_all(
    storage: Storage, desks: tuple[Desk, ...], agreements: Agreements, issued: datetime, named: Mapping[str, str]
) -> list[Pass]:
    """Passes of every party; `named` is what else their profiles say."""
    each = [(desk, desk.slug in agreements.senders) for desk in desks]
    return [held for desk, drops in each for held in issue_passes(storage, desk, issued, drops=drops, named=named)]


def _queues_of_events(agreements: Agreements) -> list[str]:
    """As Bicep makes them: reports of the lifecycle policy come into a queue in either variant."""
    parties = [f"drop-{slug}" for slug in agreements.senders]
    return ["policy-runs", *(["request", *parties] if os.environ.get("EXCHANGE_EVENTS") == "queue" else [])]


def make_keys(folder: Path, desks: tuple[Desk, ...]) -> None:
    """Make the exchange's keys and each borough's, where there are none, and exchange their public parts."""
    ring = LocalKeyRing(folder)
    for use in (Use.STAGING, Use.SIGN):
        _ensure(ring, EXCHANGE, use)
    for agreement in PACKAGES:
        with suppress(InvalidInput):  # there is one already
            ring.create_secret(agreement)
    for desk in desks:
        _ensure(ring, desk.slug, Use.DROP)
        for use in (Use.RELEASE, Use.SIGN):
            _ensure(desk.keys, desk.slug, use)
            ring.import_public(desk.keys.export_public(desk.slug, use))
        desk.keys.import_public(ring.export_public(desk.slug, Use.DROP))
        desk.keys.import_public(ring.export_public(EXCHANGE, Use.SIGN))


def issue_passes(
    storage: Storage,
    desk: Desk,
    issued: datetime | None = None,
    *,
    drops: bool = True,
    named: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Pass, ...]:
    """Write the party's profile, with a pass that only reads its outbox and, if it may drop anything, one that only
    creates in its inbox.

    They hold from `issued` (default: now) by the account's clock. Returns what the register says of the passes: enough
    to know one in a log, and not enough to use it.
    """
    issued = issued or utc_now()
    expires = issued + PASS_LASTS
    urls = {"outbox": outbox_pass(storage, desk.slug, issued=issued, expires=expires)}
    if drops:
        urls = {"inbox": inbox_pass(storage, desk.slug, issued=issued, expires=expires), **urls}
    own = {"borough": desk.slug, "keys": "keys", "certificate": f"../../{tls.CERTIFICATE}", **named}
    write_profile(desk.profile, own | {f"{box}_url": url for box, url in urls.items()})
    return tuple(Pass.of(url, desk.slug, box, issued, expires) for box, url in urls.items())


def _ensure(ring: LocalKeyRing, owner: str, use: Use) -> None:
    if not ring.held(owner, use):
        ring.create_key(owner, use)
