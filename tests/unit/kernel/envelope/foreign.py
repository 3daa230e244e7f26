"""Drops that were sealed by code that shares nothing with ours, and an exchange that has the keys for them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.agreements.registry import load_agreement
from shared.kernel.contract.validate import Validation, validate
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.open import Opened, Place, open_sealed
from shared.kernel.envelope.ring import LocalKeyRing
from tests.shared_files import shared

AGREEMENT = load_agreement("fsm")
RECEIVED = datetime(2026, 12, 1, 10, 0, 0, tzinfo=UTC)
"""An hour after all of them were prepared."""

OF_LAMBETH = ("b-households", "p-unusual-types", "w-float-earnings")


def foreign_keys(folder: Path) -> LocalKeyRing:
    """The exchange's key ring with the test keys of the drops: private drop keys, public signing keys."""
    keys = shared("data/cases/foreign/keys")
    ring = LocalKeyRing(folder)
    for slug in ("southwark", "lambeth"):
        for name in (f"exchange-drop-{slug}", f"{slug}-sign"):
            ring.import_public((keys / f"{name}.public.jwks.json").read_bytes())
        private = (keys / f"exchange-drop-{slug}.private.jwk.json").read_bytes()
        thumbprint = ring.current(slug, Use.DROP).rsplit("/", 1)[1]
        path = folder / "private" / f"{slug}.drop.{thumbprint}.jwk.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(private)
    return ring


def foreign_drop(name: str) -> tuple[bytes, dict[str, str]]:
    """The blob and its metadata."""
    folder = shared("data/cases/foreign")
    return (folder / f"{name}.parquet").read_bytes(), json.loads((folder / f"{name}.metadata.json").read_bytes())


def opened(ring: LocalKeyRing, name: str) -> Opened:
    """What the gates make of a drop."""
    borough = "lambeth" if name in OF_LAMBETH else "southwark"
    data, metadata = foreign_drop(name)
    inbox = Place(
        sender=borough,
        receiver=EXCHANGE,
        accepted_key_ids=ring.accepted(borough, Use.DROP),
        agreement_gate=lambda manifest: AGREEMENT.limits,
        limits=AGREEMENT.limits,
        known_columns=frozenset(name for contract in CONTRACTS.values() for name in contract.names),
    )
    return open_sealed(data, metadata, inbox, ring)


def validated(ring: LocalKeyRing, name: str) -> Validation:
    """What gates and contract make of a drop together."""
    drop = opened(ring, name)
    terms = AGREEMENT.terms_of(drop.manifest.dataset)
    age = RECEIVED - drop.manifest.prepared_at
    assert timedelta(0) <= age < timedelta(days=terms.stale_after_days)
    return validate(
        drop.table, CONTRACTS[drop.manifest.dataset], as_of=RECEIVED.date(), stale_after_days=terms.stale_after_days
    )
