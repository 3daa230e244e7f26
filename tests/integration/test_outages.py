"""Outages need nobody: however long, everything ends as without them, one alarm rings and clears itself, no poison."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions import wiring
from local.host import Host, NotQuiet
from shared.kernel.errors import ExchangeError, KeyUnavailable
from shared.kernel.exchange import Exchange
from shared.kernel.ledger.chain import Ledger, verify_chain
from shared.kernel.reconcile.attempts import Attempts
from shared.kernel.storage.poison import QUEUE, PoisonQueue
from shared.kernel.storage.storage import Storage
from tests.clock import Clock, clocked_account
from tests.integration.test_reconcile import Keys
from tests.poison import how_many
from tests.wire import Fault, Plan, Wire, no_faults
from tests.world import NOW, World, household, make_world, pupil, put_postcodes

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
Outage = Callable[["Site"], None]
ROUND = timedelta(minutes=5)
SILENCE, WINDOW = timedelta(minutes=30), timedelta(minutes=30)
"""After so long without `reconcile.done`, and for so long after a `reconcile.waits`, the alarms of
infra/bicep/modules/alerts.bicep ring."""


@dataclass
class Site:
    """The app's own functions over a wire, and keys, that can fail; events and the emulator are never away."""

    world: World
    host: Host
    poison: PoisonQueue
    clock: Clock
    wire: Wire
    keys: Keys
    rings: list[bool] = field(default_factory=list)
    """Whether the alarm rang, after each round."""
    seen: datetime = NOW
    """When a round was last done."""
    waited: datetime = LONG_AGO
    """When a round last said that something waits."""

    def reconcile(self, caplog: pytest.LogCaptureFixture) -> None:
        """Let five minutes pass and the timer's hour come."""
        self.clock.go(self.clock.now + ROUND)
        caplog.clear()
        with suppress(ExchangeError):
            self.host.fire("reconcile")
        said = {json.loads(record.getMessage())["event"] for record in caplog.records if record.name == "exchange"}
        if "reconcile.done" in said:
            self.seen = self.clock.now
        if "reconcile.waits" in said:
            self.waited = self.clock.now
        self.rings.append(self.clock.now - self.waited < WINDOW or self.clock.now - self.seen > SILENCE)


@pytest.fixture
def site(keys_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(wiring, "ATTEMPTS", Attempts("app@1.0.0"))
    clock, account = clocked_account(NOW)
    wire = Wire()
    with (
        wire.storage(account) as storage,
        Storage.connect(account) as sound,
        PoisonQueue.connect(account) as poison,
    ):
        made = make_world(sound, keys_folder)
        sound.ensure_containers(made.agreement.controllers)
        put_postcodes(sound)
        poison.every.ensure(QUEUE)
        keys = Keys(made.exchange.keys)
        ledger = Ledger(storage.ledger(), clock=clock)
        app = Exchange(made.exchange.agreements, storage, keys, ledger, clock)  # type: ignore[arg-type]
        host = Host.over(app, poison, watched=sound, workers=2)
        yield Site(replace(made, now=[NOW]), host, poison, clock, wire, keys)
    wiring.use(None)


def half(seed: int) -> Plan:
    """Half of all answers are refusals of a busy service."""
    chance = random.Random(seed)
    faults = [Fault.BUSY, Fault.THROTTLED, Fault.FAILED]
    return lambda _: chance.choice(faults) if chance.random() < 0.5 else None


def storage_away(site: Site) -> None:
    site.wire.plan = lambda _: Fault.UNREACHABLE


def all_forbidden(site: Site) -> None:
    site.wire.plan = lambda _: Fault.FORBIDDEN


def half_refused(site: Site) -> None:
    site.wire.plan = half(2026)


def vault_away(site: Site) -> None:
    site.keys.away = {"KEY-003"}


def ledger_away(site: Site) -> None:
    site.wire.plan = lambda request: Fault.UNREACHABLE if "/ledger" in request.path else None


OUTAGES: list[Outage] = [storage_away, all_forbidden, half_refused, vault_away, ledger_away]
SHORT, QUARTER, LONG = timedelta(seconds=45), timedelta(minutes=15), timedelta(hours=3)


@pytest.mark.parametrize(
    ("outage", "lasts"),
    [
        *((outage, lasts) for outage in OUTAGES for lasts in (SHORT, LONG)),
        (storage_away, QUARTER),
        (vault_away, QUARTER),
    ],
)
def test_everything_ends_as_without_the_outage_and_nobody_did_anything(
    site: Site, outage: Outage, lasts: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="exchange")
    outage(site)
    site.world.drop("southwark", "pupils", [pupil(1), pupil(2, forename="Bola")])
    site.world.drop("lambeth", "households", [household()])
    # Where the host itself cannot look at a blob it leaves the event out of sight for ten minutes.
    with suppress(NotQuiet):
        site.host.run_to_quiescence(2)
    ends = site.clock.now + lasts
    while site.clock.now + ROUND <= ends:
        site.reconcile(caplog)
    site.wire.plan, site.keys.away = no_faults, set()
    for _ in range(14):
        site.reconcile(caplog)
    site.host.run_to_quiescence(60)  # events that come late do no harm
    site.reconcile(caplog)

    [match] = site.world.results("lambeth", "matches").to_pylist()
    assert match["household_ref"] == "H1"
    assert site.world.statuses("southwark") == site.world.statuses("lambeth") == ["accepted"]
    assert how_many(site.poison) == 0
    assert site.host.counts["poisoned"] == 0
    rang = sum(now and not before for before, now in zip([False, *site.rings], site.rings, strict=False))
    if outage is not half_refused:  # there it hangs on luck what waits for how long
        assert rang == (1 if lasts == LONG else 0)
    assert not site.rings[-1]
    for subject in site.world.exchange.ledger.subjects():
        verify_chain(site.world.exchange.ledger.events(subject))


def test_a_vault_that_says_no_for_good_is_a_defect_and_ends_when_it_is_mended(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Five tries of the host, its poison queue, then reconciliation: the message goes, the blob is cared for."""
    site.keys.away = {"KEY-001"}
    site.world.drop("southwark", "pupils", [pupil()])
    site.host.run_to_quiescence(60)
    assert how_many(site.poison) == 1

    site.reconcile(caplog)
    assert how_many(site.poison) == 0
    site.keys.away = set()
    for _ in range(2):
        site.reconcile(caplog)

    assert site.world.statuses("southwark") == ["accepted"]


def test_the_fault_of_this_test_is_raised_by_the_real_code() -> None:
    assert KeyUnavailable("KEY-003", "").will_pass
    assert not KeyUnavailable("KEY-001", "").will_pass
