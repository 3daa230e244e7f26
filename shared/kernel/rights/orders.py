"""Carries out an order of the operators: records it, takes the rows out of use at once, and asks for the work without
them. What lies there is told to its senders and destroyed, or kept, by the night's work (`out_of_use`, `holds`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from shared.kernel.envelope.manifest import read_manifest
from shared.kernel.errors import Missing, RefusedEvent, UntrustedDrop
from shared.kernel.intake.identity import drop_id, request_event
from shared.kernel.intake.outcome import attend
from shared.kernel.intake.stops import (
    BY,
    CONSENTED,
    DROP,
    ENDED,
    KEY,
    SIGNED_WITH,
    STOP,
    WORK,
    as_it_stands,
    codes_of,
    key_mark,
    number_of,
)
from shared.kernel.intake.successors import first_of, successors
from shared.kernel.rights.holds import keep
from shared.kernel.rights.leaving import tell_of_leaving
from shared.kernel.rights.out_of_use import SERVICE, tell_what_is_out_of_use
from shared.kernel.rights.resting import Rests, everybody, resting
from shared.kernel.rights.taken_back import take_back_what_rests_on_stops
from shared.kernel.terms.orders import Order, is_order_name, read_order
from shared.kernel.work.judge import ask_for_the_rest

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange, Sharing
    from shared.kernel.ledger.chain import Ledger

_MOST_BYTES = 1_000_000
_STEPS = {"hold": "held", "quarantine": "quarantined", "leave": "left"}
_AFTER = {"end": ENDED, "hold": CONSENTED}


def carry_out_order(exchange: Exchange, *, party: str, name: str) -> str | None:
    """Carry out the order `name` among the party's requests; its id, `None` when it is gone.

    Raises `RefusedEvent` (QUA-002), after recording it, for what is no order about that party.
    """
    subject = request_event(party, name)
    exchange = exchange.working_on(subject)
    return attend(
        exchange,
        subject,
        party=party,
        service=SERVICE,
        read=lambda: _read(exchange, party, name),
        act=lambda order: give(exchange, order),
    )


def give(exchange: Exchange, order: Order) -> str:
    """Record the order, take back what rests on its rows, and ask for the work without them; its id. Done twice, it is
    done once; of a hold, a second person's order is that person's consent."""
    subject = f"{STOP}:{order.stop}"
    exchange = exchange.working_on(subject)
    steps = exchange.ledger.steps(subject)
    if order.word == "end" or (order.word == "hold" and steps):
        exchange.ledger.record(subject, _AFTER[order.word], service=SERVICE, tenant=order.party, hashes={BY: order.by})
    drops = _drops(exchange, order)
    rests = list(_resting(exchange, order, drops))
    if not steps:
        _record(exchange, subject, order, drops, rests)
    if order.word in ("hold", "quarantine"):
        take_back_what_rests_on_stops(exchange)
        for sharing, one in rests:
            ask_for_the_rest(as_it_stands(exchange).under(sharing.agreement.id), one.done.job)
    if order.word == "leave" and order.day:
        for sharing in _agreements(exchange, order):
            if any(party.slug == order.party for party in sharing.agreement.participants):
                tell_of_leaving(sharing, order.stop, order.party, order.day)
    tell_what_is_out_of_use(exchange)
    keep(exchange)
    return order.stop


def _read(exchange: Exchange, party: str, name: str) -> Order:
    document = exchange.storage.requests(party).read(name, max_bytes=_MOST_BYTES).data
    with suppress(ValueError):
        order = read_order(document)
        if is_order_name(name) and order.name == name and order.party == party and _is_known(exchange, order):
            return order
    raise RefusedEvent("QUA-002", "The blob is no order about the party among whose requests it lies.")


def _is_known(exchange: Exchange, order: Order) -> bool:
    """Whether there is the agreement that it names, and the hold that is to end."""
    there = not order.hold or "held" in exchange.ledger.steps(f"{STOP}:{order.hold}")
    return there and (not order.agreement or order.agreement in exchange.agreements)


def _agreements(exchange: Exchange, order: Order) -> Iterator[Sharing]:
    for agreed in exchange.agreements:
        if order.agreement in ("", agreed.terms.id):
            yield exchange.under(agreed.terms.id)


def _drops(exchange: Exchange, order: Order) -> frozenset[str]:
    """The drops that it names, and those that were signed with its keys, or came since then: of what lies in the
    party's inbox, and of what any job that has left anything was over. Each with what took its place here."""
    ledger = exchange.ledger.over(exchange.storage.ledger())
    origin = successors(ledger, order.party)
    named = {*order.drops, *_in_inbox(exchange, order)}
    if order.keys or order.since:
        used = {drop for sharing in _agreements(exchange, order) for drop in _used(sharing, order.party)}
        named |= {drop for drop in {first_of(drop, origin) for drop in used} if _brought(order, ledger, drop)}
    return frozenset({*named, *(later for later in origin if first_of(later, origin) in named)})


