"""The daily sweep: finds what is past its day, destroys it, lists again, and certifies what is gone.

Like intake, every step can be repeated. What is to be destroyed is fixed before the first deletion, so that a sweep
that was killed is finished by the next one, and certified whole, even if that is days later.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from shared.kernel.disposal.certificate import UNEXPLAINED, destroyed, due, is_due, issue, not_destroyed, ways
from shared.kernel.disposal.clock import check_clock
from shared.kernel.disposal.notes import (
    Holding,
    Notes,
    Plan,
    Sweep,
    fix_holding,
    fix_plan,
    last_holding,
    notes,
    open_plan,
    sweep_of,
    tidy,
)
from shared.kernel.disposal.objects import Found, Shelf, look, owners, stamp
from shared.kernel.disposal.remind import remind
from shared.kernel.disposal.stopped import is_kept, judge_of
from shared.kernel.envelope.canonical import canonical
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.errors import Changed, ExchangeError, Held, Missing

if TYPE_CHECKING:
    from shared.kernel.disposal.remind import CollectionLog
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.poison import PoisonQueue

SERVICE = "disposal"
MISSED = "DSP-001"
_AT_ONCE = 8
"""Deletions under way at the same time: fewer than connections are kept open. A batch would be one request for many,
but what is in it does not bear the sweep's mark in the storage logs, and the audit could not explain it."""
_PASSES = 3
"""Where versions are kept against the agreement, a deletion makes a version, which the next pass deletes."""


def dispose(exchange: Exchange, poison: PoisonQueue, log: CollectionLog) -> None:
    """Remind of what waits, then sweep, for everybody.

    A fault at one keeps no other from being swept, and logs that do not answer keep nobody; the first is raised at the
    end. Where the clock is implausible nothing is done at all (CLK-001).
    """
    faults: list[ExchangeError] = []

    def attempt(work: Callable[[], object]) -> None:
        try:
            work()
        except ExchangeError as fault:
            faults.append(fault)

    check_clock(exchange.working_on(Sweep(EXCHANGE, exchange.clock().date()).subject), EXCHANGE)
    today = exchange.clock().date()
    of_all = exchange.working_on(Sweep(EXCHANGE, today).subject).storage
    there = of_all.containers()
    for owner in owners(exchange.agreements, of_all, there):
        if owner in exchange.agreements.parties:
            attempt(partial(remind, exchange.working_on(Sweep(owner, today).subject), owner, log))
        attempt(partial(sweep, exchange, poison, owner, there))
    if faults:
        raise faults[0]


def sweep(exchange: Exchange, poison: PoisonQueue, owner: str, there: frozenset[str]) -> Sweep:
    """Sweep what `owner` has: first what an earlier sweep left unfinished, then today's. Done once a day.

    `there` are the containers that exist.
    Raises a `StorageFault` when it could not be finished; the next call goes on from there. Raises `ClockImplausible`
    (CLK-001), and has done nothing, when the clock and a second one do not agree.
    """
    today = Sweep(owner, exchange.clock().date())
    exchange = exchange.working_on(today.subject)
    check_clock(exchange, owner)
    poison = poison.with_request_id(today.subject)
    found = notes(exchange, owner)
    for name in found.plans:
        earlier = sweep_of(owner, name)
        if earlier != today:
            _carry_out(exchange, poison, earlier, open_plan(exchange, owner, name), found, there)
            found = notes(exchange, owner)
    if exchange.ledger.recorded(today.subject, "done"):
        tidy(exchange, today, found)
        return today
    with look(exchange.storage, poison, owner, there, judge_of(exchange)) as shelves:
        holding = _holding(exchange, shelves)
    # Even where there is nothing to do the plan is fixed: another worker may be in the middle of one, and what we see
    # gone may be what it has destroyed and not yet certified.
    plan = fix_plan(exchange, today, _plan(exchange, today, holding, found))
    _carry_out(exchange, poison, today, plan, found, there, None if plan.objects else holding)
    return today


def _plan(exchange: Exchange, today: Sweep, holding: Holding, found: Notes) -> Plan:
    now = exchange.clock()
    before = last_holding(exchange, today, found)
    here = {held.id for held in holding.objects}
    lost = tuple(held for held in before.objects if held.id not in here and not held.passing) if before else ()
    return Plan(now, due(holding.objects, now, exchange.agreements), lost, before.listed_at if before else "")


