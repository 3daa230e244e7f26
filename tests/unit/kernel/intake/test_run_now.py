"""Work that waits, asked for at once: by a party in its inbox, by operators among requests."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.kernel.errors import RefusedEvent
from shared.kernel.intake.due import marks
from shared.kernel.terms.run_now import name_for_operators, name_for_party
from shared.kernel.work.carry_out import carry_out
from tests.world import COLLECTION, NOW, World, household, pupil

ASK = name_for_party("fsm", COLLECTION, NOW)


@pytest.fixture
def waiting(world: World) -> World:
    """A run of Lambeth waits."""
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    return world


def ask(world: World, name: str, slug: str = "lambeth", data: bytes = b"") -> str | None:
    world.storage.inbox(slug).create(name, data)
    return world.receive(slug, name)


def jobs(world: World) -> list[str]:
    return [blob.name for blob in world.storage.requests("lambeth").list() if "/run-now/" not in blob.name]


def asked(world: World) -> list[dict[str, int]]:
    events = (world.exchange.ledger.events(subject) for subject in world.exchange.ledger.subjects("event"))
    return [dict(event.counts) for chain in events for event in chain if event.step == "asked"]


@pytest.mark.parametrize("name", [ASK, f"run-now/fsm/{COLLECTION}"])
def test_a_party_asks_for_its_work_and_has_it_at_once(waiting: World, name: str) -> None:
    assert jobs(waiting) == []
    assert ask(waiting, name, data=b"\x00 whatever it holds is never read") is None
    assert len(jobs(waiting)) == 1
    assert marks(waiting.sharing, "lambeth") == {}
    assert asked(waiting) == [{"requests": 1}]
    assert waiting.statuses("lambeth") == ["accepted"], "nothing but its drop is answered"


def test_asked_again_it_asks_for_nothing_and_the_ledger_says_so(waiting: World) -> None:
    ask(waiting, ASK)
    ask(waiting, name_for_party("fsm", COLLECTION, NOW + timedelta(seconds=1)))
    assert sorted(asked(waiting), key=str) == [{"requests": 0}, {"requests": 1}]
    assert len(jobs(waiting)) == 1


def test_a_party_asks_for_no_other_partys_work(waiting: World) -> None:
    ask(waiting, ASK, "southwark")
    assert jobs(waiting) == []
    assert list(marks(waiting.sharing, "lambeth")) == [COLLECTION]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("run-now", "RUN-001"),
        ("run-now/fsm", "RUN-001"),
        ("run-now/fsm/2026-okafor", "RUN-001"),
        ("run-now/fsm/2025-27", "RUN-001"),
        (f"run-now/fsm/{COLLECTION}/soon", "RUN-001"),
        (f"run-now/fsm/{COLLECTION}/20261121T093000Z/x", "RUN-001"),
        (f"run-now/other/{COLLECTION}", "RUN-002"),
        ("run-now/fsm/2019-autumn", "RUN-003"),
        ("run-now/../fsm", "DRP-003"),
    ],
)
def test_a_name_that_cannot_be_understood_is_refused_aloud(waiting: World, name: str, code: str) -> None:
    if code != "DRP-003":
        waiting.storage.inbox("lambeth").create(name, b"")
    drop = waiting.receive("lambeth", name)
    report = waiting.report("lambeth", drop)
    assert (report["status"], [finding["code"] for finding in report["findings"]]) == ("rejected", [code])
    assert "okafor" not in str(report)
    assert jobs(waiting) == []


def test_where_nothing_waits_by_the_agreement_nobody_can_ask(waiting: World) -> None:
    at_once = waiting.under(waiting.agreement.model_copy(update={"waits": None}))
    drop = ask(at_once, ASK)
    assert [finding["code"] for finding in waiting.report("lambeth", drop)["findings"]] == ["RUN-002"]


def test_operators_ask_with_a_blob_among_requests(waiting: World) -> None:
    name = name_for_operators("fsm", COLLECTION, NOW)
    waiting.storage.requests("lambeth").create(name, b"")
    assert carry_out(waiting.exchange, party="lambeth", name=name) is None
    assert len(jobs(waiting)) == 1
    assert asked(waiting) == [{"requests": 1}]


@pytest.mark.parametrize(
    "name", ["fsm/run-now/now", f"fsm/run-now/{COLLECTION}", "fsm/run-now/2019-autumn/20261121T093000Z"]
)
def test_what_asks_among_requests_and_cannot_be_understood_is_refused_and_recorded(waiting: World, name: str) -> None:
    waiting.storage.requests("lambeth").create(name, b"")
    with pytest.raises(RefusedEvent, match="EVT-028"):
        carry_out(waiting.exchange, party="lambeth", name=name)
    codes = [
        event.codes
        for subject in waiting.exchange.ledger.subjects("event")
        for event in waiting.exchange.ledger.events(subject)
        if event.step == "refused"
    ]
    assert codes == [("EVT-028",)]
    assert jobs(waiting) == []
