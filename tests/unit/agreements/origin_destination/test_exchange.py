"""The agreement carried out by the real exchange, in memory: sealed drops in, sealed tables out."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from client.totals.collect import FOLDER
from client.totals.table import Totals, checked
from local.site import Desk, make_keys
from shared.agreements.origin_destination.contracts import CONTRACTS
from shared.agreements.registry import agreed
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.exchange import Exchange
from shared.kernel.ledger.chain import Ledger
from shared.kernel.storage.storage import Storage
from shared.kernel.terms.agreements import Agreements
from shared.kernel.work.carry_out import carry_out
from tests.memory import account, service, storage
from tests.unit.agreements.origin_destination.samples import BARNET, CAMDEN, ENFIELD, SLUGS, SURREY, agreement, pupil
from tests.world import NOW, World, put_postcodes, upn

__all__ = ["account", "service", "storage"]

PARTIES = (*SLUGS.values(), "liia")


@pytest.fixture
def world(storage: Storage, tmp_path: Path) -> World:
    """Three boroughs and the hub."""
    folders = {slug: tmp_path / slug for slug in PARTIES}
    make_keys(tmp_path / "keys", tuple(Desk(slug, folder) for slug, folder in folders.items()))
    storage.ensure_containers(PARTIES)
    put_postcodes(storage)
    now = [NOW]
    exchange = Exchange(
        agreements=Agreements((agreed(agreement()),)),
        storage=storage,
        keys=LocalKeyRing(tmp_path / "keys"),
        ledger=Ledger(storage.ledger(), clock=lambda: now[0]),
        clock=lambda: now[0],
    )
    return World(exchange, {slug: LocalKeyRing(folder / "keys") for slug, folder in folders.items()}, now)


def drop(world: World, school: str, homes: dict[str, tuple[int, int]]) -> str | None:
    """Pupils of a borough's schools arrive and are taken in."""
    rows = [
        pupil(0, school, home, fsm=number < fsm) | {"upn": upn(number * 100 + place, school[-3:])}
        for place, (home, (many, fsm)) in enumerate(homes.items())
        for number in range(many)
    ]
    table = pa.Table.from_pylist(rows, schema=CONTRACTS["roll"].arrow_schema())
    sealed = world.seal(SLUGS[school], "roll", table)
    return world.receive(SLUGS[school], world.put(SLUGS[school], sealed.data, sealed.metadata))


def work(world: World) -> None:
    """Every job that is due for the hub."""
    world.wake()
    for blob in list(world.storage.requests("liia").list()):
        carry_out(world.exchange, party="liia", name=blob.name)


def tables(world: World, slug: str) -> list[Totals]:
    """What a party has been sent, opened with its own key, oldest first."""
    names = [name for name in world.outbox(slug) if name.startswith(FOLDER) and name.endswith("totals.parquet")]
    return [checked(world.open(slug, name), name) for name in names]


def test_a_table_comes_to_the_hub_and_to_every_borough(world: World) -> None:
    for school, homes in (
        (BARNET, {BARNET: (30, 12), CAMDEN: (20, 7), SURREY: (2, 1), ENFIELD: (8, 1)}),
        (CAMDEN, {CAMDEN: (40, 15), BARNET: (25, 6)}),
        (ENFIELD, {ENFIELD: (50, 9), BARNET: (15, 5)}),
    ):
        assert drop(world, school, homes)
    work(world)
    [whole] = tables(world, "liia")
    seen = whole.cells["pupils"]
    assert seen["Camden", "Barnet"] == 20
    assert seen["Surrey", "Barnet"] == "c"
    assert seen["Total", "Camden"] == 65
    for slug, name in (("barnet", "Barnet"), ("camden", "Camden"), ("enfield", "Enfield")):
        [own] = tables(world, slug)
        assert own.cells["pupils"] == {pair: value for pair, value in seen.items() if name in pair}


def test_a_later_table_remembers_what_the_earlier_left_out(world: World) -> None:
    others = {CAMDEN: {CAMDEN: (40, 15), BARNET: (25, 6)}, ENFIELD: {ENFIELD: (50, 9), BARNET: (15, 5)}}
    for school, homes in {BARNET: {BARNET: (30, 12), CAMDEN: (20, 7)}, **others}.items():
        drop(world, school, homes)
    work(world)
    [first] = tables(world, "liia")
    world.now[0] = world.now[0].replace(hour=11)
    drop(world, BARNET, {BARNET: (30, 12), CAMDEN: (21, 8)})
    work(world)
    [second] = tables(world, "liia")  # which has taken the place of the first
    assert [str(table.cells["pupils"]["Camden", "Barnet"]) for table in (first, second)] == ["20", "c"]


def test_nothing_tells_the_hub_how_many_children_there_are_that_the_table_leaves_out(world: World) -> None:
    drop(world, BARNET, {BARNET: (30, 12), SURREY: (3, 1)})
    work(world)
    [summary] = [name for name in world.outbox("liia") if name.endswith("summary.json")]
    facts = json.loads(world.storage.outbox("liia").read(summary).data)
    numbers = {key for key, value in facts.items() if isinstance(value, int) and not isinstance(value, bool)}
    assert numbers == {"left_out", "residences"}, "rows in would be the sum that is left out"
    [whole] = tables(world, "liia")
    assert whole.cells["pupils"]["Surrey", "Barnet"] == "c"
    assert whole.cells["pupils"]["Total", "Total"] == "x"


def test_no_pupils_number_and_no_postcode_leaves_the_exchange(world: World) -> None:
    drop(world, BARNET, {BARNET: (30, 12), CAMDEN: (20, 7)})
    work(world)
    for slug in PARTIES:
        for table in tables(world, slug):
            sink = pa.BufferOutputStream()
            pq.write_table(table.rows, sink, compression="none")
            assert upn(0, BARNET[-3:]).encode() not in sink.getvalue().to_pybytes()
