"""Records end when their days are over: whole chains, certificates not before their chain, and never a day early."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.kernel.disposal.records import chain_of, end_records
from shared.kernel.disposal.remind import NoLog
from shared.kernel.disposal.sweep import dispose
from shared.kernel.intake.identity import derived_id
from shared.kernel.ledger.chain import Ledger, verify_chain
from shared.kernel.storage.poison import PoisonQueue
from tests.clock import both_say
from tests.wire import Fault, Killed, Wire, at_write
from tests.world import World, household, pupil


@pytest.fixture
def years(world: World, account: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A small term was swept, certified and recorded; the emulator's clock says when."""
    world.now[0] = datetime.now(UTC).replace(microsecond=0)
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household(extract_date=world.now[0].date())]))
    world.carry_out_all()
    both_say(monkeypatch, lambda: world.now[0])
    world.now[0] += timedelta(days=27)
    with PoisonQueue.connect(account) as poison:
        dispose(world.exchange, poison, NoLog())
    return world


def chains(world: World) -> set[str]:
    return set(world.exchange.ledger.subjects())


def certificates(world: World) -> list[str]:
    slugs = (part.rstrip("/") for part in world.storage.parts()["certificates"])
    return [blob.name for slug in slugs for blob in world.storage.certificates(slug).list()]


def go_to(world: World, days: float) -> None:
    """So many days after the records were written (the emulator goes by the machine's clock)."""
    world.now[0] = datetime.now(UTC) + timedelta(days=days)


def record_of(world: World) -> str:
    return f"records:{derived_id('records', world.now[0].date().isoformat())}"


def with_days(world: World, *, ledger: int, certificate: int) -> None:
    terms = world.agreement.records.model_copy(update={"ledger_days": ledger, "certificate_days": certificate})
    world.exchange = world.under(world.agreement.model_copy(update={"records": terms})).exchange


def test_a_day_before_nothing_ends(years: World) -> None:
    before, kept = chains(years), certificates(years)
    assert len(kept) == 2
    go_to(years, years.agreement.records.ledger_days - 0.1)

    end_records(years.exchange, years.storage)

    assert chains(years) == before | {record_of(years)}
    assert certificates(years) == kept
    assert years.steps(record_of(years)) == ["done"]


def test_on_its_day_every_chain_and_certificate_ends_and_the_ledger_says_so(years: World) -> None:
    before, kept = chains(years), certificates(years)
    go_to(years, years.agreement.records.certificate_days + 0.1)

    end_records(years.exchange, years.storage)
    end_records(years.exchange, years.storage)

    assert chains(years) == {record_of(years)}
    assert certificates(years) == []
    due, done = years.exchange.ledger.events(record_of(years))
    assert (due.step, due.counts) == ("due", {"chains": len(before), "certificates": len(kept)})
    assert (done.step, done.counts["chains_ended"], done.counts["chains_left"]) == ("done", len(before), 0)
    verify_chain([due, done])


def test_certificates_may_outlive_their_chain_and_never_go_before_it(years: World) -> None:
    kept = certificates(years)
    with_days(years, ledger=100, certificate=200)
    go_to(years, 150)
    end_records(years.exchange, years.storage)
    assert chains(years) == {record_of(years)}
    assert certificates(years) == kept

    go_to(years, 201)
    end_records(years.exchange, years.storage)
    assert certificates(years) == []


def test_a_certificate_whose_chain_still_lasts_is_kept(years: World) -> None:
    [name, other] = certificates(years)
    written = max(last for _, last in years.exchange.ledger.written() if last)
    time.sleep(2.1)  # the service dates by whole seconds
    years.exchange.ledger.record(chain_of(name), "noted", service="test", tenant="exchange")
    with_days(years, ledger=1, certificate=1)
    years.now[0] = written + timedelta(days=1, seconds=1)

    end_records(years.exchange, years.storage)

    assert chains(years) == {chain_of(name), record_of(years)}, "the last event of a chain decides"
    assert certificates(years) == [name]
    assert other != name


def test_killed_between_any_two_deletions_what_is_left_holds_and_the_next_call_ends_it(
    years: World, account: str
) -> None:
    go_to(years, years.agreement.records.certificate_days + 0.1)
    for number in range(1, 200):
        wire = Wire(at_write(number, Fault.KILLED_AFTER))
        with wire.storage(account) as archive:
            try:
                end_records(replace(years.exchange), archive)
                break
            except Killed:
                left = years.exchange.ledger
                for subject in left.subjects():
                    verify_chain(left.events(subject))
    assert number > 3
    assert chains(years) == {record_of(years)}
    assert certificates(years) == []


def test_the_archive_is_only_deleted_from_and_the_record_is_the_apps(years: World, account: str) -> None:
    go_to(years, years.agreement.records.certificate_days + 0.1)
    wire = Wire()
    with wire.storage(account) as archive:
        end_records(years.exchange, archive)

    assert {request.method for request in wire.requests} == {"GET", "DELETE"}
    deleted = [request for request in wire.requests if request.method == "DELETE"]
    assert {request.headers["x-ms-client-request-id"] for request in deleted} == {record_of(years)}
    assert {request.path.split("/")[2] for request in deleted} == {"ledger", "certificates"}


def test_a_ledger_over_other_rights_is_the_same_ledger(years: World) -> None:
    other: Ledger = years.exchange.ledger.over(years.storage.ledger())

    assert list(other.written()) == list(years.exchange.ledger.written())
    assert {subject for subject, written in other.written() if written} == chains(years)
