"""The certificate of destruction: what was destroyed, under which clause, when, how, and the listing that proves it.

It holds ids, hashes, counts and times, and no name that a party chose. Signed by the exchange; it states the head of
the sweep's chain in the ledger, so that neither can be altered without the other showing it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.kernel.disposal.notes import Holding, Plan, Sweep
from shared.kernel.disposal.objects import DELIVERED, HELD, HeldObject, past
from shared.kernel.disposal.stopped import CLAUSES, goes_now, is_kept
from shared.kernel.envelope.statement import sign_statement
from shared.kernel.errors import AlreadyExists
from shared.kernel.intake.stops import stops_of
from shared.kernel.terms.agreements import Agreements
from shared.kernel.terms.retention import LASTING, Retention, retention_clause

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.ledger.events import Event
    from shared.kernel.storage.areas import Area

CERTIFICATE = "certificate"

SWEEP, LIFECYCLE, EXPIRY, UNEXPLAINED = "sweep", "lifecycle_policy", "expiry", "unexplained"
"""Mechanisms. The second and third are inferred: the object had been seen, no sweep deleted it, and it went when the
policy, or the service's own expiry of messages and of uncommitted blocks, would have taken it. The storage logs say
who did. What went before that day is `unexplained`, and nobody certifies it."""
REPLACED, WITHDRAWN = "replaced", "withdrawn"
"""Mechanisms, as the ledger calls the steps: a newer result took the place of this one; a job that could not be
finished took back what it wrote."""
BY_WORK = (REPLACED, WITHDRAWN)
_OF_WORK = ("outbox", "staging", "pending")
"""Kinds of container from which work takes anything back."""


def destroyed(plan: Plan, holding: Holding) -> tuple[HeldObject, ...]:
    """What the sweep was to destroy and is no longer listed."""
    left = {held.id for held in holding.objects} | set(holding.spared)
    return tuple(held for held in plan.objects if held.id not in left)


def not_destroyed(plan: Plan, holding: Holding) -> tuple[HeldObject, ...]:
    """What the sweep was to destroy and could not."""
    gone = {held.id for held in destroyed(plan, holding)}
    return tuple(held for held in plan.objects if held.id not in gone)


def ways(exchange: Exchange, plan: Plan) -> dict[str, str]:
    """How each lost object went, as far as that can be told, by its id."""
    taken_back = _taken_back(exchange, plan.lost)
    return {held.id: taken_back.get(held.id) or _way(held, plan, exchange.agreements) for held in plan.lost}


def _taken_back(exchange: Exchange, lost: Iterable[HeldObject]) -> dict[str, str]:
    """Of lost objects those that their own job, or a newer one, has deleted, as the ledger says: by id, which of the
    two."""
    steps: dict[tuple[str, str], frozenset[str]] = {}
    found = {}
    for held in lost:
        if held.kind not in _OF_WORK or not held.work or held.agreement not in exchange.agreements:
            continue
        if (held.agreement, held.work) not in steps:
            kinds = exchange.agreements[held.agreement].pipeline.kinds
            chains = (exchange.ledger.steps(f"{kind}:{held.work}") for kind in kinds)
            steps[held.agreement, held.work] = frozenset[str]().union(*chains)
        if ways := [way for way in (WITHDRAWN, REPLACED) if way in steps[held.agreement, held.work]]:
            found[held.id] = ways[0]
    return found


def _way(held: HeldObject, plan: Plan, agreements: Agreements) -> str:
    if held.state in ("message", "uncommitted"):
        return EXPIRY
    days = agreements.retention_of(held.agreement).line(held.kind).lifecycle
    if held.since and held.since <= plan.now - timedelta(days=days):
        return LIFECYCLE
    return UNEXPLAINED


def is_due(plan: Plan, holding: Holding) -> bool:
    """Whether the sweep owes a certificate: more went than delivered copies of certificates."""
    return any(not held.delivery for held in (*destroyed(plan, holding), *plan.lost))


def issue(exchange: Exchange, sweep: Sweep, plan: Plan, holding: Holding, event: Event, there: frozenset[str]) -> bytes:
    """Write the certificate once, keep it, deliver a copy into the party's outbox, and return it.

    `event` is the step of the ledger that records the destruction: its time is the certificate's. `there` are the
    containers that exist: a party that has left may have no outbox any more.
    """
    name = f"{sweep.day.isoformat()}-{sweep.id}.json"
    kept = exchange.storage.certificates(sweep.owner)
    body = _body(exchange, sweep, plan, holding, event) | {"previous": _before(kept, name)}
    document = sign_statement(body, CERTIFICATE, exchange.keys, datetime.fromisoformat(event.at))
    try:
        kept.create(name, document, content_type="application/json")
    except AlreadyExists:
        document = kept.read(name).data  # the key may have been rotated since an earlier try signed it
    outbox = exchange.storage.outbox(sweep.owner)
    if outbox.container in there:
        try:
            outbox.create(DELIVERED + name, document, content_type="application/json")
        except AlreadyExists:
            return document
    return document


def _before(kept: Area, name: str) -> dict[str, str] | None:
    """The owner's certificate before the one of that name: none can be taken away later without the next one showing
    it. `None` for the first."""
    earlier = [blob.name for blob in kept.list() if blob.name < name]
    if not earlier:
        return None
    return {"file": earlier[-1], "sha256": hashlib.sha256(kept.read(earlier[-1]).data).hexdigest()}


def _body(exchange: Exchange, sweep: Sweep, plan: Plan, holding: Holding, event: Event) -> dict[str, Any]:
    by_sweep = [held for held in destroyed(plan, holding) if not held.delivery]
    found = ways(exchange, plan)
    lost = [held for held in plan.lost if not held.delivery]
    gone = [held for held in lost if found[held.id] != UNEXPLAINED]
    missing = [held for held in lost if found[held.id] == UNEXPLAINED]
    at, agreements = datetime.fromisoformat(event.at), exchange.agreements
    how = {held.id: {"mechanism": SWEEP} for held in by_sweep}
    how |= {held.id: {"mechanism": found[held.id], "last_seen": plan.since} for held in gone}
    entries = [
        _entry(held, {"destroyed": event.at, **how[held.id], **_late(held, at, agreements)})
        for held in (*by_sweep, *gone)
    ]
    return {
        "certificate": sweep.id,
        "borough": sweep.owner,
        "agreements": {agreed.terms.reference: _clause(agreed.terms.retention) for agreed in exchange.agreements},
        "swept_at": plan.now.isoformat(),
        "destroyed": entries,
        "not_destroyed": [_entry(held, {"why": held.bar or "changed"}) for held in not_destroyed(plan, holding)],
        "missing": [_entry(held, {"last_seen": plan.since}) for held in missing],
        "counts": _counts([*by_sweep, *gone]) | {"late": sum("kept_days" in entry for entry in entries)},
        "made_up": _made_up(by_sweep, plan, at, agreements),
        "held": _under_hold(exchange, holding),
        "proof": {"listed_at": holding.listed_at, "containers": [dict(part) for part in holding.containers]},
        "ledger": {"subject": event.subject, "seq": event.seq, "head": event.hash},
    }


def _clause(retention: Retention) -> dict[str, Any]:
    return {
        "retention.promise_days": retention.promise_days,
        "retention.lifecycle_days": retention.lifecycle_days,
        "retention.sweep_days": {str(kind): days for kind, days in retention.sweep_days.items()},
        **{retention_clause(kind): retention.line(kind).sweep for kind in retention.kinds if kind in LASTING},
    }


def _late(held: HeldObject, gone: datetime, agreements: Agreements) -> dict[str, int]:
    """How many days an object was there and how many were promised, where it was there for longer."""
    promised = agreements.retention_of(held.agreement).line(held.kind).promise
    # What a hold kept was kept as long as it wanted; the watchdog cries at what is there when it is over.
    if held.kind == HELD or held.since is None or gone - held.since <= timedelta(days=promised):
        return {}
    return {"kept_days": (gone - held.since).days, "promised_days": promised}


def _made_up(
    swept: Iterable[HeldObject], plan: Plan, gone: datetime, agreements: Agreements
) -> dict[str, int | str] | None:
    """What an earlier night was to destroy and did not, and the first such night: a second fact, beside that it is gone
    now. `None` where every night took what was its own."""
    missed = []
    for held in (each for each in swept if each.kind != HELD):
        days = agreements.retention_of(held.agreement).line(held.kind).sweep
        due = held.since + timedelta(days=days) if held.since else plan.now
        night = plan.now.date() - timedelta(days=max(0, (plan.now - due).days))
        if night < gone.date():
            missed.append(night)
    return {"objects": len(missed), "first_missed": min(missed).isoformat()} if missed else None


def _entry(held: HeldObject, more: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: value for name, value in held.facts().items() if name not in ("bar", "delivery", "passing", "stop")}
    clause = CLAUSES.get(held.stop, retention_clause(held.kind))
    if more.get("mechanism") in BY_WORK:
        clause = "purposes"
    return {**facts, "clause": clause, **more}


def _under_hold(exchange: Exchange, holding: Holding) -> dict[str, Any]:
    """What is not destroyed because a hold keeps it: counts, and which holds, why and until when."""
    kept = [held for held in holding.objects if is_kept(held)]
    stops = {stop.id: stop for stop in stops_of(exchange).every} if kept else {}
    holds = [
        {"hold": id, "why": stops[id].why, "until": stops[id].day.isoformat(), "objects": count}
        for id, count in sorted(Counter(held.work for held in kept).items())
        if id in stops
    ]
    return {"objects": len(kept), "rows": sum(held.rows or 0 for held in kept), "holds": holds}


def _counts(gone: Iterable[HeldObject]) -> dict[str, int]:
    gone = tuple(gone)
    return {
        "objects": len(gone),
        "bytes": sum(held.bytes for held in gone),
        "rows": sum(held.rows or 0 for held in gone),
    }


def due(objects: Iterable[HeldObject], now: datetime, agreements: Agreements) -> tuple[HeldObject, ...]:
    """Those that are past the day of their agreement and kind, or that nobody may use any more; none under a hold."""

    def days(held: HeldObject) -> int:
        return agreements.retention_of(held.agreement).line(held.kind).sweep

    return tuple(held for held in objects if goes_now(held) or (past(held, now, days(held)) and not is_kept(held)))
