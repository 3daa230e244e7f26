"""Carries out an order of the operators: records it, takes the rows out of use at once, and asks for the work without
them. What lies there is told to its senders and destroyed, or kept, by the night's work (`out_of_use`, `holds`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.envelope.manifest import read_manifest
from shared.kernel.errors import Missing, RefusedEvent, UntrustedDrop
from shared.kernel.intake.identity import drop_id, request_event
from shared.kernel.intake.outcome import FOUND, settle
from shared.kernel.intake.stops import (
    BY,
    CONSENTED,
    DROP,
    ENDED,
    KEY,
    STOP,
    WORK,
    as_it_stands,
    codes_of,
    key_mark,
    number_of,
)
from shared.kernel.rights.holds import keep
from shared.kernel.rights.leaving import tell_of_leaving
from shared.kernel.rights.out_of_use import SERVICE, tell_what_is_out_of_use
from shared.kernel.rights.taken_back import take_back_what_rests_on_stops
from shared.kernel.terms.orders import Order, is_order_name, read_order
from shared.kernel.terms.partition import Partition
from shared.kernel.waiting.lying import Done, asked_for
from shared.kernel.work.judge import ask_for_the_rest

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange, Sharing

_MOST_BYTES = 1_000_000
_STEPS = {"hold": "held", "quarantine": "quarantined", "leave": "left"}
_AFTER = {"end": ENDED, "hold": CONSENTED}


@dataclass(frozen=True)
class _Rests:
    """A job, finished or under way, that rests on rows that are out of use from now on."""

    sharing: Sharing
    done: Done


def carry_out_order(exchange: Exchange, *, party: str, name: str) -> str | None:
    """Carry out the order `name` among the party's requests; its id, `None` when it is gone.

    Raises `RefusedEvent` (QUA-002), after recording it, for what is no order about that party.
    """
    subject = request_event(party, name)
    exchange = exchange.working_on(subject)
    try:
        order = _read(exchange, party, name)
        exchange.ledger.record(subject, FOUND, service=SERVICE, tenant=party)
    except Missing:
        exchange.ledger.record(subject, "gone", service=SERVICE, tenant=party)
        return None
    except RefusedEvent as refusal:
        exchange.ledger.record(subject, "refused", service=SERVICE, tenant=party, codes=(refusal.code,))
        settle(exchange, party, subject)
        raise
    give(exchange, order)
    settle(exchange, party, subject)
    return order.stop


def give(exchange: Exchange, order: Order) -> None:
    """Record the order, take back what rests on its rows, and ask for the work without them. Done twice, it is done
    once; of a hold, a second person's order is that person's consent."""
    subject = f"{STOP}:{order.stop}"
    exchange = exchange.working_on(subject)
    steps = exchange.ledger.steps(subject)
    if order.word == "end" or (order.word == "hold" and steps):
        exchange.ledger.record(subject, _AFTER[order.word], service=SERVICE, tenant=order.party, hashes={BY: order.by})
    rests = list(_resting(exchange, order, _drops(exchange, order)))
    if not steps:
        _record(exchange, subject, order, rests)
    if order.word in ("hold", "quarantine"):
        take_back_what_rests_on_stops(exchange)
        for one in rests:
            ask_for_the_rest(as_it_stands(exchange).under(one.sharing.agreement.id), one.done.job)
    if order.word == "leave" and order.day:
        for sharing in _agreements(exchange, order):
            if any(party.slug == order.party for party in sharing.agreement.participants):
                tell_of_leaving(sharing, order.stop, order.party, order.day)
    tell_what_is_out_of_use(exchange)
    keep(exchange)


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
    """The drops that it names, and those that lie in the party's inbox and were signed with its keys, or came since
    then."""
    named = set(order.drops)
    marks = {key_mark(key) for key in order.keys}
    if not marks and order.since is None:
        return frozenset(named)
    inbox = exchange.storage.inbox(order.party)
    with suppress(Missing):  # who only collects has none
        for blob in inbox.list():
            with suppress(UntrustedDrop):
                manifest = read_manifest(blob.metadata)
                by_key = not marks or key_mark(manifest.signing_key_id) in marks
                in_time = order.since is None or (blob.created or exchange.clock()) >= order.since
                if by_key and in_time:
                    named.add(drop_id(order.party, manifest.dataset, manifest.sha256, manifest.replaces))
    return frozenset(named)


def _touches(order: Order, drops: frozenset[str]) -> Callable[[str, Partition], bool]:
    """Whether a file that a party's job was over is one of those that it is about."""
    everything = not (order.drops or order.jobs or order.keys or order.since)

    def touches(party: str, file: Partition) -> bool:
        return file.drop in drops or (everything and order.party in (party, file.sender))

    return touches


def _resting(exchange: Exchange, order: Order, drops: frozenset[str]) -> Iterator[_Rests]:
    """The jobs of any party that rest on the rows that it is about, those that are under way too."""
    touches = _touches(order, drops)
    for sharing in _agreements(exchange, order):
        for party in sharing.agreement.participants:
            for done in asked_for(sharing, party.slug):
                files = map(Partition.named, done.job.inputs)
                if done.id in order.jobs or any(touches(party.slug, file) for file in files):
                    yield _Rests(sharing, done)


def _record(exchange: Exchange, subject: str, order: Order, rests: Iterable[_Rests]) -> None:
    rests = list(rests)
    drops = set(_drops(exchange, order))
    if order.jobs:
        drops |= {
            Partition.named(name).drop for one in rests if one.done.id in order.jobs for name in one.done.job.inputs
        }
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
            **_numbered(WORK, {*order.jobs, *(one.done.id for one in rests)}),
            **_numbered(KEY, {key_mark(key) for key in order.keys}),
        },
        codes=codes_of(order.why, order.agreement),
    )


def _needed(exchange: Exchange, order: Order) -> int:
    return max(sharing.agreement.hold_consents for sharing in _agreements(exchange, order))


def _numbered(word: str, values: Iterable[str]) -> dict[str, str]:
    return {f"{word}.{number}": value for number, value in enumerate(sorted(set(values)))}
