"""Runs schedules, one after the other, and says where one diverges."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

from local.azurite import Azurite
from local.site import make_keys
from shared.kernel.reconcile.tasks import Task
from shared.kernel.rights.night import before_the_sweep
from shared.kernel.storage.storage import Storage
from shared.kernel.terms.orders import Order
from tests.chaos.compare import broken, outcome, pairs, rests_on_a_hold
from tests.chaos.engine import Machine, attend
from tests.chaos.schedule import HOMES, File, decisions, files, objections, orders
from tests.memory import MemoryBlobs
from tests.world import World, desks, make_world, put_postcodes


def run_many(count: int, seed: int) -> tuple[list[str], Counter[str]]:
    """Run so many schedules; what diverged, and how often what happened."""
    wrong: list[str] = []
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder)
        make_keys(keys / "keys", desks(keys))
        names = [f"chaos{number:04d}" for number in range(count)]
        with Azurite(keys / "azurite", names, kept=False) as emulator:
            for number, name in enumerate(names):
                found, happened = run_one(emulator.connection_string(name), keys, seed + number)
                wrong += [f"seed {seed + number}: {what}" for what in found]
                told += happened
                sys.stderr.write(f"{number + 1} of {count}, seed {seed + number}: {len(found)} divergences\n")
    return wrong, told


def run_one(account: str, keys: Path, seed: int) -> tuple[list[str], Counter[str]]:
    """One schedule in an empty account."""
    with MemoryBlobs().storage() as undisturbed, Storage.connect(account) as storage:
        plain, world = _world(undisturbed, keys), _world(storage, keys)
        # One ring for both: it has opened the private keys once, and every process that is forked has them.
        world = replace(world, exchange=replace(world.exchange, keys=plain.exchange.keys), rings=plain.rings)
        sent = files(plain, Random(seed))
        sent += objections(plain, Random(seed), sent)
        _calmly(plain, _put(plain, sent))
        machine = Machine(world, account, Random(seed))
        machine.run(_put(world, sent))
        machine.finish()
        wrong = _compared(plain, world)
        given = orders(Random(seed), sent)
        _calmly(plain, _order(plain, given))
        machine.run(_order(world, given))
        machine.finish()
        wrong += _compared(plain, world)
        refs = {home: [row["match_ref"] for rows in pairs(plain, home).values() for row in rows] for home in HOMES}
        decided = decisions(plain, Random(seed), refs)
        _calmly(plain, _put(plain, decided))
        machine.run(_put(world, decided))
        machine.finish()
        return wrong + _compared(plain, world), machine.told


def _world(storage: Storage, keys: Path) -> World:
    world = make_world(storage, keys)
    storage.ensure_containers(world.agreement.controllers)
    put_postcodes(storage)
    return world


def _put(world: World, sent: Iterable[File]) -> list[Task]:
    """Put the files into the inboxes; the tasks that their events are about."""
    tasks = []
    for file in sent:
        inbox = world.storage.inbox(file.slug)
        inbox.create(file.name, file.data, file.metadata)
        tasks.append(Task("drop", file.slug, inbox.container, file.name))
    return tasks


def _order(world: World, given: Iterable[Order]) -> list[Task]:
    """Put the orders among the requests; the tasks that their events are about."""
    tasks = []
    for order in given:
        requests = world.storage.requests(order.party)
        requests.create(order.name, order.document)
        tasks.append(Task("request", order.party, requests.container, order.name))
    return tasks


def _calmly(world: World, tasks: Iterable[Task]) -> None:
    """One event after the other, with nothing going wrong."""
    for task in tasks:
        attend(world, task)
        world.carry_out_all()
    assert before_the_sweep(world.exchange) == ()
    world.carry_out_all()


def _compared(plain: World, world: World) -> list[str]:
    expected, found = outcome(plain), outcome(world)
    # A result that rests on what is held stays: whether there was one when the hold came is a matter of the order.
    held = {slug for each in (plain, world) for slug in HOMES if rests_on_a_hold(each, slug)}
    differs = [
        f"{what} of {slug} differ"
        for what in expected
        for slug in HOMES
        if expected[what][slug] != found[what][slug] and not (what == "pairs" and slug in held)
    ]
    return differs + broken(world)
