"""Is this drop to be believed? Notes when its bytes arrived, opens its envelope and asks the agreement it names."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.kernel.contract.objections import CONTRACT as OBJECTION_LIST
from shared.kernel.days import london_day
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE, Manifest
from shared.kernel.envelope.open import Opened, Place, open_sealed
from shared.kernel.intake.answer import Arrival
from shared.kernel.intake.codes import IN_THE_FUTURE, TOO_OLD
from shared.kernel.intake.identity import drop_id, untrusted_drop_id
from shared.kernel.intake.stops import key_mark
from shared.kernel.terms.agreements import NONE
from shared.kernel.terms.gates import check_may_drop, check_open
from shared.kernel.terms.model import Limits
from shared.kernel.terms.stops import QUARANTINED

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.areas import Blob

CLOCK_SKEW = timedelta(minutes=10)
"""As far as a sender's clock may be ahead of the exchange's."""


def arrive(exchange: Exchange, tenant: str, blob: Blob) -> Arrival:
    """The arrival of these bytes with this metadata. The same again is the same arrival, at its first time."""
    sha256 = hashlib.sha256(blob.data).hexdigest()
    arrival = untrusted_drop_id(tenant, sha256, blob.metadata.items())
    return Arrival(tenant, arrival, sha256, received_at(exchange, tenant, arrival))


def received_at(exchange: Exchange, tenant: str, arrival: str) -> datetime:
    """When an arrival was first seen, UTC, whole seconds: claimed once, so that every later try says the same."""
    claimed = exchange.storage.claim(
        tenant, f"{NONE}/arrival-{arrival}", {"received_at": exchange.clock().isoformat(timespec="seconds")}
    )
    return datetime.fromisoformat(claimed["received_at"])


def open_drop(exchange: Exchange, arrival: Arrival, blob: Blob) -> Opened:
    """What is in the drop, once every gate has let it pass.

    Raises `RejectedDrop`: ENV-… at a gate of the envelope, AGR-… where the agreement that it names does not cover it
    today, QUA-001 where the operators have put what this key brings into quarantine, DRP-… where it was prepared too
    long before its arrival, or after it.
    """

    def agreed(manifest: Manifest) -> Limits:
        terms = exchange.agreements.named(manifest.reference).terms
        # Whether it may be worked with is judged now; whether it came in time for its collection, by its arrival.
        check_may_drop(terms, arrival.tenant, manifest.dataset, london_day(exchange.clock()))
        check_open(terms, manifest.dataset, manifest.collection, london_day(arrival.received_at))
        return terms.limits

    inbox = Place(
        sender=arrival.tenant,
        receiver=EXCHANGE,
        accepted_key_ids=exchange.keys.accepted(arrival.tenant, Use.DROP),
        agreement_gate=agreed,
        limits=exchange.agreements.widest,
        known_columns=_known_columns(exchange),
    )
    opened = open_sealed(blob.data, blob.metadata, inbox, exchange.keys)
    terms = exchange.agreements.named(opened.manifest.reference).terms
    _check_age(arrival, opened.manifest, terms.terms_of(opened.manifest.dataset).stale_after_days)
    _check_quarantine(exchange, arrival, opened.manifest)
    return opened


def _check_quarantine(exchange: Exchange, arrival: Arrival, manifest: Manifest) -> None:
    drop = drop_id(arrival.tenant, manifest.dataset, arrival.sha256, manifest.replaces)
    key = key_mark(manifest.signing_key_id)
    if exchange.stops.bringing(manifest.agreement, arrival.tenant, drop, key, arrival.received_at):
        raise QUARANTINED.refusal()


def _known_columns(exchange: Exchange) -> frozenset[str]:
    """The columns of all contracts: the only names of columns that a refusal may repeat."""
    return frozenset(
        name
        for agreed in exchange.agreements
        for contract in (*agreed.pipeline.contracts.values(), OBJECTION_LIST)
        for name in contract.names
    )


def _check_age(arrival: Arrival, manifest: Manifest, most: int) -> None:
    age = arrival.received_at - manifest.prepared_at
    if age < -CLOCK_SKEW:
        told = f"Its prepared_at is {_whole(-age, timedelta(minutes=1))} minutes after it arrived"
        raise IN_THE_FUTURE.refusal(f"{told}; {CLOCK_SKEW // timedelta(minutes=1)} are allowed for.")
    if age > timedelta(days=most):
        told = f"Its prepared_at is {_whole(age, timedelta(days=1))} days before it arrived"
        raise TOO_OLD.refusal(f"{told}; {most} are allowed for {manifest.dataset}.")


def _whole(length: timedelta, unit: timedelta) -> str:
    """How many units it takes to hold that length of time."""
    return f"{-(-length // unit):,}"
