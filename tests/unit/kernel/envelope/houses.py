"""Two boroughs and the exchange, with the keys each would hold: for tests of the envelope."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from shared.agreements.free_school_meals import contracts
from shared.agreements.registry import load_agreement
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.open import Opened, Place, open_sealed
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.seal import Label, Sealed, seal
from shared.kernel.envelope.vault import KeyVaultKeys
from tests.unit.kernel.envelope.fake_vault import VAULT_URL, Credential, FakeVault

AGREEMENT = load_agreement("fsm")
NOON = datetime(2026, 10, 1, 12, 0, 0, tzinfo=UTC)
HOMES = ("ring", "vault")

PUPILS = pa.table(
    {
        "upn": ["B801200005001", "J210234519001", None],
        "surname": ["O'Neill", "Żak", "Okafor-Smith"],
        "dob": pa.array([16000, 15000, None], pa.date32()),
        "nc_year": pa.array([3, 5, 6], pa.int32()),
    }
)
VALUES = ("B801200005001", "J210234519001", "O'Neill", "Żak", "Okafor", "Smith")
"""Every personal value in PUPILS that a message could repeat."""


@dataclass
class House:
    """The exchange's keys in one of their two homes, and a ring for each borough."""

    exchange: LocalKeyRing | KeyVaultKeys
    boroughs: dict[str, LocalKeyRing]
    vault: FakeVault | None = None

    def sealed(self, table: pa.Table = PUPILS, *, borough: str = "lambeth", **changes: Any) -> Sealed:
        """A drop as an honest borough makes it, but for `changes`."""
        keys = self.boroughs[borough]
        how = {"agreement": AGREEMENT, "key_id": keys.current(borough, Use.DROP), "keys": keys}
        how |= {name: changes.pop(name) for name in how if name in changes}
        label = Label(borough, EXCHANGE, "pupils", "2026-autumn", NOON)
        return seal(table, replace(label, **changes), **how)

    def opened(self, data: bytes, metadata: dict[str, str], *, borough: str = "lambeth", **changes: Any) -> Opened:
        """What the exchange makes of bytes that arrived in a borough's inbox."""
        keys, limits = changes.pop("keys", self.exchange), changes.pop("limits", AGREEMENT.limits)
        place = Place(
            sender=borough,
            receiver=EXCHANGE,
            accepted_key_ids=self.exchange.accepted(borough, Use.DROP),
            agreement_gate=lambda manifest: limits,
            limits=limits,
            known_columns=frozenset(contracts.PUPILS.names),
            dataset="pupils",
        )
        return open_sealed(data, metadata, replace(place, **changes), keys)

    def sealed_to_itself(self, table: pa.Table = PUPILS) -> Sealed:
        """What the exchange seals to itself, as it does with what it stages."""
        return self.sealed(
            table, sender=EXCHANGE, key_id=self.exchange.current(EXCHANGE, Use.STAGING), keys=self.exchange
        )

    def itself(self) -> Place:
        """Where such a file lies."""
        limits = AGREEMENT.limits
        return Place(EXCHANGE, EXCHANGE, self.exchange.accepted(EXCHANGE, Use.STAGING), lambda manifest: limits, limits)


def exchange_keys(home: str, folder: Path, vault: FakeVault) -> LocalKeyRing | KeyVaultKeys:
    """An empty key service in one of the two homes."""
    if home == "ring":
        return LocalKeyRing(folder)
    return KeyVaultKeys(VAULT_URL, Credential(), transport=vault.transport())


def build_house(home: str, folder: Path) -> House:
    """Make every key and hand the public parts over, as onboarding does."""
    vault = FakeVault()
    house = House(exchange_keys(home, folder / "exchange", vault), {}, vault if home == "vault" else None)
    house.exchange.create_key(EXCHANGE, Use.STAGING)
    house.exchange.create_key(EXCHANGE, Use.SIGN)
    for slug in ("lambeth", "southwark"):
        ring = house.boroughs[slug] = LocalKeyRing(folder / slug)
        house.exchange.create_key(slug, Use.DROP)
        ring.import_public(house.exchange.export_public(slug, Use.DROP))
        ring.import_public(house.exchange.export_public(EXCHANGE, Use.SIGN))
        for use in (Use.RELEASE, Use.SIGN):
            ring.create_key(slug, use)
            house.exchange.import_public(ring.export_public(slug, use))
    return house
