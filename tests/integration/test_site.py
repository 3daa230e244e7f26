"""The local exchange as a whole: everybody is somebody, and what it saw of itself it can use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions import wiring
from local import identities
from local.clock import Clock
from local.host import Host
from local.site import Site, open_site
from local.triggers.app import Triggers
from shared.agreements.registry import load_agreements
from shared.kernel.storage.poison import QUEUE
from tests.witnessed import lend_keys, lines

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock", NOW)


@pytest.fixture
def site(keys_folder: Path, tmp_path: Path, clock: Clock) -> Iterator[Site]:
    lend_keys(keys_folder, tmp_path)
    with open_site(tmp_path, clock=clock) as opened:
        yield opened
    wiring.use(None)


def test_only_what_nobody_has_collected_is_reminded_of(site: Site, clock: Clock) -> None:
    outbox = site.exchange.storage.outbox("lambeth")
    for name in ("results/a.parquet", "results/b.parquet"):
        outbox.create(name, b"sealed")
    outbox.read("results/b.parquet")  # the app's own reads are no collection
    with site.door("lambeth", identities.officer("lambeth")) as door:
        door.fetch("results/a.parquet")
    host = Host.of(site)
    wait_for_the_log(site, "results/a.parquet")
    clock.go(NOW + timedelta(days=20))

    host.fire("disposal")

    ledger = site.exchange.ledger
    [reminded] = [event for subject in ledger.subjects("result") for event in ledger.events(subject)]
    assert (reminded.step, reminded.tenant, reminded.codes) == ("reminded", "lambeth", ("uncollected",))
    assert site.collections.collected("southwark") == frozenset()


def wait_for_the_log(site: Site, name: str) -> None:
    deadline = time.monotonic() + 20
    while name not in site.collections.collected("lambeth") and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_site_that_is_opened_again_keeps_its_logs_and_names_all_its_passes(
    keys_folder: Path, tmp_path: Path, clock: Clock
) -> None:
    lend_keys(keys_folder, tmp_path)
    for _ in range(2):
        with open_site(tmp_path, clock=clock):
            pass
    register = (tmp_path / "register.yaml").read_text(encoding="utf-8")
    agreements = load_agreements()
    each = len(agreements.parties) + len(agreements.senders)
    assert register.count("signature:") == 2 * each, "twice: one of each outbox, and one of each inbox"
    made = [line for line in lines(tmp_path / "logs") if line["operationName"] == "CreateQueue"]
    assert [(line["properties"]["objectKey"], line["statusCode"]) for line in made] == [
        ("/exchange/webjobs-blobtrigger-poison", 201),
        ("/exchange/policy-runs", 201),
        ("/exchange/webjobs-blobtrigger-poison", 204),
        ("/exchange/policy-runs", 204),
    ]


@pytest.mark.parametrize("events", ["grid", "queue"])
def test_every_queue_that_the_app_listens_to_is_made(
    keys_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events: str
) -> None:
    monkeypatch.setenv("EXCHANGE_EVENTS", events)
    lend_keys(keys_folder, tmp_path)
    with open_site(tmp_path) as site:
        assert set(site.poison.every.names()) == {*Triggers.of_the_app().by_queue, QUEUE}