def _carry_out(
    exchange: Exchange,
    poison: PoisonQueue,
    sweep: Sweep,
    plan: Plan,
    found: Notes,
    there: frozenset[str],
    listed: Holding | None = None,
) -> None:
    """Do what the plan says, and say so. `listed` is what is held, where there is nothing to destroy."""
    exchange = exchange.working_on(sweep.subject)
    poison = poison.with_request_id(sweep.subject)
    if exchange.ledger.recorded(sweep.subject, "done"):
        tidy(exchange, sweep, found)  # another worker was quicker, between our look and our plan
        return
    holding = fix_holding(exchange, sweep, listed or _destroy(exchange, poison, sweep, plan, there))
    if not plan.is_empty:
        _tell(exchange, sweep, plan, holding, there)
    exchange.ledger.record(
        sweep.subject, "done", service=SERVICE, tenant=sweep.owner, counts={"held": len(holding.objects)}
    )
    tidy(exchange, sweep, found)


def _tell(exchange: Exchange, sweep: Sweep, plan: Plan, holding: Holding, there: frozenset[str]) -> None:
    """Record what was destroyed, and certify it."""
    gone, left = destroyed(plan, holding), not_destroyed(plan, holding)
    lost = Counter(ways(exchange, plan).values())
    kept = sum(map(is_kept, holding.objects))
    event = exchange.ledger.record(
        sweep.subject,
        "destroyed",
        service=SERVICE,
        tenant=sweep.owner,
        counts={
            **Counter(f"destroyed.{held.kind}" for held in gone),
            **{f"lost.{way}": count for way, count in lost.items()},
            "rows": sum(held.rows or 0 for held in gone),
            **({"under_hold": kept} if kept else {}),
            "left": len(left),
        },
        hashes={"listing": hashlib.sha256(canonical([dict(part) for part in holding.containers])).hexdigest()},
        codes=(*sorted({f"left.{held.bar or 'changed'}" for held in left}), *((MISSED,) if lost[UNEXPLAINED] else ())),
    )
    if is_due(plan, holding):
        document = issue(exchange, sweep, plan, holding, event, there)
        exchange.ledger.record(
            sweep.subject,
            "certified",
            service=SERVICE,
            tenant=sweep.owner,
            hashes={"certificate": hashlib.sha256(document).hexdigest()},
        )


def _destroy(exchange: Exchange, poison: PoisonQueue, sweep: Sweep, plan: Plan, there: frozenset[str]) -> Holding:
    """Destroy what the plan names, and list until nothing of it is there, or nothing more can be done."""
    judge = judge_of(exchange)
    doomed = {held.id for held in plan.objects}
    spared: set[str] = set()
    for _ in range(_PASSES):
        with look(exchange.storage, poison, sweep.owner, there, judge) as shelves:
            targets = [found for shelf in shelves for found in shelf.found if found.held.id in doomed - spared]
            if not targets:
                return _holding(exchange, shelves, spared)
            spared |= _destroy_each(targets)
    with look(exchange.storage, poison, sweep.owner, there, judge) as shelves:
        return _holding(exchange, shelves, spared)


def _destroy_each(targets: list[Found]) -> set[str]:
    """Destroy them and return the ids of those that cannot be: to try again would not help.

    One kind after the other, in the order in which they were found: see `objects`.
    """
    spared = {target.held.id for target in targets if target.held.bar}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _, kind in groupby(targets, lambda target: target.held.kind):
            left = pool.map(_destroy_one, [target for target in kind if not target.held.bar])
            spared |= {id for id in left if id}
    return spared


def _destroy_one(target: Found) -> str:
    """Destroy it; its id where it cannot be."""
    try:
        target.destroy()
    except Missing:
        return ""  # it went with the blob that it was a snapshot of
    except (Held, Changed):
        return target.held.id
    return ""


def _holding(exchange: Exchange, shelves: tuple[Shelf, ...], spared: Iterable[str] = ()) -> Holding:
    listed_at = exchange.clock()
    containers = []
    for shelf in shelves:
        objects = [found.held for found in shelf.found]
        containers.append(
            {
                "container": shelf.container,
                "objects": len(objects),
                "deliveries": sum(held.delivery for held in objects),
                "oldest": min((held.created for held in objects if held.created), default=""),
                "past_their_day": len(due(objects, listed_at, exchange.agreements)),
                "listing_sha256": hashlib.sha256(
                    canonical(sorted([held.id, held.created] for held in objects))
                ).hexdigest(),
            }
        )
    everything = tuple(found.held for shelf in shelves for found in shelf.found)
    return Holding(stamp(listed_at), tuple(containers), everything, tuple(sorted(spared)))
