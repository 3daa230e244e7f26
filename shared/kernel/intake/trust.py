"""Is this drop to be believed? Notes when its bytes arrived, opens its envelope and asks the agreement it names."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.kernel.days import london_day
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE, Manifest
from shared.kernel.envelope.open import Opened, Place, open_sealed
from shared.kernel.intake.answer import Arrival
from shared.kernel.intake.codes import IN_THE_FUTURE, TOO_OLD
from shared.kernel.intake.identity import untrusted_drop_id
from shared.kernel.terms.agreements import NONE
from shared.kernel.terms.gates import check_may_drop, check_open
from shared.kernel.terms.model import Limits

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.areas import Blob

CLOCK_SKEW = timedelta(minutes=10)
"""As far as a sender's clock may be ahead of the exchange's."""


def arrive(exchange: Exchange, tenant: str, blob: Blob) -> Arrival:
    sha256 = hashlib.sha256(blob.data).hexdigest()
    arrival = untrusted_drop_id(tenant, sha256, blob.metadata.items())
    return Arrival(tenant, arrival, sha256, received_at(exchange, tenant, arrival))


def received_at(exchange: Exchange, tenant: str, arrival: str) -> datetime:
    claimed = exchange.storage.claim(
        tenant, f"{NONE}/arrival-{arrival}", {"received_at": exchange.clock().isoformat(timespec="seconds")}
    )
    return datetime.fromisoformat(claimed["received_at"])


def open_drop(exchange: Exchange, arrival: Arrival, blob: Blob) -> Opened:
    def agreed(manifest: Manifest) -> Limits:
        terms = exchange.agreements.named(manifest.reference).terms
        day = london_day(arrival.received_at)
        check_may_drop(terms, arrival.tenant, manifest.dataset, day)
        check_open(terms, manifest.dataset, manifest.collection, day)
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
    return opened


def _known_columns(exchange: Exchange) -> frozenset[str]:
    return frozenset(
        name
        for agreed in exchange.agreements
        for contract in agreed.pipeline.contracts.values()
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