def _used(sharing: Sharing, sender: str) -> Iterator[str]:
    for party in everybody(sharing.exchange):
        for one in resting(sharing, party):
            yield from (drop for of, drop in one.over if of == sender)


def _brought(order: Order, ledger: Ledger, drop: str) -> bool:
    """Whether the key or the time is that of the drop, as its chain says; its file is gone by now."""
    chain = ledger.events(f"drop:{drop}")
    marks = {key_mark(key) for key in order.keys}
    return bool(chain) and (
        (not marks or chain[0].hashes.get(SIGNED_WITH) in marks)
        and (order.since is None or datetime.fromisoformat(chain[0].at) >= order.since)
    )


def _in_inbox(exchange: Exchange, order: Order) -> Iterator[str]:
    marks = {key_mark(key) for key in order.keys}
    if not marks and order.since is None:
        return
    with suppress(Missing):  # who only collects has none
        for blob in exchange.storage.inbox(order.party).list():
            with suppress(UntrustedDrop):
                manifest = read_manifest(blob.metadata)
                by_key = not marks or key_mark(manifest.signing_key_id) in marks
                in_time = order.since is None or (blob.created or exchange.clock()) >= order.since
                if by_key and in_time:
                    yield drop_id(order.party, manifest.dataset, manifest.sha256, manifest.replaces)


def _touches(order: Order, drops: frozenset[str]) -> Callable[[str, Rests], bool]:
    """Whether a party's job was over rows that it is about."""
    everything = not (order.drops or order.jobs or order.keys or order.since)

    def touches(party: str, one: Rests) -> bool:
        if one.done.id in order.jobs or (everything and order.party == party and one.over):
            return True
        return any(drop in drops or (everything and order.party == sender) for sender, drop in one.over)

    return touches


def _resting(exchange: Exchange, order: Order, drops: frozenset[str]) -> Iterator[tuple[Sharing, Rests]]:
    """The jobs of any party, finished or under way, that rest on rows that are out of use from now on."""
    touches = _touches(order, drops)
    for sharing in _agreements(exchange, order):
        for party in everybody(exchange):
            yield from ((sharing, one) for one in resting(sharing, party) if touches(party, one))


def _record(
    exchange: Exchange, subject: str, order: Order, drops: frozenset[str], rests: Sequence[tuple[Sharing, Rests]]
) -> None:
    drops |= {drop for _, one in rests if one.done.id in order.jobs for _, drop in one.over}
    counts = {"needed": _needed(exchange, order)} if order.word == "hold" else {}
    if order.day:
        counts["day"] = number_of(order.day)
    if order.since:
        counts["since"] = int(order.since.timestamp())
    exchange.ledger.record(
        subject,
        _STEPS[order.word],
        service=SERVICE,
        tenant=order.party,
        counts=counts,
        hashes={
            BY: order.by,
            **_numbered(DROP, drops),
            **_numbered(WORK, {*order.jobs, *(one.done.id for _, one in rests)}),
            **_numbered(KEY, {key_mark(key) for key in order.keys}),
        },
        codes=codes_of(order.why, order.agreement),
    )


def _needed(exchange: Exchange, order: Order) -> int:
    return max(sharing.agreement.hold_consents for sharing in _agreements(exchange, order))


def _numbered(word: str, values: Iterable[str]) -> dict[str, str]:
    return {f"{word}.{number}": value for number, value in enumerate(sorted(set(values)))}
